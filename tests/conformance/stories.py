"""Small logs with their verdicts, written by hand from what a rule promises: one story for each sentence.

A story is a function that returns what it built and what must be told of it. The sentence that it tests is its docstring.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.conformance import naive
from tests.conformance.scenes import DAY, HOUR, START, Scene, opened
from tests.support.promises import AFTER_REPORT as REPORT
from tests.support.promises import ANSWER_QUERY as ANSWER
from tests.support.promises import CONVENE, LINE_TEST
from tests.support.promises import EXERCISE_NOTICE as NOTICE
from tests.support.promises import HEALTH_CARE as HEALTH
from verifier.conformance.case import Event
from verifier.formats.times import parse_utc

Row = tuple[str, str, str]
"""Rule, debtor, status."""


@dataclass(frozen=True)
class Told:
    """A scene judged at `asked`: exactly these rows, in any order. `dues`, `discharges`: rule and debtor -> what is told."""

    scene: Scene
    asked: int
    rows: Sequence[Row]
    exercise: str | None = None
    dues: dict[tuple[str, str], list[int | None]] = field(default_factory=dict)
    discharges: dict[tuple[str, str], str | None] = field(default_factory=dict)
    creditors: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)


STORIES: list[Callable[[], Told]] = []


def story(made: Callable[[], Told]) -> Callable[[], Told]:
    """Enter it in the table."""
    STORIES.append(made)
    return made


def hours(count: float) -> int:
    return START + int(count * HOUR)


def days(count: float) -> int:
    return START + int(count * DAY)


CALENDAR: dict[str, Any] = {
    "id": "yearly-calendar",
    "kind": "recurrence",
    "by": "each-party",
    "expect": {"type": "drill-calendar"},
    "yearly": "11-15",
}
LARGE: dict[str, Any] = {
    "id": "large-drills",
    "kind": "limit",
    "by": "each-party",
    "of": {"type": "drill-announcement", "where": {"scale": ["national"]}},
    "anchor": "start",
    "most": 1,
    "in": "P10D",
}
COOLING: dict[str, Any] = {
    "id": "cooling-off",
    "kind": "limit",
    "by": "addressees",
    "on": {"type": "incident-notification"},
    "of": {"type": "drill-announcement"},
    "anchor": "start",
    "most": 0,
    "within": "PT72H",
}
UNANNOUNCED: dict[str, Any] = {
    "id": "no-unannounced",
    "kind": "limit",
    "by": "each-party",
    "of": {"type": "drill-report", "where": {"announced": [False]}},
    "most": 0,
}
ASKED: dict[str, Any] = {
    "id": "requests",
    "kind": "limit",
    "by": "each-pair",
    "of": {"type": "clarification-request"},
    "most": 1,
    "in": "P30D",
}


def drill(scene: Scene, party: str, before: int, start: int, end: int, **more: Any) -> Event:
    said = {"kind": "exercise", "scale": "national", "start": start, "end": end, **more}
    sealed = said.pop("sealed", ())
    for pointer, _ in sealed:
        said.pop(pointer.split("/")[2], None)
    return scene.add("drill-announcement", party, before, sealed=sealed, **said)


def beat(scene: Scene, at: int) -> int:
    """A heartbeat, so that this moment can be judged at."""
    scene.beats.add(at)
    return at


# Deadlines: when it is kept, and what discharges.


@story
def kept_in_time() -> Told:
    """`kept` when `before` <= due."""
    scene = opened(NOTICE)
    drill(scene, "XA", days(1), days(16), days(17))
    return Told(scene, days(2), [("drill-notice", "XA", "kept")], dues={("drill-notice", "XA"): [days(2)]})


@story
def kept_at_the_due() -> Told:
    """`kept` when `before` <= due: the last second is in time."""
    scene = opened(NOTICE)
    drill(scene, "XA", days(2), days(16), days(17))
    return Told(scene, days(2), [("drill-notice", "XA", "kept")])


@story
def late_after_the_due() -> Told:
    """`late` when `after` > due."""
    scene = opened(NOTICE)
    event = drill(scene, "XA", days(2) + 2, days(16), days(17))
    scene.times[event.record] = scene.times[event.record]._replace(after=days(2) + 1)
    discharges: dict[tuple[str, str], str | None] = {("drill-notice", "XA"): event.id}
    return Told(scene, days(3), [("drill-notice", "XA", "late")], discharges=discharges)


@story
def spans_the_due() -> Told:
    """Otherwise it cannot be determined: `after` at due itself, `before` behind it."""
    scene = opened(NOTICE)
    event = drill(scene, "XA", days(2) + 1, days(16), days(17))
    scene.times[event.record] = scene.times[event.record]._replace(after=days(2))
    return Told(scene, days(3), [("drill-notice", "XA", "undeterminable")])


@story
def never_before() -> Told:
    """A record whose `after` nobody gives may have been public at any time before."""
    scene = opened(NOTICE)
    scene.undated(drill(scene, "XA", days(10), days(16), days(17)))
    return Told(scene, days(10), [("drill-notice", "XA", "undeterminable")])


@story
def other_kinds_owe_nothing() -> Told:
    """`where`: the field is one of the values."""
    scene = opened(NOTICE)
    drill(scene, "XA", days(15), days(16), days(17), kind="simulation")
    return Told(scene, days(15), [])


@story
def answered_in_19_of_24_hours() -> Told:
    """Whoever `by` names must publish one matching `expect`, related to it by `rel`, within a duration of the trigger."""
    scene = opened(ANSWER)
    asked = scene.add("clarification-request", "XA", hours(1), to=["XB"])
    answer = scene.add("clarification-response", "XB", hours(20), ("answers", asked), on_request=True)
    key = ("answer-query", "XB")
    rows = [("answer-query", "XB", "kept")]
    return Told(scene, hours(20), rows, dues={key: [hours(25)]}, discharges={key: answer.id}, creditors={key: ("XA",)})


@story
def open_at_the_due_overdue_after() -> Told:
    """`open` while it may still be answered: at due itself too."""
    scene = opened(ANSWER)
    scene.add("clarification-request", "XA", hours(1), to=["XB"])
    return Told(scene, beat(scene, hours(25)), [("answer-query", "XB", "open")])


@story
def overdue_a_second_later() -> Told:
    """`overdue` once the as-of is after due."""
    scene = opened(ANSWER)
    scene.add("clarification-request", "XA", hours(1), to=["XB"])
    return Told(scene, beat(scene, hours(25) + 1), [("answer-query", "XB", "overdue")])


@story
def as_of_is_a_moment() -> Told:
    """Judgement never reaches past the newest witnessed time."""
    scene = opened(ANSWER)
    scene.add("clarification-request", "XA", hours(1), to=["XB"])
    return Told(scene, hours(500), [("answer-query", "XB", "open")])


@story
def nothing_exists_before() -> Told:
    """Only records with `before` <= as-of exist."""
    scene = opened(ANSWER)
    scene.add("clarification-request", "XA", hours(1), to=["XB"])
    return Told(scene, hours(1) - 1, [])


@story
def all_others_are_addressed() -> Told:
    """No addressees: all parties; those who are bound and did not ask owe an answer."""
    scene = opened(ANSWER)
    asked = scene.add("clarification-request", "XA", hours(1))
    scene.add("clarification-response", "XB", hours(2), ("answers", asked), on_request=True)
    return Told(scene, hours(2), [("answer-query", "XB", "kept"), ("answer-query", "XC", "open")])


@story
def own_statement_alone() -> Told:
    """Only the debtor's own statement discharges."""
    scene = opened(ANSWER)
    asked = scene.add("clarification-request", "XA", hours(1), to=["XB"])
    scene.add("clarification-response", "XC", hours(2), ("answers", asked), on_request=True)
    return Told(scene, beat(scene, hours(26)), [("answer-query", "XB", "overdue")])


