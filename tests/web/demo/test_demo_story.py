"""The story's files: what may be written in them, and that those that come with the demonstration hold together."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from verifier import vocabulary
from verifier.errors import Fault, kinds
from verifier.formats import times
from web.demo import acts, stage
from web.demo.acts import DAY, LENGTH, Story
from web.demo.cast import Cast
from web.demo.home import Home
from web.demo.reports import Reports
from web.demo.values import Values

START = times.parse_utc("2025-03-01T00:00:00Z")
ACT = "  - {{name: {name}, when: {when}, party: XA, office: root, type: {type}, title: T, body: {{}}{more}}}\n"


def written(tmp_path: Path, *acts_: str) -> Path:
    path = tmp_path / "story.yaml"
    path.write_text("acts:\n" + "".join(acts_))
    return path


def act(name: str, when: str = "start + P1D", type: str = "review", more: str = "") -> str:
    return ACT.format(name=name, when=when, type=type, more=more)


def refusal(path: Path) -> Fault:
    with pytest.raises(Fault) as caught:
        acts.read(START, [path])
    return caught.value


@pytest.mark.parametrize("days", range(0, 730, 61))
def test_the_story_holds_together_whenever_it_begins(days: int) -> None:
    story = acts.read(START + days * DAY)
    cast = Cast("seed", story.start)
    known = vocabulary.load().types
    assert 260 <= len(story.acts) <= 280
    assert [one.when for one in story.acts] == sorted(one.when for one in story.acts)
    for one in story.acts:
        assert story.start <= one.when < story.end
        assert one.refused is None or one.refused in kinds()
        assert cast.holders(one.party, one.office)
        rels = [rel for rel, _ in one.relations]
        assert {rel for rel in rels} <= {row.rel for row in known[one.type].relations}, one.name
        assert one.exercise is None or known[one.type].exercise, one.name
        if one.refused not in ("statement.scope", "statement.accession") and one.office != "root":
            assert one.type in cast.types(one.party, one.office), one.name


@pytest.mark.parametrize("days", range(0, 730, 61))
def test_every_state_has_told_its_calendar_by_15_november(days: int) -> None:
    story = acts.read(START + days * DAY)
    calendars = [one for one in story.acts if one.type == "drill-calendar"]
    due = [
        moment
        for year in range(2025, 2030)
        if story.start + 30 * DAY < (moment := times.parse_utc(f"{year}-11-15T00:00:00Z")) < story.end
    ]
    assert due
    for moment in due:
        told = {one.party for one in calendars if moment - 30 * DAY < one.when < moment}
        assert told == {"XA", "XB", "XC"}


def test_a_yearly_act_follows_the_one_before() -> None:
    story = acts.read(times.parse_utc("2025-06-01T00:00:00Z"))
    first, second = [one for one in story.acts if one.members["name"] == "xa-calendar"]
    assert (first.name, first.relations) == ("xa-calendar-2025", [])
    assert (second.name, second.relations) == ("xa-calendar-2026", [("follows", "xa-calendar-2025")])


def test_a_calendar_tells_the_drills_that_the_story_holds(tmp_path: Path) -> None:
    story = acts.read(times.parse_utc("2025-06-01T00:00:00Z"))
    cast, home = Cast("seed", story.start), Home(tmp_path)
    for one in [one for one in story.acts if one.type == "drill-calendar"]:
        values = Values(story, cast, home, one.when, {}, {}, Reports(home))
        body = values.resolve(one.members["body"], one)
        assert body["year"] == int(times.format_utc(one.when)[:4]) + 1
        assert all(row["first_month"][:4] == str(body["year"]) for row in body["drills"])
        vocabulary.load().type(one.type).validate(body)
    xa = next(one for one in story.acts if one.name == "xa-calendar-2025")
    body = Values(story, cast, home, xa.when, {}, {}, Reports(home)).resolve(xa.members["body"], xa)
    assert [row["name"] for row in body["drills"]] == ["Open Sluice", "Glass Bridge", "Far Beacon"]


def test_moments_are_counted_from_the_start_or_the_end() -> None:
    story = Story(START, START + LENGTH, ())
    assert story.moment("start + P2DT3H30M") == START + 2 * DAY + 12_600
    assert story.moment("end - P1D") == START + LENGTH - DAY
    assert story.moment("now", now=77) == 77
    for text in ("now", "start+P1D", "start + P1M", "yesterday", "end - 3"):
        with pytest.raises(Fault):
            story.moment(text)


def test_what_a_story_file_may_not_say(tmp_path: Path) -> None:
    later = ", relates: [{rel: concerns, to: b}]"
    refused = ", expect: {refused: statement.scope}"
    cases = [
        ("a list of acts", "x: y\n"),
        ("an act lacks", "acts:\n  - {name: a}\n"),
        ("does not know: ['colour']", "acts:\n" + act("a", more=", colour: red")),
        ("outside the story", "acts:\n" + act("a", "end + P1D")),
        ("not a moment", "acts:\n" + act("a", "tomorrow")),
        ("two acts have this name", "acts:\n" + act("a") + act("a")),
        ("nobody has said", "acts:\n" + act("a", more=later) + act("b", "start + P2D")),
        ("nobody has said", "acts:\n" + act("b", more=refused) + act("a", "start + P2D", more=later)),
    ]
    path = tmp_path / "story.yaml"
    for told, text in cases:
        path.write_text(text)
        found = refusal(path)
        assert found.code == "demo.story"
        assert told in found.message, text


def test_further_story_files_need_no_other_reader(tmp_path: Path) -> None:
    story = acts.read(START, [written(tmp_path, act("a"), act("b", "end - P1D"))])
    assert [(one.name, one.when) for one in story.acts] == [("a", START + DAY), ("b", START + LENGTH - DAY)]


def test_an_act_may_come_several_times(tmp_path: Path) -> None:
    often = act("a", '"start + P1D, 3 times, each P2D"') + act(
        "b", '"start + P2D, 3 times, each P2D"', more=(", without: [2], relates: [{rel: concerns, to: a-#}]")
    )
    story = acts.read(START, [written(tmp_path, often)])
    days = [(one.name, (one.when - START) // DAY, one.relations) for one in story.acts]
    assert days == [
        ("a-1", 1, []),
        ("b-1", 2, [("concerns", "a-1")]),
        ("a-2", 3, []),
        ("a-3", 5, []),
        ("b-3", 6, [("concerns", "a-3")]),
    ]
    missing = act("a", '"start + P1D, 2 times, each P2D"', more=", without: [2]") + act(
        "b", '"start + P2D, 2 times, each P2D"', more=", relates: [{rel: concerns, to: a-#}]"
    )
    assert "['a-2'], which nobody has said" in refusal(written(tmp_path, missing)).message


def test_a_rehearsal_is_of_a_drill_that_was_announced(tmp_path: Path) -> None:
    story = acts.read(START, [written(tmp_path, act("a"), act("b", "start + P2D", more=", exercise: a"))])
    assert [one.exercise for one in story.acts] == [None, "a"]
    assert refusal(written(tmp_path, act("b", more=", exercise: a"))).code == "demo.story"


@pytest.mark.parametrize("days", range(0, 730, 61))
def test_nobody_speaks_while_another_still_signs(days: int) -> None:
    """Each act is witnessed twelve minutes after its moment, which the text of the story and its due moments rely on."""
    story = acts.read(START + days * DAY).acts
    yearly = {one.when % DAY // 3600 for one in story if one.members["when"].startswith("every")}
    assert yearly.isdisjoint(one.when % DAY // 3600 for one in story if not one.members["when"].startswith("every"))
    for earlier, later in pairwise(story):
        assert later.when - earlier.when >= stage.SIGNING + stage.APART, later.name


def test_the_whole_vocabulary_is_spoken() -> None:
    assert {one.type for one in acts.read(START).acts} == set(vocabulary.load().types)
