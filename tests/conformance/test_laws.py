"""What holds of every judgement, whatever the log and whoever judges."""

from __future__ import annotations

import os
from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.conformance.evaluators import Evaluator, judges
from tests.conformance.logs import Log, long_logs
from tests.conformance.scenes import Scene
from verifier import vocabulary
from verifier.conformance.report import Obligation, obligation_id

law = settings(
    max_examples=int(os.environ.get("DETENTE_EXAMPLES", "250")) // 5,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
SETTLED = ("kept", "late", "exceeded", "waived")
UNSETTLING = {
    *("waiver", "disclosure", "drill-change", "drill-cancellation", "retraction"),
    *("key-change", "observation", "adherence", "mediation-outcome"),
}
"""A waiver, disclosure, change or cancellation; the debtor's own retraction; a theft or its end; what verifiers saw refused."""
BINDING = {"accession", "adherence", "amendment", "withdrawal", "pledge-withdrawal"}


def _rows(judge: Evaluator, log: Log, asked: int, world: str | None) -> dict[str, Obligation]:
    return {row.id: row for row in judge(log.case, asked, world)}


def _between(log: Log, first: int, last: int) -> set[str]:
    """Types of what became public after one moment asked for and not after another."""
    times = log.scene.times
    return {e.type for e in log.scene.events if first < (times[e.record].before or last + 1) <= last}


def _of_statements(rows: dict[str, Obligation]) -> dict[str, Obligation]:
    """Without what something overdue triggers, which is gone when that is no longer overdue."""
    return {key: row for key, row in rows.items() if row.trigger not in rows}


@judges
@law
@given(log=long_logs())
def test_an_id_is_of_its_five_members(judge: Evaluator, log: Log) -> None:
    for world in log.worlds:
        for key, row in _rows(judge, log, log.asked[-1], world).items():
            five = {"debtor": row.debtor, "period": row.period, "rule": row.rule, "source": row.source}
            assert key == obligation_id(**five, trigger=row.trigger)  # type: ignore[arg-type]


@judges
@law
@given(log=long_logs(honest=True))
def test_ids_do_not_depend_on_as_of(judge: Evaluator, log: Log) -> None:
    """What was owed stays owed under its id, where nothing came between that changes a text or who is bound."""
    for first, last in zip(log.asked, log.asked[1:], strict=False):
        if not _between(log, first, last) & (UNSETTLING | BINDING):
            for world in log.worlds:
                assert _of_statements(_rows(judge, log, first, world)).keys() <= _rows(judge, log, last, world).keys()


@judges
@law
@given(log=long_logs(honest=True))
def test_what_is_settled_stays(judge: Evaluator, log: Log) -> None:
    """A settled status changes only through what unsettles it.

    But what was waived may be done all the same; and who is owed an abstention or a period grows with the circle.
    """
    for first, last in zip(log.asked, log.asked[1:], strict=False):
        if not _between(log, first, last) & UNSETTLING:
            for world in log.worlds:
                then, now = _rows(judge, log, first, world), _rows(judge, log, last, world)
                for key in then.keys() & now.keys():
                    grown = then[key].creditors != now[key].creditors
                    if then[key].status in SETTLED and not grown:
                        told = (then[key].status, now[key].status)
                        assert told[0] == told[1] or told == ("waived", "kept")


@judges
@law
@given(log=long_logs(), data=st.data())
def test_narrower_is_never_later(judge: Evaluator, log: Log, data: st.DataObject) -> None:
    """More cosignatures on a discharging record never turn `kept` into `late`."""
    world = data.draw(st.sampled_from(log.worlds))
    rows = _rows(judge, log, log.asked[-1], world)
    kept = sorted({row.discharged_by for row in rows.values() if row.status == "kept" and row.discharged_by})
    assume(kept)
    chosen = data.draw(st.sampled_from(kept))
    event = next(e for e in log.scene.events if e.id == chosen)
    assume(event.type not in ("drill-change", "drill-cancellation"))
    scene = _copied(log.scene)
    after, before = scene.times[event.record]
    assert before is not None
    earlier = [t.before for n, t in scene.times.items() if n < event.record and t.before is not None]
    low = min(before, max([before - 40, *earlier]))
    new = data.draw(st.integers(max(low, before - 40 if after is None else after + 1), before))
    scene.times[event.record] = scene.times[event.record]._replace(
        after=data.draw(st.integers(new - 40 if after is None else after, new - 1)), before=new
    )
    scene.receipts[event.record] = min(new, scene.receipts.get(event.record, new))
    scene.beats |= set(log.case.moments)
    for key, row in _rows(judge, replace(log, scene=scene), log.asked[-1], world).items():
        if key in rows and rows[key].status == "kept" and rows[key].discharged_by == event.id:
            assert row.status != "late"


@judges
@law
@given(log=long_logs(), seed=st.integers(0, 99))
def test_a_receipt_only_narrows(judge: Evaluator, log: Log, seed: int) -> None:
    """With receipts what was not kept may be; nothing else changes."""
    chance, scene = Random(seed), _copied(log.scene)
    for record, (after, before) in scene.times.items():
        if before is not None and chance.random() < 0.5:
            low = before - 100_000 if after is None else after + 1
            scene.receipts[record] = min(chance.randint(low, before), scene.receipts.get(record, before))
    for world in log.worlds:
        without = _rows(judge, log, log.asked[-1], world)
        having = _rows(judge, replace(log, scene=scene), log.asked[-1], world)
        assert having.keys() <= without.keys()
        assert _of_statements(without).keys() <= having.keys()
        for key, row in having.items():
            assert row.status in ("kept", without[key].status)


@judges
@law
@given(log=long_logs(honest=True))
def test_a_rehearsal_changes_nothing_real(judge: Evaluator, log: Log) -> None:
    real = _without(log, {e.record for e in log.scene.events if e.exercise})
    assert judge(real.case, log.asked[-1], None) == judge(log.case, log.asked[-1], None)


@judges
@law
@given(log=long_logs(honest=True))
def test_reality_changes_no_rehearsal(judge: Evaluator, log: Log) -> None:
    types = vocabulary.load("1").types
    gone = {
        e.record
        for e in log.scene.events
        if e.exercise is None and types[e.type].exercise and "obligations" not in e.fields
    }
    while needed := {t for e in log.scene.events if e.record not in gone for _, t in e.relates} & gone:
        gone -= needed
    for world in log.drills:
        assert judge(_without(log, gone).case, log.asked[-1], world) == judge(log.case, log.asked[-1], world)


@judges
@law
@given(log=long_logs(), seed=st.integers(0, 99))
def test_order_of_arrival_changes_nothing(judge: Evaluator, log: Log, seed: int) -> None:
    chance, scene = Random(seed), _copied(log.scene)
    scene.kinds = dict(_shuffled(chance, list(scene.kinds.items())))
    scene.receipts = dict(_shuffled(chance, list(scene.receipts.items())))
    scene.times = dict(_shuffled(chance, list(scene.times.items())))
    for n, e in enumerate(scene.events):
        fields = dict(_shuffled(chance, list(e.fields.items())))
        fields |= {
            name: _shuffled(chance, fields[name]) for name in ("opened", "obligations", "revoked") if name in fields
        }
        scene.events[n] = e._replace(
            fields=fields,
            relates=tuple(_shuffled(chance, list(e.relates))),
            sealed=tuple(_shuffled(chance, list(e.sealed))),
        )
    for world in log.worlds:
        assert judge(scene.case(), log.asked[-1], world) == judge(log.case, log.asked[-1], world)


def _shuffled(chance: Random, rows: list) -> list:  # type: ignore[type-arg]
    return chance.sample(rows, len(rows))


def _copied(scene: Scene) -> Scene:
    copied = replace(scene, events=list(scene.events), times=dict(scene.times))
    copied.receipts, copied.beats = dict(scene.receipts), set(scene.beats)
    return copied


def _without(log: Log, records: set[int]) -> Log:
    scene = _copied(log.scene)
    scene.events = [e for e in scene.events if e.record not in records]
    return replace(log, scene=scene)
