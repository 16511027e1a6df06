"""Stories of keys: authorised, rotated, revoked, expired; and of a root that names the next one."""

from __future__ import annotations

from typing import Any

from tests.support.accord import DESK, MINISTRY, OTHER, ROOT, SAID, Accord, keys, office, to
from tests.support.people import Pen, ring
from tests.support.stored import StoredPen
from tests.support.stories import story
from verifier.formats import times

CHANGE, REVOKED = "FORMAT.md, Keys over time: a key-change", "DESIGN.md: a later revocation does not unsay a statement"
NEW_ROOT = "FORMAT.md, Keys over time: a new root is signed by the old threshold and by the new one"


def change(a: Accord, *pens: Pen, party: str = "XA", **members: Any) -> str:
    return a.say(party, "key-change", a.key_change(**members), office=ROOT, pens=pens)


def refuse(a: Accord, code: str, where: str, *pens: Pen, party: str = "XA", **members: Any) -> None:
    a.refuse(code, where, party, "key-change", a.key_change(**members), office=ROOT, pens=pens)


def revoked(pen: Pen, reason: str = "compromised", from_record: int | None = None) -> list[dict[str, Any]]:
    return [{"signer": pen.id, "reason": reason, "from_record": from_record}]


@story(CHANGE)
def a_new_office_is_authorised(a: Accord) -> None:
    desk = Pen("XA desk")
    a.found()
    a.refuse("statement.office", "/office", "XA", office=DESK, pens=[desk])
    change(a, action="authorise", **{**keys(desk), "offices": [office(DESK, ["declaration"], desk)]})
    a.say("XA", office=DESK, pens=[desk])
    said = a.say("XA")
    taken: dict[str, Any] = {"body": {"reason": "No."}, "relates": to("retracts", said)}
    a.refuse("statement.scope", "/type", "XA", "retraction", office=DESK, pens=[desk], **taken)


@story("FORMAT.md, Keys over time: an entry of offices replaces the office's entry in force whole")
def an_office_s_signer_is_rotated(a: Accord) -> None:
    a.found()
    old, new = a.signers("XA")[0], StoredPen("XA new")
    change(a, **{**keys(new), "offices": [office(MINISTRY, ["declaration"], new)]})
    a.refuse("signer.unknown", "/signers", "XA", pens=[old])
    said = a.say("XA", pens=[new])
    taken: dict[str, Any] = {"body": {"reason": "No."}, "relates": to("retracts", said)}
    a.refuse("statement.scope", "/type", "XA", "retraction", pens=[new], **taken)


@story("FORMAT.md, Keys over time, 3: both ends are included, to the second; the time is that of `received`")
def a_signer_s_dates(a: Accord) -> None:
    begins, ends = times.parse_utc("2026-03-01T00:00:00Z"), times.parse_utc("2026-03-31T23:59:59Z")
    a.found()
    dated = office(MINISTRY, SAID, *a.signers("XA"), begins=times.format_utc(begins), ends=times.format_utc(ends))
    change(a, offices=[dated])
    for clock, stands in ((begins - 1, False), (begins, True), (begins + 1, True), (ends, True), (ends + 1, False)):
        a.clock = clock
        told: dict[str, Any] = {"issued": times.format_utc(begins if not stands else ends + 9)}
        if stands:
            a.say("XA", **told)
        else:
            a.refuse("signer.expired", "/signers", "XA", **told)
    change(a, offices=[office(MINISTRY, SAID, *a.signers("XA"))])
    a.say("XA")


@story("DESIGN.md: all is judged against dates by `received`, never by `issued`")
def what_a_party_claims_as_its_date(a: Accord) -> None:
    a.found()
    for issued in ("1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2025-12-31T23:59:59Z"):
        a.say("XA", issued=issued)


@story(REVOKED)
def a_signer_is_revoked(a: Accord) -> None:
    a.found()
    stolen = a.signers("XA")[0]
    a.say("XA")
    change(a, action="revoke", revoked=revoked(stolen))
    a.refuse("signer.revoked", "/signers", "XA")
    refuse(a, "signer.unknown", "/body/revoked/0", revoked=revoked(stolen))
    refuse(a, "signer.revoked", "/body/offices/0", offices=[office(MINISTRY, SAID, stolen)])
    new = Pen("XA new")
    rows = {**keys(new), "offices": [office(MINISTRY, SAID, new)]}
    change(a, action="recover", **rows)
    a.say("XA", pens=[new])
    rows = {**keys(stolen), "offices": [office(MINISTRY, SAID, new)]}
    refuse(a, "key.taken", "/body/signers/0", **rows)


@story(REVOKED)
def whose_signer_can_be_revoked(a: Accord) -> None:
    a.found()
    for pen in (a.signers("XB")[0], Pen("nobody")):
        refuse(a, "signer.unknown", "/body/revoked/0", revoked=revoked(pen))
    own = a.signers("XA")[0]
    both = [office(MINISTRY, SAID, own)]
    refuse(a, "signer.revoked", "/body/offices/0", revoked=revoked(own), offices=both)


