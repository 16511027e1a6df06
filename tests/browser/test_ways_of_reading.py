"""With the keyboard, without JavaScript, on paper, in forced colours, without motion; and the answers of a check."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pypdf
import pytest
from playwright.sync_api import Browser, Page, ViewportSize

from tests.browser import axe
from tests.browser.addresses import Facts, addresses, pages
from tests.browser.chromium import opened
from tests.browser.looks import NARROW, WIDE, Looks
from tests.browser.site import Demo
from tests.support.changed import bent

FOCUSED = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect(), style = getComputedStyle(at);
  const middle = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return {
    body: at === document.body,
    told: `${at.localName}.${at.className}: ${(at.textContent || at.name || "").trim().slice(0, 50)}`,
    number: [...document.querySelectorAll("*")].indexOf(at),
    outline: style.outlineStyle === "none" ? 0 : parseFloat(style.outlineWidth),
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    covered: middle !== null && !at.contains(middle) && !middle.contains(at),
  };
}"""
MOVING = """() => {
  const still = (text) => text.split(",").every((one) => parseFloat(one) === 0);
  return [
    ...document.getAnimations().map((one) => `animation of ${one.effect.target?.className}`),
    ...[...document.querySelectorAll("*")]
      .filter((one) => !still(getComputedStyle(one).transitionDuration) || !still(getComputedStyle(one).animationDuration))
      .map((one) => `transition of ${one.localName}.${one.className}`),
  ];
}"""
PALE = """() => [...document.querySelectorAll("main *, .exercise *")].filter((one) => {
  const bare = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  if (!bare || !one.checkVisibility() || one.closest("svg")) return false;
  const [red, green, blue] = getComputedStyle(one).color.match(/\\d+(\\.\\d+)?/g).map(Number);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 140;
}).map((one) => `${one.localName}.${one.className}: ${one.textContent.trim().slice(0, 40)}`)"""
PAPER = ViewportSize(width=680, height=1000)
"""CSS pixels between the margins of a sheet of A4."""


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "320 px"])
@pytest.mark.parametrize("address", ["/", "/ar/check"])
def test_the_keyboard_reaches_everything_and_is_seen(chromium: Browser, demo: Demo, address: str, size: Any) -> None:
    with opened(chromium, demo.url, viewport=size) as (page, watch):
        page.goto(address)
        page.keyboard.press("Tab")
        assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]
        numbers: list[int] = []
        wrong: list[dict[str, Any]] = []
        while not (found := page.evaluate(FOCUSED))["body"] and len(numbers) < 300:
            if found["outline"] < 2 or not found["seen"] or found["covered"]:
                wrong.append(found)
            numbers.append(found["number"])
            page.keyboard.press("Tab")
        assert not wrong, "\n".join(map(str, wrong))
        stops = page.evaluate(
            "[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]"
            ".filter((one) => one.checkVisibility() && !one.disabled).length"
        )
        assert stops <= len(numbers) < 300
        assert numbers == sorted(numbers)  # in the order in which the page is read
        watch.require_quiet()


def test_the_first_link_leads_past_the_head(page: Page) -> None:
    page.goto("/statements")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_without_javascript(chromium: Browser, demo: Demo, facts: Facts, language: str) -> None:
    with opened(chromium, demo.url, java_script_enabled=False, viewport=NARROW) as (page, watch):
        for path in pages():
            page.goto(addresses(path, facts)[0] if language == "en" else f"/ar{addresses(path, facts)[0]}")
            assert page.locator("h1").inner_text().strip(), path
            hollow = page.locator("main:visible, body:not(:has(main))").inner_text()
            assert len(hollow) > 80, path
        watch.require_quiet()


def test_nothing_moves_where_no_motion_is_wanted(chromium: Browser, demo: Demo) -> None:
    with opened(chromium, demo.url, reduced_motion="reduce") as (page, watch):
        for address in ("/", "/statements", "/check", "/calendar"):
            page.goto(address)
            assert page.evaluate(MOVING) == [], address
        watch.require_quiet()


