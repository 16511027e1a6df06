"""The stage: each act of the story drafted, linted, signed and submitted, at its moment, by whom it belongs to.

live       the days before it pass, with their heartbeats          house
draft      from a description; sealed fields become digests        desks, seals
lint       must find no error in what is to be logged              desks
sign       some minutes later, with the keys in use                desks
submit     the receipt is checked and kept; or the refusal told    desks
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson

from ledger.desk import files
from ledger.desk.drafting import signer_of
from ledger.desk.remote import Ledger
from verifier import sealing, vocabulary
from verifier import statement as statements
from verifier.errors import Fault
from verifier.formats import canonical
from verifier.sealing import Disclosure
from web.demo import seals
from web.demo.acts import Act, Story
from web.demo.cast import Cast, public_key, secret_key
from web.demo.desks import Desk
from web.demo.home import Home
from web.demo.house import House
from web.demo.reports import Reports
from web.demo.values import Told, Values, text

SIGNING = 720
"""Seconds between the draft and the submission: an official reads before he signs."""
APART = 60
"""Seconds between two acts at least."""
_PLAIN = ("type", "party", "office", "title", "language", "addressees", "sequence", "previous")


class Stage:
    """Plays a story in a house. `told`: the acts that were logged, `refused`: act -> the code of the refusal it met."""

    def __init__(self, home: Home, cast: Cast, story: Story, house: House) -> None:
        self._home, self._cast, self._story, self._house = home, cast, story, house
        self._desk = Desk(home, house.clock, house.url)
        self._ledger = Ledger(house.url)
        self._opened: dict[str, dict[str, Disclosure]] = {}
        self._in_use: dict[tuple[str, str], tuple[str, ...]] = {}
        self._reports = Reports(home)
        self.told: dict[str, Told] = {}
        self.refused: dict[str, str] = {}

    def play(self, progress: Callable[[int, int], None]) -> None:
        """Play all acts, and live until the story's end. `progress` is told (acts done, acts in all).

        Raises Fault `demo.unexpected` if an act ends otherwise than its author wrote, `demo.story`.
        """
        for number, act in enumerate(self._story.acts):
            self._house.live(max(act.when, self._house.clock() + APART))
            self._act(number, act)
            progress(number + 1, len(self._story.acts))
        self._house.live(self._story.end)
        self._keep()

    def _act(self, number: int, act: Act) -> None:
        holders = tuple(act.members.get("keys") or self._holders(act))
        values = Values(
            self._story, self._cast, self._home, self._house.clock(), self.told, self._opened, self._reports
        )
        signers = [signer_of(public_key(self._home, act.party, name)) for name in holders]
        said = self._desk.draft(self._description(act, values) | {"signers": signers}, self._stem(number, act))
        wrong = self._desk.lint(said)
        self._house.clock.move(self._house.clock() + SIGNING)
        try:
            if wrong and act.refused is None:
                raise Fault("demo.unexpected", f"lint finds {', '.join(wrong)}", where=act.name)
            envelope = self._desk.sign(said, [secret_key(self._home, act.party, name) for name in holders])
            found, index = self._desk.submit(envelope)
        except Fault as fault:
            self._meet(act, fault)
            return
        if act.refused is not None:
            raise Fault("demo.unexpected", f"it was logged; the story has it refused: {act.refused}", where=act.name)
        self._take_in(act, said, found, index)

    def _meet(self, act: Act, fault: Fault) -> None:
        """Take a refusal that the story foretold; any other ends the play."""
        if fault.code != act.refused:
            told = f"{fault.code}: {fault.message}"
            raise Fault("demo.unexpected", told, where=act.name, evidence=fault.evidence) from fault
        self.refused[act.name] = fault.code

    def _take_in(self, act: Act, draft: Path, found: str, index: int) -> None:
        said = statements.parse(files.read(draft))
        now = self._house.clock()
        self.told[act.name] = Told(found, index, said.party, said.office, said.sequence, said.previous, now)
        self._house.heard()
        for office, keys in act.members.get("uses", {}).items():
            self._in_use[act.party, office] = tuple(keys)
        if act.type == "charter":
            files.replace(self._home.charter, f"{found}\n".encode())

    def _holders(self, act: Act) -> tuple[str, ...]:
        return self._in_use.get((act.party, act.office)) or self._cast.holders(act.party, act.office)

    def _stem(self, number: int, act: Act) -> Path:
        folder = self._home.desks / act.party
        folder.mkdir(exist_ok=True)
        return folder / f"{number:03}-{act.name}"

    def _description(self, act: Act, values: Values) -> dict[str, Any]:
        """What an official would write by hand, or his desk's program for him."""
        found = {name: values.resolve(act.members[name], act) for name in _PLAIN if name in act.members}
        found["relates"] = [{"rel": rel, "statement": values.act(to, act).id} for rel, to in act.relations]
        found["exercise"] = values.act(act.exercise, act).id if act.exercise else None
        found["attachments"] = [self._attached(row) for row in act.members.get("attachments", [])]
        found["body"] = values.resolve(act.members["body"], act)
        if "seal" in act.members:
            self._seal(act, found, values.resolve(act.members["seal"], act))
        return found

    def _attached(self, row: dict[str, str]) -> dict[str, Any]:
        """The depositary publishes a text before a statement names it."""
        content = text(row["file"])
        digest = self._house.attach(content)
        return {"digest": digest, "media_type": row["media_type"], "name": row["file"], "size": len(content)}

    def _seal(self, act: Act, found: dict[str, Any], asked: dict[str, Any]) -> None:
        """Put digests in the place of values; what opens them stays with the author."""
        sequence, _ = self._ledger.state(act.party).chain(act.office)
        quiet = vocabulary.load().type(act.type).quiet_of(found["body"])
        pointers = quiet if asked["pointers"] == "quiet" else asked["pointers"]

        def close(pointer: str, value: Any) -> Disclosure:
            name = sealing.field_name(act.party, act.office, sequence, pointer)
            salt = self._cast.secret(f"salt {name}")[: sealing.LEAST_SALT]
            return sealing.seal_decoy(salt) if value is None else sealing.seal(name, value, salt)

        kept = seals.close(found, pointers, close)
        terms = {"tlp": asked["tlp"], "opens": asked["opens"]}
        found["sealed"] = [{"pointer": pointer, "digest": one.digest, **terms} for pointer, one in kept.items()]
        self._opened[act.name] = kept
        path = self._home.desks / act.party / f"{act.name}.disclosures.json"
        opening = canonical.encode({pointer: one.text for pointer, one in kept.items()})
        files.write_new((path, opening, files.PRIVATE))

    def _keep(self) -> None:
        """Write which act became which statement."""
        rows = [
            {
                "act": act.name,
                "id": self.told[act.name].id if act.name in self.told else None,
                "index": self.told[act.name].index if act.name in self.told else None,
                "refused": self.refused.get(act.name),
            }
            for act in self._story.acts
        ]
        files.replace(self._home.story, orjson.dumps(rows, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS))