@story
def only_what_it_names() -> Told:
    """… and only what it names: an answer to one question answers no other."""
    scene = opened(ANSWER)
    asked = scene.add("clarification-request", "XA", hours(1), to=["XB"])
    scene.add("clarification-request", "XC", hours(1), to=["XB"])
    scene.add("clarification-response", "XB", hours(2), ("answers", asked), on_request=True)
    rows = [("answer-query", "XB", "kept"), ("answer-query", "XB", "overdue")]
    return Told(scene, beat(scene, hours(26)), rows)


@story
def lowest_index_discharges() -> Told:
    """`discharged_by`: the matching record of lowest index."""
    scene = opened(ANSWER)
    asked = scene.add("clarification-request", "XA", hours(1), to=["XB"])
    first = scene.add("clarification-response", "XB", hours(2), ("answers", asked), on_request=True)
    scene.add("clarification-response", "XB", hours(2), ("answers", asked), on_request=True)
    rows = [("answer-query", "XB", "kept")]
    return Told(scene, hours(2), rows, discharges={("answer-query", "XB"): first.id})


@story
def silence_climbs_the_ladder() -> Told:
    """A rule on something overdue: due counts from the due that was missed, and the debtor owes."""
    scene = opened(ANSWER, CONVENE)
    asked = scene.add("clarification-request", "XA", hours(1), to=["XB"])
    scene.add("convening", "XB", hours(30), ("concerns", asked))
    rows = [("answer-query", "XB", "overdue"), ("no-answer-convene", "XB", "kept")]
    return Told(scene, hours(30), rows, dues={("no-answer-convene", "XB"): [hours(73)]})


@story
def lateness_climbs_too() -> Told:
    """… or is late: answering late does not unsay the silence."""
    scene = opened(ANSWER, CONVENE)
    asked = scene.add("clarification-request", "XA", hours(1), to=["XB"])
    scene.add("clarification-response", "XB", hours(26), ("answers", asked), on_request=True)
    rows = [("answer-query", "XB", "late"), ("no-answer-convene", "XB", "open")]
    return Told(scene, hours(26), rows)


@story
def convened_too_early() -> Told:
    """`within` is a window: what is witnessed before the anchor does not discharge."""
    scene = opened(ANSWER, CONVENE)
    asked = scene.add("clarification-request", "XA", hours(1), to=["XB"])
    scene.add("convening", "XB", hours(24), ("concerns", asked))
    rows = [("answer-query", "XB", "overdue"), ("no-answer-convene", "XB", "open")]
    return Told(scene, beat(scene, hours(26)), rows)


@story
def reported_before_the_end() -> Told:
    """`within` is a window: a report on a drill that has not ended is none."""
    scene = opened(REPORT)
    held = drill(scene, "XA", days(1), days(3), days(5))
    scene.add("drill-report", "XA", days(5) - 1, ("reports", held), announced=True)
    return Told(scene, beat(scene, days(36)), [("after-report", "XA", "overdue")])


@story
def reported_around_the_end() -> Told:
    """Where the interval of a record holds the anchor, it is open whether it counts."""
    scene = opened(REPORT)
    held = drill(scene, "XA", days(1), days(3), days(5))
    scene.add("drill-report", "XA", days(5), ("reports", held), announced=True)
    return Told(scene, beat(scene, days(36)), [("after-report", "XA", "undeterminable")])


@story
def reported_after_the_end() -> Told:
    """A record whose `after` is the anchor came after it."""
    scene = opened(REPORT)
    held = drill(scene, "XA", days(1), days(3), days(5))
    scene.add("drill-report", "XA", days(5) + 1, ("reports", held), announced=True)
    return Told(scene, beat(scene, days(36)), [("after-report", "XA", "kept")])


@story
def mediation_came_first() -> Told:
    """`before` the trigger's witnessed time: what came first is named by the trigger."""
    rule = {
        "id": "mediate-first",
        "kind": "deadline",
        "on": {"type": "incident-disclosure"},
        "by": "author",
        "expect": {"type": "mediation-request", "rel": "follows"},
        "anchor": "witnessed",
        "before": "PT72H",
    }
    scene = opened(rule)
    incident = scene.add("incident", "XA", hours(1), aware=hours(0))
    soon = scene.add("mediation-request", "XA", hours(2), to=["XB"])
    scene.add("incident-disclosure", "XA", hours(74), ("concerns", incident), ("follows", soon))
    scene.add("incident-disclosure", "XA", hours(73), ("concerns", incident), ("follows", soon))
    rows = [("mediate-first", "XA", "kept"), ("mediate-first", "XA", "late")]
    return Told(scene, hours(74), rows)


@story
def receipt_advances_the_clock() -> Told:
    """Where a charter counts receipt, an acknowledgement starts the clock; an answer then is due later than published."""
    scene = opened({**ANSWER, "anchor": "receipt"})
    asked = scene.add("clarification-request", "XA", hours(1), to=["XB", "XC"])
    scene.add("acknowledgement", "XB", hours(3), ("acknowledges", asked), received=hours(2))
    dues: dict[tuple[str, str], list[int | None]] = {
        ("answer-query", "XB"): [hours(27)],
        ("answer-query", "XC"): [hours(31)],
    }
    return Told(scene, hours(3), [("answer-query", "XB", "open"), ("answer-query", "XC", "open")], dues=dues)


@story
def receipt_never_holds_it() -> Told:
    """… the clock starts at the latest at the witnessed time plus the charter's grace."""
    scene = opened({**ANSWER, "anchor": "receipt"})
    asked = scene.add("clarification-request", "XA", hours(1), to=["XB"])
    scene.add("acknowledgement", "XB", hours(20), ("acknowledges", asked), received=hours(20))
    return Told(scene, hours(20), [("answer-query", "XB", "open")], dues={("answer-query", "XB"): [hours(31)]})


