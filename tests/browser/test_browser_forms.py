"""Forms on paper: every one fits one sheet, A4 and Letter alike, in letters that can be read."""

from __future__ import annotations

from io import BytesIO

import pytest
from playwright.sync_api import Page
from pypdf import PdfReader

from verifier import vocabulary

TYPES = sorted(vocabulary.load().types)
BOTH = {"width": "210mm", "height": "279.4mm"}
"""As narrow as A4 and as short as Letter: what fits here fits either."""
LEAST = 8.0
"""Points: the smallest letters on paper."""


@pytest.mark.parametrize("language", ["", "/ar", "/ru", "/zh"])
def test_every_form_is_one_page(page: Page, language: str) -> None:
    longer = {}
    for name in TYPES:
        page.goto(f"{language}/forms/{name}")
        pages = len(PdfReader(BytesIO(page.pdf(**BOTH))).pages)  # type: ignore[arg-type]
        if pages != 1:
            longer[name] = pages
    assert longer == {}


@pytest.mark.parametrize("language", ["", "/ar"])
def test_the_letters_on_paper_can_be_read(page: Page, language: str) -> None:
    """No text of a printed form, the longest among them, is smaller than eight points."""
    page.emulate_media(media="print")
    for name in ("charter", "pledge", "joint-text", "drill-announcement", "line-test"):
        page.goto(f"{language}/forms/{name}")
        small = page.evaluate(
            """least => {
                const walker = document.createTreeWalker(document.querySelector('.paper'), NodeFilter.SHOW_TEXT);
                const found = [];
                while (walker.nextNode()) {
                    const box = walker.currentNode.parentElement;
                    const shown = walker.currentNode.data.trim() && box.checkVisibility() && !box.closest('.vh');
                    const points = parseFloat(getComputedStyle(box).fontSize) * 0.75;
                    if (shown && points < least - 0.01) found.push([walker.currentNode.data.trim(), points]);
                }
                return found;
            }""",
            LEAST,
        )
        assert small == [], name


def test_nothing_on_a_printed_form_is_cut_off_but_lines_to_write_on(page: Page) -> None:
    """Words that a box would cut off: none, in the form with the most of them."""
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 726, "height": 1000})  # 192 mm: the width between the margins of A4
    for name in ("charter", "pledge", "amendment"):
        page.goto(f"/ru/forms/{name}")
        cut = page.evaluate(
            """() => [...document.querySelectorAll('.paper .box .ask')]
                .filter(one => one.scrollWidth > one.parentElement.clientWidth + 1).map(one => one.textContent.trim())"""
        )
        assert cut == [], name
