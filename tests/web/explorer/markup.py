"""Reading pages in tests: is the markup well formed, and what does it hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"br", "input", "link", "meta", "hr", "img"}


@dataclass
class Reading:
    """What a page holds: tags with their attributes, ids, problems, and the text of each element by tag."""

    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def foreign(self) -> list[tuple[str, dict[str, str | None]]]:
        """What no page may hold: styles and frames, and scripts that are not a file of this site."""
        return [
            (tag, attributes)
            for tag, attributes in self.tags
            if tag in ("style", "iframe")
            or (tag == "script" and not (attributes.get("src") or "").startswith("/static/"))
        ]

    def every(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found = Reading()
        self._open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.tags.append((tag, dict(attrs)))
        self.found.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open[-1] != tag:
            self.found.problems.append(f"</{tag}> closes {self._open[-3:]} at {self.getpos()}")
            while self._open and self._open[-1] != tag:
                self._open.pop()
        if self._open:
            self._open.pop()


def read(page: str) -> Reading:
    """Read a page; `problems` names every end tag that closes something else."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    reader.found.problems += [f"{tag} is never closed" for tag in reader._open]
    return reader.found
