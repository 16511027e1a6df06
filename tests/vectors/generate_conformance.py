"""Writes the vectors of judgement: logs as rules read them, each with the obligations that a judge must find.

They are the stories of tests/conformance/stories.py, whose statuses are written there by hand; here each becomes one file.
docs/CONFORMANCE.md, section "Test vectors", describes them. Run again after a change of the stories:
`python -m tests.vectors.generate_conformance`.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.conformance import stories
from tests.conformance.scenes import Scene
from tests.conformance.stories import Told
from verifier.charter import Terms
from verifier.conformance.case import Event
from verifier.conformance.judge import judge
from verifier.formats import canonical

HERE = Path(__file__).parent / "conformance"
_SECTIONS = {
    "Deadlines": "Deadlines",
    "Who is bound": "Who is bound, and when",
    "Changes and cancellations": "Reading an event",
    "Retraction": "Reading an event",
    "What is sealed": "Reading an event",
    "Recurrences": "Recurrences",
    "Limits": "Limits",
    "Abstentions, waivers, silence, what stands beside": "Status",
    "Rehearsals": "What is judged",
}
"""Heading of the stories -> section of docs/CONFORMANCE.md that they stand on."""


def files() -> dict[Path, bytes]:
    """Every file that there should be, with its contents."""
    sections = _sections()
    made = {}
    for told in stories.STORIES:
        name = told.__name__.replace("_", "-")
        vector = _vector(name, f"docs/CONFORMANCE.md, {sections[told.__name__]}: {inspect.getdoc(told)}", told())
        made[HERE / f"{name}.json"] = _lines(vector).encode()
    return made


def present() -> set[Path]:
    """Every file that there is."""
    return set(HERE.glob("*.json"))


def _sections() -> dict[str, str]:
    """Story -> the section that it stands on, by the headings between the stories."""
    heading, found = "", {}
    for line in inspect.getsource(stories).split("\n"):
        if line.startswith("# "):
            heading = re.split(r"[:.]", line[2:])[0]
        elif line.startswith("def "):
            found[line[4:].partition("(")[0]] = _SECTIONS.get(heading, heading)
    return found


def _vector(name: str, provenance: str, told: Told) -> dict[str, Any]:
    case = told.scene.case()
    found = [one.as_json() for one in judge(case, told.asked, told.exercise)]
    rows = sorted((one["rule"], one["debtor"], one["status"]) for one in found)
    assert rows == sorted(told.rows), f"{name} is not told as it is judged"
    return {
        "name": name,
        "provenance": provenance,
        "kind": "judgement",
        "ledger": case.ledger,
        "charter": case.charter,
        "parties": dict(case.kinds),
        "terms": list(_terms(told.scene)),
        "events": [_event(event) for event in case.events],
        "times": [list(case.interval(event.record)) for event in case.events],
        "receipts": sorted([record, before] for record, before in told.scene.receipts.items()),
        "moments": list(case.moments),
        "as_of": told.asked,
        "exercise": told.exercise,
        "expected": "ok",
        "gives": {
            "as_of": case.moment(told.asked),
            "sha256": sha256(canonical.encode(found)).hexdigest(),
            "obligations": found,
        },
    }


def _terms(scene: Scene) -> Iterator[dict[str, int]]:
    for since, terms in sorted({0: scene.terms, **scene.amended}.items()):
        yield {"from": since, **{name: getattr(terms, name) for name in Terms.__dataclass_fields__}}


def _event(event: Event) -> dict[str, Any]:
    return {**event._asdict(), "fields": dict(event.fields)}


def _lines(vector: dict[str, Any]) -> str:
    """The vector as JSON that a person can read: a member a line, and an item a line where it is a list of many."""
    members = (f" {json.dumps(name)}: {_value(value, ' ')}" for name, value in vector.items())
    return "{\n" + ",\n".join(members) + "\n}\n"


def _value(value: Any, indent: str) -> str:
    if isinstance(value, dict) and "obligations" in value:
        inner = (f"{indent} {json.dumps(name)}: {_value(one, indent + ' ')}" for name, one in value.items())
        return "{\n" + ",\n".join(inner) + f"\n{indent}}}"
    if isinstance(value, list) and any(isinstance(one, dict) for one in value):
        return "[\n" + ",\n".join(f"{indent} {_plain(one)}" for one in value) + f"\n{indent}]"
    return _plain(value)


def _plain(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def main() -> None:
    made = files()
    HERE.mkdir(exist_ok=True)
    for path in present() - made.keys():
        path.unlink()
    for path, contents in made.items():
        path.write_bytes(contents)
    print(f"{len(made)} files, {sum(map(len, made.values())):,} bytes, the longest {max(map(len, made.values())):,}")


if __name__ == "__main__":
    main()
