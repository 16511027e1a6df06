"""The STIX bundle: one object written by hand and compared, every bundle parsed by stix2, attacked, cut to one thread."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid5

import pytest
import stix2  # type: ignore[import-untyped]

from ledger.exports.stix import bundle, count, require_valid
from ledger.exports.stix_frame import CLEAR, EXPORTER, EXTENSION, SPACE
from tests.ledger.exports.export_world import SHOWN, WAYWARD, Tale
from verifier.errors import Fault
from verifier.exits import Exit

LEDGER = "accord.example/ledger"
ASSESSED = {
    "class": "availability",
    "severity": 3,
    "confidence": "moderate",
    "sectors": ["health"],
    "effects": None,
    "indicators": [],
    "text": "It is not known whether harm was meant.\nNothing else is.",
}


def objects(raw: bytes) -> list[dict[str, Any]]:
    """The objects of a bundle, which stix2 has accepted."""
    stix2.parse(raw.decode(), allow_custom=False, version="2.1")
    rows: list[dict[str, Any]] = json.loads(raw)["objects"]
    return rows


def of(raw: bytes, statement: str) -> dict[str, Any]:
    """The object that a statement makes."""
    found = [row for row in objects(raw) if row.get("extensions", {}).get(EXTENSION, {}).get("statement") == statement]
    assert len(found) == 1, statement
    return found[0]


def identity(kind: str, statement: str) -> str:
    return f"{kind}--{uuid5(uuid5(SPACE, LEDGER), f'{kind}|{statement}')}"


def test_an_assessment_as_it_is_written(tale: Tale) -> None:
    incident = tale.at("2026-03-02T06:00:00Z").say("XB", "incident")
    body = dict(ASSESSED)
    said = tale.say(
        "XB", "incident-assessment", ("assesses", incident), body=body, title="First view", addressees=["XA"]
    )
    record = len(tale.log.records) - 1
    found = of(bundle(tale.material()), said)
    content = found.pop("content")
    assert found == {
        "type": "note",
        "spec_version": "2.1",
        "id": identity("note", said),
        "created_by_ref": EXPORTER["id"],
        "created": "2026-03-02T06:01:00.000Z",
        "modified": "2026-03-02T06:01:00.000Z",
        "abstract": "Assessment of an incident, Party XB (XB): First view",
        "authors": ["Party XB (XB)"],
        "labels": ["incident-assessment", "rsit:availability", "severity:3-high", "confidence:moderate"],
        "object_refs": [identity("incident", incident)],
        "object_marking_refs": ["marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487"],
        "external_references": [
            {"source_name": "detente-statement", "description": f"On the ledger {LEDGER}", "external_id": said},
            {"source_name": "detente-record", "description": f"Of {LEDGER}", "external_id": str(record)},
        ],
        "extensions": {
            EXTENSION: {
                "extension_type": "property-extension",
                "ledger": LEDGER,
                "record": record,
                "statement": said,
                "statement_type": "incident-assessment",
                "party": "XB",
                "office": "foreign-ministry",
                "issued": "2026-03-02T06:01:00Z",
                "language": "en",
                "addressees": ["XA"],
                "relates": [{"rel": "assesses", "statement": incident}],
                "codes": {"class": "availability", "confidence": "moderate", "sectors": ["health"], "severity": 3},
                "names": {"class": "availability", "severity": "high"},
            }
        },
    }
    assert content.split("\n") == [
        f"Assessment of an incident by Party XB (XB), record {record}, statement {said}, to Party XA (XA). "
        "After each label and colon stand the words of Party XB (XB).",
        "Title: First view",
        "Class: availability",
        "Severity: 3",
        "Confidence: moderate",
        "Sectors: health",
        "Text: It is not known whether harm was meant.⏎Nothing else is.",
    ]


def thread(tale: Tale, exercise: str | None = None) -> list[str]:
    """An incident's statements from opening to closure."""
    how: dict[str, Any] = {"exercise": exercise}
    first = tale.say("XA", "incident", **how)
    return [
        first,
        tale.say("XA", "incident-assessment", ("assesses", first), body=dict(ASSESSED), **how),
        tale.say("XA", "incident-confirmation", ("assesses", first), **how),
        tale.say("XA", "incident-notification", ("concerns", first), addressees=["XB"], **how),
        tale.say("XA", "incident-disclosure", ("concerns", first), **how),
        tale.say("XA", "incident-closure", ("closes", first), **how),
    ]


