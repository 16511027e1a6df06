"""The vectors of Detente's own formats, one case a file, read as a second implementation would read them."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785

from tests.vectors import generate_core
from verifier import history, keys, receipt, record, sealing, statement
from verifier.errors import Fault, kinds
from verifier.examine import examine, verify_signatures
from verifier.formats import canonical, envelope, policy, proof, times
from verifier.trust import TrustState
from verifier.witnessed import Timelines

Case = dict[str, Any]
FILES = sorted(path for path in generate_core.present() if path.parent != generate_core.HERE)


def given(case: Case) -> bytes:
    row = case["input"]
    return row["text"].encode("utf-8") if "text" in row else b64decode(row["base64"])


def read_canonical(case: Case) -> None:
    value = canonical.parse(given(case))
    assert rfc8785.dumps(value) == given(case)


def read_time(case: Case) -> int:
    return times.parse_utc(given(case).decode())


def read_duration(case: Case) -> int:
    return times.parse_duration(given(case).decode())


def read_disclosure(case: Case) -> str:
    return sealing.read(given(case).decode()).digest


def read_envelope(case: Case) -> str:
    return sha256(envelope.parse(given(case)).payload).hexdigest()


def check_signatures(case: Case) -> list[str]:
    book = {key.keyid: key for key in (keys.from_spki(b64decode(row)) for row in case["keys"])}
    return list(verify_signatures(envelope.parse(given(case)), book))


def read_key(case: Case) -> str:
    return keys.from_spki(given(case)).keyid


def make_signer(case: Case) -> str:
    return keys.signer_id(case["keyids"])


def read_statement(case: Case) -> str:
    return statement.parse(given(case)).id


def read_record(case: Case) -> dict[str, str]:
    found = record.parse(given(case))
    return {"digest": found.digest, "leaf": found.leaf_hash.hex()}


def chain_history(case: Case) -> str:
    head = history.EMPTY_HEAD
    for entry in case["entries"]:
        head = history.next_head(head, b64decode(entry))
    return head


def verify_receipt(case: Case) -> dict[str, Any]:
    found = proof.parse(case["proof"].encode())
    signed = envelope.parse(canonical.encode(case["envelope"]))
    logged = receipt.verify(found, signed, policy.parse(case["policy"].encode()), now=case["now"])
    return {"index": logged.index, "received": logged.received, "leaf": logged.leaf.hex()}


def date_record(case: Case) -> list[int | None]:
    lines = Timelines()
    for name, size, time in case["cosigned"]:
        lines.add(name, size, time)
    for index, name, time in case["receipts"]:
        lines.add_receipt(index, name, time)
    return list(lines.interval(case["index"], policy.parse(case["policy"].encode())))


def judge_records(case: Case) -> None:
    state = TrustState(case["ledger"], case["charter"])
    for index, row in enumerate(case["records"]):
        seen = examine(envelope.read(row["envelope"]), state.book, state.version)
        try:
            state.authorise(seen, row["received"])
        except Fault as fault:
            verdict: Any = {"code": fault.code, "where": fault.where}
        else:
            state.advance(seen, index, row["received"])
            verdict = "ok"
        assert verdict == row["expected"], f"record {index}"


KINDS: dict[str, Callable[[Case], Any]] = {
    "canonical": read_canonical,
    "time": read_time,
    "duration": read_duration,
    "disclosure": read_disclosure,
    "envelope": read_envelope,
    "signatures": check_signatures,
    "spki": read_key,
    "signer": make_signer,
    "statement": read_statement,
    "record": read_record,
    "head": chain_history,
    "receipt": verify_receipt,
    "interval": date_record,
    "trust": judge_records,
}


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_vector(path: Path) -> None:
    case: Case = json.loads(path.read_text(encoding="utf-8"))
    assert case["name"] == path.stem
    expected = case["expected"]
    if expected == "ok":
        assert KINDS[case["kind"]](case) == case.get("gives")
        return
    with pytest.raises(Fault) as caught:
        KINDS[case["kind"]](case)
    fault = caught.value
    assert fault.code == expected["code"], fault
    assert expected["where"] in (None, fault.where), fault.where
    assert fault.code in kinds()
    assert fault.message
    json.dumps(fault.to_json())


def test_what_is_accepted_is_written_again_as_it_was() -> None:
    """Apart from the verdicts: a writer that refuses must not hide a reader that accepts."""
    for path in FILES:
        case: Case = json.loads(path.read_text(encoding="utf-8"))
        if case["expected"] != "ok":
            continue
        if case["kind"] == "time":
            assert times.format_utc(case["gives"]).encode() == given(case)
        elif case["kind"] == "envelope":
            assert envelope.parse(given(case)).raw == given(case)
        elif case["kind"] == "spki":
            assert keys.from_spki(given(case)).spki == given(case)
        elif case["kind"] == "record":
            found = record.parse(given(case))
            assert record.rebuild(record.extra(found), found.envelope) == (given(case), found.received)


def test_every_kind_is_exercised_and_described() -> None:
    assert {json.loads(path.read_text())["kind"] for path in FILES} == set(KINDS)
    described = (generate_core.HERE / "README.md").read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f"`{kind}`" not in described] == []
    assert [folder for folder in generate_core.FOLDERS if f"`{folder}/`" not in described] == []


def test_the_files_are_those_that_the_generator_makes() -> None:
    made = generate_core.files()
    advice = "run `python -m tests.vectors.generate_core` and look at what changed"
    assert generate_core.present() == made.keys(), advice
    changed = [path.name for path, contents in made.items() if path.read_bytes() != contents]
    assert changed == [], advice
    assert sum(map(len, made.values())) < 2_500_000
