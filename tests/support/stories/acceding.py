"""Stories of a participant's first statement, and of the key ring that it brings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.support.accord import MINISTRY, OTHER, ROOT, SAID, Accord, keys, office
from tests.support.people import Pen, ring
from tests.support.stored import StoredPen
from tests.support.stories import story
from verifier.keys import signer_id

ACCESSION = "FORMAT.md, Charter: each participant's first statement is its accession"
RING = "FORMAT.md, Keys over time: a key ring"
ONE_ROLE = "FORMAT.md, Keys and signers: no key serves two signers, two offices, two parties, or the log and a party"


def refuse(a: Accord, code: str, where: str, party: str = "XB", pens: tuple[Pen, ...] = (), **members: Any) -> None:
    a.refuse(code, where, party, "accession", a.accession_body(party, **members), office=ROOT, pens=pens)


@story(ACCESSION)
def who_may_accede(a: Accord) -> None:
    a.found("XA")
    a.refuse("statement.accession", "/type", "XB")
    refuse(a, "statement.party", "/party", "XZ")
    refuse(a, "statement.accession", "/type", "XA")
    refuse(a, "statement.accession", "/type", "DEP")
    a.refuse("statement.party", "/party", "XZ")
    a.refuse("statement.office", "/office", "XB", "accession", a.accession_body("XB"))
    refuse(a, "charter.other", "/body/charter", charter=OTHER)
    a.accede("XB")


@story("DESIGN.md: the accession carries the keys whose ids the charter named: a code cannot be squatted")
def a_code_is_not_squatted(a: Accord) -> None:
    a.found("XA")
    thief = Pen("thief")
    others = ring([thief, *a.signers("XB")], {MINISTRY: (SAID, [*a.signers("XB")])})
    refuse(a, "signer.unknown", "/body/signers", pens=(thief,), **others)
    refuse(a, "signer.unknown", "/signers", pens=(thief,), **keys(*a.signers("XB", ROOT), thief, *a.signers("XB")))
    refuse(a, "signer.unknown", "/signers", pens=a.signers("XA", ROOT))
    a.accede("XB")


@story("FORMAT.md, Keys over time, 4 and 5")
def a_root_of_two(a: Accord) -> None:
    one, two, three = a.pens["XB", ROOT] = (Pen("XB one"), Pen("XB two"), Pen("XB three"))
    a.roots["XB"] = 2
    a.found("XA")
    refuse(a, "signer.threshold", "/signers", pens=(one,))
    a.say("XB", "accession", a.accession_body("XB"), office=ROOT, pens=[one, three])
    a.refuse("signer.threshold", "/signers", "XB", "key-change", a.key_change(), office=ROOT, pens=[two])
    a.say("XB", "key-change", a.key_change(), office=ROOT, pens=[two, three])


@story(RING)
def signers_that_cannot_be(a: Accord) -> None:
    pair = StoredPen("XB foreign-ministry")
    a.pens["XB", MINISTRY] = (pair,)
    a.found("XA")
    body = a.accession_body("XB")
    light, heavy = (key.keyid for key in pair.public)

    def with_signer(*keyids: str, **row: str) -> list[dict[str, Any]]:
        rows = [one for one in body["signers"] if one["id"] != pair.id]
        return sorted([*rows, {"id": signer_id(keyids), "keys": list(keyids), **row}], key=lambda one: one["id"])

    def place(rows: list[dict[str, Any]], keyid: str) -> str:
        return f"/body/signers/{[keyid in row['keys'] for row in rows].index(True)}"

    wrong_id = with_signer(light, heavy, id=OTHER)
    refuse(a, "signer.id", place(wrong_id, light), signers=wrong_id)
    for keyids in ((heavy, light), (heavy,)):
        rows = with_signer(*keyids)
        refuse(a, "key.pair", place(rows, heavy), signers=rows)
    unknown = with_signer(OTHER)
    refuse(a, "key.pair", place(unknown, OTHER), signers=unknown)
    refuse(a, "key.idle", "/body/keys", signers=with_signer(light))
    twice = sorted([*body["signers"], {"id": light, "keys": [light]}], key=lambda row: row["id"])
    second = max(n for n, row in enumerate(twice) if light in row["keys"])
    refuse(a, "key.taken", f"/body/signers/{second}", signers=twice)
    a.accede("XB")
    a.say("XB")


@story(RING)
def keys_that_cannot_be(a: Accord) -> None:
    a.found("XA")
    rows = a.accession_body("XB")["keys"]
    refuse(a, "statement.schema", "/body/keys/1", keys=rows[::-1])
    swapped = [{**rows[0], "algorithm": "ML-DSA-65"}, rows[1]]
    refuse(a, "key.malformed", "/body/keys/0/public", keys=swapped)
    weak = {"algorithm": "Ed25519", "public": "MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}
    refuse(a, "key.weak", "/body/keys/0/public", keys=[weak, rows[1]])
    short = {"algorithm": "Ed25519", "public": "MCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="}
    refuse(a, "key.malformed", "/body/keys/0/public", keys=[short, rows[1]])


@story(ONE_ROLE)
def a_key_of_another_party(a: Accord) -> None:
    a.found("XA")
    a.pens["XB", MINISTRY] = a.signers("XA")
    rows = a.accession_body("XB")["signers"]
    at = [row["id"] for row in rows].index(a.signers("XA")[0].id)
    refuse(a, "key.taken", f"/body/signers/{at}")
    a.pens["XB", MINISTRY] = (Pen("XB own"),)
    a.accede("XB")


@story(ONE_ROLE)
def a_key_of_the_log_or_of_a_witness(a: Accord) -> None:
    a.found("XA")
    for pen in (a.log_pen, a.witness_pen):
        b = Accord(charter_id=a.charter_id)
        b.pens["XB", MINISTRY] = (_NoteKeyPen(pen.name, note_key=pen.private),)
        rows = b.accession_body("XB")["signers"]
        at = [row["id"] for row in rows].index(b.signers("XB")[0].id)
        a.refused("key.taken", f"/body/signers/{at}", b.draft("XB", "accession", b.accession_body("XB"), office=ROOT))


@dataclass(frozen=True)
class _NoteKeyPen(Pen):
    """A signer who would sign statements with a note key."""

    note_key: Any = None

    @property
    def private(self) -> list[Any]:
        return [self.note_key]


@story(RING)
def offices_that_cannot_be(a: Accord) -> None:
    a.found("XA")
    ministry, root = a.signers("XB")[0], a.signers("XB", ROOT)[0]
    rows = {
        "office.root": office(ROOT, ["accession"], root),
        "office.types": office(MINISTRY, ["key-change"], ministry),
        "office.threshold": office(MINISTRY, ["declaration"], ministry, threshold=2),
        "signer.unknown": office(MINISTRY, ["declaration"], Pen("nobody")),
    }
    for code, row in rows.items():
        refuse(a, code, "/body/offices/0", offices=[row])
    refuse(a, "signer.unknown", "/body/offices/0", offices=[office(MINISTRY, ["declaration"], *a.signers("XA"))])
    refuse(a, "office.types", "/body/offices/0", offices=[office("unheard-of", ["declaration"], ministry)])


@story(ONE_ROLE)
def one_signer_in_two_offices(a: Accord) -> None:
    a.found("XA")
    ministry, root = a.signers("XB")[0], a.signers("XB", ROOT)[0]
    both = [office("duty-desk", ["declaration"], ministry), office(MINISTRY, ["declaration"], ministry)]
    refuse(a, "key.taken", "/body/offices", offices=both)
    refuse(a, "key.taken", "/body/offices", offices=[office(MINISTRY, ["declaration"], root)])
    a.accede("XB")
