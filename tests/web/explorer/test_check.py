"""The check on the server: every kind of thing that may be given, its outcome, its six steps, and its command."""

from __future__ import annotations

import itertools
import json
import zlib
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from tests.support.simulated_log import OFFICE
from tests.web.explorer.conftest import Site, site
from tests.web.explorer.markup import read
from tests.web.explorer.world import World
from verifier import disclosed, evidence, record, sealing
from verifier.cli import run
from verifier.formats import checkpoint
from web.explorer.checking import recognise
from web.explorer.checking.answers import OUTCOMES

NAMES = ["Bytes", "Signatures", "Keys", "Included", "Witnessed", "Latest word"]
ATTACHED = b"Minutes of the meeting.\n\n\xe2\x80\x94 anybody AAAAAAAA\n"
SALT = bytes(range(16))


def story(world: World) -> None:
    """What the told ledger lacks: a file that a statement names, a sealed field, a retraction, a contested key."""
    row = {
        "digest": sha256(ATTACHED).hexdigest(),
        "media_type": "text/plain",
        "name": "annex.txt",
        "size": len(ATTACHED),
    }
    world.announce("XB", 70, attachments=[row])
    world.checkpoint(pause=3600)
    sealed = sealing.seal(
        sealing.field_name("XB", OFFICE, world.chains["XB", OFFICE][0], "/body/purpose"), "Quiet.", SALT
    )
    value = world.draft("XB", "drill-announcement", world_body(world, 71))
    value["body"]["purpose"] = None
    value["title"] = "A drill with a sealed purpose"
    value["sealed"] = [{"pointer": "/body/purpose", "digest": sealed.digest, "tlp": "TLP:AMBER", "opens": None}]
    world.log(world.envelope(value), value)
    world.checkpoint(pause=3600)
    world.announce("XC", 72)
    world.checkpoint(pause=3600)
    world.revoke("XC", world.pen("XC"), from_record=len(world.records) - 1)
    world.checkpoint(pause=3600)