@story
def receipts_narrow_discharges() -> Told:
    """A receipt narrows its own record where that record discharges."""
    scene = opened(ANSWER)
    asked = scene.add("clarification-request", "XA", hours(1), to=["XB"])
    answer = scene.add("clarification-response", "XB", hours(30), ("answers", asked), after=hours(10), on_request=True)
    scene.receipts[answer.record] = hours(25)
    return Told(scene, hours(30), [("answer-query", "XB", "kept")])


@story
def receipts_narrow_no_anchor() -> Told:
    """As an anchor, a witnessed time counts at its `before`, from the published history alone."""
    scene = opened(ANSWER)
    asked = scene.add("clarification-request", "XA", hours(10), to=["XB"], after=hours(1))
    scene.receipts[asked.record] = hours(2)
    return Told(scene, hours(10), [("answer-query", "XB", "open")], dues={("answer-query", "XB"): [hours(34)]})


# Who is bound.


@story
def a_pledge_binds_its_author() -> Told:
    """A rule binds only those its source binds: a pledge its author."""
    scene = opened()
    scene.add("pledge", "XA", hours(1), rules=[NOTICE])
    drill(scene, "XA", days(1), days(2), days(3))
    drill(scene, "XB", days(1), days(2), days(3))
    key = ("drill-notice", "XA")
    return Told(scene, days(1), [("drill-notice", "XA", "late")], creditors={key: ("XB", "XC")})


@story
def a_pledge_to_some() -> Told:
    """Creditors: else the source's addressees."""
    scene = opened()
    scene.add("pledge", "XA", hours(1), rules=[NOTICE], to=["XB"])
    drill(scene, "XA", days(1), days(2), days(3))
    key = ("drill-notice", "XA")
    return Told(scene, days(1), [("drill-notice", "XA", "late")], creditors={key: ("XB",)})


@story
def bound_from_accession() -> Told:
    """If the rule binds the debtor at the trigger: who acceded later owes nothing for what was before."""
    scene = opened(NOTICE, states=["XA"])
    drill(scene, "XB", days(1) - 1, days(2), days(3))
    scene.add("accession", "XB", days(1))
    drill(scene, "XB", days(1), days(2), days(3))
    return Told(scene, days(1), [("drill-notice", "XB", "late")])


@story
def joint_text_from_entry_into_force() -> Told:
    """A joint text binds its adherents, from its entry into force."""
    scene = opened()
    text = scene.add("joint-text", "XA", days(1), adherents=2, required=[], open_to=[], rules=[NOTICE])
    for at in (2, 4):
        drill(scene, "XA", days(at) - 10, days(10), days(11))
        scene.add("adherence", "XAXB"[at - 2 : at], days(at), ("adheres", text), subject_to_approval=False)
    late = drill(scene, "XA", days(4), days(10), days(11))
    drill(scene, "XC", days(4), days(10), days(11))
    key = ("drill-notice", "XA")
    rows = [("drill-notice", "XA", "late")]
    return Told(scene, days(4), rows, discharges={key: late.id}, creditors={key: ("XB",)})


@story
def joint_text_needs_those_required() -> Told:
    """Not in force while one of those required has adhered subject to approval only."""
    scene = opened()
    text = scene.add("joint-text", "XA", days(1), adherents=1, required=["XB"], open_to=[], rules=[HEALTH])
    scene.add("adherence", "XA", days(2), ("adheres", text), subject_to_approval=False)
    scene.add("adherence", "XB", days(3), ("adheres", text), subject_to_approval=True)
    return Told(scene, days(3), [])


@story
def joint_text_open_until() -> Told:
    """An adherence counts whose `before` is not after `open_until`, by a state to which the text is open."""
    scene = opened()
    text = scene.add(
        "joint-text", "XA", days(1), adherents=1, required=[], open_to=["XA", "XB"], open_until=days(3), rules=[HEALTH]
    )
    scene.add("adherence", "XC", days(2), ("adheres", text), subject_to_approval=False)
    scene.add("adherence", "XB", days(3), ("adheres", text), subject_to_approval=False)
    scene.add("adherence", "XA", days(3) + 1, ("adheres", text), subject_to_approval=False)
    return Told(scene, days(4), [("health-care", "XB", "undeterminable")])


@story
def joint_text_expires() -> Told:
    """… until it expires: what is triggered at that moment is not."""
    scene = opened()
    text = scene.add("joint-text", "XA", days(1), adherents=1, required=[], open_to=[], expires=days(4), rules=[NOTICE])
    scene.add("adherence", "XA", days(2), ("adheres", text), subject_to_approval=False)
    drill(scene, "XA", days(4) - 1, days(10), days(11))
    drill(scene, "XA", days(4), days(10), days(11))
    return Told(scene, days(4), [("drill-notice", "XA", "late")])


@story
def amended_for_those_who_adhered() -> Told:
    """Terms bind those who adhered: a state that did not stays under the rules that it accepted."""
    scene = opened(ANSWER)
    text = scene.add("amendment", "XA", days(1), ("amends", scene.events[0]), rules=[{**ANSWER, "within": "PT48H"}])
    scene.add("adherence", "XA", days(2), ("adheres", text), subject_to_approval=False)
    scene.add("adherence", "XB", days(3), ("adheres", text), subject_to_approval=False)
    scene.add("clarification-request", "XA", days(4), to=["XB", "XC"])
    dues: dict[tuple[str, str], list[int | None]] = {
        ("answer-query", "XB"): [days(6)],
        ("answer-query", "XC"): [days(5)],
    }
    return Told(scene, days(4), [("answer-query", "XB", "open"), ("answer-query", "XC", "open")], dues=dues)


@story
def amended_for_who_accedes_after() -> Told:
    """A state that accedes after an amendment came into force is bound by it; what was triggered before keeps its terms."""
    scene = opened(ANSWER, states=["XA", "XB"])
    scene.add("clarification-request", "XA", days(1), to=["XB"])
    text = scene.add("amendment", "XA", days(1), ("amends", scene.events[0]), rules=[{**ANSWER, "within": "PT48H"}])
    for party in ("XA", "XB"):
        scene.add("adherence", party, days(1), ("adheres", text), subject_to_approval=False)
    scene.add("accession", "XC", days(1))
    scene.add("clarification-request", "XA", days(1), to=["XC"])
    dues: dict[tuple[str, str], list[int | None]] = {
        ("answer-query", "XB"): [days(2)],
        ("answer-query", "XC"): [days(3)],
    }
    return Told(scene, days(1), [("answer-query", "XB", "open"), ("answer-query", "XC", "open")], dues=dues)


@story
def a_duty_survives_leaving() -> Told:
    """It survives withdrawal: what was triggered while bound is owed; what comes at the end of the notice is not."""
    scene = opened(ANSWER)
    scene.add("withdrawal", "XB", days(1), ("withdraws", scene.events[2]), action="give-notice")
    scene.add("clarification-request", "XA", days(11) - 1, to=["XB"])
    scene.add("clarification-request", "XA", days(11), to=["XB"])
    return Told(scene, beat(scene, days(20)), [("answer-query", "XB", "overdue")])


