"""Cases that the vectors are made of: inputs put together by hand, each with the verdict that docs/FORMAT.md gives it."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

Case = dict[str, Any]
Verdict = tuple[str, str | None] | None
"""None: it is accepted. Else the fault's code and where it is; where None: any place will do."""


def case(folder: str, kind: str, name: str, provenance: str, verdict: Verdict, **members: Any) -> tuple[str, Case]:
    """(folder, case); `members` are the inputs and, of what is accepted, `gives`."""
    expected: Any = "ok" if verdict is None else {"code": verdict[0], "where": verdict[1]}
    return folder, {"name": name, "provenance": provenance, "kind": kind, **members, "expected": expected}


def given(raw: bytes) -> dict[str, str]:
    """The input as text where it is UTF-8, so that a person can read it; else as base64."""
    try:
        return {"text": raw.decode("utf-8")}
    except UnicodeDecodeError:
        return {"base64": b64(raw)}


def b64(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")
