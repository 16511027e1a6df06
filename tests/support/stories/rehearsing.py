"""Stories of exercise marking: within which drill, when and by whom a statement may be marked, and what it may touch."""

from __future__ import annotations

from typing import Any

from tests.support.accord import MINISTRY, OTHER, ROOT, Accord, declaration, row, to
from tests.support.people import ring
from tests.support.stories import story
from verifier import vocabulary
from verifier.formats import times

MARKING = "FORMAT.md, Exercise marking"
BEGINS, ENDS = "2026-03-01T07:00:00Z", "2026-03-04T16:00:00Z"
DAY = 86_400


def body(name: str, **members: Any) -> dict[str, Any]:
    return {**vocabulary.load().example(name)["body"], **members}


def drill(**members: Any) -> dict[str, Any]:
    """A short announcement of XA, of a drill in which nobody else takes part."""
    nobody: dict[str, Any] = {"participants": [], "co_hosts": [], "observers": []}
    short: dict[str, Any] = {"sectors": [], "networks": [], "visible_effects": None, "is_not": []}
    return body("drill-announcement", **{"start": BEGINS, "end": ENDS, **nobody, **short, **members})


def announced(a: Accord, **members: Any) -> str:
    """XA has announced a drill, and it begins now."""
    a.found()
    found = a.say("XA", "drill-announcement", drill(**members))
    a.clock = times.parse_utc(BEGINS)
    return found


def with_verifier(a: Accord) -> None:
    tests = {MINISTRY: (["line-test"], [*a.signers("VN")])}
    a.accede("VN", **ring([*a.signers("VN", ROOT), *a.signers("VN")], tests))


def changes(**members: Any) -> dict[str, Any]:
    unchanged = dict.fromkeys(vocabulary.load().example("drill-announcement")["body"])
    return {"reason": None, "changes": {**unchanged, **members}}


def change(a: Accord, target: str, **members: Any) -> str:
    return a.say("XA", "drill-change", changes(**members), relates=to("changes", target))


def rehearse(a: Accord, target: str, party: str = "XA") -> str:
    return a.say(party, "line-test", body("line-test"), exercise=target)


def cannot(a: Accord, target: str, party: str = "XA") -> None:
    a.refuse("statement.exercise", "/exercise", party, "line-test", body("line-test"), exercise=target)


@story(MARKING)
def what_carries_exercise_marking_and_what_it_names(a: Accord) -> None:
    target = announced(a)
    own = a.say("XA")
    for kind, said, related in (
        ("declaration", declaration(), []),
        ("drill-announcement", drill(), []),
        ("retraction", {"reason": "No."}, to("retracts", own)),
    ):
        a.refuse("statement.exercise", "/exercise", "XA", kind, said, exercise=target, relates=related)
    for other in (OTHER, a.charter_id or "", own):
        cannot(a, other)
    cannot(a, rehearse(a, target))


@story(MARKING)
def a_rehearsal_and_reality_stay_apart(a: Accord) -> None:
    target = announced(a)
    real = a.say("XA", "incident", body("incident"))
    marked = a.say("XA", "incident", body("incident"), exercise=target)
    judged = body("incident-assessment", indicators=[])
    where = ("statement.exercise", "/relates/0", "XA", "incident-assessment", judged)
    a.refuse(*where, relates=to("assesses", marked))
    a.refuse(*where, relates=to("assesses", real), exercise=target)
    a.refuse("statement.exercise", "/relates/0", "XA", "retraction", {"reason": "No."}, relates=to("retracts", marked))
    a.say("XA", "incident-assessment", judged, relates=to("assesses", marked), exercise=target)
    a.say("XA", "incident-assessment", judged, relates=to("assesses", real))
    a.say("XA", "incident", body("incident"), relates=to("concerns", target), exercise=target)
    a.say("XA", "incident", body("incident"), relates=to("concerns", target))


@story("FORMAT.md, Exercise marking: the window, both its ends included")
def a_drill_is_on_from_its_first_second_to_its_last(a: Accord) -> None:
    target = announced(a)
    a.clock -= 1
    cannot(a, target)
    a.clock += 1
    rehearse(a, target)
    a.clock = times.parse_utc(ENDS)
    rehearse(a, target)
    a.clock += 1
    cannot(a, target)


