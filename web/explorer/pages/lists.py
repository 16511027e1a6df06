"""Every list of this site as files: beside the page and its JSON twin a table (CSV) and a feed (Atom), all by one table of lists.

A list's table and feed are made from the facts of its own page, so that the four say the same: `rows` and `entries` turn them
round, `LISTS` says which list has which, and nothing else here knows a list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Flask, Response, request

from web import headers
from web.explorer.answers import Answers, Asked, Maker, revalidated
from web.explorer.copy.audited import Copy
from web.explorer.copy.judged_types import Wanted
from web.explorer.copy.judged_view import Judged
from web.explorer.pages import audits, calendar, channels, forms, incidents, ledger, obligations, parties, pledges
from web.explorer.promises import tables
from web.explorer.promises.facts import Teller
from web.explorer.records import feed, listing
from web.explorer.records import tables as record_tables
from web.explorer.records.entries import Told
from web.explorer.records.feed import FEED, TABLE, About, Entry
from web.explorer.wording.words import N_, _

Facts = Mapping[str, Any]
MOST = 2_000
"""How many obligations one file of CSV holds; the next file follows by `page`."""
_EACH = 50
"""How many obligations that fell due last, and as many that fall due next, the feed holds."""


@dataclass(frozen=True)
class List:
    """A list: the `maker` of its page, what a feed of it `holds`, its `rows` as CSV and its `entries`, from the page's facts.

    `filters`: arguments that choose what is listed; `pages`: those that name a part of it.
    """

    maker: Maker
    holds: str
    table: Callable[[Facts], bytes]
    entries: Callable[[Told, Facts], Iterable[Entry]]
    filters: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()


LISTS: Mapping[str, List] = {
    "parties": List(
        parties.parties,
        N_("Each participant, with the time of its newest founding statement: accession, keys, withdrawal."),
        record_tables.parties,
        Told.parties,
    ),
    "pledges": List(
        pledges.pledges,
        N_("The texts that hold rules, newest first."),
        tables.pledges,
        Told.pledges,
        pages=("page",),
    ),
    "incidents": List(
        incidents.incidents,
        N_("Incidents and near misses, each with the time of its newest statement."),
        tables.incidents,
        Told.incidents,
        pages=("below",),
    ),
    "channels": List(
        channels.channels,
        N_("Channels that were made known, and the newest line test of each pair."),
        tables.channels,
        Told.channels,
        pages=("page",),
    ),
    "calendar": List(
        calendar.calendar,
        N_("Drills, line tests and due dates of three months; an entry is renewed when what it says changes."),
        tables.calendar,
        Told.calendar,
        filters=("from", "party", "kind"),
    ),
    "checkpoints": List(
        ledger.checkpoint_list,
        N_("The checkpoint history, newest first."),
        record_tables.checkpoints,
        Told.checkpoints,
        pages=("below",),
    ),
    "witnesses": List(
        ledger.witnesses,
        N_("Each witness, with the time of its last cosignature."),
        record_tables.witnesses,
        Told.witnesses,
    ),
    "audits": List(
        audits.audits, N_("Verifiers’ audit reports and findings, newest first."), record_tables.audits, Told.audits
    ),
    "ledger": List(
        ledger.ledger,
        N_("Evidence of misbehaviour that was ever found, and the audit’s findings."),
        record_tables.ledger,
        Told.ledger,
    ),
    "forms": List(forms.forms, N_("The forms of this vocabulary, one for each type."), record_tables.forms, Told.forms),
}
"""Name -> list. Its page is at /name, and beside it /name.json, /name.csv, /name.atom."""
OTHERS = ("statements", "obligations")
"""Lists whose files hold more than a page of them: made from the copy itself."""


def install(app: Flask, answers: Answers, copy: Copy) -> None:
    """Give an app the tables and feeds, and its templates `listed`: the addresses of those of the page at a path."""
    app.jinja_env.globals["listed"] = listed

    def add(name: str, end: str, kind: str, made: Callable[[Asked], tuple[bytes, str | None]], said: str) -> None:
        def answer() -> Response:
            with copy.view() as view:
                body, older = made(Asked(view, answers.health(view), request.args))
                return _file(body, kind, f"{name}.{end}" if end == "csv" else "", older, view.audited)

        answer.__doc__ = said
        app.add_url_rule(f"/{name}.{end}", f"{name}_{end}", answer)

    for name, one in LISTS.items():
        add(name, "csv", TABLE, _table_of(name, one), f"The list /{name} as CSV.")
        add(name, "atom", FEED, _feed_of(name, one), f"The list /{name} as an Atom feed.")
    add("obligations", "csv", TABLE, _obligations_table, "Obligations as CSV, by due; the list's filters.")
    add(
        "obligations",
        "atom",
        FEED,
        _obligations_feed,
        "Obligations that fell due last or fall due next, as an Atom feed.",
    )
    add("statements", "csv", TABLE, _statements_table, "Statements as CSV, newest first; the list's filters.")
    add("statements", "atom", FEED, _statements_feed, "Statements that stand, newest first, as an Atom feed.")


def listed(path: str) -> list[tuple[str, str, str]]:
    """(ending, media type, address with this page's query) of the list at a path as files; none where it is no list."""
    name = path.removeprefix("/")
    if name not in LISTS and name not in OTHERS:
        return []
    query = {key: value for key, value in request.args.items() if key not in ("page", "below")}
    rest = f"?{urlencode(query)}" if query else ""
    return [(end, kind.partition(";")[0], f"/{name}.{end}{rest}") for end, kind in (("csv", TABLE), ("atom", FEED))]


def _file(body: bytes, kind: str, name: str, older: str | None, modified: int) -> Response:
    """A file; `name`: what it is called where it is taken away; `older`: the address of the rest of the list."""
    answer = Response(body, content_type=kind, headers=dict(headers.OPEN))
    if name:
        answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    if older:
        answer.headers["Link"] = f'<{older}>; rel="next"'
    return revalidated(answer, modified)


def _address(name: str, asked: Asked, members: Iterable[str], end: str = "") -> str:
    """The address of a list, or of a file of it, with those of its arguments that are in use."""
    given = {key: value for key in members if (value := asked.arguments.get(key, "").strip())}
    return f"/{name}{end}?{urlencode(given)}" if given else f"/{name}{end}"


def _rest(facts: Facts, name: str, end: str) -> str | None:
    """The address of the next file of a list, from that of its next page."""
    older = facts.get("older")
    return f"/{name}.{end}{older.removeprefix(f'/{name}')}" if older else None


def _table_of(name: str, one: List) -> Callable[[Asked], tuple[bytes, str | None]]:
    def made(asked: Asked) -> tuple[bytes, str | None]:
        facts = one.maker(asked).facts
        return one.table(facts), _rest(facts, name, "csv")

    return made


def _feed_of(name: str, one: List) -> Callable[[Asked], tuple[bytes, str | None]]:
    def made(asked: Asked) -> tuple[bytes, str | None]:
        page = one.maker(asked)
        found = [] if asked.view.empty else list(one.entries(Told(asked.view), page.facts))
        older = _rest(page.facts, name, "atom")
        return _written(asked, name, (page.title, _(one.holds)), found, (one.filters, one.pages), older), older

    return made


def _written(
    asked: Asked,
    name: str,
    said: tuple[str, str],
    found: list[Entry],
    arguments: tuple[tuple[str, ...], tuple[str, ...]],
    older: str | None,
) -> bytes:
    """A feed, its entries by the time of their newest change. `said`: (title, what it holds); `arguments`: (filters, pages)."""
    filters, pages = arguments
    given = [value for key in filters if (value := asked.arguments.get(key, "").strip())]
    about = About(
        feed.called(asked.view, said[0], given),
        said[1],
        _address(name, asked, filters),
        _address(name, asked, (*filters, *pages), ".atom"),
        older,
    )
    return feed.written(asked.view, about, sorted(found, key=_newest, reverse=True))


def _newest(one: Entry) -> tuple[str, str]:
    return one.updated, one.id


def _obligations_table(asked: Asked) -> tuple[bytes, str | None]:
    """The obligations that are asked for, as CSV, by due."""
    given, wanted = obligations.read_filter(asked.arguments)
    at = listing.part_of(asked.arguments)
    # No list is as long as 2^53; SQLite knows no number above 2^63, and a product of both may be.
    found = Judged(asked.view).some(wanted, min(at * MOST, 2**53), MOST + 1)
    older = f"/obligations.csv?{urlencode({**given, 'page': str(at + 1)})}" if len(found) > MOST else None
    return tables.obligations(found[:MOST]), older


def _obligations_feed(asked: Asked) -> tuple[bytes, str | None]:
    """The obligations that are asked for and fell due last, and those that fall due next."""
    _given, wanted = obligations.read_filter(asked.arguments)
    judged = Judged(asked.view)
    found: list[Entry] = []
    if judged.real is not None:
        told, teller = Told(asked.view), Teller(judged)
        past, ahead = _around(wanted, judged.moment)
        some = [*judged.some(past, most=_EACH, newest=True), *judged.some(ahead, most=_EACH)]
        found = [told.owed(teller.facts(one), judged.moment) for one in some]
    said = _("Obligations"), _("The fifty obligations that fell due last, and the fifty that fall due next.")
    return _written(asked, "obligations", said, found, (obligations.FILTERS, ()), None), None


def _around(wanted: Wanted, moment: int) -> tuple[Wanted, Wanted]:
    """What is asked for, as far as it was due by a moment, and as far as it falls due later."""
    members = vars(wanted)
    until = moment + 1 if wanted.until is None else min(wanted.until, moment + 1)
    since = moment + 1 if wanted.since is None else max(wanted.since, moment + 1)
    return Wanted(**{**members, "until": until}), Wanted(**{**members, "since": since})


def _statements_table(asked: Asked) -> tuple[bytes, str | None]:
    return feed.table(asked.view, asked.arguments)


def _statements_feed(asked: Asked) -> tuple[bytes, str | None]:
    return feed.atom(asked.view, asked.arguments), None