@story
def one_pending_notice_at_a_time() -> Told:
    """One pending withdrawal at a time: a second one moves nothing."""
    scene = opened(ANSWER)
    for at in (1, 5):
        scene.add("withdrawal", "XB", days(at), ("withdraws", scene.events[2]), action="give-notice")
    scene.add("clarification-request", "XA", days(11), to=["XB"])
    return Told(scene, days(11), [])


@story
def a_notice_may_name_a_later_day() -> Told:
    """`effective`: a later day than the notice period gives."""
    scene = opened(ANSWER)
    scene.add("withdrawal", "XB", days(1), ("withdraws", scene.events[2]), action="give-notice", effective=days(20))
    scene.add("clarification-request", "XA", days(20) - 1, to=["XB"])
    scene.add("clarification-request", "XC", days(20), to=["XB"])
    return Told(scene, days(20), [("answer-query", "XB", "open")])


@story
def a_new_notice_ends_no_earlier() -> Told:
    """After cancelling one, a new one ends no earlier than the old would have."""
    scene = opened(ANSWER)
    old = scene.add(
        "withdrawal", "XB", days(1), ("withdraws", scene.events[2]), action="give-notice", effective=days(40)
    )
    scene.add("withdrawal", "XB", days(2), ("withdraws", scene.events[2]), ("cancels", old), action="cancel-notice")
    scene.add("withdrawal", "XB", days(3), ("withdraws", scene.events[2]), action="give-notice")
    scene.add("clarification-request", "XA", days(40) - 1, to=["XB"])
    scene.add("clarification-request", "XC", days(40), to=["XB"])
    return Told(scene, days(40), [("answer-query", "XB", "open")])


@story
def a_notice_is_cancelled_in_time() -> Told:
    """A notice may be cancelled before it takes effect, and not at that moment."""
    scene = opened(ANSWER)
    for party, at in ((1, days(11) - 1), (2, days(11))):
        gone = scene.events[party]
        old = scene.add("withdrawal", gone.party, days(1), ("withdraws", gone), action="give-notice")
        scene.add("withdrawal", gone.party, at, ("withdraws", gone), ("cancels", old), action="cancel-notice")
    scene.add("clarification-request", "XC", days(12), to=["XA", "XB"])
    return Told(scene, days(12), [("answer-query", "XA", "open")])


@story
def a_retracted_pledge_is_a_withdrawal() -> Told:
    """A retracted pledge is a withdrawal: it ends after the notice."""
    scene = opened()
    pledge = scene.add("pledge", "XA", days(1), rules=[NOTICE])
    scene.add("retraction", "XA", days(2), ("retracts", pledge))
    drill(scene, "XA", days(12) - 1, days(13), days(14))
    drill(scene, "XA", days(12), days(13), days(14))
    return Told(scene, days(12), [("drill-notice", "XA", "late")])


# Changes and cancellations.


@story
def moved_later_due_moves() -> Told:
    """Moved later, due moves."""
    scene = opened(NOTICE)
    held = drill(scene, "XA", days(3), days(16), days(17))
    scene.add("drill-change", "XA", days(4), ("changes", held), start=days(20), end=days(18))
    return Told(scene, days(4), [("drill-notice", "XA", "kept")], dues={("drill-notice", "XA"): [days(6)]})


@story
def moved_earlier_owes_notice() -> Told:
    """Moved earlier, it owes notice of its own; what was announced in time stays so."""
    scene = opened(NOTICE)
    held = drill(scene, "XA", days(2), days(16), days(17))
    scene.add("drill-change", "XA", days(4), ("changes", held), start=days(10))
    dues: dict[tuple[str, str], list[int | None]] = {("drill-notice", "XA"): [days(-4), days(2)]}
    return Told(scene, days(4), [("drill-notice", "XA", "kept"), ("drill-notice", "XA", "late")], dues=dues)


@story
def moved_later_and_back() -> Told:
    """The greatest date in force until the next notice: who moves a drill away and back owes a second notice."""
    scene = opened(NOTICE)
    held = drill(scene, "XA", days(1), days(16), days(17))
    scene.add("drill-change", "XA", days(4), ("changes", held), start=days(30))
    scene.add("drill-change", "XA", days(5), ("changes", held), start=days(16))
    dues: dict[tuple[str, str], list[int | None]] = {("drill-notice", "XA"): [days(2), days(16)]}
    return Told(scene, days(5), [("drill-notice", "XA", "kept"), ("drill-notice", "XA", "late")], dues=dues)


@story
def newly_matching_owes_notice() -> Told:
    """Newly matching, it owes notice of its own."""
    scene = opened(NOTICE)
    held = drill(scene, "XA", days(1), days(16), days(17), kind="simulation")
    change = scene.add("drill-change", "XA", days(3), ("changes", held), kind="test")
    rows = [("drill-notice", "XA", "late")]
    return Told(scene, days(3), rows, discharges={("drill-notice", "XA"): change.id})


@story
def no_longer_matching_owes_nothing() -> Told:
    """Rules read the text as changed."""
    scene = opened(NOTICE)
    held = drill(scene, "XA", days(3), days(16), days(17))
    scene.add("drill-change", "XA", days(16), ("changes", held), kind="simulation")
    return Told(scene, days(16), [])


@story
def changed_after_the_fact() -> Told:
    """A change counts for a field that a rule reads only if its `before` is not after the date."""
    scene = opened(NOTICE)
    held = drill(scene, "XA", days(3), days(16), days(17))
    scene.add("drill-change", "XA", days(16) + 1, ("changes", held), kind="simulation", start=days(40))
    return Told(scene, days(17), [("drill-notice", "XA", "late")], dues={("drill-notice", "XA"): [days(2)]})


@story
def changed_to_a_past_date() -> Told:
    """… not after the old date and the new."""
    scene = opened(NOTICE)
    held = drill(scene, "XA", days(1), days(16), days(17))
    scene.add("drill-change", "XA", days(8), ("changes", held), start=days(8) - 1)
    return Told(scene, days(8), [("drill-notice", "XA", "kept")], dues={("drill-notice", "XA"): [days(2)]})


@story
def an_end_moves_so_far() -> Told:
    """An `end` moves in total by a charter term at most: here two days."""
    scene = opened(REPORT)
    held = drill(scene, "XA", days(1), days(3), days(5))
    scene.add("drill-change", "XA", days(4), ("changes", held), end=days(6))
    scene.add("drill-change", "XA", days(6), ("changes", held), end=days(60))
    return Told(scene, days(6), [("after-report", "XA", "open")], dues={("after-report", "XA"): [days(37)]})


@story
def cancelled_in_time() -> Told:
    """A cancellation discharges when its `before` is not after the start."""
    scene = opened(REPORT, NOTICE)
    held = drill(scene, "XA", days(3), days(16), days(17))
    cancellation = scene.add("drill-cancellation", "XA", days(16), ("cancels", held))
    rows = [("after-report", "XA", "kept"), ("drill-notice", "XA", "late")]
    return Told(scene, beat(scene, days(90)), rows, discharges={("after-report", "XA"): cancellation.id})


