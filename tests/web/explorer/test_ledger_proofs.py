"""One view for everybody: a consistency proof between any two checkpoints, and the evidence that was ever found."""

from __future__ import annotations

from hashlib import sha256

import pytest

from tests.web.explorer.conftest import Site
from tests.web.explorer.markup import read
from tests.web.explorer.test_explorer_findings import caught_up, finding
from verifier import evidence, merkle
from verifier.audit import Finding
from verifier.errors import Fault


@pytest.mark.parametrize("sizes", [(5, 6), (6, 5), (7, 9), (9, 9)])
def test_any_two_checkpoints_are_proved_and_the_verifier_agrees(shown: Site, sizes: tuple[int, int]) -> None:
    known = {one["size"] for one in (shown.client.get("/checkpoints.json").json or {})["checkpoints"]}
    assert set(sizes) <= known, known
    found = shown.client.get(f"/consistency.json?from={sizes[0]}&to={sizes[1]}").json or {}
    old, new = found["from"], found["to"]
    assert (old["size"], new["size"]) == tuple(sorted(sizes))
    assert found["extends"] is True
    assert bytes.fromhex(new["root"]) == shown.world.root(new["size"])
    proof = [bytes.fromhex(one) for one in found["hashes"]]
    merkle.verify_consistency(
        old["size"], new["size"], shown.world.root(old["size"]), shown.world.root(new["size"]), proof
    )


def test_without_sizes_the_whole_history_is_spanned(shown: Site) -> None:
    text = shown.text("/consistency")
    assert read(text).problems == []
    assert f"the tree of {len(shown.world.records)} records begins with that of" in text
    assert "detente-verify consistency OLD.txt NEW.txt" in text


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("from=5&to=100000", 404, "has no tree of 100,000 records"),
        ("from=0", 404, "has no tree of 0 records"),
        ("from=-1", 400, "That cannot be answered"),
        ("to=%D9%A3", 400, "That cannot be answered"),
    ],
)
def test_a_size_that_is_none_is_refused_in_words(shown: Site, query: str, status: int, words: str) -> None:
    assert words in shown.text(f"/consistency?{query}", status)


def test_a_checkpoint_that_does_not_extend_is_said_so(shown: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_given: object) -> None:
        raise Fault("merkle.mismatch", "the proof does not lead to the root")

    monkeypatch.setattr(merkle, "verify_consistency", refuse)
    text = shown.text("/consistency?from=5&to=9")
    assert "It does not" in text
    assert "the proof does not lead to the root" in text
    assert (shown.client.get("/consistency.json?from=5&to=9").json or {})["extends"] is False


def test_evidence_that_was_found_is_shown_with_what_it_proves_and_taken_away(own: Site) -> None:
    world = own.world
    assert (own.client.get("/ledger.json").json or {})["evidence"] == []
    forked = world.sign(len(world.records), sha256(b"another tree").digest())
    first, second = sorted([world.history[-1], forked])
    value = {
        **{"kind": "fork", "ledger": world.origin, "checkpoints": [first.decode(), second.decode()]},
        **{"prefix": None, "consistency": [], "index": None, "leaves": []},
    }
    caught_up(own, finding(Finding("log.fork", None, "two roots of one size", value)))
    [one] = (own.client.get("/ledger.json").json or {})["evidence"]
    answer = own.client.get(one["address"])
    assert answer.data == evidence.encode(value)
    assert sha256(answer.data).hexdigest() == one["digest"]
    with own.copy.view() as view:
        assert evidence.check(answer.data, view.policy, view.charter).proves == one["proves"]
    text = own.text("/ledger")
    assert one["proves"] in text
    assert "detente-verify evidence FILE" in text
    own.text(f"/ledger/evidence/{'0' * 64}", 404)


def test_evidence_that_proves_nothing_by_this_policy_is_not_called_proof(own: Site) -> None:
    note = own.world.history[-1].decode()
    value = {
        **{"kind": "fork", "ledger": own.world.origin, "checkpoints": [note, note]},
        **{"prefix": None, "consistency": [], "index": None, "leaves": []},
    }
    caught_up(own, finding(Finding("log.fork", None, "said to be two", value)))
    [one] = (own.client.get("/ledger.json").json or {})["evidence"]
    assert (one["proves"], one["keys"]) == (None, [])
    assert "Not shown by this site’s policy" in own.text("/ledger")


def test_what_is_typed_leads_to_its_place(shown: Site) -> None:
    key = (shown.client.get("/keys/XA.json").json or {})["signers"][0]["keys"][0]["keyid"]
    drill = f"/s/{shown.ids['drill']}"
    record = (shown.client.get(f"{drill}.json").json or {})["record"]
    for typed, place in (
        ("XA", "/parties/XA"),
        ("xb", "/parties/XB"),
        ("republic of arvenia", "/parties/XA"),
        ("Федерация Бельмарк", "/parties/XB"),
        (key, f"/keys/XA#{key}"),
        (f"certificate-record-{record}", drill),
        (f"record-{record}.tlog-proof", drill),
        (str(record), drill),
        ("Arvenia drill", "/statements?q=Arvenia+drill"),
        ("record-999999", "/statements?q=record-999999"),
    ):
        assert shown.client.get("/find", query_string={"q": typed}).headers["Location"] == place, typed
    assert "Nothing in this copy has this digest." in shown.text(f"/find?q={'f' * 64}", 404)
