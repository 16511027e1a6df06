"""Well-made envelopes of statements that may not stand: (story, how it is made, status, code)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.people import Pen, ring
from tests.support.simulated_log import OFFICE
from tests.web.stage import CHANGES, EARLY, GONE, LATE, OTHER, PAIR, Sent, Stage, example

Row = tuple[str, Callable[[Stage], Sent], int, str]
Body = dict[str, Any]
WEAK = "MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
WORDS = {"reason": "It named a body that was dissolved."}


def _says(story: str, status: int, code: str, party: str = "XB", *pens: Pen, **members: Any) -> Row:
    """A drill announcement with other members (what can be called is given the stage), signed as due or by these."""

    def make(stage: Stage) -> Sent:
        given = {name: value(stage) if callable(value) else value for name, value in members.items()}
        return Sent(stage.drill(party, *pens, **given))

    return story, make, status, code


def _as(story: str, status: int, code: str, party: str, office: str, *pens: Pen) -> Row:
    """A drill announcement in the name of an office, signed by these."""
    return _says(story, status, code, party, *pens, office=office)


def _of(
    story: str, status: int, code: str, kind: str, body: Callable[[Stage], Body], rel: str = "", target: str = OTHER
) -> Row:
    """Another type by XB, with a relation if `rel`; `target`: a statement's id, or which statement of the stage."""

    def make(stage: Stage) -> Sent:
        named = {"own": stage.drill_id, "sealed": stage.sealed_id, "charter": stage.people.charter_id}
        named["amendment"] = stage.amendment_id
        relates = [{"rel": rel, "statement": named.get(target, target)}] if rel else []
        return Sent(stage.signed(stage.draft(kind=kind, body=body(stage), relates=relates)))

    return story, make, status, code


def _accedes(story: str, status: int, code: str, change: Callable[[Body, Stage], object]) -> Row:
    """XD's accession, with a change to its body."""

    def make(stage: Stage) -> Sent:
        body = stage.people.accession_body("XD")
        change(body, stage)
        return Sent(stage.signed(stage.draft("XD", "accession", body=body, office="root")))

    return story, make, status, code


def _rings(story: str, status: int, code: str, *pens: Pen, **offices: tuple[list[str], list[Pen]]) -> Row:
    """XD's accession with another ring: these pens, and the offices (name -> types, holders)."""

    def change(body: Body, stage: Stage) -> None:
        held = {name.replace("_", "-"): row for name, row in offices.items()}
        body.update(ring([stage.people.pen("XD", "root"), *pens], held))

    return _accedes(story, status, code, change)


def _key_change(story: str, status: int, code: str, **members: Any) -> Row:
    def make(stage: Stage) -> Sent:
        empty: Body = {"keys": [], "signers": [], "offices": [], "revoked": [], "root": None, "confirmed": []}
        body = {"action": "rotate", "reason": "Keys change.", **empty, **members}
        return Sent(stage.signed(stage.draft(kind="key-change", body=body, office="root")))

    return story, make, status, code


def _amends(story: str, status: int, code: str, changes: Callable[[Stage], Body]) -> Row:
    def body(stage: Stage) -> Body:
        return {"summary": "A change.", "changes": {**dict.fromkeys(CHANGES), **changes(stage)}}

    return _of(story, status, code, "amendment", body, "amends", "charter")


def _policy(stage: Stage, *lines: str) -> str:
    text = stage.people.policy_text
    return text[: text.index("group ")] + "\n".join([*lines, ""])


def loose(stage: Stage) -> str:
    """A policy in which any one witness is a quorum: two readers could be shown two logs."""
    return _policy(stage, "group loose any norhaven quillon tessaly", "quorum loose")


def _drill(**members: Any) -> Callable[[Stage], Body]:
    return lambda stage: {**example("drill-announcement"), **members}


def _opens(pointer: str, text: Callable[[Stage], str]) -> Callable[[Stage], Body]:
    return lambda stage: {"disclosures": [{"pointer": pointer, "disclosure": text(stage)}], "remark": None}


def _first(rows: list[Body], **members: Any) -> None:
    rows[0].update(members)


def _sealed(pointer: str, tlp: str = "TLP:AMBER") -> list[Body]:
    return [{"pointer": pointer, "digest": OTHER, "tlp": tlp, "opens": None}]