@story
def cancelled_in_time_before_the_notice_was_due() -> Told:
    """… so that a drill cancelled before its notice was due owes nothing more."""
    scene = opened(NOTICE)
    held = drill(scene, "XA", days(1), days(16), days(17))
    scene.add("drill-cancellation", "XA", days(2), ("cancels", held))
    return Told(scene, days(2), [("drill-notice", "XA", "kept")])


@story
def cancelled_after_the_start() -> Told:
    """Later it merely ends the drill, and the report stays owed."""
    scene = opened(REPORT)
    held = drill(scene, "XA", days(1), days(3), days(9))
    scene.add("drill-cancellation", "XA", days(3) + 1, ("cancels", held))
    rows = [("after-report", "XA", "overdue")]
    return Told(scene, beat(scene, days(50)), rows, dues={("after-report", "XA"): [days(33) + 1]})


@story
def a_cancelled_drill_frees_no_other() -> Told:
    """A cancellation discharges what its drill laid on its author, not on others."""
    rule = {**REPORT, "id": "assess", "by": "each-party", "expect": {"type": "observer-report", "rel": "observes"}}
    scene = opened(rule, states=["XA", "XB"])
    held = drill(scene, "XA", days(1), days(3), days(9))
    scene.add("drill-cancellation", "XA", days(2), ("cancels", held))
    return Told(scene, days(2), [("assess", "XA", "kept"), ("assess", "XB", "open")])


# Retraction.


@story
def a_retracted_discharge() -> Told:
    """A retracted discharge discharges nothing."""
    scene = opened(ANSWER)
    asked = scene.add("clarification-request", "XA", hours(1), to=["XB"])
    answer = scene.add("clarification-response", "XB", hours(2), ("answers", asked), on_request=True)
    scene.add("retraction", "XB", hours(3), ("retracts", answer))
    return Told(scene, beat(scene, hours(26)), [("answer-query", "XB", "overdue")])


@story
def a_retracted_trigger_frees_others() -> Told:
    """Clocks that a retracted trigger started against others stop (`waived`)."""
    scene = opened(ANSWER)
    asked = scene.add("clarification-request", "XA", hours(1), to=["XB"])
    scene.add("retraction", "XA", hours(25), ("retracts", asked))
    return Told(scene, beat(scene, hours(26)), [("answer-query", "XB", "waived")])


@story
def a_trigger_retracted_too_late() -> Told:
    """… as long as they run: what fell overdue stays overdue."""
    scene = opened(ANSWER)
    asked = scene.add("clarification-request", "XA", hours(1), to=["XB"])
    scene.add("retraction", "XA", hours(25) + 1, ("retracts", asked))
    return Told(scene, beat(scene, hours(26)), [("answer-query", "XB", "overdue")])


@story
def a_retraction_changes_no_own_duty() -> Told:
    """Retraction changes no duty already triggered: the author still owes what its announcement laid on it."""
    scene = opened(REPORT)
    held = drill(scene, "XA", days(1), days(3), days(5))
    scene.add("retraction", "XA", days(2), ("retracts", held))
    return Told(scene, beat(scene, days(36)), [("after-report", "XA", "overdue")])


@story
def a_correction_changes_nothing() -> Told:
    """Correction changes no duty already triggered and no field that a rule reads."""
    scene = opened(NOTICE)
    held = drill(scene, "XA", days(3), days(16), days(17))
    scene.add("correction", "XA", days(4), ("corrects", held))
    return Told(scene, days(4), [("drill-notice", "XA", "late")])


# What is sealed.


@story
def a_sealed_kind() -> Told:
    """A `where` on a sealed value is unknown: the obligation exists, undeterminable, until it is opened."""
    scene = opened(NOTICE)
    drill(scene, "XA", days(3), days(16), days(17), sealed=[("/body/kind", days(20))])
    return Told(scene, beat(scene, days(17)), [("drill-notice", "XA", "undeterminable")])


@story
def a_kind_opened() -> Told:
    """… and then binds its author as if it had been in clear."""
    scene = opened(NOTICE)
    held = drill(scene, "XA", days(3), days(16), days(17), sealed=[("/body/kind", days(20))])
    scene.add("disclosure", "XA", days(20), ("discloses", held), opened=[["/body/kind", True, "test"]])
    return Told(scene, days(20), [("drill-notice", "XA", "late")])


@story
def a_kind_opened_as_another() -> Told:
    """As if it had been in clear: a simulation owes no notice."""
    scene = opened(NOTICE)
    held = drill(scene, "XA", days(3), days(16), days(17), sealed=[("/body/kind", days(20))])
    scene.add("disclosure", "XA", days(20), ("discloses", held), opened=[["/body/kind", True, "simulation"]])
    return Told(scene, days(20), [])


@story
def still_sealed_before() -> Told:
    """A value opened later stays sealed in it."""
    scene = opened(NOTICE)
    held = drill(scene, "XA", days(3), days(16), days(17), sealed=[("/body/kind", days(20))])
    scene.add("disclosure", "XA", days(20), ("discloses", held), opened=[["/body/kind", True, "test"]])
    return Told(scene, days(19), [("drill-notice", "XA", "undeterminable")])


@story
def opened_it_binds_its_author_alone() -> Told:
    """… its author: what others would owe on it stays undeterminable."""
    rule = {**ANSWER, "on": {"type": "drill-announcement", "where": {"kind": ["test"]}}, "by": "each-party"}
    rule["expect"] = {"type": "observer-report", "rel": "observes"}
    scene = opened(rule, states=["XA", "XB"])
    held = drill(scene, "XA", days(3), days(16), days(17), sealed=[("/body/kind", days(20))])
    scene.add("observer-report", "XB", days(3), ("observes", held))
    scene.add("disclosure", "XA", days(20), ("discloses", held), opened=[["/body/kind", True, "test"]])
    return Told(scene, days(20), [("answer-query", "XA", "overdue"), ("answer-query", "XB", "undeterminable")])


@story
def one_open_item_is_enough() -> Told:
    """For lists, any in common: an open item that matches settles it, whatever else is sealed."""
    rule = {**NOTICE, "on": {"type": "drill-announcement", "where": {"sectors": ["energy"]}}}
    scene = opened(rule)
    sealed = scene.add
    for sectors in (["energy", None], ["health", None], ["health"]):
        seals = [("/body/sectors/1", days(30))] if None in sectors else []
        sealed("drill-announcement", "XA", days(3), start=days(16), end=days(17), sectors=sectors, sealed=seals)
    return Told(scene, days(4), [("drill-notice", "XA", "late"), ("drill-notice", "XA", "undeterminable")])


