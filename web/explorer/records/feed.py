"""The list of statements as files: an Atom feed (RFC 4287) for programs that follow it, and CSV (RFC 4180) for tables.

Both take the filters of the list. The feed holds what stands alone; a statement's entry has one id for ever, the name of its
own digest (RFC 6920), whoever serves it and in whichever language. Moments are those of the log, never of this server.
"""

from __future__ import annotations

import csv
import io
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from feedgenerator import Atom1Feed  # type: ignore[import-untyped]
from flask import request
from markupsafe import escape

from ledger.exports.obligations import cell
from ledger.exports.words import EXERCISE, visible
from web.explorer.copy.rows import Row
from web.explorer.copy.view import View
from web.explorer.records import listing
from web.explorer.records.briefs import address
from web.explorer.wording import kinds, languages
from web.explorer.wording.words import _, number, utc

ENTRIES = 50
"""How many statements one document of a feed holds."""
MOST = 5_000
"""How many statements one file of CSV holds; the next file follows by `below`."""
FEED = "application/atom+xml; charset=utf-8"
TABLE = "text/csv; charset=utf-8; header=present"
COLUMNS = (
    *("record", "id", "digest", "party", "office", "sequence", "previous", "type", "family", "issued", "received"),
    *("witnessed_after", "witnessed_before", "language", "exercise", "sealed", "stands", "findings", "title"),
)
_SPACE = UUID("8f3a2c1e-6d0b-5e57-9d42-2f8a4b1c7e60")
"""The name space of feeds' ids."""
_TIMES = ("issued", "received", "witnessed_after", "witnessed_before")


class _Feed(Atom1Feed):  # type: ignore[misc]
    """Atom with what the library leaves out: a title's language, the next document (RFC 5005), a moment without entries."""

    def latest_post_date(self) -> datetime:
        found: datetime = super().latest_post_date() if self.items else _moment(self.feed["made"])
        return found

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        if self.feed["older"]:
            handler.addQuickElement("link", "", {"rel": "next", "href": self.feed["older"]})

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(_Titled(handler, item["tongue"]), item)
        handler.addQuickElement("link", "", {"rel": "related", "type": "text/plain", "href": item["receipt"]})


class _Titled:
    """Writes elements as `handler` does, a title with its own language."""

    def __init__(self, handler: Any, tongue: str) -> None:
        self._handler, self._tongue = handler, tongue

    def __getattr__(self, name: str) -> Any:
        return getattr(self._handler, name)

    def addQuickElement(self, name: str, contents: str = "", attrs: dict[str, str] | None = None) -> None:
        """An element without children, named so by the library."""
        marked = {"xml:lang": self._tongue} if name == "title" else {}
        self._handler.addQuickElement(name, contents, {**(attrs or {}), **marked})


def atom(view: View, arguments: Mapping[str, str]) -> bytes:
    """The newest statements that a filter lets through, and that stand, as an Atom feed. Raises Fault `explorer.filter`."""
    wanted = listing.read(arguments)
    rows = [] if view.empty else listing.standing(view, wanted, ENTRIES + 1)
    older = wanted.address(rows[ENTRIES - 1].idx, "/statements.atom") if len(rows) > ENTRIES else None
    names = kinds.names(view.registry)
    feed = _Feed(
        title=_title(view, wanted, names),
        link=_whole(wanted.address()),
        description=_("What was signed into this ledger and stands, newest first. Times are those of the log, in UTC."),
        language=languages.current().code,
        author_name=visible(view.ledger) or "Detente",
        feed_url=_whole(wanted.address(wanted.below, "/statements.atom")),
        feed_guid=uuid5(_SPACE, f"{view.ledger}|{wanted.address()}").urn,
        made=view.audited,
        older=_whole(older) if older else None,
    )
    for row in rows[:ENTRIES]:
        _add(feed, row, names)
    return feed.writeString("utf-8").encode()  # type: ignore[no-any-return]


def _title(view: View, wanted: listing.Filter, names: Mapping[str, str]) -> str:
    """What the feed is called: the ledger, and the filters in use."""
    told = {**wanted.given}
    if "party" in told:
        told["party"] = f"{names.get(told['party'], '')} ({told['party']})".strip()
    for name, room in (("type", "types"), ("family", "families")):
        if name in told:
            told[name] = kinds.label(room, told[name])
    said = _("Statements in %(ledger)s", ledger=view.ledger) if view.ledger else _("Statements")
    return visible(_(", ").join([said, *told.values()]))


def _add(feed: _Feed, row: Row, names: Mapping[str, str]) -> None:
    """One statement as an entry. All that a state wrote is text, on one line, with what is invisible shown by code point."""
    marked = f"{EXERCISE}: " if row.exercise else ""
    kind, name = kinds.label("types", row.type), names.get(row.party or "", "")
    told = _(
        "%(type)s by %(name)s (%(party)s), record %(n)s.", type=kind, name=name, party=row.party, n=number(row.idx)
    )
    if row.witnessed_before is None:
        told += " " + _("Not witnessed yet.")
    feed.add_item(
        title=marked + visible(row.title or ""),
        link=_whole(address(row)),
        description=str(escape(visible(marked + told))),
        author_name=visible(f"{name} ({row.party})"),
        unique_id=_name(row.id or ""),
        pubdate=_moment(row.received or 0),
        updateddate=_moment(row.witnessed_before or row.received or 0),
        categories=[row.type or "", *(["exercise"] if row.exercise else [])],
        tongue=visible(row.language or "und"),
        receipt=_whole(f"/s/{row.id}.tlog-proof"),
    )


def _name(statement_id: str) -> str:
    """A statement's name by its SHA-256 (RFC 6920, section 3)."""
    return "ni:///sha-256;" + urlsafe_b64encode(bytes.fromhex(statement_id)).decode().rstrip("=")


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _whole(place: str) -> str:
    """An address with its host: a feed is read apart from the page that it came from."""
    return request.host_url.rstrip("/") + languages.to(place)


def table(view: View, arguments: Mapping[str, str]) -> tuple[bytes, str | None]:
    """The statements that a filter lets through as CSV, newest first, and the address of the next file if there is one.

    Records that do not stand are among them, and say so. Raises Fault `explorer.filter`.
    """
    wanted = listing.read(arguments)
    rows = [] if view.empty else listing.matching(view, wanted, MOST + 1)
    older = wanted.address(rows[MOST - 1].idx, "/statements.csv") if len(rows) > MOST else None
    out = io.StringIO(newline="")
    writer = writer_of(out)
    for row in rows[:MOST]:
        writer.writerow(cells(row))
    return out.getvalue().encode(), older


def writer_of(out: io.TextIOBase) -> Any:
    """A writer of CSV onto `out`, the columns' names written."""
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    return writer


def cells(row: Row) -> list[str]:
    """A record as cells, safe for spreadsheets; the marking of an exercise is said in words."""
    found = {**vars(row), "record": row.idx}
    found |= {name: utc(found[name]) for name in _TIMES}
    found["exercise"] = f"{EXERCISE} {row.exercise}" if row.exercise else ""
    return [cell("" if found[name] is None else str(found[name])) for name in COLUMNS]