def test_a_thread_is_an_incident_notes_a_report_and_a_grouping(tale: Tale) -> None:
    ids = thread(tale)
    material = tale.material()
    raw = bundle(material)
    assert [of(raw, one)["type"] for one in ids] == ["incident", "note", "note", "note", "report", "note"]
    assert of(raw, ids[4])["published"] == of(raw, ids[4])["created"]
    assert all(of(raw, one)["object_refs"] == [identity("incident", ids[0])] for one in ids[1:])
    groups = [row for row in objects(raw) if row["type"] == "grouping"]
    assert len(groups) == 1
    assert groups[0]["object_refs"] == [of(raw, one)["id"] for one in ids]
    assert groups[0]["description"] == material.provenance
    assert count(raw) == 6


def test_an_object_never_changes_however_the_log_goes_on(tale: Tale) -> None:
    ids = thread(tale)
    before = bundle(tale.material())
    tale.retract("XA", ids[1])
    after = bundle(tale.material())
    assert [of(before, one) for one in ids] == [of(after, one) for one in ids]
    old, new = ([row["id"] for row in objects(raw) if row["type"] == "grouping"] for raw in (before, after))
    assert old != new, "what depends on the log's size has another name"
    assert json.loads(before)["id"] != json.loads(after)["id"]
    assert count(after) == count(before) + 1
    assert bundle(tale.material(asked=tale.log.clock + 10**8)) == after


def test_nobody_is_accused(tale: Tale) -> None:
    thread(tale)
    tale.say("XA", "incident", body={"cause": "state"})
    raw = bundle(tale.material())
    kinds = {row["type"] for row in objects(raw)}
    assert kinds == {"marking-definition", "identity", "extension-definition", "incident", "note", "report", "grouping"}
    assert b"attributed" not in raw
    assert not [row for row in objects(raw) if "confidence" in row]
    assert {row["created_by_ref"] for row in objects(raw) if "created_by_ref" in row} == {EXPORTER["id"]}
    assert [row["identity_class"] for row in objects(raw) if row["type"] == "identity"] == ["system"]


def test_the_marking_is_the_published_one_and_on_everything(tale: Tale) -> None:
    thread(tale)
    rows = objects(bundle(tale.material()))
    assert [row for row in rows if row["type"] == "marking-definition"] == [
        {
            "type": "marking-definition",
            "spec_version": "2.1",
            "id": "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487",
            "created": "2022-10-01T00:00:00.000Z",
            "name": "TLP:CLEAR",
            "extensions": {
                "extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d": {
                    "extension_type": "property-extension",
                    "tlp_2_0": "clear",
                }
            },
        }
    ]
    others = [row for row in rows if row["type"] != "marking-definition"]
    assert all(row["object_marking_refs"] == [CLEAR["id"]] for row in others)


def test_what_is_sealed_is_said_to_be_sealed_under_its_label(tale: Tale) -> None:
    rows = [
        tale.sealed("XB", "/body/summary", "Known to few."),
        tale.sealed("XB", "/body/status", "confirmed", "TLP:RED"),
    ]
    rows.sort(key=lambda row: str(row["pointer"]))
    said = tale.say("XB", "incident", body={"summary": None, "status": None}, sealed=rows)
    raw = bundle(tale.material())
    found = of(raw, said)
    assert "Sealed: Summary (TLP:AMBER, to be opened 2031-01-01T00:00:00Z)" in found["description"].split("\n")
    assert found["extensions"][EXTENSION]["sealed"] == [
        {"pointer": "/body/status", "tlp": "TLP:RED", "opens": "2031-01-01T00:00:00Z"},
        {"pointer": "/body/summary", "tlp": "TLP:AMBER", "opens": "2031-01-01T00:00:00Z"},
    ]
    assert "status" not in found["extensions"][EXTENSION]["codes"]
    assert b"Known to few" not in raw


def test_a_rehearsal_is_marked_in_names_texts_and_labels(tale: Tale) -> None:
    tale.at("2026-03-01T00:00:00Z")
    drill = tale.announce()
    tale.at("2026-06-01T12:00:00Z")
    marked, real = thread(tale, exercise=drill), thread(tale)
    raw = bundle(tale.material())
    for one in marked:
        found = of(raw, one)
        title, text = found.get("name") or found["abstract"], found.get("description") or found["content"]
        assert title.startswith("EXERCISE EXERCISE EXERCISE: ")
        assert text.startswith(f"EXERCISE EXERCISE EXERCISE: part of the rehearsal of drill {drill}.")
        assert "exercise" in found["labels"]
        assert found["extensions"][EXTENSION]["exercise"] == drill
    assert not [one for one in real if b"EXERCISE" in json.dumps(of(raw, one)).encode()]
    groups = [row for row in objects(raw) if row["type"] == "grouping"]
    assert [row["labels"] for row in groups] == [["thread", "exercise"], ["thread"]]
    assert groups[0]["name"].startswith("EXERCISE EXERCISE EXERCISE: ")
    assert not set(groups[0]["object_refs"]) & set(groups[1]["object_refs"])