@story("FORMAT.md, Exercise marking: author, participant, co-host or invited observer")
def who_may_rehearse(a: Accord) -> None:
    target = announced(a)
    with_verifier(a)
    rehearse(a, target)
    cannot(a, target, "VN")
    one = {"party": "XB", "name": "Response team", "branch": "civil"}
    other = {"party": None, "name": "A company", "branch": "private"}
    parts = a.say("XA", "drill-announcement", drill(participants=[other, one]))
    rehearse(a, parts, "XB")
    cannot(a, parts, "VN")
    rehearse(a, a.say("XA", "drill-announcement", drill(co_hosts=["XB"])), "XB")
    watched = a.say("XA", "drill-announcement", drill(observers=["VN"]))
    rehearse(a, watched, "VN")
    cannot(a, watched, "XB")
    cannot(a, target, "XB")


@story("FORMAT.md, Exercise marking: what is sealed is not known")
def a_sealed_participant_does_not_rehearse(a: Accord) -> None:
    a.found()
    name = {"party": "XB", "name": "Response team", "branch": "civil"}
    held = a.seal("/body/participants", [name])
    sealed = [row("/body/participants", held.digest)]
    target = a.say("XA", "drill-announcement", drill(participants=None, co_hosts=[]), sealed=sealed)
    one = a.seal("/body/participants/0", name)
    listed = a.say(
        "XA", "drill-announcement", drill(participants=[None]), sealed=[row("/body/participants/0", one.digest)]
    )
    a.clock = times.parse_utc(BEGINS)
    for drilled in (target, listed):
        cannot(a, drilled, "XB")
        rehearse(a, drilled)


@story(MARKING)
def a_cancelled_drill(a: Accord) -> None:
    target = announced(a)
    rehearse(a, target)
    a.say("XA", "drill-cancellation", body("drill-cancellation"), relates=to("cancels", target))
    cannot(a, target)
    change(a, target, end="2026-03-05T16:00:00Z")
    cannot(a, target)


@story("FORMAT.md, Exercise marking: a date moves if the change comes before the old date and the new")
def a_drill_that_is_moved(a: Accord) -> None:
    target = announced(a)
    a.clock -= DAY
    other = a.say("XA", "drill-announcement", drill())
    change(a, target, start="2026-02-28T08:00:00Z", end="2026-03-05T16:00:00Z")
    cannot(a, target)
    a.clock = times.parse_utc("2026-02-28T08:00:00Z")
    rehearse(a, target)
    cannot(a, other)
    a.clock += 1
    change(a, target, start="2026-03-03T00:00:00Z")  # it has begun
    change(a, other, start="2026-02-28T08:00:00Z")  # that is past
    rehearse(a, target)
    cannot(a, other)
    a.clock = times.parse_utc("2026-03-05T16:00:00Z")
    rehearse(a, target)
    a.clock += 1
    change(a, target, end="2026-03-06T16:00:00Z")  # it has ended
    cannot(a, target)


@story("FORMAT.md, Exercise marking: an end moves in total by the term end_extension at most")
def an_end_that_is_moved_again_and_again(a: Accord) -> None:
    target = announced(a)
    for day in ("10", "17", "24"):
        change(a, target, end=f"2026-03-{day}T16:00:00Z")
    a.clock = times.parse_utc("2026-03-18T16:00:00Z")
    rehearse(a, target)
    a.clock += 1
    cannot(a, target)


@story("FORMAT.md, Exercise marking: as changed")
def people_who_come_and_go(a: Accord) -> None:
    target = announced(a, co_hosts=["XB"])
    with_verifier(a)
    rehearse(a, target, "XB")
    change(a, target, observers=["VN"])
    rehearse(a, target, "VN")
    rehearse(a, target, "XB")
    change(a, target, co_hosts=[], participants=[])
    cannot(a, target, "XB")
    rehearse(a, target, "VN")
    rehearse(a, target)


@story("catalogues: the incident class test is for statements marked as an exercise alone")
def the_incident_class_test(a: Accord) -> None:
    target = announced(a)
    marked = a.say("XA", "incident", body("incident"), exercise=target)
    real = to("assesses", a.say("XA", "incident", body("incident")))
    trial = body("incident-assessment", indicators=[], **{"class": "test"})
    a.refuse("statement.exercise", "/body/class", "XA", "incident-assessment", trial, relates=real)
    a.say("XA", "incident-assessment", trial, relates=to("assesses", marked), exercise=target)
    for value in ("test", "fraud"):
        held = a.seal("/body/class", value)
        rows = [row("/body/class", held.digest)]
        hidden = a.say("XA", "incident-assessment", {**trial, "class": None}, relates=real, sealed=rows)
        opened = {"disclosures": [{"pointer": "/body/class", "disclosure": held.text}], "remark": None}
        related = to("discloses", hidden)
        if value == "test":
            here = "/body/disclosures/0/disclosure"
            a.refuse("disclosure.value", here, "XA", "disclosure", opened, relates=related)
        else:
            a.say("XA", "disclosure", opened, relates=related)
