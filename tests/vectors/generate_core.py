"""Writes the vectors of Detente's own formats: canonical, envelope, keys, statement, record, history, receipt, trust,
times and disclosure, one case a file. tests/vectors/README.md describes them.

Run again after a change of the vocabulary, whose digest every charter names: `python -m tests.vectors.generate_core`.
The same cases give the same bytes: ML-DSA signatures, which are randomised, are kept in hybrid_signatures.json.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tests.support import stored
from tests.support.accord import Accord
from tests.support.cases import Case, case, dated, logged, sayings, signed, texts
from tests.support.stories import stories

HERE = Path(__file__).parent
FOLDERS = ("canonical", "disclosure", "envelope", "history", "keys", "receipt", "record", "statement", "times", "trust")


def told() -> Iterator[tuple[str, Case]]:
    """The stories of trust: each a sequence of records, with the verdict on each."""
    for one in stories():
        accord = Accord()
        one.tell(accord)
        records = [
            {
                "envelope": step.envelope.as_json(),
                "received": step.received,
                "expected": "ok" if step.verdict is None else {"code": step.verdict[0], "where": step.verdict[1]},
            }
            for step in accord.steps
        ]
        origin = accord.trust.origin
        yield case("trust", "trust", one.name, one.rule, None, ledger=origin, charter=accord.pinned, records=records)


def files() -> dict[Path, bytes]:
    """Every file that there should be, with its contents."""
    found: dict[Path, bytes] = {}
    for part in (texts.cases(), signed.cases(), sayings.cases(), logged.cases(), dated.cases(), told()):
        for folder, made in part:
            path = HERE / folder / f"{made['name']}.json"
            assert folder in FOLDERS
            assert path not in found, f"{path} is made twice"
            found[path] = (json.dumps(made, indent=1, ensure_ascii=False) + "\n").encode()
    found[stored.FILE] = stored.used()
    return found


def present() -> set[Path]:
    """Every file that there is."""
    return {path for folder in FOLDERS for path in (HERE / folder).glob("*.json")} | {stored.FILE}


def main() -> None:
    made = files()
    for path in present() - made.keys():
        path.unlink(missing_ok=True)
    for path, contents in made.items():
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(contents)
    print(f"{len(made)} files, {sum(map(len, made.values())):,} bytes")


if __name__ == "__main__":
    main()
