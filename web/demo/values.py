"""What the story's `$` expressions stand for: an object with one member whose name begins with a dollar sign.

    {$time: start + P12DT9H}    a moment            {$year: 1}            the year of the act, and one more
    {$id: ACT}, {$record: ACT}  a logged act's statement id, and the index of its record
    {$sequence: ACT}, {$previous: ACT}              the place that an act took in its office's chain
    {$key: XB/root-1}           a public key        {$digest: FILE}       the digest of a text of the story
    {$contact: XA}              whom to call        {$drills: {…}}        the drills that the story holds in a year
    {$disclosures: ACT}         what opens a sealed act; of it {of: ACT, pointers: […]} or {of: ACT, without: […]} alone
    {$digests: {…}}             the digests of these, as somebody acknowledges them who was shown them
    {$otherwise: {…}}           what would open it to another value
    {$obligation: {rule: R, source: ACT, debtor: XA, trigger: ACT, period: {…}}}     an obligation's id; its trigger is an act,
                                an obligation that is overdue, or nothing; a period is written out, or counted:
                                {since: ACT, every: P90D, number: 4, toward: XB}
    {$report: {of: NAME, give: inputs}}  what the speaker's signed report gives, on the moment at which this name is met
                                first: its inputs, its digest, the number of records
    {$parties: all}, {$signers: XA}, {$offices: XA}, {$office: {…}}, {$matrix: all}, {$witnesses: all}, {$log_keys: all},
    {$quorum: witnesses}        the cast, as a charter and an accession write it

In any text, ${start + P12D} stands for that day, such as 7 May 2026.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from verifier import sealing
from verifier.errors import Fault
from verifier.formats import canonical, times
from verifier.sealing import Disclosure
from web.demo import acts
from web.demo.acts import Act, Story
from web.demo.cast import Cast, public_key, secret_key
from web.demo.home import Home
from web.demo.reports import Reports

_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_DAY = re.compile(r"\$\{([^}]*)\}")
_PLAN = ("name", "kind", "scale", "sectors", "co_hosts")


@dataclass(frozen=True)
class Told:
    """An act that was logged: its statement's `id`, its record's `index`, its place in its office's chain, and the moment
    `at` which the witnesses saw it (seconds, UTC)."""

    id: str
    index: int
    party: str
    office: str
    sequence: int
    previous: str | None
    at: int


@dataclass(frozen=True)
class Values:
    """The meaning of expressions at one moment of the story, `now` (seconds, UTC). `opened`: what each sealed act kept."""

    story: Story
    cast: Cast
    home: Home
    now: int
    told: Mapping[str, Told]
    opened: Mapping[str, Mapping[str, Disclosure]]
    reports: Reports

    def resolve(self, value: Any, act: Act) -> Any:
        """The value with all expressions in it replaced. Raises Fault `demo.story`, where = the act's name."""
        if isinstance(value, dict):
            names = [name for name in value if name.startswith("$")]
            if not names:
                return {name: self.resolve(member, act) for name, member in value.items()}
            meaning = _MEANINGS.get(names[0])
            if meaning is None or len(value) != 1:
                raise Fault("demo.story", f"there is no expression {', '.join(value)}", where=act.name)
            return meaning(self, value[names[0]], act)
        if isinstance(value, list):
            return [self.resolve(item, act) for item in value]
        if isinstance(value, str):
            return _DAY.sub(lambda match: _day(self.story.moment(match[1], now=self.now)), value)
        return value

    def time(self, text: str, act: Act) -> str:
        return times.format_utc(self.story.moment(text, now=self.now))

    def year(self, more: int, act: Act) -> int:
        return int(times.format_utc(self.now)[:4]) + more

    def act(self, name: str, act: Act) -> Told:
        if name not in self.told:
            raise Fault("demo.story", f"it names {name}, which nobody has said by then", where=act.name)
        return self.told[name]

    def key(self, text: str, act: Act) -> str:
        code, _, name = text.partition("/")
        return public_key(self.home, code, name)

    def digest(self, name: str, act: Act) -> str:
        return sha256(text(name)).hexdigest()

    def contact(self, code: str, act: Act) -> Any:
        return self.cast.party(code)["contact"]

    def signers(self, code: str, act: Act) -> list[str]:
        return self.cast.ring(self.home, code)

    def offices(self, code: str, act: Act) -> list[dict[str, Any]]:
        rows = self.cast.party(code)["offices"]
        return [self.cast.office(self.home, code, name, tuple(keys)) for name, keys in rows.items()]

    def office(self, row: Mapping[str, Any], act: Act) -> dict[str, Any]:
        return self.cast.office(self.home, row["party"], row["office"], tuple(row["keys"]))

    def disclosures(self, which: str | Mapping[str, Any], act: Act) -> list[dict[str, str]]:
        rows = self._chosen(which, act)
        return [{"pointer": pointer, "disclosure": rows[pointer].text} for pointer in sorted(rows)]

    def digests(self, which: str | Mapping[str, Any], act: Act) -> list[str]:
        return sorted(one.digest for one in self._chosen(which, act).values())

    def _chosen(self, which: str | Mapping[str, Any], act: Act) -> Mapping[str, Disclosure]:
        row = {"of": which} if isinstance(which, str) else which
        rows = self.opened.get(row["of"], {})
        named = {*row.get("pointers", ()), *row.get("without", ())}
        if not named <= rows.keys():
            raise Fault("demo.story", f"{row['of']} seals nothing at {sorted(named - rows.keys())}", where=act.name)
        wanted = set(row.get("pointers", rows)) - set(row.get("without", ()))
        return {pointer: one for pointer, one in rows.items() if pointer in wanted}

    def otherwise(self, row: Mapping[str, Any], act: Act) -> str:
        told = self.act(row["of"], act)
        name = sealing.field_name(told.party, told.office, told.sequence, row["pointer"])
        return sealing.seal(name, row["value"], self.cast.secret(f"otherwise {name}")[:16]).text

    def obligation(self, row: Mapping[str, Any], act: Act) -> str:
        trigger = row.get("trigger")
        found = {
            "rule": row["rule"],
            "source": self.act(row["source"], act).id,
            "debtor": row["debtor"],
            "trigger": self.act(trigger, act).id if isinstance(trigger, str) else self.resolve(trigger, act),
            "period": self._period(row.get("period"), act),
        }
        return sha256(canonical.encode(found)).hexdigest()

    def _period(self, row: Mapping[str, Any] | None, act: Act) -> Any:
        if row is None or "since" not in row:
            return self.resolve(row, act)
        every = times.parse_duration(row["every"])
        first = self.act(row["since"], act).at + (row["number"] - 1) * every
        found = {"from": times.format_utc(first), "to": times.format_utc(first + every - 1)}
        return found | ({"toward": row["toward"]} if "toward" in row else {})

    def report(self, row: Mapping[str, str], act: Act) -> Any:
        (holder,) = self.cast.holders(act.party, act.office)
        found = self.reports.report(row["of"], secret_key(self.home, act.party, holder), self.now)
        if row["give"] not in found:
            raise Fault("demo.story", f"a report does not give {row['give']}", where=act.name)
        return found[row["give"]]

    def drills(self, row: Mapping[str, Any], act: Act) -> list[dict[str, Any]]:
        """The drills that the party's own announcements will tell of in that year, and `also` those beyond the story."""
        year = self.year(row["year"], act)
        found = [one for other in self.story.acts if (one := self._planned(other, act.party, year))]
        beyond = times.format_utc(self.story.end)[:7]
        for plan in row["also"]:
            month = f"{year}-{plan['month']}"
            if month > beyond:
                rest = {name: value for name, value in plan.items() if name != "month"}
                found.append({**rest, "first_month": month, "last_month": month})
        return sorted(found, key=lambda one: (one["first_month"], one["name"]))

    def _planned(self, other: Act, party: str, year: int) -> dict[str, Any] | None:
        body = other.members["body"]
        if (other.type, other.party) != ("drill-announcement", party) or other.members.get("unplanned"):
            return None
        start, end = (self.resolve(body[name], other) for name in ("start", "end"))
        if start[:4] != str(year):
            return None
        return {
            **{name: body[name] for name in _PLAN},
            "first_month": start[:7],
            "last_month": end[:7],
            "note": None,
        }


