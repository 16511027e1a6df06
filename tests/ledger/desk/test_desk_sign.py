"""Signing: one official after another, on machines without a network; a partial file is no envelope."""

from __future__ import annotations

import json
import shutil
import socket
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ledger.cli import group
from ledger.cli.ports import Ports
from ledger.desk import secret_keys as sk
from ledger.desk import signing
from tests.ledger.desk.desk_world import NOW, PASSPHRASE, World, call, make_key, write_draft
from verifier.errors import Fault
from verifier.formats import canonical
from verifier.formats import envelope as dsse


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: object, **others: object) -> None:
        raise AssertionError("the air-gapped desk opened a socket")

    monkeypatch.setattr(socket, "socket", refused)
    monkeypatch.setattr(socket, "create_connection", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


def verified(path: Path, *keys: Path) -> dsse.Envelope:
    """The envelope, every signature of which verifies under the public halves of `keys`, and no other is in it."""
    found = dsse.parse(path.read_bytes())
    public = [key for one in keys for key in sk.read_public(one.with_suffix(".pub.pem").read_bytes())]
    assert [keyid for keyid, _ in found.signatures] == sorted(key.keyid for key in public)
    book = {key.keyid: key for key in public}
    for keyid, signature in found.signatures:
        book[keyid].verify(dsse.pae(found.payload), signature)
    return found


def test_one_official_signs(world: World, tmp_path: Path) -> None:
    draft = write_draft(tmp_path / "drill.statement.json", world)
    result = call("sign", draft, "--key", world.keys["duty"], "--yes", "--json")
    assert result.code == 0, result.err
    assert result.json["complete"] is True
    assert verified(tmp_path / "drill.envelope.json", world.keys["duty"]).payload == draft.read_bytes()


def test_what_is_signed_is_shown_in_words_before_the_question(world: World, tmp_path: Path) -> None:
    draft = write_draft(tmp_path / "drill.statement.json", world)
    ports = Ports(clock=lambda: NOW, passphrase=lambda name, new: PASSPHRASE)
    args = ["sign", str(draft), "--key", str(world.keys["duty"])]
    refused = CliRunner().invoke(group, args, obj=ports, input="n\n")
    assert refused.exit_code == 1
    assert not (tmp_path / "drill.envelope.json").exists()
    for part in (
        "Announcement of a drill",
        "XA, office defence-staff, statement 4",
        "To practise keeping the ports",
        "Sign this?",
    ):
        assert part in refused.output
    assert refused.output.index("Statement id") < refused.output.index("Sign this?")
    agreed = CliRunner().invoke(group, args, obj=ports, input="y\n")
    assert agreed.exit_code == 0
    assert (tmp_path / "drill.envelope.json").exists()


def test_two_officials_sign_one_after_the_other(world: World, tmp_path: Path) -> None:
    signers = sorted([world.ids["duty"], world.ids["xa"]])
    draft = write_draft(tmp_path / "drill.statement.json", world, signers=signers)
    first = call("sign", draft, "--key", world.keys["duty"], "--yes", "--json")
    assert first.code == 0, first.err
    partial = tmp_path / "drill.partial.json"
    assert first.json == {
        "complete": False,
        "file": str(partial),
        "id": first.json["id"],
        "missing": [world.ids["xa"]],
        "signed": [world.ids["duty"]],
    }
    assert not (tmp_path / "drill.envelope.json").exists()
    with pytest.raises(Fault, match="exactly the members"):
        dsse.parse(partial.read_bytes())
    carried = tmp_path / "elsewhere" / "drill.partial.json"
    carried.parent.mkdir()
    shutil.copy(partial, carried)
    second = call("sign", carried, "--key", world.keys["xa"], "--yes")
    assert second.code == 0, second.err
    assert "Signed already, and checked" in second.err
    verified(carried.parent / "drill.envelope.json", world.keys["duty"], world.keys["xa"])


def test_a_hybrid_pair_signs_whole_or_not_at_all(world: World, tmp_path: Path) -> None:
    made = (sk.generate(sk.ED25519), sk.generate(sk.ML_DSA_65))
    pair = sk.signer_id([one.public for one in made])
    halves = []
    for name, one in zip(("classical", "post-quantum"), made, strict=True):
        halves.append(tmp_path / f"{name}.pem")
        halves[-1].write_bytes(sk.seal([one], PASSPHRASE))
        halves[-1].with_suffix(".pub.pem").write_bytes(sk.public_file([one]))
    draft = write_draft(tmp_path / "drill.statement.json", world, signers=[pair])
    for half in halves:
        result = call("sign", draft, "--key", half, "--yes")
        assert (result.code, "sign.not-a-signer" in result.err) == (2, True)
    assert not (tmp_path / "drill.partial.json").exists()
    both = call("sign", draft, "--key", halves[1], "--key", halves[0], "--yes")
    assert both.code == 0, both.err
    assert len(verified(tmp_path / "drill.envelope.json", *halves).signatures) == 2


def test_a_stranger_signs_nothing_not_even_beside_a_signer(world: World, tmp_path: Path) -> None:
    draft = write_draft(tmp_path / "drill.statement.json", world)
    before = sorted(tmp_path.iterdir())
    for args in (["--key", world.keys["second"]], ["--key", world.keys["duty"], "--key", world.keys["second"]]):
        result = call("sign", draft, *args, "--yes")
        assert (result.code, "sign.not-a-signer" in result.err) == (2, True)
        assert sorted(tmp_path.iterdir()) == before


def test_signing_twice_changes_nothing(world: World, tmp_path: Path) -> None:
    signers = sorted([world.ids["duty"], world.ids["xa"]])
    draft = write_draft(tmp_path / "drill.statement.json", world, signers=signers)
    call("sign", draft, "--key", world.keys["xa"], "--yes")
    partial = tmp_path / "drill.partial.json"
    before = partial.read_bytes()
    again = call("sign", partial, "--key", world.keys["xa"], "--yes")
    assert again.code == 0, again.err
    assert partial.read_bytes() == before


def test_a_complete_envelope_is_never_written_over(world: World, tmp_path: Path) -> None:
    draft = write_draft(tmp_path / "drill.statement.json", world)
    assert call("sign", draft, "--key", world.keys["duty"], "--yes").code == 0
    before = (tmp_path / "drill.envelope.json").read_bytes()
    result = call("sign", draft, "--key", world.keys["duty"], "--yes")
    assert (result.code, "desk.exists" in result.err) == (2, True)
    assert (tmp_path / "drill.envelope.json").read_bytes() == before
    again = call(
        "sign", tmp_path / "drill.envelope.json", "--key", world.keys["duty"], "--out", tmp_path / "x", "--yes"
    )
    assert (again.code, "sign.partial-malformed" in again.err) == (3, True)


def test_a_partial_file_of_another_statement_is_not_replaced(world: World, tmp_path: Path) -> None:
    signers = sorted([world.ids["duty"], world.ids["xa"]])
    one = write_draft(tmp_path / "drill.statement.json", world, signers=signers)
    call("sign", one, "--key", world.keys["duty"], "--yes")
    before = (tmp_path / "drill.partial.json").read_bytes()
    write_draft(one, world, signers=signers, title="Another title")
    result = call("sign", one, "--key", world.keys["duty"], "--yes")
    assert (result.code, "sign.mixed" in result.err) == (3, True)
    assert (tmp_path / "drill.partial.json").read_bytes() == before


def _half_signed(world: World, tmp_path: Path) -> dict[str, Any]:
    signers = sorted([world.ids["duty"], world.ids["xa"]])
    draft = write_draft(tmp_path / "drill.statement.json", world, signers=signers)
    assert call("sign", draft, "--key", world.keys["xa"], "--yes").code == 0
    return dict(json.loads((tmp_path / "drill.partial.json").read_bytes()))


def _other_text(value: dict[str, Any], world: World, tmp_path: Path) -> None:
    other = write_draft(tmp_path / "other.json", world, title="Another title", signers=sorted(world.ids.values())[:2])
    value["payload"] = b64encode(other.read_bytes()).decode()


def _flipped(value: dict[str, Any], world: World, tmp_path: Path) -> None:
    sig = value["signatures"][0]["sig"]
    value["signatures"][0]["sig"] = ("B" if sig[0] == "A" else "A") + sig[1:]


def _other_key(value: dict[str, Any], world: World, tmp_path: Path) -> None:
    value["keys"][0] = b64encode(sk.generate(sk.ED25519).public.spki).decode()


def _stranger_added(value: dict[str, Any], world: World, tmp_path: Path) -> None:
    from base64 import b64decode

    secret = sk.generate(sk.ED25519)
    sig = b64encode(secret.sign(dsse.pae(b64decode(value["payload"])))).decode()
    rows = [*zip(value["signatures"], value["keys"], strict=True)]
    rows.append(({"keyid": secret.public.keyid, "sig": sig}, b64encode(secret.public.spki).decode()))
    rows.sort(key=lambda row: row[0]["keyid"])
    value["signatures"], value["keys"] = [row[0] for row in rows], [row[1] for row in rows]


def _half_of_a_pair(value: dict[str, Any], world: World, tmp_path: Path) -> None:
    del value["signatures"][0], value["keys"][0]


@pytest.mark.parametrize(
    ("tamper", "code"),
    [
        (_other_text, "signature.false"),
        (_flipped, "signature.false"),
        (_other_key, "sign.partial-malformed"),
        (_stranger_added, "sign.partial-malformed"),
        (_half_of_a_pair, "sign.partial-malformed"),
    ],
)
def test_a_partial_file_that_was_tampered_with_is_signed_by_nobody(
    world: World, tmp_path: Path, tamper: Any, code: str
) -> None:
    value = _half_signed(world, tmp_path)
    tamper(value, world, tmp_path)
    path = tmp_path / "drill.partial.json"
    path.write_bytes(canonical.encode(value))
    result = call("sign", path, "--key", world.keys["duty"], "--yes")
    assert code in result.err
    assert result.code != 0
    assert not (tmp_path / "drill.envelope.json").exists()


def test_a_draft_that_no_ledger_would_admit_is_not_signed(world: World, tmp_path: Path) -> None:
    draft = write_draft(tmp_path / "drill.statement.json", world, body={"scale": "galactic"})
    result = call("sign", draft, "--key", world.keys["duty"], "--yes")
    assert (result.code, "sign.faulty" in result.err) == (3, True)
    assert "/body/scale" in result.err
    draft.write_bytes(draft.read_bytes().replace(b'"office":', b'"office" :'))
    assert "json.uncanonical" in call("sign", draft, "--key", world.keys["duty"], "--yes").err
    assert [one.name for one in tmp_path.iterdir()] == ["drill.statement.json"]


def test_a_wrong_passphrase_leaves_nothing_behind(world: World, tmp_path: Path) -> None:
    draft = write_draft(tmp_path / "drill.statement.json", world)
    result = call("sign", draft, "--key", world.keys["duty"], "--yes", passphrase=b"not the passphrase")
    assert (result.code, "key.passphrase" in result.err) == (2, True)
    assert [one.name for one in tmp_path.iterdir()] == ["drill.statement.json"]


def test_each_key_may_have_a_passphrase_file_of_its_own(world: World, tmp_path: Path, passphrase_file: Path) -> None:
    other, other_id = make_key(tmp_path, "other")
    other.write_bytes(sk.seal(sk.open_sealed(other.read_bytes(), PASSPHRASE), b"quite another passphrase"))
    second = tmp_path / "second-passphrase"
    second.write_bytes(b"quite another passphrase\n")
    draft = write_draft(tmp_path / "drill.statement.json", world, signers=sorted([world.ids["duty"], other_id]))
    keys = ["--key", world.keys["duty"], "--key", other]
    both = call("sign", draft, *keys, "--passphrase-file", passphrase_file, "--passphrase-file", second, "--yes")
    assert both.code == 0, both.err
    assert (tmp_path / "drill.envelope.json").exists()
    three = call("sign", draft, "--key", other, *["--passphrase-file", second] * 2, "--yes", "--out", tmp_path / "x")
    assert three.code == 2


def test_signatures_added_in_any_order_give_one_statement(world: World, tmp_path: Path) -> None:
    draft = write_draft(tmp_path / "d.json", world, signers=sorted([world.ids["duty"], world.ids["second"]]))
    opened = [sk.open_sealed(world.keys[name].read_bytes(), PASSPHRASE) for name in ("duty", "second")]
    start = signing.read(draft.read_bytes())
    ways = [signing.add(signing.add(start, a), b).envelope().raw for a, b in (opened, opened[::-1])]
    assert ways[0] == ways[1] == signing.add(start, [*opened[0], *opened[1]]).envelope().raw