def world_body(world: World, number: int) -> dict[str, Any]:
    from verifier import vocabulary

    del world
    return {**vocabulary.load().example("drill-announcement")["body"], "name": f"Drill {number}", "observers": []}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site that no test of this file changes."""
    return site(tmp_path_factory.mktemp("check"), story)


_visitors = itertools.count()


def somebody() -> dict[str, str]:
    """A visitor whose address has asked for nothing yet."""
    number = next(_visitors)
    return {"REMOTE_ADDR": f"192.0.2.{number % 250}" if number < 250 else f"2001:db8:{number:x}::1"}


def ask(found: Site, *files: bytes, text: str = "") -> list[dict[str, Any]]:
    """The answers as data."""
    data = {"file": [(BytesIO(raw), f"file-{n}") for n, raw in enumerate(files)], "text": text}
    answer = found.client.post("/check.json", data=data, environ_base=somebody())
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    rows: list[dict[str, Any]] = answer.json["answers"]
    for row in rows:
        assert [step["step"] for step in row["steps"]] == NAMES
        assert row["outcome"] in OUTCOMES
        assert "fake" not in json.dumps(row).lower()
    return rows


def one(found: Site, *files: bytes, text: str = "") -> dict[str, Any]:
    rows = ask(found, *files, text=text)
    assert len(rows) == 1, [row["outcome"] for row in rows]
    return rows[0]


def file_of(found: Site, statement: str, kind: str) -> bytes:
    answer = found.client.get(f"/s/{statement}.{kind}")
    assert answer.status_code == 200
    return bytes(answer.data)


def results(row: dict[str, Any]) -> list[str]:
    return [step["passed"] for step in row["steps"]]


def last_of(found: Site, title: str) -> str:
    rows = (found.client.get(f"/statements.json?q={title}").json or {})["statements"]
    return str(rows[0]["id"])


# What a statement comes in.


@pytest.mark.parametrize(
    "kinds", [("tlog-proof", "envelope.json"), ("envelope.json",), ("statement.json",), ("tlog-proof",)]
)
def test_a_statement_in_every_form_climbs_all_six_steps(told: Site, kinds: tuple[str, ...]) -> None:
    statement = told.ids["pledge"]
    row = one(told, *(file_of(told, statement, kind) for kind in kinds))
    assert (row["outcome"], results(row), row["statement"]) == ("in-record", ["done"] * 6, statement)
    assert [verdict["verdict"] for verdict in row["verdicts"]] == ["Logged", "Said by Federation of Belmark"]
    assert {verdict["result"] for verdict in row["verdicts"]} == {"yes"}


@pytest.mark.parametrize(
    "given",
    [
        lambda s: s.ids["pledge"],
        lambda s: s.ids["pledge"].upper(),
        lambda s: " 5 ",
        lambda s: sha256(s.world.records[5]).hexdigest(),
        lambda s: file_of(s, s.ids["pledge"], "tlog-proof").decode().replace("\n", "\r\n"),
        lambda s: "\n\n " + file_of(s, s.ids["pledge"], "envelope.json").decode() + "\n",
        lambda s: s.world.records[5].decode(),
    ],
)
def test_what_is_pasted_is_found(told: Site, given: Callable[[Site], str]) -> None:
    row = one(told, text=given(told))
    assert (row["outcome"], row["record"], results(row)) == ("in-record", 5, ["done"] * 6)


def test_a_changed_statement_says_read_both(told: Site) -> None:
    row = one(told, file_of(told, told.ids["drill"], "envelope.json"))
    assert (row["outcome"], row["words"]) == ("changed", "Genuine, but superseded")
    assert results(row) == ["done"] * 5 + ["amended"]
    assert "Record 8 came later" in row["told"]


def test_a_contested_statement_says_so(told: Site) -> None:
    row = one(told, text=last_of(told, "Drill+72"))
    assert (row["outcome"], results(row)[5]) == ("contested", "unknown")
    assert "Union of Corvane" in row["told"]


def test_a_statement_that_the_audit_judges_as_absent(shown: Site) -> None:
    row = one(shown, text=str(len(shown.world.records) - 1))
    assert row["outcome"] == "absent"
    assert row["steps"][5]["passed"] == "overdue"


def test_a_statement_under_exercise_marking_says_so_first(told: Site, own: Site) -> None:
    from verifier import vocabulary

    body = vocabulary.load().example("incident-notification")["body"]
    value = own.world.draft("XA", "incident-notification", body, exercise=own.ids["drill"])
    row = one(own, own.world.envelope(value).raw)
    assert row["exercise"] == own.ids["drill"]
    page = own.client.post("/check", data={"file": (BytesIO(own.world.envelope(value).raw), "x")}).text
    assert page.index("Exercise. Exercise. Exercise.") < page.index("This statement was made for a drill")


# What is signed and not there; what is nowhere.


def test_a_signed_statement_that_is_not_in_the_record_yet(told: Site) -> None:
    value = told.world.draft("XB", "drill-announcement", world_body(told.world, 90))
    row = one(told, told.world.envelope(value).raw)
    assert row["outcome"] == "signed"
    assert results(row) == ["done", "done", "done", "open", "unknown", "unknown"]
    assert "no deadline is met by it" in row["told"]
    assert any("a receipt whose record is missing is evidence" in note for note in row["notes"])


def test_the_same_number_with_another_text_cannot_be_recorded(told: Site) -> None:
    value = told.world.draft(
        "XB", "drill-announcement", world_body(told.world, 91), sequence=0, previous=told.world.charter_id
    )
    row = one(told, told.world.envelope(value).raw)
    assert row["outcome"] == "signed"
    assert any("under the same number" in note for note in row["notes"])


def test_a_text_without_signatures_is_only_looked_for(told: Site) -> None:
    value = told.world.draft("XB", "drill-announcement", world_body(told.world, 92))
    row = one(told, told.world.envelope(value).payload)
    assert row["outcome"] == "not-found"
    assert results(row) == ["done", "unknown", "unknown", "unknown", "unknown", "unknown"]


def test_a_statement_for_another_ledger(told: Site) -> None:
    value = told.world.draft("XB", "drill-announcement", world_body(told.world, 93), ledger="other.example/\u202egol")
    raw = told.world.envelope(value).raw
    assert one(told, raw)["outcome"] == "other-ledger"
    page = told.client.post("/check", data={"file": (BytesIO(raw), "x")}, environ_base=somebody()).text
    assert "U+202E" in page
    assert "\u202e" not in page


@pytest.mark.parametrize("given", [b"anything", b"\xff\x00", b"ab" * 32, b"99999", b"%PDF-1.7 nothing"])
def test_what_is_not_here_is_not_said_not_to_exist(told: Site, given: bytes) -> None:
    row = one(told, given)
    assert (row["outcome"], row["words"]) == ("not-found", "Not found here")
    assert "does not mean" in row["told"]
    assert set(results(row)) == {"unknown"}


def test_a_file_that_a_statement_names(told: Site) -> None:
    row = one(told, ATTACHED)
    assert (row["outcome"], row["attachment"]["name"]) == ("named", "annex.txt")
    assert one(told, text=sha256(ATTACHED).hexdigest())["record"] == row["record"]
    assert one(told, ATTACHED + b" ")["outcome"] != "named"


def test_a_file_that_only_looks_like_something_else_is_found_by_its_digest(told: Site) -> None:
    assert recognise.items(ATTACHED)[0].fault is not None
    assert recognise.items(b"He said:\n\n\xe2\x80\x94 Enough of this, said she.\n")[0].kind == "file"
    assert recognise.items(b"quorum of the meeting: nine\nAll agreed.\n")[0].kind == "file"


def test_keys_and_policies(told: Site) -> None:
    pen = told.world.pen("XB")
    row = one(told, text=pen.id)
    assert (row["outcome"], row["party"]) == ("key", "XB")
    with told.copy.view() as view:
        key = next(iter(view.trust.book.values()))
        assert one(told, key.pem)["outcome"] == "key"
        witness = view.policy.witness_keys[0].vkey
    assert "a witness’s key" in one(told, text=witness)["told"]
    assert one(told, told.world.policy_text.encode())["outcome"] == "policy"


# What does not hold.


def flipped(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]


def test_a_false_signature_fails_at_its_step(told: Site) -> None:
    value = json.loads(file_of(told, told.ids["pledge"], "envelope.json"))
    signature = value["signatures"][0]["sig"]
    value["signatures"][0]["sig"] = ("B" if signature[0] == "A" else "A") + signature[1:]
    row = one(told, json.dumps(value, separators=(",", ":"), sort_keys=True).encode())
    assert (row["outcome"], row["failed_step"]) == ("does-not-hold", 2)
    assert row["told"].startswith("Step 2, Signatures, failed")


def test_another_text_under_the_same_signature_fails(told: Site) -> None:
    _index, envelope = told.world.envelopes[told.ids["pledge"]]
    payload = envelope.payload.replace(b'"sequence":0', b'"sequence":1')
    assert payload != envelope.payload
    row = one(told, type(envelope)(payload, envelope.signatures).raw)
    assert (row["outcome"], row["failed_step"]) == ("does-not-hold", 2)


def test_a_receipt_of_another_statement_fails_at_inclusion(told: Site) -> None:
    row = one(told, file_of(told, told.ids["arabic"], "tlog-proof"), file_of(told, told.ids["pledge"], "envelope.json"))
    assert (row["outcome"], row["failed_step"], row["record"]) == ("does-not-hold", 4, 5)
    assert results(row)[:3] == ["done"] * 3


def test_a_receipt_is_held_against_every_envelope(told: Site) -> None:
    names = ("arabic", "pledge", "change")
    files = [file_of(told, told.ids[name], kind) for kind in ("envelope.json", "tlog-proof") for name in names]
    rows = ask(told, *files)
    assert [row["outcome"] for row in rows] == ["in-record"] * 3
    assert {row["statement"] for row in rows} == {told.ids[name] for name in names}


def test_a_receipt_without_its_quorum_fails_at_the_witnesses(told: Site) -> None:
    given = told.world.receipt(told.ids["pledge"], told.world.sign(len(told.world.records), told.world.root(), (0,)))
    row = one(told, given.proof.raw, given.envelope.raw)
    assert (row["outcome"], row["failed_step"]) == ("does-not-hold", 5)


def test_a_receipt_of_a_record_that_the_copy_has_not_reached(told: Site) -> None:
    world = told.world.copy()
    found = world.announce("XB", 95)
    point = world.checkpoint()
    given = world.receipt(found, point)
    told.now[0] = world.clock + 60
    row = one(told, given.proof.raw, given.envelope.raw)
    assert (row["outcome"], results(row)) == ("newer", ["done"] * 5 + ["unknown"])
    assert one(told, given.proof.raw)["outcome"] == "not-checked"


def test_a_receipt_that_contradicts_the_copy_is_to_be_kept(told: Site) -> None:
    world = told.world.copy()
    index, _envelope = world.envelopes[told.ids["pledge"]]
    other = world.draft("XB", "declaration", {}, sequence=0, previous=world.charter_id)
    envelope = world.envelope(other)
    entry = record.parse(world.records[index])
    raw = record.build(envelope, count=entry.count, head=entry.head, previous=entry.previous, received=entry.received)
    world.rewrite(index, raw)
    world.envelopes["other"] = (index, envelope)
    given = world.receipt("other", world.sign(len(world.records), world.root()))
    told.now[0] = world.clock + 60
    row = one(told, given.proof.raw, given.envelope.raw)
    assert (row["outcome"], row["failed_step"]) == ("contradiction", 4)
    assert "evidence" in row["told"]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        (b'{"payload":"","payloadType":"x","signatures":[]}', "envelope"),
        (b'{"body":{},"party":"XA","signers":[]}', "statement"),
        (b"c2sp.org/tlog-proof@v1\nindex 1\n", "receipt"),
        (b"a\n1\nAA==\n\n\xe2\x80\x94 x AAAAAAA=\n", "checkpoint"),
        (b'{"kind":"disclosure"}', "handed"),
        (b'{"kind":"fork"}', "evidence"),
        (b"quorum nobody\n", "policy"),
        (b"WyJB", "opening"),
        (b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "public-key"),
        (b"name+00000000+AAAA", "vkey"),
    ],
)
def test_what_looks_like_a_kind_and_is_not_of_its_form(told: Site, given: bytes, kind: str) -> None:
    row = one(told, given)
    assert (row["kind"], row["outcome"], row["failed_step"]) == (kind, "does-not-hold", 1)


def test_every_kind_has_an_answer() -> None:
    from web.explorer.checking import checker

    assert set(checker._BY_KIND) == set(recognise.KINDS)


# Disclosures, evidence, checkpoints, PDF.


def handed(found: Site, value: str = "Quiet.", **members: Any) -> bytes:
    statement = last_of(found, "sealed+purpose")
    index, envelope = found.world.envelopes[statement]
    del index
    sequence = json.loads(envelope.payload)["sequence"]
    opened = sealing.seal(sealing.field_name("XB", OFFICE, sequence, "/body/purpose"), value, SALT)
    rows = (disclosed.Opening("/body/purpose", opened.text, "TLP:AMBER", None),)
    return disclosed.Handed(found.world.origin, statement, "XA", None, rows, **members).raw


def test_a_disclosure_file_opens_what_was_sealed(told: Site) -> None:
    row = one(told, handed(told))
    assert (row["outcome"], row["opened"][0]["value"], results(row)) == ("opened", "Quiet.", ["done"] * 6)
    single = disclosed.parse(handed(told)).openings[0].disclosure
    assert one(told, text=single)["opened"][0]["value"] == "Quiet."


def test_a_disclosure_of_another_value_opens_nothing(told: Site) -> None:
    row = one(told, handed(told, "Loud."))
    assert (row["outcome"], row["opened"][0]["value"]) == ("does-not-hold", None)
    assert row["opened"][0]["wrong"]


def test_evidence_is_judged_by_the_copys_policy(told: Site) -> None:
    world = told.world.copy()
    forked = world.sign(len(world.records), sha256(b"another tree").digest())
    first, second = sorted([world.history[-1], forked])
    value = {
        **{"kind": "fork", "ledger": world.origin, "checkpoints": [first.decode(), second.decode()]},
        **{"prefix": None, "consistency": [], "index": None, "leaves": []},
    }
    row = one(told, evidence.encode(value))
    assert (row["outcome"], row["evidence_kind"]) == ("evidence", "fork")
    assert row["keys"]
    same = evidence.encode({**value, "checkpoints": [first.decode()] * 2})
    assert one(told, same)["outcome"] == "no-evidence"


def test_a_checkpoint_is_believed_or_contradicts(told: Site) -> None:
    assert one(told, told.world.history[-1])["outcome"] == "checkpoint"
    forked = told.world.sign(len(told.world.records), sha256(b"another tree").digest())
    assert one(told, forked)["outcome"] == "contradiction"
    size = checkpoint.parse(told.world.history[-1]).size
    assert one(told, told.world.sign(size, told.world.root(), ()))["failed_step"] == 5


def pdf_of(*files: bytes, packed: bool = True, tail: bytes = b"\n") -> bytes:
    """A file like a PDF that carries files, as writers of PDF embed them."""
    parts = [b"%PDF-1.7\n"]
    for number, raw in enumerate(files, 1):
        stream = zlib.compress(raw) if packed else raw
        known = b"/Length %d" % len(stream)
        packing = b"/Filter /FlateDecode" if packed else b""
        parts.append(
            b"%d 0 obj\n<< /Type /EmbeddedFile /Subtype /text#2Fplain %b %b >>\nstream\n" % (number, known, packing)
        )
        parts.append(stream + tail + b"endstream\nendobj\n")
    return b"".join([*parts, b"<< /Names << /EmbeddedFiles 9 0 R >> >>\n%%EOF\n"])


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("tail", [b"", b"\n", b"\r\n"])
def test_a_pdf_stands_for_what_it_carries(told: Site, packed: bool, tail: bytes) -> None:
    files = [file_of(told, told.ids["pledge"], kind) for kind in ("tlog-proof", "envelope.json")]
    row = one(told, pdf_of(*files, packed=packed, tail=tail))
    assert (row["outcome"], row["statement"]) == ("in-record", told.ids["pledge"])
    assert any("What the pages of the PDF show was not checked" in note for note in row["notes"])


# The page itself.


def test_the_page_is_well_formed_before_and_after(told: Site) -> None:
    files = [file_of(told, told.ids["hostile"], kind) for kind in ("tlog-proof", "envelope.json")]
    data = {"file": [(BytesIO(raw), "x") for raw in (*files, handed(told), b"nothing")], "text": "5"}
    for page in (told.client.get("/check").text, told.client.post("/check", data=data, environ_base=somebody()).text):
        found = read(page)
        assert found.problems == []
        assert len(found.ids) == len(set(found.ids))
        labelled = {attributes["for"] for attributes in found.every("label")}
        assert {tag["id"] for name in ("input", "textarea") for tag in found.every(name)} <= labelled
        assert not any(
            name.startswith("on") or name == "style" for _tag, attributes in found.tags for name in attributes
        )
        for attributes in found.every("script"):
            assert attributes.get("src", "").startswith("/static/verify/") or attributes["type"] == "application/json"  # type: ignore[union-attr]
    assert "Checked by this server" in page
    assert "<script>alert(1)</script>" not in page


def test_the_headers_of_a_check(told: Site) -> None:
    page = told.client.get("/check")
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    for address in ("/check", "/check.json"):
        answer = told.client.post(address, data={"text": "5"}, environ_base=somebody())
        assert answer.headers["Cache-Control"] == "no-store"
        assert "ETag" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert told.client.put(address).headers["Allow"] == "GET, HEAD, POST"
    script = read(page.text).every("script")[-1]["src"] or ""
    assert "immutable" in told.client.get(script).headers["Cache-Control"]
    assert told.client.get(script).content_type.startswith("text/javascript")


def test_nothing_given_is_said_and_an_empty_copy_too(told: Site, tmp_path: Path) -> None:
    from web.explorer import Copy, create_explorer_app

    assert (
        "Choose a file, or paste a text" in told.client.post("/check", data={"text": " "}, environ_base=somebody()).text
    )
    client = create_explorer_app(Copy(tmp_path / "empty")).test_client()
    assert "This copy is empty so far" in client.post("/check", data={"text": "5"}).text
    assert client.get("/check").status_code == 200
    assert client.get("/check/pins.json").json is None
    assert client.get("/verify.html").status_code == 200


def test_a_body_that_is_no_form_is_one_thing(told: Site) -> None:
    raw = file_of(told, told.ids["pledge"], "envelope.json")
    answer = told.client.post("/check.json", data=raw, content_type="application/json", environ_base=somebody())
    assert answer.json is not None
    assert answer.json["answers"][0]["outcome"] == "in-record"


def test_the_command_repeats_the_answer(told: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = one(told, file_of(told, told.ids["pledge"], "envelope.json"))
    for kind in ("tlog-proof", "envelope.json"):
        (tmp_path / f"record-5.{kind}").write_bytes(file_of(told, told.ids["pledge"], kind))
    (tmp_path / "YOUR.policy").write_text(told.world.policy_text)
    state = str(tmp_path / "YOUR.state")
    run(["audit", str(told.log), "--policy", str(tmp_path / "YOUR.policy"), "--state", state])
    words = [str(tmp_path / word) if (tmp_path / word).exists() else word for word in row["command"].split()]
    assert words.pop(0) == "detente-verify"
    assert run(words) == 0, capsys.readouterr()
