"""A small accord with rules: what is kept, late, overdue, waived, disputed and cannot be seen, and one rehearsal of a drill."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from tests.support.promises import AFTER_REPORT, ANSWER_QUERY, CONVENE, EXERCISE_NOTICE, HEALTH_CARE, LINE_TEST
from tests.support.simulated_log import START
from tests.web.explorer.world import World, filled
from verifier import vocabulary
from verifier.conformance.report import obligation_id
from verifier.formats.times import format_utc
from web.explorer import create_explorer_app
from web.explorer.copy.audited import Copy

HOUR, DAY = 3_600, 86_400
RULES: list[dict[str, Any]] = [
    EXERCISE_NOTICE,
    AFTER_REPORT,
    ANSWER_QUERY,
    CONVENE,
    LINE_TEST,
    {
        "id": "line-test-answer",
        "kind": "deadline",
        "on": {"type": "line-test"},
        "by": "addressees",
        "expect": {"type": "line-test-acknowledgement", "rel": "acknowledges"},
        "anchor": "witnessed",
        "within": "PT4H",
    },
    {
        "id": "one-drill",
        "kind": "limit",
        "by": "each-party",
        "of": {"type": "drill-announcement"},
        "anchor": "start",
        "most": 1,
        "in": "P365D",
    },
    HEALTH_CARE,
]
HARBOUR = "Exercise Quiet Harbour"
SURPRISE = "تمرين الفانوس \u202egnp"
PLEA = "The line to our ministry was cut, <b>and</b> with it the answer."
INCIDENT = "Hospitals cannot be reached"


class Accord(World):
    """The simulated log with rules in its charter."""

    ids: dict[str, str]

    def charter_body(self) -> dict[str, Any]:
        return {**super().charter_body(), "rules": RULES}

    def let_pass(self, seconds: int) -> None:
        """Time passes; the log shows a sign of life every day."""
        while seconds > 0:
            step = min(seconds, DAY)
            self.checkpoint(pause=step)
            seconds -= step

    def one(self, name: str, party: str, kind: str, changes: dict[str, Any] | None = None, **members: Any) -> str:
        """A statement from the vocabulary's example, seen within ten minutes."""
        body = {**vocabulary.load().example(kind)["body"], **(changes or {})}
        self.ids[name] = self.say(party, kind, body, **members)
        self.checkpoint(pause=600)
        return self.ids[name]

    def owed(self, debtor: str, rule: str, trigger: str) -> str:
        """The id of what a statement started under a rule of the charter."""
        return obligation_id(debtor=debtor, period=None, rule=rule, source=self.charter_id, trigger=trigger)


def related(rel: str, statement: str) -> list[dict[str, str]]:
    return [{"rel": rel, "statement": statement}]


def story() -> Accord:
    """The accord's first hundred days."""
    world = Accord()
    world.ids = {}
    world.found()
    world.pledge("XB")
    _drills(world)
    _incident(world)
    _lines(world)
    _rehearsal(world)
    world.let_pass(30 * DAY)
    return world


def _drills(world: Accord) -> None:
    starts = {"harbour": world.clock + 30 * DAY, "surprise": world.clock + 3 * DAY}
    for name, party, title in (("harbour", "XA", HARBOUR), ("surprise", "XC", SURPRISE)):
        dates = {"start": format_utc(starts[name]), "end": format_utc(starts[name] + 4 * DAY)}
        world.one(name, party, "drill-announcement", {"name": title, "observers": [], **dates}, title=title)


def _incident(world: Accord) -> None:
    aware = {"aware": format_utc(world.clock), "began": None}
    incident = world.one("incident", "XA", "incident", aware, title=INCIDENT)
    asked = world.one("asked", "XA", "clarification-request", addressees=["XC"], relates=related("concerns", incident))
    unanswered = world.one(
        "unanswered", "XA", "clarification-request", addressees=["XB"], relates=related("concerns", incident)
    )
    world.let_pass(30 * HOUR)
    world.one("answer", "XC", "clarification-response", addressees=["XA"], relates=related("answers", asked))
    plea = {"start": None, "end": None, "text": PLEA, "obligations": [world.owed("XC", "answer-query", asked)]}
    world.one("plea", "XC", "plea", plea, addressees=["XA"], relates=related("concerns", asked))
    contested = {"text": "We were never asked.", "obligations": [world.owed("XB", "answer-query", unanswered)]}
    world.one("objection", "XB", "objection", contested, addressees=["XA"], relates=related("objects", unanswered))
    world.let_pass(4 * DAY)


