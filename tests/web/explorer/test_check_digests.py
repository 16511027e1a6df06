"""Digests and reports: in whichever form people pass them on, on the server and in the browser, and what the record says."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.web.explorer import accord, verify_cases
from tests.web.explorer.accord import Accorded
from tests.web.explorer.test_check import somebody
from verifier.conformance import signing
from verifier.conformance.signing import PAYLOAD_TYPE, Secret
from verifier.formats import canonical
from verifier.formats.envelope import Envelope
from web.explorer.checking import scripts
from web.explorer.records import feed

REPORT: dict[str, Any] = {
    "as_of": "2026-01-31T00:00:00Z",
    "exercise": None,
    "inputs": {"checkpoint": "c" * 64},
    "obligations": [],
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Accorded:
    return accord.site(tmp_path_factory.mktemp("digests"))


def one(found: Accorded, raw: bytes) -> dict[str, Any]:
    """The server's one answer to bytes."""
    answer = found.client.post("/check.json", data=raw, environ_overrides=somebody())
    assert answer.status_code == 200, answer.text[:300]
    (row,) = (answer.json or {})["answers"]
    told: dict[str, Any] = row
    return told


FORMS: dict[str, Callable[[str], str]] = {
    "bare": lambda one: one,
    "upper": lambda one: one.upper() + "\n",
    "groups": lambda one: " ".join(one[n : n + 8] for n in range(0, 64, 8)),
    "lines": lambda one: f"{one[:32]}\n{one[32:]}\n",
    "sum": lambda one: f"{one}  record-3.statement.json\n",
    "sum-binary": lambda one: f"{one} *record-3.statement.json",
    "named": lambda one: f"SHA-256: {one}",
    "oci": lambda one: f"sha256:{one}",
    "address": lambda one: f"https://record.example/s/{one}",
    "address-fr": lambda one: f"http://record.example:8080/fr/s/{one}/proof?a=b#c",
    "file": lambda one: f"https://record.example/s/{one}.tlog-proof",
    "ni": feed.named,
}
NO_FORMS = {
    "short": "ab" * 31,
    "long": "ab" * 33,
    "odd-groups": "a " * 63 + "b",
    "other-page": "https://record.example/parties/" + "ab" * 32,
    "words": "the digest is " + "ab" * 32,
    "ni-other": "ni:///sha-512;" + "A" * 43,
    "two": f"{'ab' * 32}\n{'cd' * 32}",
}


@pytest.mark.parametrize("form", FORMS)
def test_a_digest_is_found_in_every_form_in_which_it_is_passed_on(found: Accorded, form: str) -> None:
    row = one(found, FORMS[form](found.ids["harbour"]).encode())
    assert (row["kind"], row["statement"]) == ("digest", found.ids["harbour"])


@pytest.mark.parametrize("form", NO_FORMS)
def test_what_is_no_digest_is_taken_for_none(found: Accorded, form: str) -> None:
    row = one(found, NO_FORMS[form].encode())
    assert (row["kind"], row["outcome"]) == ("file", "not-found")


def test_a_records_number_may_be_its_address(found: Accorded) -> None:
    for given in (b"2", b"https://record.example/ar/records/2", b"https://record.example/records/2.json\n"):
        row = one(found, given)
        assert (row["kind"], row["record"]) == ("index", 2)


_SCRIPT = """
const answer = async () => {
  const found = [];
  for (const text of GIVEN.texts) {
    const one = await recognise(base64Bytes(text));
    found.push([one.kind, one.kind === "digest" ? one.value : null]);
  }
  return found;
};
"""


def test_the_browser_reads_the_same_forms(found: Accorded, chromium: Browser, tmp_path: Path) -> None:
    digest = found.ids["harbour"]
    texts = [make(digest) for make in FORMS.values()] + [*NO_FORMS.values(), signed(found).raw.decode()]
    given = {"texts": [b64encode(text.encode()).decode() for text in texts]}
    told = verify_cases.in_browser(chromium, scripts.script("check.js") + _SCRIPT, given, tmp_path)
    assert told[: len(FORMS)] == [["digest", digest]] * len(FORMS)
    assert told[len(FORMS) : -1] == [["file", None]] * len(NO_FORMS)
    assert told[-1][0] == "report"


# What the record knows of a digest that is none of its own.


def test_the_id_of_an_obligation_leads_to_it(found: Accorded) -> None:
    row = one(found, found.ids["late"].encode())
    assert row["outcome"] == "obligation"
    assert row["obligation"]["status"] == "late"
    assert "owed by XC" in row["told"]
    assert found.client.get(row["address"]).status_code == 200
    text = found.client.post("/check", data=found.ids["late"].encode(), environ_overrides=somebody()).text
    assert f'href="{row["address"]}"' in text


def test_this_sites_own_judgement_is_known_by_its_digest(found: Accorded) -> None:
    judged = (found.client.get("/obligations.json").json or {})["judgement"]
    row = one(found, judged["sha256"].encode())
    assert (row["outcome"], row["inputs"]) == ("judgement", judged["inputs"])


# Reports.


def signed(found: Accorded, party: str = "XB", **members: Any) -> Envelope:
    """A report on this ledger, signed by a party's key."""
    value = {**REPORT, "ledger": found.world.origin, **members}
    raw = canonical.encode(value)
    pen = found.world.pen(party)
    return signing.sign(raw, tuple(Secret(*pair) for pair in zip(pen.private, pen.public, strict=True)))


def test_a_signed_report_is_told_by_who_signed_it(found: Accorded) -> None:
    report = signed(found)
    row = one(found, report.raw)
    assert (row["kind"], row["outcome"]) == ("report", "unpublished")
    assert row["digest"] == sha256(report.payload).hexdigest()
    assert [step["result"] for step in row["steps"][:3]] == ["passed", "passed", "passed"]
    assert {one_["verdict"] for one_ in row["verdicts"]} == {"Logged", "Signed by a verifier"}
    bare = one(found, report.payload)
    assert (bare["kind"], bare["outcome"], bare["digest"]) == ("report", "not-found", row["digest"])


def test_a_report_whose_signature_is_false_does_not_hold(found: Accorded) -> None:
    report = signed(found)
    (keyid, signature), *rest = report.signatures
    bent = Envelope(report.payload, ((keyid, bytes([signature[0] ^ 1]) + signature[1:]), *rest), PAYLOAD_TYPE)
    row = one(found, bent.raw)
    assert (row["outcome"], row["failed_step"]) == ("does-not-hold", 2)


def test_a_report_on_another_ledger_is_not_judged(found: Accorded) -> None:
    assert one(found, signed(found, ledger="other.example/ledger").raw)["outcome"] == "other-ledger"


def test_a_key_that_the_copy_does_not_know_proves_nothing(found: Accorded) -> None:
    report = signed(found)
    strange = Envelope(report.payload, (("0" * 64, report.signatures[0][1]),), PAYLOAD_TYPE)
    row = one(found, strange.raw)
    assert row["outcome"] == "not-found"
    assert row["steps"][1]["result"] == "cannot be determined"
