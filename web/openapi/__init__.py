"""Descriptions of the HTTP interfaces, in OpenAPI 3.1, as data. The tests hold them against routes and answers."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def document(name: str) -> bytes:
    """The bytes of the description called `name` ("log")."""
    return Path(__file__).with_name(f"{name}.json").read_bytes()