def text(name: str) -> bytes:
    """A text of the story, which statements attach. Raises Fault `demo.story`."""
    try:
        return (acts.STORY / "texts" / name).read_bytes()
    except OSError as error:
        raise Fault("demo.story", f"the story has no text {name}", where="story/texts") from error


def _day(moment: int) -> str:
    year, month, day = times.format_utc(moment)[:10].split("-")
    return f"{int(day)} {_MONTHS[int(month) - 1]} {year}"


_MEANINGS: Mapping[str, Callable[[Values, Any, Act], Any]] = {
    "$time": Values.time,
    "$year": Values.year,
    "$id": lambda at, name, act: at.act(name, act).id,
    "$record": lambda at, name, act: at.act(name, act).index,
    "$sequence": lambda at, name, act: at.act(name, act).sequence,
    "$previous": lambda at, name, act: at.act(name, act).previous,
    "$key": Values.key,
    "$digest": Values.digest,
    "$contact": Values.contact,
    "$drills": Values.drills,
    "$disclosures": Values.disclosures,
    "$digests": Values.digests,
    "$otherwise": Values.otherwise,
    "$obligation": Values.obligation,
    "$report": Values.report,
    "$parties": lambda at, _, act: at.cast.registry(at.home),
    "$signers": Values.signers,
    "$offices": Values.offices,
    "$office": Values.office,
    "$matrix": lambda at, _, act: at.cast.source["matrix"],
    "$witnesses": lambda at, _, act: at.cast.witnesses(at.home),
    "$log_keys": lambda at, _, act: [str((at.home.keys / "log.vkey").resolve())],
    "$quorum": lambda at, _, act: at.cast.source["quorum"],
}