@story
def a_sealed_answer() -> Told:
    """What only may match leaves it undeterminable once due has passed."""
    rule = {**ANSWER, "expect": {"type": "clarification-response", "rel": "answers", "where": {"extent": ["full"]}}}
    scene = opened(rule)
    asked = scene.add("clarification-request", "XA", hours(1), to=["XB"])
    seals = [("/body/extent", days(30))]
    scene.add("clarification-response", "XB", hours(2), ("answers", asked), on_request=True, sealed=seals)
    return Told(scene, beat(scene, hours(26)), [("answer-query", "XB", "undeterminable")])


OPENING: dict[str, Any] = {
    "id": "open-inventory",
    "kind": "deadline",
    "on": {"type": "inventory"},
    "by": "author",
    "expect": {"type": "disclosure", "rel": "discloses"},
    "anchor": "opens",
    "within": "P7D",
}


@story
def every_digest_due_is_opened() -> Told:
    """An opening is kept when every digest due is opened: the last one counts."""
    scene = opened(OPENING)
    seals = [
        ("/body/items/0", days(10)),
        ("/body/items/1", days(10)),
        ("/body/items/2", days(20)),
        ("/body/scope", None),
    ]
    held = scene.add("inventory", "XA", days(1), kind="vulnerabilities", as_of=days(1), sealed=seals)
    scene.add("disclosure", "XA", days(11), ("discloses", held), opened=[["/body/items/0", True, None]])
    scene.add("disclosure", "XA", days(17), ("discloses", held), opened=[["/body/items/1", False, None]])
    key = ("open-inventory", "XA")
    rows = [("open-inventory", "XA", "kept"), ("open-inventory", "XA", "open")]
    return Told(scene, days(18), rows, dues={key: [days(17), days(27)]})


@story
def one_digest_fails_to_open() -> Told:
    """… and one that stays shut leaves it overdue."""
    scene = opened(OPENING)
    seals = [("/body/items/0", days(10)), ("/body/items/1", days(10))]
    held = scene.add("inventory", "XA", days(1), kind="vulnerabilities", as_of=days(1), sealed=seals)
    scene.add("disclosure", "XA", days(11), ("discloses", held), opened=[["/body/items/0", True, None]])
    return Told(scene, beat(scene, days(18)), [("open-inventory", "XA", "overdue")])


# Recurrences.


@story
def a_line_tested_every_quarter() -> Told:
    """`each-pair` is one obligation per ordered pair, the sender's; periods are half-open from when the rule binds."""
    scene = opened(LINE_TEST, states=["XA", "XB"])
    scene.add("line-test", "XA", days(90) - 1, to=["XB"])
    scene.add("line-test", "XB", days(91), to=["XA"])
    status = {"XA": ["kept", "open"], "XB": ["late", "kept"]}
    rows = [("line-test", party, told) for party, pair in status.items() for told in pair]
    dues: dict[tuple[str, str], list[int | None]] = {("line-test", "XA"): [days(90) - 1, days(180) - 1]}
    return Told(scene, beat(scene, days(180) - 1), rows, dues=dues)


@story
def a_test_for_all_and_one_for_another() -> Told:
    """A test to all counts for every pair, one to another for none."""
    scene = opened({**LINE_TEST, "every": "P1D"})
    scene.add("line-test", "XA", hours(2))
    scene.add("line-test", "XB", hours(2), to=["XC"])
    status = {"XA": ["kept", "kept"], "XB": ["kept", "open"], "XC": ["open", "open"]}
    return Told(scene, hours(2), [("line-test", party, told) for party, pair in status.items() for told in pair])


@story
def a_period_under_way_is_not_judged() -> Told:
    """A period under way when a rule ends is not judged."""
    scene = opened()
    rule = {**LINE_TEST, "by": "each-party", "every": "P8D"}
    pledge = scene.add("pledge", "XA", days(0), rules=[rule])
    scene.add("pledge-withdrawal", "XA", days(5), ("withdraws", pledge), action="give-notice")
    return Told(scene, beat(scene, days(40)), [("line-test", "XA", "overdue")])


@story
def a_period_that_ends_with_the_rule_is_judged() -> Told:
    """… but one that ends at that very moment is."""
    scene = opened()
    rule = {**LINE_TEST, "by": "each-party", "every": "P5D"}
    pledge = scene.add("pledge", "XA", days(0), rules=[rule])
    scene.add("pledge-withdrawal", "XA", days(5), ("withdraws", pledge), action="give-notice")
    scene.add("line-test", "XA", days(15) - 1)
    rows = [("line-test", "XA", "late")] * 2 + [("line-test", "XA", "kept")]
    return Told(scene, beat(scene, days(40)), rows)


@story
def a_statement_around_the_turn() -> Told:
    """Where the interval of a statement holds the turn of two periods, both are undeterminable."""
    scene = opened()
    scene.add("pledge", "XA", days(0), rules=[{**LINE_TEST, "by": "each-party", "every": "P5D"}])
    scene.add("line-test", "XA", days(5), after=days(5) - 2)
    rows = [("line-test", "XA", "undeterminable")] * 2 + [("line-test", "XA", "open")]
    return Told(scene, beat(scene, days(10)), rows)


@story
def a_statement_at_the_turn() -> Told:
    """Half-open: what surely came at the first second of a period is that period's; `late` only when `after` > due."""
    scene = opened()
    scene.add("pledge", "XA", days(0), rules=[{**LINE_TEST, "by": "each-party", "every": "P5D"}])
    scene.add("line-test", "XA", days(5))
    rows = [("line-test", "XA", told) for told in ("undeterminable", "kept", "open")]
    return Told(scene, beat(scene, days(10)), rows)


@story
def a_calendar_every_year() -> Told:
    """`yearly` is due at the end of that day UTC, for periods that began while bound."""
    scene = opened(CALENDAR, states=["XA"])
    scene.add("drill-calendar", "XA", parse_utc("2027-11-15T23:59:59Z"), year=2028)
    scene.add("drill-calendar", "XA", parse_utc("2028-11-15T23:59:59Z"), year=2029)
    asked = beat(scene, parse_utc("2029-11-16T00:00:00Z"))
    rows = [("yearly-calendar", "XA", told) for told in ("kept", "overdue", "open")]
    dues: list[int | None] = [parse_utc(f"{year}-11-15T23:59:59Z") for year in (2028, 2029, 2030)]
    return Told(scene, asked, rows, dues={("yearly-calendar", "XA"): dues})


@story
def the_end_of_february() -> Told:
    """A year that ends with 28 February ends there in a leap year too."""
    scene = opened({**CALENDAR, "yearly": "02-28"}, states=["XA"])
    scene.add("drill-calendar", "XA", parse_utc("2028-02-28T23:59:59Z"), year=2028)
    scene.add("drill-calendar", "XA", parse_utc("2028-02-29T00:00:01Z"), year=2028)
    asked = beat(scene, parse_utc("2029-03-01T00:00:00Z"))
    rows = [("yearly-calendar", "XA", told) for told in ("kept", "kept", "open")]
    dues: list[int | None] = [parse_utc(f"{year}-02-28T23:59:59Z") for year in (2028, 2029, 2030)]
    return Told(scene, asked, rows, dues={("yearly-calendar", "XA"): dues})


