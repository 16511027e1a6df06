"""The browser's readers against the language-neutral vectors: in Node, and in a real browser where there is one."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.web.explorer import chromium, verify_cases

CASES = verify_cases.cases()


def require_right(verdicts: list[dict[str, Any]]) -> None:
    told = [
        f"{case['label']}: {why}"
        for case, found in zip(CASES, verdicts, strict=True)
        if (why := verify_cases.wrong(case, found)) is not None
    ]
    assert told == []


def test_there_are_vectors_of_every_kind() -> None:
    count = Counter(case["label"].partition("/")[0] for case in CASES)
    assert count["cctv"] == 914
    assert set(verify_cases.FOLDERS) <= set(count)
    assert all(
        f'"{call}":' in verify_cases.HARNESS or f"  {call}:" in verify_cases.HARNESS
        for call in {c["call"] for c in CASES}
    )


@pytest.mark.skipif(verify_cases.NODE is None, reason="there is no node on this machine")
def test_the_vectors_in_node(tmp_path: Path) -> None:
    script = verify_cases.program() + "\nconst answer = () => verdicts(GIVEN);"
    found = verify_cases.in_node(script, CASES, tmp_path)
    if not found["abilities"]["ed25519"]:
        pytest.skip("this node has no Ed25519 in WebCrypto")
    require_right(found["verdicts"])


@pytest.mark.skipif(chromium.PROGRAM is None, reason="there is no Chromium on this machine")
def test_the_vectors_in_a_browser(tmp_path: Path) -> None:
    page = tmp_path / "vectors.html"
    data = json.dumps(CASES).replace("<", "\\u003c")
    page.write_text(
        f'<!doctype html><meta charset="utf-8"><script type="application/json" id="served">{data}</script>'
        f'<script type="module">{verify_cases.program()}\n'
        'const GIVEN = JSON.parse(document.getElementById("served").textContent);'
        "verdicts(GIVEN).then((found) => { globalThis.found = found; });</script>",
        encoding="utf-8",
    )
    with chromium.Browser(tmp_path / "profile") as browser:
        browser.open(page.as_uri())
        browser.wait("globalThis.found")
        found = browser.run("globalThis.found")
    if not found["abilities"]["ed25519"]:
        pytest.skip("this browser has no Ed25519")
    require_right(found["verdicts"])
