"""The audited copy: a directory that holds what an audit of the ledger verified, and grows by what each next audit adds.

One SQLite file holds everything, the audit's own state included, and a run is one transaction: readers see all of it or
none, and a run that is interrupted, or that ends in anything but an audited ledger, leaves the copy as it was.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import Any

from sqlite_utils import Database

from verifier.audit import AuditState, Report, audit
from verifier.errors import Fault
from verifier.exits import Exit
from verifier.formats.policy import Policy
from verifier.source import Source
from web.explorer.copy import judged, schema, settling
from web.explorer.copy.facts import Facts, turn, writing
from web.explorer.copy.filling import Filling
from web.explorer.copy.view import View


@dataclass(frozen=True)
class Trust:
    """Whom the copy believes: the reader's policy, and the charter's digest (hex) if it was given."""

    policy: Policy
    charter: str | None = None


class Copy:
    """An audited copy in `directory`, which is made if it does not exist.

    `run` is the audit (see verifier.audit.audit); tests give another.
    """

    def __init__(self, directory: Path, *, run: Callable[..., Report] = audit) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self.path = directory / "copy.sqlite"
        self._run = run
        self._lock = Lock()
        self._states: dict[int, AuditState] = {}
        with closing(self._open()) as db:
            self._prepare(db)
            judged.prepare(db)

    @contextmanager
    def view(self) -> Iterator[View]:
        """One consistent view for one reader: what it reads does not change while it reads."""
        connection = sqlite3.connect(f"{self.path.resolve().as_uri()}?mode=ro", uri=True)
        try:
            connection.execute("BEGIN")
            yield View(connection, self._state)
        finally:
            connection.close()

    def catch_up(
        self,
        source: Source,
        trust: Trust,
        *,
        now: int,
        executor: Executor | None = None,
        progress: Callable[[int, int], None] | None = None,
        judge: bool = True,
    ) -> Report:
        """Audit what is new in `source` and take it in. `now`: seconds since the epoch, the reader's clock.

        Raises what the audit raises; Fault `explorer.not-judged` if the audit was taken in and the judgement of obligations
        failed, so that the last one stands; Fault `explorer.other-copy` if the copy was made for another ledger, policy or
        charter; Fault `explorer.not-shown` if the audit ends in something that may not be shown. What was wrong is kept
        for the pages to say, and the records of the copy stay as they were. Findings, of whatever gravity, do not keep
        a run out: what they concern is marked, and every page says at its top that there are some.
        `judge`: whether to judge as well, before this returns.
        """
        with self._writer() as db:
            try:
                report = self._take_in(db, source, trust, now, executor, progress)
            except Fault as fault:
                self._keep_trouble(db, fault, now)
                raise
        if judge:
            self.judge(report, trust, now=now)
        return report

    def judge(self, report: Report, trust: Trust, *, now: int) -> None:
        """Judge the obligations of what was taken in, if it is time; other threads may take in what is new meanwhile.

        Raises Fault `explorer.not-judged`; that it failed is kept for the pages to say.
        """
        with self._writer() as db:
            try:
                made = judged.judge(db, report, trust.policy, now)
            except Exception as error:
                told = f"the obligations could not be judged: {error!r}"
                fault = Fault("explorer.not-judged", told, where=report.ledger)
                with writing(db):
                    _keep_since(Facts(db), "unjudged", fault, now)
                raise fault from error
            if made:
                with writing(db):
                    Facts(db).drop("unjudged")

    @contextmanager
    def _writer(self) -> Iterator[Database]:
        """A connection that may write. It closes in its turn, for the last one that closes writes too."""
        db = self._open()
        try:
            yield db
        finally:
            with turn(db):
                db.close()

    def _take_in(
        self,
        db: Database,
        source: Source,
        trust: Trust,
        now: int,
        executor: Executor | None,
        progress: Callable[[int, int], None] | None,
    ) -> Report:
        with writing(db):
            facts = Facts(db)
            self._require_same(facts, trust)
            run = facts.number("run")
            state = self._state(run, lambda: facts.get("state") or b"") if run else None  # the audit works on a copy
            filling = Filling(db, facts.number("size"), facts.number("history"), _witness_keys(trust, state))
            report = self._run(
                source,
                trust.policy,
                charter=trust.charter,
                executor=executor,
                state=state,
                observer=filling,
                progress=progress,
                now=now,
                events=True,
            )
            _require_shown(report, filling)
            self._conclude(db, facts, filling, report, trust, now)
        return report

    def _conclude(self, db: Database, facts: Facts, filling: Filling, report: Report, trust: Trust, now: int) -> None:
        """Write what the run ended with, now that it is known to have ended well."""
        first, history = facts.number("size"), facts.number("history")
        filling.note_rest(report.findings)
        filling.watch(_witness_keys(trust, report.state))
        settling.mark_standing(db, report.state, first)
        settling.date(db, report.state, settling.floor(db, history, first), filling.size)
        point = report.checkpoint
        assert point is not None
        if (first, history) != (filling.size, filling.history) or facts.get("checkpoint") != point.raw:
            facts.put("state", report.state.to_bytes())
            facts.put("run", b"%d" % (facts.number("run") + 1))
        facts.put("report", json.dumps(report.to_json(), sort_keys=True, default=str).encode())
        facts.put("checkpoint", point.raw)
        facts.put("cosigned", json.dumps(report.cosigned).encode())
        facts.put("policy", trust.policy.text)
        facts.put("ledger", report.ledger.encode())
        facts.put("charter", (report.charter or "").encode())
        facts.put("audited", b"%d" % now)
        facts.put("size", b"%d" % filling.size)
        facts.put("history", b"%d" % filling.history)
        facts.drop("trouble")
        convicting = next((found for found in report.findings if found.exit is Exit.CONTRADICTION), None)
        if convicting is not None:
            _keep_contradiction(facts, {**convicting.to_json(), "where": report.ledger, "at": now, "since": now})

    def _require_same(self, facts: Facts, trust: Trust) -> None:
        """A copy is one ledger's under one policy and charter: another reader's trust needs a copy of its own."""
        kept = facts.get("policy")
        if kept is not None and kept != trust.policy.text:
            raise _other("policy", sha256(kept).hexdigest(), sha256(trust.policy.text).hexdigest())
        charter = facts.get("charter")
        if charter is not None and trust.charter not in (None, charter.decode()):
            raise _other("charter", charter.decode(), trust.charter or "")

    def _keep_trouble(self, db: Database, fault: Fault, now: int) -> None:
        """Remember why the last run took nothing in, and since when it has been so."""
        with writing(db):
            facts = Facts(db)
            told = _keep_since(facts, "trouble", fault, now)
            if fault.evidence.get("exit") == Exit.CONTRADICTION.name:
                _keep_contradiction(facts, told)

    def _state(self, run: int, read: Callable[[], bytes]) -> AuditState:
        """The audit state of a run; the newest stays parsed, because every page asks it."""
        with self._lock:
            if run not in self._states:
                self._states = {run: AuditState.from_bytes(read())}
            return self._states[run]

    def _open(self) -> Database:
        # One connection at a time writes (see facts.turn), and readers cannot.
        db = Database(sqlite3.connect(self.path, timeout=30))
        db.enable_wal()
        return db

    def _prepare(self, db: Database) -> None:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        if version == schema.VERSION:
            return
        with writing(db):
            for (name,) in db.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'words'"
            ).fetchall():
                db.execute(f"DROP TABLE {name}")
            for (name,) in db.execute(_OWN_TABLES).fetchall():
                db.execute(f"DROP TABLE [{name}]")
            schema.create(db)
            db.execute(f"PRAGMA user_version = {schema.VERSION}")


_OWN_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"


def _witness_keys(trust: Trust, state: AuditState | None) -> list[Any]:
    """The witnesses that the reader's policy and the charter name."""
    keys = list(trust.policy.witness_keys)
    if state is not None and state.trust.charter is not None:
        keys += [key for named in state.trust.charter.witnesses.values() for key in named]
    return keys


