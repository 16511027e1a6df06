"""What stands in a list, told as entries of a feed: from the facts of the list's page, in the reader's language.

An entry's id is of the thing, never of its address; its time is the newest that the log gives for what it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from web.explorer.copy.rows import RECORDS
from web.explorer.copy.view import View
from web.explorer.records import feed
from web.explorer.records.feed import Entry, known, named
from web.explorer.records.ladder import CHANGING
from web.explorer.wording import kinds
from web.explorer.wording.words import _, day, minute, ngettext, number, utc

Facts = Mapping[str, Any]
_CALLING = {*CHANGING, "cancels"}
"""Relations of a later statement that change what a drill's entry says."""


class Told:
    """Tells of what one view shows. Each function: a list's facts -> its entries, in no order."""

    def __init__(self, view: View) -> None:
        self._view, self._names = view, kinds.names(view.registry)
        first = view.record(0)
        self._begun = utc(first.witnessed_before or first.received or 0) if first else utc(view.audited)

    def statement(self, found: Facts) -> Entry:
        """A statement, as lists show it."""
        return feed.of(found, self._names)

    def parties(self, facts: Facts) -> Iterator[Entry]:
        """The participants, each as of its newest founding statement."""
        query = RECORDS + " WHERE family = 'founding' AND +party = ? AND stands = 1 ORDER BY idx DESC LIMIT 1"
        for one in facts["parties"]:
            rows = self._view.rows(query, (one["code"],))
            said = rows[0] if rows else None
            told = kinds.label("choices", one["kind"])
            if said is not None:
                told = _("%(kind)s. Newest founding statement: %(title)s", kind=told, title=said.title or "")
            yield Entry(
                id=known(self._view, "party", one["code"]),
                title=f"{one['code']} {self._names.get(one['code'], '')}".strip(),
                told=told,
                link=f"/parties/{one['code']}",
                updated=self._time(utc(said.witnessed_before or said.received or 0) if said else None),
                categories=(one["kind"],),
            )

    def pledges(self, facts: Facts) -> Iterator[Entry]:
        """Texts that hold rules."""
        for one in facts["texts"]:
            said = one["statement"]
            if said is None:
                continue
            rules = ngettext("%(num)s rule", "%(num)s rules", len(one["rules"]))
            bound = _("binds now: %(parties)s", parties=", ".join(one["binds_now"])) if one["binds_now"] else ""
            yield self._thing(said, ("text", one["id"]), one["address"], _(", ").join(filter(None, (rules, bound))))

    def incidents(self, facts: Facts) -> Iterator[Entry]:
        """Threads, each as of its newest statement."""
        for one in facts["incidents"]:
            count = ngettext("One statement.", "%(num)s statements.", one["statements"])
            waiting = [f"{owed['status_label']}: {owed['what']}" for owed in one["waiting"]]
            told = " ".join([count, _(", ").join(waiting)]).strip()
            yield self._thing(one, ("incident", one["id"]), one["address"], told, one["last"])

    def channels(self, facts: Facts) -> Iterator[Entry]:
        """Channels, and the newest test of each line."""
        for found in facts["channels"]:
            yield self.statement(found)
        for row in facts["lines"]:
            for one in row["cells"]:
                newest = one["newest"]
                if newest is None or newest["id"] is None or newest["witnessed"] is None:
                    continue
                ends = {"sender": row["sender"], "receiver": one["receiver"]}
                count = {"n": number(one["answered"]), "all": number(one["tests"])}
                yield Entry(
                    id=known(self._view, "line", row["sender"], one["receiver"]),
                    title=_("Line from %(sender)s to %(receiver)s", **ends),
                    told=_(
                        "%(n)s of %(all)s tests answered. The newest is in record %(record)s.",
                        **count,
                        record=number(newest["record"]),
                    ),
                    link=f"/s/{newest['id']}",
                    updated=newest["witnessed"],
                    author=self._who(row["sender"]),
                    categories=("line-test",),
                )

    def calendar(self, facts: Facts) -> Iterator[Entry]:
        """Drills as last changed, line tests, due dates."""
        moment = facts["judgement"]["as_of"] if facts["judgement"] else None
        for month in facts["agenda"]:
            for one in month["items"]:
                if one["kind"] == "drill":
                    yield self._drill(one)
                elif one["kind"] == "line-test":
                    yield self.statement(one)
                elif moment is not None:
                    yield self._owed(one, moment)

    def _drill(self, one: Facts) -> Entry:
        times = [row.witnessed_before for rel, row in self._view.relating(one["id"]) if rel in _CALLING]
        changed = [text for text in map(utc, times) if text]
        told = (
            _("Drill, %(from)s to %(to)s.", **{"from": minute(one["start"]), "to": minute(one["end"])})
            if one["end"]
            else _("Drill, from %(from)s.", **{"from": minute(one["start"])})
        )
        if one["cancelled"]:
            told += " " + _("Cancelled %(day)s.", day=day(one["cancelled"]))
        newest = max([self._time(one["witnessed_before"]), *changed])
        return self._thing(one, ("drill", one["id"]), one["address"], told, newest)

    def owed(self, one: Facts, moment: int) -> Entry:
        """An obligation, as pages tell it. `moment`: of the judgement, in seconds."""
        return self._owed(one, utc(moment) or "")

    def _owed(self, one: Facts, moment: str) -> Entry:
        owed = one["obligation"]
        began = one["begun"] if one["begun"] and one["begun"] <= moment else self._time(None)
        newest = max(text for text in (began, one["done"], owed["due"]) if text and text <= max(moment, began))
        due = _("Due %(time)s UTC.", time=minute(owed["due"])) if owed["due"] else ""
        return Entry(
            id=named(owed["id"]),
            title=_(
                "%(status)s: %(what)s, owed by %(party)s",
                status=one["status_label"],
                what=one["what"],
                party=owed["debtor"],
            ),
            told=" ".join(filter(None, (due, one["told"], one["spare"]))),
            link=one["address"],
            updated=newest,
            published=began,
            author=self._who(owed["debtor"]),
            categories=(owed["status"], owed["kind"]),
            exercise=one["exercise"],
        )

    def checkpoints(self, facts: Facts) -> Iterator[Entry]:
        """Entries of the checkpoint history."""
        for one in facts["checkpoints"]:
            times = [row["at"] for row in one["cosigned"] if row["at"]]
            signed = ngettext("One witness cosigned it.", "%(num)s witnesses cosigned it.", len(one["cosigned"]))
            yield Entry(
                id=known(self._view, "checkpoint", one["number"]),
                title=_("Checkpoint %(number)s", number=number(one["number"])),
                told=" ".join(filter(None, (_("Size %(n)s.", n=number(one["size"] or 0)), signed, one["root"]))),
                link=f"/checkpoints/{one['number']}",
                updated=one["witnessed"] or max(times, default=self._time(None)),
            )

    def witnesses(self, facts: Facts) -> Iterator[Entry]:
        """Witnesses, each as of its last cosignature."""
        for one in facts["witnesses"]:
            last = one["last"]
            told = _("Size %(n)s.", n=number(last["size"])) if last else _("none in this copy")
            yield Entry(
                id=known(self._view, "witness", one["name"]),
                title=one["name"],
                told=told,
                link=f"/checkpoints/{last['checkpoint']}" if last else "/witnesses",
                updated=self._time(last["at"] if last else None),
            )

    def audits(self, facts: Facts) -> Iterator[Entry]:
        """Verifiers' reports and findings."""
        reports: Iterable[Facts] = (one for group in facts["audits"] for one in group["reports"])
        for found in (*reports, *facts["verifier_findings"]):
            yield self.statement(found)

    def forms(self, facts: Facts) -> Iterator[Entry]:
        """Forms, as of the charter that names the vocabulary."""
        for family in facts["families"]:
            for one in family["forms"]:
                yield Entry(
                    id=known(self._view, "form", one["type"]),
                    title=_("Form %(number)s: %(type)s", number=number(one["number"]), type=one["label"]),
                    told=one["help"],
                    link=one["address"],
                    updated=self._time(None),
                    categories=(one["family"],),
                )

    def ledger(self, facts: Facts) -> Iterator[Entry]:
        """Evidence that was ever found, and the audit's findings: as of the record concerned, or of the contradiction."""
        since = (facts.get("contradiction") or {}).get("since")
        for one in facts.get("evidence", ()):
            yield Entry(
                id=named(one["digest"]),
                title=_("Evidence: %(kind)s", kind=one["kind"]),
                told=one["proves"],
                link=one["address"],
                updated=self._time(since),
                categories=("evidence",),
            )
        for one in facts["findings"]:
            row = None if one["index"] is None else self._view.record(one["index"])
            at = utc(row.witnessed_before or row.received) if row else since
            yield Entry(
                id=known(self._view, "finding", one["index"], one["code"], one["message"]),
                title=_("Finding: %(code)s", code=one["code"]),
                told=one["message"],
                link="/ledger" if one["index"] is None else f"/records/{one['index']}",
                updated=self._time(at),
                categories=("finding",),
                exercise=row.exercise if row else None,
            )

    def _thing(self, said: Facts, parts: tuple[str, ...], link: str, told: str, updated: str | None = None) -> Entry:
        """Something that a statement opened, under the statement's title."""
        opened = said["witnessed_before"] or said["received"]
        return Entry(
            id=known(self._view, *parts),
            title=said["title"] or "",
            told=told,
            link=link,
            updated=updated or opened,
            published=opened,
            author=self._who(said["party"] or ""),
            language=said["language"],
            categories=(said["type"],),
            exercise=said["exercise"],
        )

    def _who(self, party: str) -> str:
        return f"{self._names.get(party, '')} ({party})".strip()

    def _time(self, text: str | None) -> str:
        """A time of the log; of what has none, the ledger's beginning."""
        return text or self._begun or ""
