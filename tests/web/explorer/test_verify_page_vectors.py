"""The browser's readers against the language-neutral vectors, in a real browser."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from tests.web.explorer import verify_cases

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


def test_the_vectors_in_a_browser(chromium: Browser, tmp_path: Path) -> None:
    script = verify_cases.program() + "\nconst answer = () => verdicts(GIVEN);"
    found = verify_cases.in_browser(chromium, script, CASES, tmp_path)
    assert found["abilities"]["ed25519"], "this Chromium has no Ed25519 in WebCrypto: take a newer one"
    require_right(found["verdicts"])