@story
def a_missed_test_climbs_the_ladder() -> Told:
    """A rule on a missed recurrence relates to nothing; the debtor must be bound at that due."""
    climb = {
        "id": "call",
        "kind": "deadline",
        "on": {"overdue": "line-test"},
        "by": "debtor",
        "expect": {"type": "convening"},
        "anchor": "due",
        "within": "P2D",
    }
    scene = opened()
    scene.add("pledge", "XA", days(0), rules=[{**LINE_TEST, "by": "each-party", "every": "P5D"}, climb])
    scene.add("convening", "XA", days(4))
    scene.add("convening", "XA", days(6))
    rows = [("line-test", "XA", "overdue"), ("call", "XA", "kept"), ("line-test", "XA", "open")]
    return Told(scene, days(6), rows, dues={("call", "XA"): [days(7) - 1]})


# Limits.


@story
def too_many_in_a_period() -> Told:
    """`exceeded` if it makes more than `most` in (t - in, t]: the drill exactly a period before is outside."""
    scene = opened(LARGE)
    drill(scene, "XA", days(1), days(20), days(21))
    drill(scene, "XA", days(2), days(30), days(31))
    drill(scene, "XA", days(3), days(30) + 1, days(31))
    rows = [("large-drills", "XA", told) for told in ("kept", "kept", "exceeded")]
    return Told(scene, days(3), rows, dues={("large-drills", "XA"): [days(20), days(30), days(30) + 1]})


@story
def announced_in_reverse_order() -> Told:
    """Announcing the later drill first hides nothing: the period may lie on either side."""
    scene = opened(LARGE)
    drill(scene, "XA", days(1), days(35), days(36))
    drill(scene, "XA", days(2), days(30), days(31))
    drill(scene, "XA", days(3), days(20), days(21))
    drill(scene, "XA", days(4), days(25), days(26))
    rows = [("large-drills", "XA", told) for told in ("kept", "exceeded", "kept", "exceeded")]
    return Told(scene, days(4), rows)


@story
def cancelled_in_notice_time() -> Told:
    """Cancelled announcements count in a limit unless cancelled in notice time."""
    scene = opened(NOTICE, LARGE)
    for party, at in (("XA", days(20)), ("XB", days(20) + 1)):
        held = drill(scene, party, days(1), days(34), days(35))
        scene.add("drill-cancellation", party, at, ("cancels", held))
        drill(scene, party, days(21), days(36), days(37))
    rows = [("drill-notice", party, "kept") for party in ("XA", "XA", "XB", "XB")]
    limits = [("large-drills", "XA", "kept"), ("large-drills", "XB", "kept"), ("large-drills", "XB", "exceeded")]
    return Told(scene, days(21), [*rows, *limits])


@story
def an_unannounced_drill() -> Told:
    """A limit without a period counts for ever."""
    scene = opened(UNANNOUNCED)
    scene.add("drill-report", "XA", days(1), announced=False, start=days(0), end=days(1))
    scene.add("drill-report", "XB", days(1), announced=True, start=days(0), end=days(1))
    return Told(scene, days(1), [("no-unannounced", "XA", "exceeded")])


@story
def a_count_left_open() -> Told:
    """If intervals leave the count open, undeterminable."""
    scene = opened({**ASKED, "by": "each-party", "in": "P1D"}, states=["XA"])
    scene.add("clarification-request", "XA", days(2), after=days(0))
    scene.add("clarification-request", "XA", days(2) + 5, after=days(2))
    scene.add("clarification-request", "XA", days(4), after=days(2) + 5)
    scene.add("clarification-request", "XA", days(5), after=days(4))
    rows = [("requests", "XA", told) for told in ("kept", "undeterminable", "kept", "kept")]
    return Told(scene, days(5), rows)


@story
def a_closed_season() -> Told:
    """Closed seasons: both days included, over the turn of the year; what is outside is kept."""
    rule = {**LARGE, "season": {"first": "12-20", "last": "01-05"}, "most": 0}
    del rule["in"]
    scene = opened(rule)
    starts = ["2027-12-19T23:59:59Z", "2027-12-20T00:00:00Z", "2028-01-05T23:59:59Z", "2028-01-06T00:00:00Z"]
    for at in starts:
        drill(scene, "XA", days(1), parse_utc(at), parse_utc(at) + DAY)
    rows = [("large-drills", "XA", told) for told in ("kept", "exceeded", "exceeded", "kept")]
    return Told(scene, days(1), rows)


@story
def cooling_off() -> Told:
    """With `on`, one obligation per trigger, kept once its window has passed."""
    scene = opened(COOLING)
    incident = scene.add("incident", "XA", hours(1), aware=hours(0))
    scene.add("incident-notification", "XA", hours(2), ("concerns", incident), to=["XB", "XC"], stage="early-warning")
    drill(scene, "XB", hours(3), hours(74), hours(80))
    drill(scene, "XC", hours(3), hours(74) + 1, hours(80))
    rows = [("cooling-off", "XB", "exceeded"), ("cooling-off", "XC", "kept")]
    return Told(scene, beat(scene, hours(74) + 1), rows, dues={("cooling-off", "XC"): [hours(74)]})


@story
def cooling_off_is_open_until_it_has_passed() -> Told:
    """… open until then."""
    scene = opened(COOLING)
    incident = scene.add("incident", "XA", hours(1), aware=hours(0))
    scene.add("incident-notification", "XA", hours(2), ("concerns", incident), to=["XB"], stage="early-warning")
    return Told(scene, beat(scene, hours(74)), [("cooling-off", "XB", "open")])


@story
def the_first_notification_of_a_thread() -> Told:
    """Only the first notification of a thread starts a cooling-off."""
    scene = opened(COOLING)
    incident = scene.add("incident", "XA", hours(1), aware=hours(0))
    again = scene.add("incident", "XB", hours(1), ("concerns", incident), aware=hours(0))
    for party, thread, at in (("XA", incident, 2), ("XA", again, 3), ("XB", incident, 4)):
        scene.add("incident-notification", party, hours(at), ("concerns", thread), to=["XC"], stage="early-warning")
    dues: dict[tuple[str, str], list[int | None]] = {("cooling-off", "XC"): [hours(74), hours(76)]}
    return Told(scene, hours(4), [("cooling-off", "XC", "open")] * 2, dues=dues)


@story
def a_flood_triggers_nothing() -> Told:
    """A statement that exceeds its author's own limit triggers nothing, for those to whom it was too many."""
    scene = opened(ASKED, ANSWER)
    scene.add("clarification-request", "XA", hours(1), to=["XB"])
    scene.add("clarification-request", "XA", hours(2), to=["XB", "XC"])
    scene.add("clarification-request", "XC", hours(2), to=["XB"])
    limits = [("requests", "XA", "kept"), ("requests", "XA", "exceeded"), ("requests", "XA", "kept")]
    rows = [("answer-query", "XB", "open"), ("answer-query", "XC", "open"), ("answer-query", "XB", "open")]
    return Told(scene, hours(2), [*limits, ("requests", "XC", "kept"), *rows])


