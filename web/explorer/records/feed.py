"""Lists as files: Atom feeds (RFC 4287) for programs that follow them, and the statements as CSV (RFC 4180) for tables.

Each takes the filters of its list. A feed of statements holds what stands alone; an entry has one id for ever, of a statement
or an obligation the name of its own digest (RFC 6920), whoever serves it and in whichever language. Moments are those of the
log, never of this server.
"""

from __future__ import annotations

import csv
import io
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

from feedgenerator import Atom1Feed  # type: ignore[import-untyped]
from flask import request
from markupsafe import escape

from ledger.exports.obligations import cell
from ledger.exports.words import EXERCISE, banner, visible
from verifier.formats import times
from web.explorer.copy.rows import Row
from web.explorer.copy.view import View
from web.explorer.records import listing
from web.explorer.records.briefs import address, brief
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


@dataclass(frozen=True)
class Entry:
    """One thing in a feed. `id`: a URI that stays; `title`, `told`: plain text; `link`: an address of this site;
    `updated`, `published`: UTC texts of the log; `author`: who speaks; `exercise`: the drill that it is marked for."""

    id: str
    title: str
    told: str
    link: str
    updated: str
    published: str | None = None
    author: str | None = None
    language: str | None = None
    categories: tuple[str, ...] = ()
    exercise: str | None = None
    receipt: str | None = None


@dataclass(frozen=True)
class About:
    """What a feed is: its `title`, what it holds (`told`), its list's address, its own, that of the rest or None."""

    title: str
    told: str
    list: str
    feed: str
    older: str | None = None


class _Feed(Atom1Feed):  # type: ignore[misc]
    """Atom with what the library leaves out: a title's language, the next document (RFC 5005), a moment without entries."""

    def latest_post_date(self) -> datetime:
        found: datetime = super().latest_post_date() if self.items else self.feed["made"]
        return found

    def add_root_elements(self, handler: Any) -> None:
        super().add_root_elements(handler)
        if self.feed["older"]:
            handler.addQuickElement("link", "", {"rel": "next", "href": self.feed["older"]})

    def add_item_elements(self, handler: Any, item: dict[str, Any]) -> None:
        super().add_item_elements(_Titled(handler, item["tongue"]), item)
        if item["receipt"]:
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


def written(view: View, about: About, entries: Iterable[Entry]) -> bytes:
    """A feed's bytes, its entries in the order given."""
    feed = _Feed(
        title=visible(about.title),
        link=_whole(about.list),
        description=about.told,
        language=languages.current().code,
        author_name=visible(view.ledger) or "Detente",
        feed_url=_whole(about.feed),
        feed_guid=uuid5(_SPACE, f"{view.ledger}|{about.list}").urn,
        made=datetime.fromtimestamp(view.audited, UTC),
        older=_whole(about.older) if about.older else None,
    )
    for one in entries:
        _add(feed, one)
    return feed.writeString("utf-8").encode()  # type: ignore[no-any-return]


def _add(feed: _Feed, one: Entry) -> None:
    """One thing as an entry. All that a state wrote is text, on one line, with what is invisible shown by code point."""
    marked = banner(one.exercise)
    feed.add_item(
        title=marked + visible(one.title),
        link=_whole(one.link),
        description=str(escape(visible(marked + one.told))),
        author_name=None if one.author is None else visible(one.author),
        unique_id=one.id,
        pubdate=_moment(one.published or one.updated),
        updateddate=_moment(one.updated),
        categories=[*one.categories, *(["exercise"] if one.exercise else [])],
        tongue=visible(one.language or languages.current().code),
        receipt=_whole(one.receipt) if one.receipt else None,
    )


def named(digest: str) -> str:
    """The name of what has this SHA-256, hex (RFC 6920, section 3)."""
    return "ni:///sha-256;" + urlsafe_b64encode(bytes.fromhex(digest)).decode().rstrip("=")


def known(view: View, *parts: object) -> str:
    """The id of a thing of this ledger that has no digest of its own; the same for whoever serves it (RFC 9562, 5.5)."""
    return uuid5(_SPACE, "|".join(map(str, (view.ledger, *parts)))).urn


def called(view: View, title: str, filters: Iterable[str] = ()) -> str:
    """What a feed is called: the list, the ledger, the filters in use."""
    said = _("%(list)s, %(ledger)s", list=title, ledger=view.ledger) if view.ledger else title
    return _(", ").join([said, *filters])


def of(found: Mapping[str, Any], names: Mapping[str, str]) -> Entry:
    """A statement, as lists show it (briefs.brief), as an entry."""
    party = found["party"] or ""
    kind, name = kinds.label("types", found["type"]), names.get(party, "")
    told = _(
        "%(type)s by %(name)s (%(party)s), record %(n)s.", type=kind, name=name, party=party, n=number(found["record"])
    )
    if found["witnessed_before"] is None:
        told += " " + _("Not witnessed yet.")
    return Entry(
        id=named(found["id"]),
        title=found["title"] or "",
        told=told,
        link=found["address"],
        updated=found["witnessed_before"] or found["received"],
        published=found["received"],
        author=f"{name} ({party})",
        language=found["language"] or "und",
        categories=(found["type"],),
        exercise=found["exercise"],
        receipt=f"/s/{found['id']}.tlog-proof",
    )


def _moment(text: str) -> datetime:
    return datetime.fromtimestamp(times.parse_utc(text), UTC)


def _whole(place: str) -> str:
    """An address with its host: a feed is read apart from the page that it came from."""
    return request.host_url.rstrip("/") + languages.to(place)


# Statements.


def atom(view: View, arguments: Mapping[str, str]) -> bytes:
    """The newest statements that a filter lets through, and that stand, as an Atom feed. Raises Fault `explorer.filter`."""
    wanted = listing.read(arguments)
    rows = [] if view.empty else listing.standing(view, wanted, ENTRIES + 1)
    older = wanted.address(rows[ENTRIES - 1].idx, "/statements.atom") if len(rows) > ENTRIES else None
    names = kinds.names(view.registry)
    about = About(
        _title(view, wanted, names),
        _("What was signed into this ledger and stands, newest first. Times are those of the log, in UTC."),
        wanted.address(),
        wanted.address(wanted.below, "/statements.atom"),
        older,
    )
    return written(view, about, (of({**brief(row), "address": address(row)}, names) for row in rows[:ENTRIES]))


def _title(view: View, wanted: listing.Filter, names: Mapping[str, str]) -> str:
    """What the feed is called: the ledger, and the filters in use."""
    told = {**wanted.given}
    if "party" in told:
        told["party"] = f"{names.get(told['party'], '')} ({told['party']})".strip()
    for name, room in (("type", "types"), ("family", "families")):
        if name in told:
            told[name] = kinds.label(room, told[name])
    said = _("Statements in %(ledger)s", ledger=view.ledger) if view.ledger else _("Statements")
    return _(", ").join([said, *told.values()])


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
