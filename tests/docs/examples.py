"""docs/EXAMPLES.md as cases to judge: its data blocks read, each as the log that it tells of.

The first block of the page is the setting of all examples. Every other one is an example of its own: the rules (whole, or by
the id of one shown above), the records with the times that witnesses give them, the moment, and what must be found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from verifier import vocabulary
from verifier.charter import Terms
from verifier.conformance.case import Case, Event
from verifier.conformance.report import Obligation, obligation_id
from verifier.formats.times import parse_duration, parse_utc
from verifier.vocabulary.readable import moments, readable
from verifier.witnessed import Interval

PAGE = Path(__file__).parents[2] / "docs/EXAMPLES.md"
BLOCK = re.compile(r"```yaml\n(.*?)```", re.S)
DERIVED = ("> ", '<a id="rule-', "Rule: ", "Rules: ", "| ", "<details>")
"""How the first line begins of what is written from the data."""
_DAY = 86_400
_COUNTS = ("observations", "amendment_adherents")
Rule = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """YAML whose moments stay texts, as they stand in a statement."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in rows if tag != "tag:yaml.org,2002:timestamp"]
    for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


@dataclass(frozen=True)
class Setting:
    """What holds in every example: who takes part, the charter's publication, its terms, how often the log is witnessed."""

    ledger: str
    names: Mapping[str, str]
    kinds: Mapping[str, str]
    charter: Interval
    heartbeat: int
    terms: Terms


@dataclass(frozen=True)
class Record:
    """One record of an example, beside its event: what the page calls it, what it says, its body as in a statement."""

    name: str
    says: str
    event: Event
    body: Mapping[str, Any]
    times: Interval
    receipt: int | None


@dataclass(frozen=True)
class Example:
    """One example: `title` and `prose` as on the page, `told` its data, `rules` whole; `fresh`: ids of those shown here first."""

    title: str
    prose: str
    told: Mapping[str, Any]
    rules: Mapping[str, Rule]
    fresh: frozenset[str]
    setting: Setting
    records: Sequence[Record]

    @property
    def as_of(self) -> int:
        """The moment asked for, in seconds."""
        return parse_utc(self.told["as_of"])

    @property
    def exercise(self) -> str | None:
        """The statement id of the drill whose rehearsal is judged."""
        named = self.told.get("exercise")
        return ident(named) if named else None

    @property
    def case(self) -> Case:
        """The log before its judge."""
        times = {record.event.record: record.times for record in self.records}
        receipts = {record.event.record: record.receipt for record in self.records}
        terms = self.terms
        return Case(
            ledger=self.setting.ledger,
            charter=self.records[0].event.id,
            events=tuple(record.event for record in self.records),
            kinds=self.setting.kinds,
            moments=self.moments,
            interval=times.__getitem__,
            narrowed=receipts.__getitem__,
            terms=lambda record: terms,
        )

    @property
    def terms(self) -> Terms:
        """The charter's terms, with those that the example sets otherwise."""
        return replace(self.setting.terms, **_terms(self.told.get("terms", {})))

    @property
    def moments(self) -> list[int]:
        """When the log was witnessed: at each record, at every heartbeat that was not missed, and at the moment asked for."""
        start = self.setting.charter.before or 0
        beats = range(start, self.as_of + 1, self.setting.heartbeat)
        first, last = (parse_utc(moment) for moment in self.told.get("silent", ["1970-01-01T00:00:00Z"] * 2))
        kept = {beat for beat in beats if not first < beat < last}
        return sorted({record.times.before or 0 for record in self.records} | kept | {self.as_of})

    def named(self, statement: str | None) -> str | None:
        """What the page calls the record with this statement id."""
        return next((record.name for record in self.records if record.event.id == statement), None)

    def row(self, one: Obligation) -> dict[str, Any]:
        """An obligation as the page expects it."""
        return {
            "rule": one.rule,
            "debtor": one.debtor,
            "trigger": self.named(one.trigger),
            "toward": (one.period or {}).get("toward"),
            "due": one.due,
            "status": one.status,
            "by": self.named(one.discharged_by),
            "beside": [self.named(answer["statement"]) for answer in one.answers],
            "contested": [self.named(statement) for statement in one.contested],
        }


def ident(name: str) -> str:
    """The statement id of the record that an example calls so: hex, of no meaning."""
    return sha256(name.encode()).hexdigest()


def sections(page: str) -> Iterator[str]:
    """The page in pieces, each from one heading to the next; together they are the page."""
    starts = [0, *(found.start() for found in re.finditer(r"^#+ ", page, re.M) if found.start())]
    yield from (page[a:b] for a, b in zip(starts, [*starts[1:], len(page)], strict=True))


def examples(page: str) -> list[Example]:
    """Every example of the page, in its order."""
    setting: Setting | None = None
    shown: dict[str, Rule] = {}
    found = []
    for section in sections(page):
        block = BLOCK.search(section)
        if block is None:
            continue
        told = yaml.load(block[1], _Loader)
        if setting is None:
            setting = _setting(told)
        elif "records" in told:
            found.append(_example(section, told, setting, shown))
    return found


def refusals(page: str) -> list[dict[str, str]]:
    """What the page says is refused: type of the statement, pointer that is sealed, code of the fault."""
    told = [yaml.load(block[1], _Loader) for block in BLOCK.finditer(page)]
    return [one["refused"] for one in told if "refused" in one]


