"""A ledger over HTTP with everybody who may be refused: offices whose signers are late, early, revoked or two; a state that
has not acceded; a statement that has sealed something. Refusals leave it as it is, so that one stage serves many.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ledger.log import Log
from tests.ledger.log_world import World
from tests.support.people import Pen, ring
from tests.support.simulated_log import OFFICE, START, TERMS, SimulatedLog
from tests.web.wire import Answer, ask
from verifier import vocabulary
from verifier.errors import kinds
from verifier.formats import canonical, times
from verifier.formats.envelope import Envelope
from verifier.sealing import Disclosure, field_name, seal
from web.log_api import Limits, create_log_app
from web.serving import Server, Settings

DSSE = {"Content-Type": "application/vnd.dsse.envelope+json"}
LINES = {"Content-Type": "application/x-ndjson"}
LIMITS = Limits(rate=None, batch_items=8, batch_bytes=200_000)
LATE, EARLY, GONE = Pen("XC late"), Pen("XC early"), Pen("XC gone")
PAIR = (Pen("XC one"), Pen("XC two"))
OTHER = "ab" * 32
CHANGES = ("parties", "log_keys", "witnesses", "policy", "vocabulary", "matrix", "terms", "rules")


class Sent(NamedTuple):
    """A request's body, its headers and its path."""

    body: bytes
    headers: dict[str, str] = DSSE
    path: str = "/statements"


class Stage:
    """The ledger `log`, published under `home`, its API at `port`; `people` draft and sign."""

    def __init__(
        self, home: Path, *, founded: bool = True, limits: Limits = LIMITS, options: dict[str, Any] | None = None
    ) -> None:
        self.world = World(home)
        self.world.people = self.people = SimulatedLog(states=("XA", "XB", "XC", "XD"), desks=4)
        self.home = home
        self.log: Log = self.world.open(**(options or {}))
        settings = Settings(threads=8, grace=1.0, bodies={"/statements/batch": 250_000})
        self._server = Server(create_log_app(self.log, limits=limits), settings=settings).start()
        self.port = self._server.port
        if founded:
            self._found()

    def _found(self) -> None:
        people = self.people
        people.found("XA", "XB", "XC")
        pens = [LATE, EARLY, GONE, *PAIR]
        holders = {"desk-0": [LATE, EARLY], "desk-1": [*PAIR], "desk-2": [GONE]}
        rings = ring(pens, {desk: (["drill-announcement"], held) for desk, held in holders.items()})
        rows = {row["office"]: row for row in rings["offices"]}
        rows["desk-1"]["threshold"] = 2
        for row in rows["desk-0"]["signers"]:
            ends = {"not_after": START - 1} if row["signer"] == LATE.id else {"not_before": START + 86_400}
            row.update({name: times.format_utc(second) for name, second in ends.items()})
        people.key_change("XC", rings=rings)
        people.revoke("XC", GONE)
        self.drill_id = people.announce("XB")
        self.opening = self._sealed("XB")
        changes = {**dict.fromkeys(CHANGES), "terms": TERMS}
        relates = [{"rel": "amends", "statement": people.charter_id}]
        text = {"summary": "The terms as they are.", "changes": changes}
        self.amendment_id = people.say("XA", "amendment", text, relates=relates)
        outcomes = self.log.submit([one.raw for _, one in people.envelopes.values()], wait=10)
        assert all(hasattr(one, "index") for one in outcomes), outcomes

    def _sealed(self, party: str) -> Disclosure:
        """A drill whose purpose is sealed; what opens it."""
        sequence, _ = self.people.chains[party, OFFICE]
        found = seal(field_name(party, OFFICE, sequence, "/body/purpose"), "To keep ports open.", bytes(range(16)))
        row = {"pointer": "/body/purpose", "digest": found.digest, "tlp": "TLP:AMBER", "opens": None}
        body = {**example("drill-announcement"), "purpose": None}
        self.sealed_id = self.people.say(party, "drill-announcement", body, sealed=[row])
        return found

    # What may be said.

    def draft(self, party: str = "XB", kind: str = "drill-announcement", **members: Any) -> dict[str, Any]:
        """The next statement of a party, which would be admitted as it is; `members` override any."""
        body = members.pop("body") if "body" in members else example(kind)
        return self.people.draft(party, kind, body, **members)

    def signed(self, value: dict[str, Any], *pens: Pen) -> bytes:
        """Its envelope, signed by these, or by the office's own; the statement names those who sign."""
        if pens:
            value = {**value, "signers": sorted(pen.id for pen in pens)}
        return self.people.envelope(value, *pens).raw

    def drill(self, party: str = "XB", *pens: Pen, **members: Any) -> bytes:
        """A drill announcement with other members."""
        return self.signed(self.draft(party, **members), *pens)

    def payload(self, change: Callable[[bytes], bytes]) -> bytes:
        """A drill announcement whose bytes were changed before they were signed."""
        pen = self.people.pen("XB")
        payload = change(canonical.encode(self.draft()))
        return Envelope(payload, tuple(sorted(pen.sign(payload)))).raw

    def envelope(self, change: Callable[[dict[str, Any]], object], party: str = "XB") -> bytes:
        """A good envelope, changed after it was signed."""
        value = json.loads(self.drill(party))
        change(value)
        return canonical.encode(value)

    # What comes of it.

    def send(self, sent: Sent) -> Answer:
        """POST it."""
        return ask(self.port, "POST", sent.path, sent.body, sent.headers)

    def written(self) -> Any:
        """See `written`."""
        return written(self.log)

    def require_refused(self, sent: Sent, status: int, code: str) -> dict[str, Any]:
        """Send it: it is refused so, and nothing is written."""
        before = self.written()
        told = problem(self.send(sent), status, code)
        assert self.written() == before
        return told

    def require_open(self) -> None:
        """The next good statement of the same office is logged."""
        size = self.log.size
        answer = self.send(Sent(self.world.drills(1)[0]))
        assert (answer.status, self.log.size) == (200, size + 1), answer.body

    def close(self) -> None:
        """Stop the server and what the log holds open."""
        self._server.stop()
        self.log.witnesses.close()
        self.log._store.close()


def written(log: Log) -> Any:
    """Everything that a refusal must leave as it is: the store, the trust state and the published directory."""
    public = log.publisher.directory
    files = {path.relative_to(public): path.read_bytes() for path in public.rglob("*") if path.is_file()}
    stored = log._store.size(), log._store.history(), log._store.snapshot()
    return log.size, stored, canonical.encode(log.trust.dump()), files


def example(kind: str) -> dict[str, Any]:
    """A body of a type, as the vocabulary shows it; a drill without the observers, who are not in this registry."""
    body = dict(vocabulary.load().example(kind)["body"])
    return {**body, "observers": []} if kind == "drill-announcement" else body


def problem(answer: Answer, status: int, code: str) -> dict[str, Any]:
    """The problem document (RFC 9457), complete, with this code; the registry gives the same status and next step."""
    told: dict[str, Any] = json.loads(answer.body)
    assert (told["code"], answer.status) == (code, status), told
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert (told["type"], told["status"]) == (f"/problems/{code}", status)
    assert (kinds()[code].status, kinds()[code].next) == (status, told["next"])
    assert told["title"]
    assert told["detail"]
    return told