def _lines(world: Accord) -> None:
    test = world.one("test", "XB", "line-test", {"sent": format_utc(world.clock)}, addressees=["XA"])
    heard = {"heard": format_utc(world.clock), "text": None}
    world.one(
        "heard", "XA", "line-test-acknowledgement", heard, addressees=["XB"], relates=related("acknowledges", test)
    )
    silent = world.one("silent", "XA", "line-test", {"sent": format_utc(world.clock)}, addressees=["XC"])
    released = {"obligations": [world.owed("XC", "line-test-answer", silent)], "text": "No matter."}
    world.one("waiver", "XA", "waiver", released, addressees=["XC"])
    world.let_pass(START + 32 * DAY - world.clock)


def _rehearsal(world: Accord) -> None:
    marked: dict[str, Any] = {"exercise": world.ids["harbour"]}
    aware = {"aware": format_utc(world.clock), "began": None}
    pretended = world.one("pretended", "XA", "incident", aware, title="Pretended outage", **marked)
    to: dict[str, Any] = {"addressees": ["XC"], "relates": related("concerns", pretended)}
    world.one("pretended-query", "XA", "clarification-request", **to, **marked)


def copied(world: Accord, log: Path, directory: Path) -> Copy:
    """A copy that has caught up with the accord's log, written to `log`."""
    world.write(log)
    return filled(world, log, directory)


@dataclass
class Accorded:
    """The accord with a copy of its log, the explorer over it, and the ids of statements and obligations by name."""

    world: Accord
    log: Path
    copy: Copy
    client: FlaskClient
    ids: dict[str, str]

    def at(self, page: str) -> str:
        return page.format(**self.ids)

    def text(self, page: str, status: int = 200) -> str:
        answer = self.client.get(self.at(page))
        assert answer.status_code == status, (page, answer.status_code, answer.text[:300])
        return answer.text

    def json(self, page: str) -> Any:
        path, mark, query = self.at(page).partition("?")
        answer = self.client.get(("/index.json" if path == "/" else f"{path}.json") + mark + query)
        assert answer.status_code == 200, (page, answer.text[:300])
        return answer.json


def site(place: Path) -> Accorded:
    """The accord in a directory of its own."""
    world = story()
    copy = copied(world, place / "log", place / "copy")
    client = create_explorer_app(copy, clock=lambda: world.clock + 60).test_client()
    asked, said = world.ids, world.owed
    ids = {
        **asked,
        "charter": world.charter_id,
        "late": said("XC", "answer-query", asked["asked"]),
        "contested": said("XB", "answer-query", asked["unanswered"]),
        "waived": said("XC", "line-test-answer", asked["silent"]),
        "notice": said("XA", "drill-notice", asked["harbour"]),
        "limit": said("XA", "one-drill", asked["harbour"]),
        "rehearsed": said("XC", "answer-query", asked["pretended-query"]),
    }
    ids["convene"] = said("XB", "no-answer-convene", ids["contested"])
    with copy.view() as view:
        for name, kind in (("abstention", "abstention"), ("recurring", "recurrence")):
            ids[name] = view.select("SELECT id FROM obligations WHERE kind = ? ORDER BY sort, id LIMIT 1", (kind,))[0][
                0
            ]
        ids["pledge"] = view.select("SELECT id FROM texts WHERE type = 'pledge'", ())[0][0]
    return Accorded(world, place / "log", copy, client, ids)


def plain(text: str) -> str:
    """A page's words, without markup."""
    return re.sub(r"\s+", " ", unescape(re.sub("<[^>]+>", " ", text)))