def _keep_since(facts: Facts, name: str, fault: Fault, now: int) -> dict[str, Any]:
    """Keep a fault by name, with the moment since when it has been so: that of the last one, if it had the same code."""
    before = facts.json(name)
    since = before["since"] if before and before["code"] == fault.code else now
    told = {**fault.to_json(), "at": now, "since": since}
    facts.put(name, json.dumps(told, sort_keys=True).encode())
    return told


def _keep_contradiction(facts: Facts, told: dict[str, Any]) -> None:
    """Keep the first contradiction for ever: an honest view shown again takes nothing back of what was signed twice."""
    if facts.get("contradiction") is None:
        facts.put("contradiction", json.dumps(told, sort_keys=True, default=str).encode())


def _require_shown(report: Report, filling: Filling) -> None:
    """Refuse what may not be shown: records that are not all those, and only those, of a checkpoint that the policy believes.

    That is asked of the copy itself: its own tree must have the checkpoint's size and root. Everything else that an audit
    finds, on the log, on a witness or on a party, is for readers to know, and no reason to show them less. A run that a
    source cut short is tried again: it says nothing of the log.
    """
    if report.refusal is not None and report.exit is not Exit.CONTRADICTION:
        raise report.refusal
    point, state = report.checkpoint, report.state
    held = (filling.size, filling.root, filling.history)
    whole = point is not None and (point.size, point.root, state.history_count) == held
    cut_short = any(found.exit is Exit.NETWORK for found in report.findings)
    if whole and report.refusal is None and not cut_short:
        return
    findings = [finding.to_json() for finding in report.findings]
    undecided = [check.detail for check in report.checks if not check.ok]
    words = [finding["message"] for finding in findings] + undecided or ["the audit did not reach the checkpoint"]
    raise Fault(
        "explorer.not-shown",
        words[0],
        where=report.ledger,
        evidence={"exit": report.exit.name, "findings": findings, "checks": undecided},
    )


def _other(what: str, kept: str, given: str) -> Fault:
    return Fault(
        "explorer.other-copy",
        f"this copy was made under another {what}: {kept}, not {given}",
        where=what,
        evidence={"kept": kept, "given": given},
    )
