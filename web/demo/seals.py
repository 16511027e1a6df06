"""Closing fields of a description: the value goes out, null stays in its place, and what opens it is handed back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from verifier.errors import Fault
from verifier.sealing import Disclosure

Close = Callable[[str, Any], Disclosure]
"""(pointer, value) -> the disclosure that commits to it; to no value where that is None."""


def close(description: dict[str, Any], pointers: Iterable[str], make: Close) -> dict[str, Disclosure]:
    """Put null in the place of each value that `pointers` (RFC 6901, from "/body" on) lead to; pointer -> disclosure.

    A member that is null already has nothing to hide and stays; a null in a list stands for no item, and is to be a decoy.
    Raises Fault `demo.story` for a pointer that leads nowhere.
    """
    found = {}
    for pointer in pointers:
        place, name = _place(description, pointer)
        if place[name] is not None or isinstance(place, list):
            found[pointer] = make(pointer, place[name])
            place[name] = None
    return found


def _place(description: dict[str, Any], pointer: str) -> tuple[Any, Any]:
    """The object or list that holds the value, and the value's name or position in it."""
    here: Any = description
    *way, last = [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
    for part in way:
        here = _step(here, part, pointer)[1]
    name, _ = _step(here, last, pointer)
    return here, name


def _step(here: Any, part: str, pointer: str) -> tuple[Any, Any]:
    members = here if isinstance(here, dict) else {str(n): item for n, item in enumerate(here)}
    if part not in members:
        raise Fault("demo.story", f"nothing stands at {pointer}", where=pointer)
    return (part if isinstance(here, dict) else list(members).index(part)), members[part]
