"""The table of obligations: written by hand and compared, read back, attacked."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.exports.obligations import COLUMNS, cell, table
from tests.ledger.exports.export_world import Tale
from verifier.conformance.report import obligation_id


def rows(raw: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(raw.decode(), newline="")))


def test_a_table_as_it_is_written(tale: Tale) -> None:
    rules = [{"id": "hospitals", "kind": "abstention", "by": "each-party", "norm": "un-norms/f"}]
    pledge = tale.pledge(rules=rules)
    owed = obligation_id(debtor="XA", period=None, rule="hospitals", source=pledge, trigger=None)
    assert table(tale.material()).decode() == (
        '"id","rule","kind","source","debtor","creditors","trigger","period","due","status","discharged_by",'
        '"disputed_by","answers","contested","exercise"\r\n'
        f'"{owed}","hospitals","abstention","{pledge}","XA","XB XC","","","","undeterminable","","","","",""\r\n'
    )


def test_every_member_stands_in_its_column(tale: Tale) -> None:
    pledge = tale.pledge()
    tale.at("2026-02-18T00:00:00Z").at("2026-02-19T12:00:00Z").at("2026-03-01T00:00:00Z")
    drill = tale.announce(start="2026-03-05T00:00:00Z", end="2026-03-06T00:00:00Z")
    named = {"debtor": "XA", "period": None, "source": pledge, "trigger": drill}
    notice = obligation_id(rule="drill-notice", **named)  # type: ignore[arg-type]
    objection = tale.say("XA", "objection", ("objects", drill), body={"obligations": [notice]})
    plea = tale.say("XA", "plea", body={"obligations": [notice]})
    found = {row["id"]: row for row in rows(table(tale.material()))}[notice]
    assert found == {
        **dict.fromkeys(COLUMNS, ""),
        "id": notice,
        "rule": "drill-notice",
        "kind": "deadline",
        "source": pledge,
        "debtor": "XA",
        "creditors": "XB XC",
        "trigger": drill,
        "due": "2026-02-19T00:00:00Z",
        "status": "late",
        "discharged_by": drill,
        "disputed_by": objection,
        "answers": f"objection:XA:{objection} plea:XA:{plea}",
    }


def test_a_period_is_canonical_json(tale: Tale) -> None:
    rule = {"id": "tests", "kind": "recurrence", "by": "each-pair", "expect": {"type": "line-test"}, "every": "P90D"}
    tale.pledge(rules=[rule])
    period = '{"from":"2026-01-01T00:02:02Z","to":"2026-04-01T00:02:01Z","toward":"XB"}'
    assert period in [row["period"] for row in rows(table(tale.material(), "XB"))]


def test_a_party_sees_what_it_owes_or_is_owed(tale: Tale) -> None:
    rule = {"id": "tests", "kind": "recurrence", "by": "each-pair", "expect": {"type": "line-test"}, "every": "P90D"}
    tale.pledge("XA", rules=[rule])
    material = tale.material()
    assert len(rows(table(material))) == len(rows(table(material, "XA"))) == 2
    assert [row["creditors"] for row in rows(table(material, "XC"))] == ["XC"]


def test_a_rehearsal_has_the_mark_and_its_drill(tale: Tale) -> None:
    tale.at("2026-03-01T00:00:00Z").pledge()
    drill = tale.announce()
    tale.at("2026-06-01T12:00:00Z")
    tale.say("XA", "line-test", addressees=["XB"], exercise=drill, body={"channel": "in words"})
    tale.say("XA", "line-test", addressees=["XB"])
    found = [row["exercise"] for row in rows(table(tale.material())) if row["rule"] == "line-test-answer"]
    assert found == ["", f"EXERCISE EXERCISE EXERCISE {drill}"]


def test_nothing_owed_is_a_header_alone(tale: Tale) -> None:
    raw = table(tale.material())
    assert rows(raw) == []
    assert raw.count(b"\r\n") == 1
    assert raw.decode().removesuffix("\r\n") == ",".join(f'"{name}"' for name in COLUMNS)


def test_equal_logs_give_equal_bytes(tale: Tale) -> None:
    tale.pledge()
    tale.announce()
    assert table(tale.material()) == table(tale.material(asked=tale.log.clock + 10**8))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "\u00a0-1"])
def test_no_cell_begins_with_a_formula(text: str) -> None:
    assert cell(text).startswith("'")


@pytest.mark.parametrize("text", ["", "XA XB", "2026-03-05T00:00:00Z", '{"from":"x"}', "a=b", "drill-notice"])
def test_what_is_no_formula_stays_as_it_is(text: str) -> None:
    assert cell(text) == text


@given(st.text(max_size=60))
def test_no_cell_ends_its_row(text: str) -> None:
    found = cell(text)
    assert not set("\r\n\x00\u2028\u202e") & set(found)
    assert not found.lstrip(" \u00a0\u3000").startswith(("=", "+", "-", "@"))