def _long(stage: Stage) -> Sent:
    """An envelope of the greatest length: its record would be longer still."""
    rows: list[Body] = []
    while len(raw := stage.drill(attachments=rows)) < 65_300:
        rows.append({"digest": f"{len(rows):064x}", "media_type": "text/plain", "name": "a", "size": 1})
    rows[-1]["name"] = "a" * (1 + (65_535 - len(raw)) * 3 // 4)
    return Sent(stage.drill(attachments=rows))


STATEMENTS: list[Row] = [
    # Where it belongs, and who says it
    _says("another ledger", 422, "statement.ledger", ledger="accord.example/other"),
    _says("a code that nobody has", 403, "statement.party", "ZZ", Pen("ZZ foreign-ministry")),
    _says("a state that has not acceded", 403, "statement.accession", "XD"),
    _as("an office that is not there", 403, "statement.office", "XB", "navy", Pen("XB navy")),
    _of("a type that nobody knows", 422, "statement.type", "greeting", lambda stage: {}),
    _says(
        "a state as depositary",
        403,
        "statement.role",
        type="depositary-notice",
        body=lambda stage: example("depositary-notice"),
    ),
    _as("an office beyond its types", 403, "statement.scope", "XB", "root"),
    # Signers
    _as("a signer of another office", 403, "signer.unknown", "XB", OFFICE, Pen("XB desk-0")),
    _as("a signer of another party", 403, "signer.unknown", "XB", OFFICE, Pen("XC foreign-ministry")),
    _as("a signer whom nobody knows", 403, "signer.unknown", "XB", OFFICE, Pen("stranger")),
    _as("a signer whose time is over", 403, "signer.expired", "XC", "desk-0", LATE),
    _as("a signer whose time has not come", 403, "signer.expired", "XC", "desk-0", EARLY),
    _as("a signer who was revoked", 403, "signer.revoked", "XC", "desk-2", GONE),
    _as("one signer where two are needed", 403, "signer.threshold", "XC", "desk-1", PAIR[0]),
    _as("the second from another office", 403, "signer.unknown", "XC", "desk-1", PAIR[0], Pen("XC desk-3")),
    # The office's chain
    _says("a number said already", 409, "statement.conflict", sequence=0),
    _says("a number said already, on top of the last", 409, "statement.conflict", sequence=1),
    _says("a gap", 409, "statement.gap", sequence=999),
    _says("another statement before it", 409, "statement.previous", previous=OTHER),
    # What it points at
    _says("an addressee that nobody is", 422, "statement.addressee", addressees=["XA", "ZZ"]),
    _of("a relation to nothing logged", 422, "statement.relation", "retraction", lambda stage: WORDS, "retracts"),
    _of("a relation left out", 422, "statement.relation", "retraction", lambda stage: WORDS),
    _of("a relation of another type", 422, "statement.relation", "retraction", lambda stage: WORDS, "adheres", "own"),
    _of("another's to retract", 422, "statement.relation", "retraction", lambda stage: WORDS, "retracts", "charter"),
    _says(
        "a relation that the type has not", 422, "statement.relation", relates=[{"rel": "amends", "statement": OTHER}]
    ),
    _says("a rehearsal of nothing", 422, "statement.exercise", exercise=OTHER),
    # The body
    _of("a body without a member", 422, "statement.schema", "retraction", lambda stage: {}, "retracts", "own"),
    _of("a body with a further member", 422, "statement.schema", "drill-announcement", _drill(weather="fair")),
    _of("a kind that is none", 422, "statement.schema", "drill-announcement", _drill(kind="parade")),
    _of("a number for a text", 422, "statement.schema", "drill-announcement", _drill(place=7)),
    _says("a seal on what starts a clock", 422, "statement.sealed", sealed=_sealed("/body/starts")),
    _says("a seal beside its value", 422, "statement.sealed", sealed=_sealed("/body/purpose")),
    _says(
        "a seal open to everybody",
        422,
        "statement.marking",
        sealed=_sealed("/body/purpose", "TLP:CLEAR"),
        body=_drill(purpose=None),
    ),
    ("a record too long", _long, 413, "record.too-long"),
    # Disclosures
    _of(
        "an opening of what was not sealed",
        422,
        "disclosure.mismatch",
        "disclosure",
        _opens("/body/place", lambda stage: stage.opening.text),
        "discloses",
        "sealed",
    ),
    _of(
        "an opening cut",
        422,
        "disclosure.mismatch",
        "disclosure",
        _opens("/body/purpose", lambda stage: stage.opening.text[:-4]),
        "discloses",
        "sealed",
    ),
    _of(
        "another's commitment",
        422,
        "disclosure.mismatch",
        "disclosure",
        _opens("/body/purpose", lambda stage: stage.opening.text),
        "discloses",
        "own",
    ),
    # Accessions and their keys
    _says(
        "a second accession",
        403,
        "statement.accession",
        type="accession",
        office="root",
        body=lambda s: s.people.accession_body("XB"),
    ),
    _accedes("an accession to another charter", 422, "charter.other", lambda body, stage: body.update(charter=OTHER)),
    _accedes("a weak key", 400, "key.weak", lambda body, stage: _first(body["keys"], algorithm="Ed25519", public=WEAK)),
    _accedes("a key that is none", 400, "key.malformed", lambda body, stage: _first(body["keys"], public="AAAA")),
    _accedes("a key under another kind", 400, "key.malformed", lambda b, s: _first(b["keys"], algorithm="ML-DSA-65")),
    _accedes("keys in falling order", 422, "statement.schema", lambda body, stage: body["keys"].reverse()),
    _accedes("a key that is missing", 422, "key.pair", lambda body, stage: body["keys"].pop()),
    _accedes("a signer under another id", 422, "signer.id", lambda body, stage: _rename(body)),
    _accedes("a key that nobody uses", 422, "key.idle", lambda body, stage: body["signers"].pop()),
    _rings("another party's key", 422, "key.taken", Pen("XB foreign-ministry")),
    _rings(
        "one signer in two offices",
        422,
        "key.taken",
        Pen("XD a"),
        desk_0=(["drill-announcement"], [Pen("XD a")]),
        desk_1=(["drill-announcement"], [Pen("XD a")]),
    ),
    _rings("an office beyond the matrix", 422, "office.types", Pen("XD a"), desk_0=(["declaration"], [Pen("XD a")])),
    _rings("the root in the ring", 422, "office.root", Pen("XD a"), root=(["accession"], [Pen("XD a")])),
    _rings("an office held by nobody known", 403, "signer.unknown", desk_0=(["drill-announcement"], [Pen("XD b")])),
    _accedes("five of one", 422, "office.threshold", lambda body, stage: _first(body["offices"], threshold=5)),
    # Later changes
    _key_change(
        "a revocation of another's signer",
        403,
        "signer.unknown",
        action="revoke",
        revoked=[{"signer": GONE.id, "reason": "compromised", "from_record": None}],
    ),
    _key_change("a root of nobody known", 403, "signer.unknown", root={"signers": [OTHER], "threshold": 1}),
    ("a second charter", lambda s: Sent(_second_charter(s)), 409, "charter.second"),
    _amends(
        "quorums that share no witness",
        400,
        "policy.disjoint-quorums",
        lambda s: {"policy": loose(s)},
    ),
    _amends("no quorum", 400, "policy.no-quorum", lambda s: {"policy": _policy(s, "quorum none")}),
    _amends("a policy that cannot be read", 400, "policy.malformed", lambda s: {"policy": "witness\n"}),
    _amends("a party's root from outside", 422, "amendment.root", lambda stage: {"parties": _other_root(stage)}),
    _of(
        "an adherence to another digest",
        422,
        "statement.digest",
        "adherence",
        lambda stage: _adherence(OTHER),
        "adheres",
        "amendment",
    ),
]


def _rename(body: Body) -> None:
    body["signers"][0]["id"] = OTHER
    body["signers"].sort(key=lambda row: row["id"])


def _second_charter(stage: Stage) -> bytes:
    body = stage.people.charter_body()
    return stage.signed(stage.draft("DEP", "charter", body=body, office="root", previous=None))


def _other_root(stage: Stage) -> list[Body]:
    rows: list[Body] = stage.people.charter_body()["parties"]
    for row in rows:
        if row["code"] == "XA":
            row["root"] = {"signers": [Pen("usurper").id], "threshold": 1}
    return rows


def _adherence(digest: str) -> Body:
    return {"digest": digest, "reservations": [], "declarations": [], "subject_to_approval": False}
