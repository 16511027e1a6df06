"""What docs/EXAMPLES.md says of its data: rules in plain words, records in a table, the verdict in the words of `explain`.

Stories and data blocks are written by hand; what lies between them is written from the data, so that neither can drift:
`python -m tests.docs.examples_page` writes it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.docs.examples import BLOCK, DERIVED, PAGE, Example, Record, examples, sections
from verifier import vocabulary
from verifier.conformance.explain import explain
from verifier.conformance.judge import judge
from verifier.conformance.report import EXCEEDED, KEPT, Obligation
from verifier.formats.times import format_utc
from verifier.vocabulary.naming import Naming
from verifier.vocabulary.readable import moments
from verifier.vocabulary.rendering import sentences

_ID = re.compile(r" \([0-9a-f]{12}…\)")
_STATEMENT = re.compile(r"\bthe ([a-z-]+) of ([A-Z]{2,8}) in record\b")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::00|(:\d\d))Z")


def written(page: str) -> str:
    """The page with everything between a story and its data written anew."""
    told = {example.title: example for example in examples(page)}
    return "".join(_section(section, told) for section in sections(page))


def _section(section: str, told: dict[str, Example]) -> str:
    heading, _, rest = section.partition("\n")
    example = told.get(heading.lstrip("# "))
    if example is None or not BLOCK.search(section):
        return section
    lines = rest.split("\n")
    until = next(n for n, line in enumerate(lines) if line.startswith(DERIVED))
    data = next(n for n, line in enumerate(lines) if line.startswith("<details>"))
    return "\n".join([heading, *lines[:until], *derived(example), "", *lines[data:]])


def derived(example: Example) -> Iterator[str]:
    """The lines of an example that its data alone decide."""
    yield from _rules(example)
    yield "\n| record | says | public after | at the latest |\n|---|---|---|---|"
    first = next(n for n, record in enumerate(example.records) if record.says)
    for record in example.records[first:]:
        yield f"| {record.event.record} | {_said(example, record)} | {_when(record.times.after)} | {_latest(record)} |"
    rehearsed = f", in the rehearsal of record {_number(example, example.exercise)}" if example.exercise else ""
    yield f"\n**As of {_when(example.as_of)} UTC{rehearsed}:**\n"
    found = judge(example.case, example.as_of, example.exercise)
    exceeded = {(one.rule, one.debtor) for one in found if one.status == EXCEEDED}
    for one in found:
        yield f"- {verdict(example, one, brief=one.status == KEPT and (one.rule, one.debtor) in exceeded)}"


def plain(example: Example, rule: str) -> str:
    """A rule in plain words, as one paragraph."""
    return " ".join(sentences(example.rules[rule], names=example.setting.names, above=example.rules))


def _rules(example: Example) -> Iterator[str]:
    earlier = [f"[{name}](#rule-{name})" for name in example.rules if name not in example.fresh]
    if earlier:
        yield f"{'Rules' if len(earlier) > 1 else 'Rule'}: {', '.join(earlier)}."
    for n, name in enumerate(name for name in example.rules if name in example.fresh):
        if n or earlier:
            yield ""
        yield f'<a id="rule-{name}"></a>\n> {plain(example, name)}'


def _said(example: Example, record: Record) -> str:
    """What a record says: in words, then what it names and the values that rules read."""
    event, words = record.event, vocabulary.load()
    naming, kind = Naming("en", words, example.setting.names), words.types[event.type]
    dates = moments(kind, words.definitions)
    rows = [f"{naming.words['relations'][rel]['forward']} record {target}" for rel, target in event.relates]
    for name, value in event.fields.items():
        if name in dates:
            rows.append(f"{_label(naming, name)} {_when(value)}")
    rows += [f"{_label(naming, pointer.split('/')[2])} sealed until {_when(opens)}" for pointer, opens in event.sealed]
    marked = f"**EXERCISE** (record {_number(example, event.exercise)}): " if event.exercise else ""
    return f"{marked}{record.says}{' (' + '; '.join(rows) + ')' if rows else ''}"


def _label(naming: Naming, field: str) -> str:
    return naming.field(field).strip("“”").lower()


def _number(example: Example, statement: str | None) -> int:
    return next(record.event.record for record in example.records if record.event.id == statement)


def verdict(example: Example, one: Obligation, *, brief: bool = False) -> str:
    """The verdict on one obligation and why, in the words of `explain` after rule and binding. `brief`: until when alone,
    where another verdict lists what was counted."""
    trace = explain(example.case, example.as_of, one.id, example.exercise)
    why = trace["words"][3 + len(trace["rule"]["words"]) : -1]  # the last word is the status, which comes first here
    why = [told for told in why if told.startswith("Due: ")] if brief else why
    owed = ", ".join(_party(example, code) for code in one.creditors) or "nobody in particular"
    told = f"**{one.status.capitalize()}**: {one.rule}, owed by {_party(example, one.debtor)} to {owed}."
    said = ", ".join(
        f"the {answer['type']} of {answer['party']} in record {_number(example, answer['statement'])}"
        for answer in one.answers
    )
    return f"{told} {_words(example, [*why, f'Beside it stands: {said}.'] if said else why)}"


def _party(example: Example, code: str) -> str:
    return f"{example.setting.names[code]} ({code})"


def _words(example: Example, told: list[str]) -> str:
    """Sentences of `explain` for this page: names in place of codes, no ids, a capital at the start of each."""
    naming = Naming("en", vocabulary.load())

    def named(found: re.Match[str]) -> str:
        label = naming.words["types"][found[1]]["label"]
        return f"the {label[0].lower()}{label[1:]} of {example.setting.names[found[2]]} in record"

    plainly = [_STATEMENT.sub(named, _TIME.sub(r"\1 \2\3", _ID.sub("", sentence))) for sentence in told]
    return " ".join(sentence[0].upper() + sentence[1:] for sentence in plainly)


def _when(seconds: int | None) -> str:
    return "not known" if seconds is None else _TIME.sub(r"\1 \2\3", format_utc(seconds))


def _latest(record: Record) -> str:
    return _when(record.times.before) + (f"; by a receipt {_when(record.receipt)}" if record.receipt else "")


def main() -> None:
    page = written(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(page, encoding="utf-8")
    print(f"{len(examples(page))} examples, {len(page):,} characters")


if __name__ == "__main__":
    main()