def test_a_near_miss_and_a_threat_notice_are_notes(tale: Tale) -> None:
    near = tale.say("XA", "near-miss")
    alone = tale.say("XB", "threat-notice", body={"severity": 5, "confidence": "low"})
    about = tale.say("XB", "threat-notice", ("concerns", near), ("follows", alone), body={"severity": None})
    raw = bundle(tale.material())
    assert [of(raw, one)["type"] for one in (near, alone, about)] == ["note"] * 3
    assert of(raw, near)["object_refs"] == of(raw, alone)["object_refs"] == [EXPORTER["id"]]
    assert set(of(raw, about)["object_refs"]) == {identity("note", near), identity("note", alone)}
    assert of(raw, alone)["labels"] == ["threat-notice", "severity:5-emergency", "confidence:low"]
    assert of(raw, about)["labels"] == ["threat-notice", "confidence:moderate"]


def test_one_thread_alone_with_what_it_refers_to(tale: Tale) -> None:
    first, second = thread(tale), thread(tale)
    outside = tale.say("XB", "threat-notice")
    cited = tale.say("XB", "threat-notice", ("concerns", second[0]), ("follows", outside))
    material = tale.material()
    whole = bundle(material)
    for asked in (second[0], second[3], cited):
        raw = bundle(material, asked)
        shown = {
            row["extensions"][EXTENSION]["statement"] for row in objects(raw) if EXTENSION in row.get("extensions", {})
        }
        assert shown == {*second, cited, outside}
        assert of(raw, second[2]) == of(whole, second[2])
        held = {row["id"] for row in objects(raw)}
        assert all(ref in held for row in objects(raw) for ref in row.get("object_refs", ()))
    assert not {row["id"] for row in objects(bundle(material, first[0]))} & {identity("incident", second[0])}


@pytest.mark.parametrize("asked", ["00" * 32, None])
def test_a_statement_of_no_thread_is_refused(tale: Tale, asked: str | None) -> None:
    drill = tale.announce()
    with pytest.raises(Fault) as caught:
        bundle(tale.material(), asked or drill)
    assert caught.value.code == "thread.unknown"


@pytest.mark.parametrize("text", [WAYWARD, '","type":"threat-actor', "x\nSeverity: 0", "\u2066" * 50])
def test_hostile_words_make_no_structure(tale: Tale, text: str) -> None:
    said = tale.say("XB", "incident", title=text, body={"summary": text, "effects": text})
    raw = bundle(tale.material())
    found = of(raw, said)
    assert "\n" not in found["name"]
    assert len(found["description"].split("\n")) == len(of(raw, said)["description"].splitlines())
    assert not set("\r\u2028\u202e\u2066\x07") & set(found["description"] + found["name"])
    assert sum(line.startswith("Severity") for line in found["description"].split("\n")) == 0
    if text == WAYWARD:
        assert f"Summary: {SHOWN}" in found["description"].split("\n")
        assert found["name"].endswith(SHOWN)


def test_a_text_of_twenty_thousand_characters_comes_back_whole(tale: Tale) -> None:
    text = "ж" * 20_000
    said = tale.say("XB", "incident", body={"summary": text})
    assert f"Summary: {text}" in of(bundle(tale.material()), said)["description"].split("\n")


def test_nothing_to_export_is_a_bundle_that_says_so(tale: Tale) -> None:
    raw = bundle(tale.material())
    notes = [row for row in objects(raw) if row["type"] == "note"]
    assert [row["abstract"] for row in notes] == ["Nothing to export: no incident, no near miss, no threat notice"]
    assert count(raw) == 0
    assert raw == bundle(tale.material())


def test_an_audit_that_did_not_end_well_is_said_in_the_bundle(tale: Tale) -> None:
    from dataclasses import replace

    thread(tale)
    good = tale.material()
    bad = replace(good, verdict=Exit.BREACH)
    told = [row["description"] for row in objects(bundle(bad)) if row["type"] == "grouping"]
    assert "The audit of this log did not end well: breach" in told[0]
    assert json.loads(bundle(bad))["id"] != json.loads(bundle(good))["id"]


def test_what_stix_refuses_is_refused() -> None:
    row = {**EXPORTER, "threat": "made up"}
    raw = json.dumps({"type": "bundle", "id": f"bundle--{UUID(int=2**120)}", "objects": [row]})
    with pytest.raises(stix2.exceptions.STIXError):
        require_valid(raw.encode())
