"""A log for the explorer's bench: fifty states and two verifiers in all the business that a reader can look at.

Drills with their changes, cancellations, reports and rehearsals, incidents with threads, requests and answers, line tests,
pledges under norms, pleas, attachments, several languages; by chance of one seed. One thread never ends.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.bench.conformance import DAY, PLEDGED, STATES, PromisesLog
from tests.bench.logs import Fast
from tests.support.people import ring
from tests.support.promises import HEALTH_CARE
from tests.support.simulated_log import OFFICE
from verifier import vocabulary
from verifier.formats import canonical
from verifier.formats.times import format_utc, parse_utc

VERIFIERS = ("VN", "VQ")
EVERY = 4
"""Records a checkpoint; each is followed by `PAUSE` seconds."""
PAUSE = 720
_TITLES = {
    "en": (
        "quiet",
        "harbour",
        "winter",
        "signal",
        "northern",
        "lantern",
        "river",
        "crossing",
        "steady",
        "hand",
        "grid",
        "port",
        "hospital",
        "relay",
    ),
    "fr": (
        "exercice",
        "national",
        "de",
        "continuité",
        "port",
        "hiver",
        "signal",
        "lanterne",
        "fleuve",
        "réseau",
        "hôpital",
        "relais",
    ),
    "es": (
        "ejercicio",
        "nacional",
        "de",
        "continuidad",
        "puerto",
        "invierno",
        "señal",
        "farol",
        "río",
        "red",
        "hospital",
    ),
    "ru": (
        "учение",
        "национальное",
        "порт",
        "зима",
        "сигнал",
        "фонарь",
        "река",
        "сеть",
        "больница",
        "связь",
    ),
    "ar": (
        "مناورة",
        "وطنية",
        "ميناء",
        "شتاء",
        "إشارة",
        "فانوس",
        "نهر",
        "شبكة",
        "مستشفى",
    ),
    "zh": (
        "国家",
        "演习",
        "港口",
        "冬季",
        "信号",
        "灯笼",
        "河流",
        "网络",
        "医院",
    ),
}
_WEIGHTS = {
    "announce": 20,
    "report": 12,
    "change": 4,
    "cancel": 2,
    "ask": 8,
    "answer": 8,
    "test": 14,
    "hear": 12,
    "incident": 2,
    "step": 12,
    "close": 1,
    "nil": 2,
    "plea": 1,
    "rehearse": 1,
    "pledge": 0.15,
    "audit": 0.2,
    "find": 0.3,
}


class BusinessLog(PromisesLog):
    """See the module. `fill` makes it."""

    every, pause = EVERY, PAUSE

    def charter_body(self) -> dict[str, Any]:
        body = super().charter_body()
        root = {code: {"signers": [self.pen(code, "root").id], "threshold": 1} for code in VERIFIERS}
        more = [
            {"code": code, "kind": "verifier", "names": {"en": f"Verifier {code}"}, "root": root[code]}
            for code in VERIFIERS
        ]
        return {**body, "parties": sorted([*body["parties"], *more], key=lambda row: str(row["code"]))}

    def accession_body(self, party: str) -> dict[str, Any]:
        if party not in VERIFIERS:
            return super().accession_body(party)
        offices = {OFFICE: (["audit-report", "finding", "observation"], [self.pen(party)])}
        pens = [self.pen(party, name) for name in ("root", OFFICE)]
        return {"charter": self.charter_id, "declaration": None, **ring(pens, offices)}

    def found(self, *states: str) -> None:
        super().found(*(states or (*self.states, *VERIFIERS)))

    def fill(self, directory: Path, count: int) -> Path:
        """Found it and fill it up to `count` records: a longer log begins with the bytes of a shorter one."""
        self.begin(random.Random(2))
        self._pens |= {party: Fast(self.pen(party)) for party in VERIFIERS}
        self._running, self._tests, self._threads = list[Any](), list[Any](), list[Any]()
        self._unanswered = list[Any]()
        for state in self.states:
            self._say(state, "pledge", rules=list(PLEDGED), title=self._title()[1])
        acts: dict[str, Callable[[str], None]] = {name: getattr(self, f"_{name}") for name in _WEIGHTS}
        names, weights = list(_WEIGHTS), list(_WEIGHTS.values())
        while len(self.records) < count:
            [name] = self._chance.choices(names, weights)
            acts[name](self._chance.choice(self.states))
        if len(self.records) % self.every:
            self._checkpoint()
        return self.write(directory)

    def _say(
        self, state: str, type_name: str, /, *, to: str = "", relates: tuple[str, str] | None = None, **body: Any
    ) -> str:
        """As its parent; members of the statement itself may be among those of the body."""
        members = {name: body.pop(name) for name in ("title", "language", "attachments", "exercise") if name in body}
        value = self.draft(
            state,
            type_name,
            {**_example(type_name), **body},
            addressees=[to] if to else [],
            relates=[{"rel": relates[0], "statement": relates[1]}] if relates else [],
            **members,
        )
        return self._sign(state, value)

    # What states do.

    def _title(self) -> tuple[str, str]:
        """(language, a title in it)."""
        [language] = self._chance.choices(list(_TITLES), (6, 1, 1, 1, 1, 1))
        words = " ".join(self._chance.choices(_TITLES[language], k=4))
        return language, f"{words[:1].upper()}{words[1:]} {self._chance.randrange(1000)}"

    def _other(self, state: str) -> str:
        return self._chance.choice([code for code in self.states if code != state])

    def _announce(self, state: str) -> None:
        start = self.clock + self._chance.randrange(5 * DAY, 40 * DAY)
        dates: dict[str, Any] = {"start": format_utc(start), "end": format_utc(start + DAY)}
        kind, scale = self._chance.choice(["exercise", "simulation"]), self._chance.choice(["local", "national"])
        language, title = self._title()
        files = [_file(title)] if self._chance.random() < 0.03 else []
        nobody: dict[str, Any] = {"observers": [], "co_hosts": [], "participants": []}
        said = {"kind": kind, "scale": scale, **dates, **nobody}
        drill = self._say(state, "drill-announcement", title=title, language=language, attachments=files, **said)
        self._drills.append((drill, state, dates))

    def _change(self, _: str) -> None:
        ahead = [one for one in self._drills if format_utc(self.clock + DAY) < one[2]["start"]]
        if ahead:
            drill, state, dates = self._chance.choice(ahead)
            unchanged = dict.fromkeys(vocabulary.load().example("drill-announcement")["body"])
            dates["end"] = format_utc(min(parse_utc(dates["end"]) + DAY, parse_utc(dates["start"]) + 9 * DAY))
            changes = {**unchanged, "end": dates["end"]}
            self._say(state, "drill-change", relates=("changes", drill), reason=None, changes=changes)

    def _cancel(self, _: str) -> None:
        if self._drills:
            drill, state, _dates = self._drills.pop(self._chance.randrange(len(self._drills)))
            self._say(state, "drill-cancellation", relates=("cancels", drill))

    def _report(self, _: str) -> None:
        if self._drills:
            place = min(self._chance.randrange(len(self._drills)), self._chance.randrange(len(self._drills)))
            drill, state, dates = self._drills.pop(place)
            self._say(state, "drill-report", relates=("reports", drill), announced=True, **dates)

    def _rehearse(self, _: str) -> None:
        now, soon = format_utc(self.clock), format_utc(self.clock + 3600)
        running = [one for one in self._drills if one[2]["start"] <= now and soon <= one[2]["end"]]
        if running:
            drill, state, _dates = self._chance.choice(running)
            self._say(state, "line-test", to=self._other(state), exercise=drill, sent=now)

    def _test(self, state: str) -> None:
        other = self._other(state)
        said = self._say(state, "line-test", to=other, sent=format_utc(self.clock))
        self._tests.append((said, state, other))

    def _hear(self, _: str) -> None:
        if self._tests:
            test, state, other = self._tests.pop()
            heard = format_utc(self.clock)
            self._say(other, "line-test-acknowledgement", to=state, relates=("acknowledges", test), heard=heard)

    def _incident(self, state: str) -> None:
        language, title = self._title()
        thread = self._say(state, "incident", title=title, language=language, aware=format_utc(self.clock - 3600))
        self._threads.append((thread, state))

    def _step(self, _: str) -> None:
        if not self._threads:
            return
        # One step in ten goes to the oldest thread, which is never closed.
        long = self._chance.random() < 0.1
        thread, state = self._threads[0] if long else self._chance.choice(self._threads[-60:])
        kind = self._chance.choice(["incident-notification", "incident-assessment", "incident-update", "question"])
        if kind == "question":
            other = self._other(state)
            said = self._say(other, "clarification-request", to=state, relates=("concerns", thread), reply_by=None)
            self._asked.append((said, other, state))
        elif kind == "incident-notification":
            self._say(state, kind, to=self._other(state), relates=("concerns", thread))
        elif kind == "incident-assessment":
            self._say(state, kind, relates=("assesses", thread), indicators=[])
        else:
            self._say(state, kind, relates=("updates", thread))

    def _close(self, _: str) -> None:
        if len(self._threads) > 1:
            thread, state = self._threads.pop(self._chance.randrange(1, len(self._threads)))
            self._say(state, "incident-closure", relates=("closes", thread))

    def _nil(self, state: str) -> None:
        self._say(state, "nil-return")

    def _answer(self, state: str) -> None:
        if self._asked and self._chance.random() < 0.1:
            self._unanswered.append(self._asked.pop())
        super()._answer(state)

    def _plea(self, _: str) -> None:
        """Why a question was not answered: beside the obligation that its asking made."""
        if not self._unanswered:
            return
        question, state, other = self._unanswered.pop()
        owed = {"debtor": other, "period": None, "rule": "answer-query", "source": self.charter_id, "trigger": question}
        named = [sha256(canonical.encode(owed)).hexdigest()]
        self._say(other, "plea", to=state, relates=("concerns", question), obligations=named)

    def _pledge(self, state: str) -> None:
        language, title = self._title()
        self._say(state, "pledge", rules=[HEALTH_CARE], title=title, language=language)

    def _audit(self, _: str) -> None:
        party = self._chance.choice(VERIFIERS)
        self._say(party, "audit-report")

    def _find(self, _: str) -> None:
        self._say(self._chance.choice(VERIFIERS), "finding")


def _example(type_name: str) -> dict[str, Any]:
    body: dict[str, Any] = vocabulary.load().example(type_name)["body"]
    return body


def _file(name: str) -> dict[str, Any]:
    """An attachment's row."""
    return {"digest": sha256(name.encode()).hexdigest(), "media_type": "text/plain", "name": "annex.txt", "size": 900}


def made(room: Path, count: int) -> Path:
    """The log, made once and kept; its policy and the charter's digest beside it."""
    directory = room / f"business-{count}-{vocabulary.load().digest[:8]}"
    if not (directory / "checkpoint").exists():
        log = BusinessLog(hybrid=frozenset(), states=STATES)
        log.fill(directory, count)
        (directory / "policy").write_text(log.policy_text)
        (directory / "charter.sha256").write_text(log.charter_id)
    return directory
