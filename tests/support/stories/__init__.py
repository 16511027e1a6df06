"""Stories of trust: who may say what, one rule a story. Each is a test of the verifier and a vector for other verifiers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

from tests.support.accord import Accord


@dataclass(frozen=True)
class Story:
    """`tell` takes an accord through the steps; `rule` is what docs/FORMAT.md or DESIGN.md says of it."""

    name: str
    rule: str
    tell: Callable[[Accord], None]


PARTS = ("founding", "acceding", "speaking", "keys_over_time", "amending", "relating", "rehearsing", "disclosing")
_told: dict[str, Story] = {}


def story(rule: str) -> Callable[[Callable[[Accord], None]], Callable[[Accord], None]]:
    """Register a function of an accord as a story."""

    def register(tell: Callable[[Accord], None]) -> Callable[[Accord], None]:
        name = tell.__name__.replace("_", "-")
        assert name not in _told, f"two stories are called {name}"
        _told[name] = Story(name, rule, tell)
        return tell

    return register


def stories() -> list[Story]:
    """All stories, in the order in which they are told."""
    for part in PARTS:
        import_module(f"{__name__}.{part}")
    return list(_told.values())