def test_states_are_told_apart_in_forced_colours(chromium: Browser, demo: Demo, facts: Facts) -> None:
    """Each status has its symbol and its word, and what is filled with a colour elsewhere has an edge."""
    with opened(chromium, demo.url, forced_colors="active", color_scheme="dark") as (page, watch):
        for address in ("/", "/parties/XA", facts.owed[0]):
            page.goto(address)
            for one in page.locator(".st:visible").all():
                box = one.locator("svg").first.bounding_box()
                assert box is not None
                assert box["width"] >= 8
                assert one.inner_text().strip()
            edges = page.evaluate(
                "[...document.querySelectorAll('.cell:not(.none), .verdict, .btn, input:not([type=hidden])')]"
                ".filter((one) => one.checkVisibility() && parseFloat(getComputedStyle(one).borderTopWidth) < 1)"
                ".map((one) => one.className)"
            )
            assert edges == [], address
        page.goto("/statements")
        here, other = page.locator(".nav [aria-current]").first, page.locator(".nav a:not([aria-current])").first
        lines = [one.evaluate("(at) => getComputedStyle(at).textDecorationLine") for one in (here, other)]
        assert lines[0] != lines[1]
        watch.require_quiet()


def test_on_paper(chromium: Browser, demo: Demo, facts: Facts) -> None:
    exercise = facts.chosen[-1]
    with opened(chromium, demo.url, viewport=PAPER, color_scheme="dark") as (page, watch):
        for address in (
            "/",
            f"/s/{exercise}",
            f"/s/{exercise}/proof",
            "/parties/XA",
            facts.owed[0],
            "/ar/",
            "/statements",
        ):
            page.goto(address)
            page.emulate_media(media="print", color_scheme="dark")
            for gone in (".nav", ".langs", ".crumbs", ".skip"):
                assert page.locator(f"{gone}:visible").count() == 0, (address, gone)
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), (
                address
            )
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
            assert page.evaluate(PALE) == [], address
        page.goto(f"/s/{exercise}")
        paper = pypdf.PdfReader(BytesIO(page.pdf(format="A4", prefer_css_page_size=True)))
        assert "Exercise. Exercise. Exercise." in paper.pages[0].extract_text()
        watch.require_quiet()


def _receipt(demo: Demo, name: str, change: Callable[[bytes], bytes] | None = None) -> dict[str, Any]:
    """A file of a statement's receipt, to be given to the page."""
    raw = (demo.dir / "receipts" / name).read_bytes()
    return {"name": name, "mimeType": "application/octet-stream", "buffer": change(raw) if change else raw}


def test_answers_of_a_check(look: Looks, demo: Demo, facts: Facts) -> None:
    """What the server and the browser answer, side by side, for files that hold, that do not, and that are something else."""
    one = facts.chosen[1]
    envelope, receipt = f"{one}.envelope.json", f"{one}.tlog-proof"
    fork = Path(demo.dir / "hostile" / "fork.json").read_bytes()
    given: dict[str, list[dict[str, Any]]] = {
        "in the record": [_receipt(demo, envelope), _receipt(demo, receipt)],
        "changed": [_receipt(demo, envelope, bent), _receipt(demo, receipt)],
        "anything": [{"name": "x.txt", "mimeType": "text/plain", "buffer": b"anything"}],
        "evidence": [{"name": "fork.json", "mimeType": "application/json", "buffer": fork}],
        "certificate": [
            {
                "name": "c.pdf",
                "mimeType": "application/pdf",
                "buffer": demo.app.test_client().get(f"/s/{one}/certificate.pdf").data,
            }
        ],
    }
    wrong, page = [], look.page
    for name, files in given.items():
        for prefix in ("", "/ar") if name == "changed" else ("",):
            page.set_viewport_size(WIDE)
            page.goto(f"{prefix}/check")
            page.set_input_files("#f", files)  # type: ignore[arg-type]
            page.locator("#check .btn:not(.quiet)").first.click()
            page.locator("#answers article").first.wait_for()
            page.locator("#browser article").first.wait_for()
            rows = axe.violations(page) + axe.outline(page) + axe.misfits(page)
            page.set_viewport_size(NARROW)
            rows += axe.violations(page, axe.LAYOUT) + axe.misfits(page)
            wrong += [f"{prefix} {name}: {row}" for row in rows]
    assert not wrong, "\n" + "\n".join(wrong)