@story
def a_flood_frees_not_its_author() -> Told:
    """… for anybody but its author: a drill too many is still to be reported."""
    scene = opened({**LARGE, "most": 0}, REPORT)
    drill(scene, "XA", days(1), days(20), days(21))
    return Told(scene, days(1), [("large-drills", "XA", "exceeded"), ("after-report", "XA", "open")])


# Abstentions, waivers, silence, what stands beside.


@story
def what_the_log_cannot_see() -> Told:
    """Always `undeterminable` by the log alone."""
    scene = opened(HEALTH, states=["XA", "XB"])
    rows = [("health-care", party, "undeterminable") for party in ("XA", "XB")]
    return Told(scene, days(1), rows, dues={("health-care", "XA"): [None]})


def _waived(*waivers: tuple[str, int]) -> Scene:
    """A notice that is late by a day and owed to two, with waivers of some of them at these moments."""
    scene = opened(NOTICE)
    drill(scene, "XA", days(1), days(14), days(15))
    for party, at in waivers:
        (owed,) = naive.judge(scene.case(), at)
        scene.add("waiver", party, at, obligations=[owed.id])
    return scene


@story
def waived_by_every_creditor() -> Told:
    """`waived` by every creditor, each for its share."""
    scene = opened(ANSWER, REPORT)
    drill(scene, "XA", days(1), days(2), days(3))
    drill(scene, "XB", days(1), days(2), days(3))
    owed = {row.debtor: row.id for row in naive.judge(scene.case(), days(1))}
    scene.add("waiver", "XB", days(33), obligations=[owed["XA"]])
    scene.add("waiver", "XC", days(33), obligations=[owed["XA"], owed["XB"]])
    return Told(scene, beat(scene, days(34)), [("after-report", "XA", "waived"), ("after-report", "XB", "overdue")])


@story
def waived_after_due() -> Told:
    """After due it stands beside: it is not undone."""
    return Told(_waived(("XB", days(2)), ("XC", days(2))), days(2), [("drill-notice", "XA", "late")])


@story
def settled_by_mediation() -> Told:
    """An outcome binds and discharges when both parties adhere."""
    scene = opened(ANSWER)
    scene.add("clarification-request", "XA", hours(1), to=["XB", "XC"])
    owed = sorted(row.id for row in naive.judge(scene.case(), hours(1)))
    asked = scene.add("mediation-request", "XA", hours(2), to=["XB"])
    outcome = scene.add(
        "mediation-outcome",
        "QM",
        hours(3),
        ("concludes", asked),
        between=["XA", "XB"],
        obligations=owed,
        result="agreed",
    )
    scene.add("adherence", "XA", hours(4), ("adheres", outcome), subject_to_approval=False)
    half = naive.judge(scene.case(), hours(4))
    assert [row.status for row in half] == ["open", "open"]
    scene.add("adherence", "XB", hours(25), ("adheres", outcome), subject_to_approval=False)
    return Told(scene, hours(25), [("answer-query", "XB", "waived"), ("answer-query", "XC", "waived")])


@story
def fallen_due_in_a_silence() -> Told:
    """What fell due inside a silence longer than the charter's is undeterminable."""
    scene = opened(ANSWER, longest_silence=12 * HOUR)
    scene.add("clarification-request", "XA", hours(1), to=["XB"])
    scene.add("clarification-request", "XA", hours(2), to=["XC"])
    scene.add("clarification-request", "XB", hours(10), to=["XC"])
    for at in (14, 26):
        beat(scene, hours(at))
    rows = [
        ("answer-query", "XB", "overdue"),
        ("answer-query", "XC", "overdue"),
        ("answer-query", "XC", "undeterminable"),
    ]
    return Told(scene, beat(scene, hours(38) + 1), rows)


@story
def a_statement_was_refused() -> Told:
    """When the charter's number of verifiers saw it by the due time, overdue becomes undeterminable."""
    scene = opened(ANSWER)
    scene.add("clarification-request", "XA", hours(1), to=["XB", "XC"])
    owed = {row.debtor: row.id for row in naive.judge(scene.case(), hours(1))}
    for party, debtor, moment in (
        ("QN", "XB", 25),
        ("QS", "XB", 24),
        ("QN", "XC", 25),
        ("QS", "XC", 26),
        ("XA", "XC", 24),
    ):
        at = hours(moment)
        scene.add("observation", party, hours(27), kind="refused-statement", moment=at, obligations=[owed[debtor]])
    return Told(scene, hours(27), [("answer-query", "XB", "undeterminable"), ("answer-query", "XC", "overdue")])


@story
def a_stolen_key_releases_nobody() -> Told:
    """What only releases counts for nothing until it is confirmed."""
    scene = opened(ANSWER)
    scene.add("clarification-request", "XA", hours(1), to=["XB", "XC"])
    owed = {row.debtor: row.id for row in naive.judge(scene.case(), hours(1))}
    stolen = scene.add("waiver", "XA", hours(2), obligations=[owed["XB"]], signers=["aa" * 32])
    mine = scene.add("waiver", "XA", hours(2), obligations=[owed["XC"]], signers=["aa" * 32])
    revoked = [["aa" * 32, stolen.record]]
    scene.add("key-change", "XA", hours(3), action="revoke", revoked=revoked, confirmed=[mine.id])
    return Told(scene, beat(scene, hours(26)), [("answer-query", "XB", "overdue"), ("answer-query", "XC", "waived")])


# Rehearsals.


@story
def a_rehearsal_leaves_reality_alone() -> Told:
    """A marked statement can never discharge or trigger a real obligation."""
    scene, _, _ = _rehearsal()
    rows = [("answer-query", "XB", "overdue"), ("after-report", "XA", "open"), ("health-care", "XA", "undeterminable")]
    return Told(scene, days(5), [*rows, ("health-care", "XB", "undeterminable")])


@story
def a_rehearsal_is_judged_by_itself() -> Told:
    """It is judged in a report of its own, by deadlines and limits alone."""
    scene, held, _ = _rehearsal()
    return Told(scene, days(5), [("answer-query", "XB", "kept"), ("answer-query", "XB", "overdue")], exercise=held.id)


def _rehearsal() -> tuple[Scene, Event, Event]:
    scene = opened(ANSWER, REPORT, HEALTH, states=["XA", "XB"])
    held = drill(scene, "XA", days(1), days(2), days(6))
    scene.add("clarification-request", "XA", days(2), to=["XB"])
    asked = scene.add("clarification-request", "XA", days(2), to=["XB"], exercise=held)
    scene.add("clarification-request", "XA", days(2), to=["XB"], exercise=held)
    scene.add("clarification-response", "XB", days(3), ("answers", asked), exercise=held, on_request=True)
    beat(scene, days(5))
    return scene, held, asked