def setting_of(page: str) -> Setting:
    """The setting of all examples: the first data block of the page."""
    block = BLOCK.search(page)
    assert block is not None, "the page has no setting"
    return _setting(yaml.load(block[1], _Loader))


def _setting(told: Mapping[str, Any]) -> Setting:
    return Setting(
        ledger=told["ledger"],
        names={code: name for code, (_, name) in told["participants"].items()},
        kinds={code: kind for code, (kind, _) in told["participants"].items()},
        charter=Interval(*map(parse_utc, told["charter"])),
        heartbeat=parse_duration(told["heartbeat"]),
        terms=Terms(**_terms(told["terms"])),
    )


def _terms(told: Mapping[str, Any]) -> dict[str, int]:
    return {name: value if name in _COUNTS else parse_duration(value) for name, value in told.items()}


def _example(section: str, told: Mapping[str, Any], setting: Setting, shown: dict[str, Rule]) -> Example:
    heading, _, rest = section.partition("\n")
    lines = rest.split("\n")
    until = next(n for n, line in enumerate(lines) if line.startswith(DERIVED))
    rules, fresh = {}, set()
    for rule in told["rules"]:
        if isinstance(rule, dict):
            assert rule["id"] not in shown, f"two rules of the page are called {rule['id']}"
            shown[rule["id"]] = rule
            fresh.add(rule["id"])
        rules.update({name: shown[name] for name in [rule["id"] if isinstance(rule, dict) else rule]})
    records = list(_records(told, setting, rules))
    return Example(
        heading.lstrip("# "), "\n".join(lines[:until]).strip(), told, rules, frozenset(fresh), setting, records
    )


def _records(told: Mapping[str, Any], setting: Setting, rules: Mapping[str, Rule]) -> Iterator[Record]:
    """The charter with the rules that no other record holds, the accessions, then what the example tells."""
    elsewhere = {name for row in told["records"] for name in row.get("rules", ())}
    charter = [rule for name, rule in rules.items() if name not in elsewhere]
    states = told.get("states", [code for code, kind in setting.kinds.items() if kind == "state"])
    given = [
        {"name": "charter", "party": "DEP", "type": "charter", "body": {"rules": charter}},
        *(
            {"name": f"accession-{state}", "party": state, "type": "accession", "body": {"charter": ident("charter")}}
            for state in states
        ),
    ]
    numbers = {row["name"]: n for n, row in enumerate([*given, *told["records"]])}
    assert len(numbers) == len(given) + len(told["records"]), "two records are called the same"
    for number, row in enumerate([*given, *told["records"]]):
        yield _record(number, row, numbers, setting, rules)


def _record(
    number: int, row: Mapping[str, Any], numbers: Mapping[str, int], setting: Setting, rules: Mapping[str, Rule]
) -> Record:
    body = _body(row, numbers, rules)
    times = Interval(*map(parse_utc, row["public"])) if "public" in row else setting.charter
    event = Event(
        record=number,
        id=ident(row["name"]),
        type=row["type"],
        party=row["party"],
        addressees=tuple(sorted(row.get("to", ()))),
        relates=tuple(sorted((rel, numbers[name]) for rel, name in row.get("relates", {}).items())),
        exercise=ident(row["exercise"]) if "exercise" in row else None,
        signers=tuple(ident(name) for name in row.get("signers", ())),
        fields=_fields(row, body),
        sealed=tuple((pointer, parse_utc(opens)) for pointer, opens in row.get("sealed", {}).items()),
    )
    receipt = parse_utc(row["receipt"]) if "receipt" in row else None
    return Record(row["name"], row.get("says", ""), event, body, times, receipt)


def _body(row: Mapping[str, Any], numbers: Mapping[str, int], rules: Mapping[str, Rule]) -> dict[str, Any]:
    """The body as it would stand in the statement, as far as the example gives it: names of records as ids and numbers."""
    body = dict(row.get("body", {}))
    if "rules" in row:
        body["rules"] = [rules[name] for name in row["rules"]]
    if "obligations" in body:
        body["obligations"] = sorted(_obligation(*one) for one in body["obligations"])
    if "confirmed" in body:
        body["confirmed"] = sorted(ident(name) for name in body["confirmed"])
    if "revoked" in body:
        body["revoked"] = [
            {"signer": ident(one["signer"]), "reason": one["reason"], "from_record": numbers[one["from"]]}
            for one in body["revoked"]
        ]
    return body


def _obligation(rule: str, debtor: str, trigger: str | None, source: str = "charter") -> str:
    """The id of what a rule of the charter laid on somebody when a record appeared; None: when nothing did."""
    started = ident(trigger) if trigger else None
    return obligation_id(debtor=debtor, period=None, rule=rule, source=ident(source), trigger=started)


def _fields(row: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    words = vocabulary.load()
    kind = words.types[row["type"]]
    dates = moments(kind, words.definitions)
    members = {**body, **body.get("changes", {})}
    fields = {
        name: parse_utc(value) if name in dates else value
        for name, value in members.items()
        if name in readable(kind, words.definitions)
    }
    if "rules" in body:
        fields["rules"] = body["rules"]
    if "revoked" in body:
        fields["revoked"] = [[one["signer"], one["from_record"]] for one in body["revoked"]]
    if "opens" in row:
        fields["opened"] = [[pointer, True, value] for pointer, value in row["opens"].items()]
    return fields
