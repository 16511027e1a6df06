"""The language-neutral vectors, as the browser's modules are asked for them, and how their verdicts are compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser

from tests.browser.chromium import opened
from web.explorer.checking import scripts

VECTORS = Path(__file__).parents[2] / "vectors"
HARNESS = (Path(__file__).parent / "verify_vectors.js").read_text(encoding="utf-8")
FOLDERS = (
    *("note", "checkpoint", "policy", "proof", "canonical", "disclosure", "envelope", "keys", "statement", "record"),
    *("receipt", "times"),
)
ELSEWHERE = {"policy.require_intersecting", "duration", "interval"}
"""What the browser does not do: it judges no charter, reads no duration and dates no record."""
Case = dict[str, Any]


def cases() -> list[Case]:
    """Every vector that the browser's modules can be asked for, with `call`, `label` and what is expected."""
    return [*_files(), *_inclusion(), *_signatures()]


def _files() -> Iterator[Case]:
    for folder in FOLDERS:
        for path in sorted((VECTORS / folder).glob("*.json")):
            case: Case = json.loads(path.read_text(encoding="utf-8"))
            call = case.get("call") or case["kind"]
            if call not in ELSEWHERE:
                yield {**case, "call": call, "label": f"{folder}/{path.stem}"}


def _inclusion() -> Iterator[Case]:
    for path in sorted((VECTORS / "merkle" / "inclusion").glob("*.json")):
        case: Case = json.loads(path.read_text(encoding="utf-8"))
        numbers = {name: str(case[name]) for name in ("index", "size")}  # beyond what JSON numbers are in a browser
        expected = case["refused"] or "ok"
        yield {**case, **numbers, "call": "inclusion", "expected": expected, "label": f"inclusion/{path.stem}"}


def _signatures() -> Iterator[Case]:
    for number, case in enumerate(json.loads((VECTORS / "ed25519" / "cctv.json").read_text(encoding="utf-8"))):
        expected = "refused" if case["flags"] else "ok"
        yield {"call": "ed25519", **case, "expected": expected, "label": f"cctv/{number}"}


def program() -> str:
    """The modules with the harness behind them, in one scope."""
    return scripts.script("page.js").replace("void begin();\n", "") + HARNESS


def in_browser(chromium: Browser, script: str, data: Any, directory: Path) -> Any:
    """Run a module in a page: `script` finds `data` as GIVEN, and what `answer` it awaits is the result."""
    page = directory / "run.html"
    given = json.dumps(data).replace("<", "\\u003c")
    page.write_text(
        f'<!doctype html><meta charset="utf-8"><script type="application/json" id="served">{given}</script>'
        '<script type="module">const GIVEN = JSON.parse(document.getElementById("served").textContent);\n'
        f"{script}\nglobalThis.found = answer();</script>",
        encoding="utf-8",
    )
    with opened(chromium, None) as (there, watch):
        there.goto(page.as_uri())
        found = there.evaluate("() => globalThis.found")
        watch.require_quiet()
    return found


def wrong(case: Case, found: dict[str, Any]) -> str | None:
    """What is wrong with a verdict, or None."""
    expected, verdict, gives = case["expected"], found["verdict"], found.get("gives")
    code, where = (expected, None) if isinstance(expected, str) else (expected["code"], expected["where"])
    if isinstance(gives, dict) and gives.get("unchecked"):
        # A program without ML-DSA leaves such a signature open: it cannot tell a true one from a false one.
        return None if code in ("ok", "signature.false") else f"unchecked: {gives}"
    if code == "refused":
        return None if verdict in ("key.weak", "signature.false") else f"{verdict}, not refused"
    if verdict != code and not (code.startswith("json.") and verdict.startswith("json.")):
        return f"{verdict}, expected {code}"
    if code != "ok":
        return None if where in (None, found.get("where")) else f"at {found.get('where')}, expected {where}"
    return None if _gives(case, gives) else f"gives {gives}"


def _gives(case: Case, gives: Any) -> bool:
    """Whether an accepted case gave what the vector says."""
    expected = {
        "note.parse": lambda: {"signatures": case["signatures"]},
        "note.parse_signatures": lambda: {"signatures": case["signatures"]},
        "checkpoint.parse": lambda: {"size": str(case["size"]), "extensions": case["extensions"]},
        "cosignature.verified": lambda: {
            "signed": {key: str(time) for key, time in case["signed"].items()},
            "unchecked": [],
        },
        "policy.parse": lambda: {"judged": True},
        "policy.accept": lambda: {"cosigned": case["cosigned"], "unchecked": []},
        "proof.parse": lambda: {"index": str(case["index"]), "hashes": case["hashes"]},
        "signatures": lambda: {"unknown": case["gives"], "unchecked": []},
        "receipt": lambda: {**case["gives"], "unchecked": []},
    }
    wanted = expected.get(case["call"], lambda: case.get("gives"))()
    return bool(gives == wanted)