@story("FORMAT.md, Keys over time: from_record names the record from which the key was not its owner's")
def a_theft_is_noticed_late(a: Accord) -> None:
    a.found()
    stolen = a.signers("XA")[0]
    before, after = a.records, a.records + 1
    a.say("XA")
    a.say("XA")
    change(a, action="revoke", revoked=revoked(stolen, from_record=after))
    assert [a.trust.contested((stolen.id,), n) for n in (before, after, after + 9)] == [False, True, True]
    assert not a.trust.contested((a.signers("XB")[0].id,), after)
    a.refuse("signer.revoked", "/signers", "XA")


@story("FORMAT.md, Keys over time: two of three signers go on when one is revoked")
def one_of_several_signers_is_revoked(a: Accord) -> None:
    one, two, three = a.pens["XA", MINISTRY] = (Pen("XA one"), Pen("XA two"), Pen("XA three"))
    a.found("XB")
    body = ring([*a.signers("XA", ROOT), one, two, three], {MINISTRY: (SAID, [one, two, three])})
    body["offices"][0]["threshold"] = 2
    a.accede("XA", **body)
    a.say("XA", pens=[one, two])
    change(a, action="revoke", revoked=revoked(one, "ceased"))
    a.refuse("signer.revoked", "/signers", "XA", pens=[one, two])
    a.refuse("signer.revoked", "/signers", "XA", pens=[one, two, three])
    a.refuse("signer.threshold", "/signers", "XA", pens=[two])
    a.say("XA", pens=[two, three])


@story(NEW_ROOT)
def a_root_names_the_next_one(a: Accord) -> None:
    a.found()
    old, new = a.signers("XA", ROOT)[0], Pen("XA new root")
    rows = {**keys(new), "root": a.root("XA", new)}
    refuse(a, "signer.threshold", "/body/root", old, **rows)
    refuse(a, "signer.threshold", "/signers", new, **rows)
    refuse(a, "signer.unknown", "/signers", old, new, a.signers("XA")[0], **rows)
    change(a, old, new, **rows)
    refuse(a, "signer.unknown", "/signers", old)
    refuse(a, "signer.unknown", "/signers", old, new)
    change(a, new)


@story(NEW_ROOT)
def a_root_of_two_names_another_root_of_two(a: Accord) -> None:
    one, two, three = Pen("XA one"), Pen("XA two"), StoredPen("XA three")
    a.pens["XA", ROOT] = (one, two)
    a.found()
    rows = {**keys(three), "root": a.root("XA", two, three)}
    refuse(a, "signer.threshold", "/signers", two, three, **rows)
    refuse(a, "signer.threshold", "/body/root", one, two, **rows)
    refuse(a, "signer.threshold", "/signers", one, three, **rows)
    change(a, one, two, three, **rows)
    refuse(a, "signer.threshold", "/signers", two)
    change(a, two, three)


@story("FORMAT.md, Keys over time: root's signers and threshold are changed by the member `root` alone")
def a_root_that_cannot_be(a: Accord) -> None:
    a.found()
    old, new = a.signers("XA", ROOT)[0], Pen("XA new root")
    too_many = {"signers": a.root("XA", new)["signers"], "threshold": 2}
    refuse(a, "office.threshold", "/body/root", old, new, **{**keys(new), "root": too_many})
    refuse(a, "signer.unknown", "/body/root", old, root={"signers": [OTHER], "threshold": 1})
    refuse(a, "signer.unknown", "/body/root", old, root=a.root("XB"))
    refuse(a, "key.taken", "/body/offices", old, a.signers("XA")[0], root=a.root("XA", *a.signers("XA")))
    refuse(a, "office.root", "/body/offices/0", old, offices=[office(ROOT, ["key-change"], old)])
    refuse(a, "signer.revoked", "/body/root", old, root=a.root("XA"), revoked=revoked(old))


@story("FORMAT.md, Keys and signers: no key serves two offices")
def a_signer_moves_to_another_office(a: Accord) -> None:
    a.found()
    old, new = a.signers("XA")[0], Pen("XA new")
    desk = office(DESK, ["declaration"], old)
    refuse(a, "key.taken", "/body/offices", offices=[desk])
    change(a, **{**keys(new), "offices": [desk, office(MINISTRY, SAID, new)]})
    a.say("XA", office=DESK, pens=[old])
    a.refuse("signer.unknown", "/signers", "XA", pens=[old])
    a.say("XA", pens=[new])


@story("FORMAT.md, Keys and signers: no key serves two signers")
def a_key_does_not_come_twice(a: Accord) -> None:
    a.found()
    own, pair = a.signers("XA")[0], StoredPen("XA foreign-ministry")
    refuse(a, "key.taken", f"/body/signers/{0}", **{**keys(own), "offices": []})
    refuse(a, "key.taken", f"/body/signers/{0}", **{**keys(pair), "offices": []})
    refuse(a, "key.taken", f"/body/signers/{0}", party="XB", **{**keys(own), "offices": []})


@story("FORMAT.md, Charter: the depositary's keys change by its own root")
def the_depositary_changes_its_keys(a: Accord) -> None:
    a.found("XA")
    new = Pen("DEP new")
    rows = {**keys(new), "offices": [office("notices", ["depositary-notice"], new)]}
    refuse(a, "signer.unknown", "/signers", *a.signers("XA", ROOT), party="DEP", **rows)
    change(a, party="DEP", **rows)
