"""A small ledger for the explorer's tests: real names, several languages, a change, hostile text, and what may go wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.simulated_log import SimulatedLog
from verifier import vocabulary
from verifier.formats import policy
from verifier.source import Source, open_source
from web.explorer.copy.audited import Copy, Trust

NAMES = {
    "DEP": {"en": "Depositary of the Sarnholm Accord"},
    "XA": {"en": "Republic of Arvenia", "ar": "جمهورية أرفينيا", "fr": "République d'Arvénie"},
    "XB": {"en": "Federation of Belmark", "ru": "Федерация Бельмарк"},
    "XC": {"en": "Union of Corvane", "zh": "科尔文联盟"},
}
ARABIC = "مناورة الفانوس الشمالي: تدريب وطني على استمرار الموانئ"
CHINESE = "年度网络演习计划"
HOSTILE = "<script>alert(1)</script> \u202egnp.exe\u202c <b onmouseover=x>\u200bdrill"
LONG_WORD = "q" * 9_000


class World(SimulatedLog):
    """The simulated log under the names of a fictional accord."""

    def charter_body(self) -> dict[str, Any]:
        body = super().charter_body()
        for row in body["parties"]:
            row["names"] = NAMES[row["code"]]
        return body

    @property
    def trust(self) -> Trust:
        return Trust(policy.parse(self.policy_text.encode()), self.charter_id)

    def drill(self, party: str, title: str, *, language: str = "en", **body: Any) -> str:
        """Announce a drill, with a checkpoint of its own."""
        example = vocabulary.load().example("drill-announcement")["body"]
        members = {**example, "name": title[:300], "observers": [], **body}
        found = self.say(party, "drill-announcement", members, title=title, language=language)
        self.checkpoint(pause=3600)
        return found

    def change(self, party: str, drill: str) -> str:
        """Move a drill's end."""
        example = vocabulary.load().example("drill-change")
        relates = [{"rel": "changes", "statement": drill}]
        found = self.say(
            party, "drill-change", example["body"], relates=relates, title="Quiet Harbour ends a day later"
        )
        self.checkpoint(pause=3600)
        return found

    def pledge(self, party: str) -> str:
        """A pledge in two languages, with rules."""
        example = vocabulary.load().example("pledge")
        found = self.say(party, "pledge", example["body"], title=example["title"])
        self.checkpoint(pause=3600)
        return found

    def skipped(self, party: str) -> str:
        """A record that the audit judges as absent: its sequence leaves a gap."""
        chain = self.chains[party, "foreign-ministry"]
        value = self.draft(
            party, "declaration", vocabulary.load().example("declaration")["body"], sequence=chain[0] + 5
        )
        value["title"] = "A statement out of its order"
        found = self.log(self.envelope(value), value)
        self.chains[party, "foreign-ministry"] = chain
        self.checkpoint(pause=3600)
        return found


def told(directory: Path) -> tuple[World, dict[str, str]]:
    """The ledger with its story; name -> statement id."""
    world = World()
    world.found()
    ids = {"charter": world.charter_id}
    ids["drill"] = world.drill("XA", "Exercise Quiet Harbour 2026: national cyber defence drill on live port systems")
    ids["pledge"] = world.pledge("XB")
    ids["arabic"] = world.drill("XC", ARABIC, language="ar", purpose="التدريب على إبقاء الموانئ مفتوحة.")
    ids["chinese"] = world.drill("XC", CHINESE, language="zh")
    ids["change"] = world.change("XA", ids["drill"])
    ids["hostile"] = world.drill("XB", HOSTILE, purpose=f"{HOSTILE} {LONG_WORD} \u2066</dd></dl>\n\u202e")
    world.write(directory)
    return world, ids


def source(directory: Path) -> Source:
    """The log's directory as the audit reads it."""
    return open_source(str(directory))


def filled(world: World, log: Path, directory: Path) -> Copy:
    """A copy that has caught up with the ledger."""
    copy = Copy(directory)
    copy.catch_up(source(log), world.trust, now=world.clock)
    return copy
