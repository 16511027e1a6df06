"""What pages say of obligations: the members of the report, with beside them what the copy knows of the statements named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from web.explorer.copy.judged_types import Judgement, Owed, Text
from web.explorer.copy.judged_view import Judged
from web.explorer.copy.view import View
from web.explorer.promises import words as told
from web.explorer.records.briefs import brief
from web.explorer.records.files import parsed
from web.explorer.wording import kinds, languages
from web.explorer.wording.words import utc


class Teller:
    """Tells of obligations on one page: what texts and records it needs, it reads once."""

    def __init__(self, judged: Judged) -> None:
        self.judged = judged
        self._texts: dict[str, Text | None] = {}
        self._briefs: dict[str, dict[str, Any] | None] = {}

    @property
    def view(self) -> View:
        """The view of the copy."""
        return self.judged.view

    def text(self, source: str) -> Text | None:
        """The text that holds an obligation's rule."""
        if source not in self._texts:
            self._texts[source] = self.judged.text(source)
        return self._texts[source]

    def rule(self, one: Owed) -> Mapping[str, Any]:
        """The rule of an obligation, as signed."""
        text = self.text(one.row["source"])
        assert text is not None
        return text.rule(one.row["rule"])

    def statement(self, statement: str | None) -> dict[str, Any] | None:
        """A statement as lists show it; None where the copy has none of this id (it may be an obligation's)."""
        if statement is None:
            return None
        if statement not in self._briefs:
            row = self.view.statement(statement)
            self._briefs[statement] = None if row is None else brief(row)
        return self._briefs[statement]

    def facts(self, one: Owed) -> dict[str, Any]:
        """An obligation for a page: `obligation` is its row in the report, word for word; the rest stands beside it."""
        rule, moment = self.rule(one), self._moment(one)
        state, symbol = told.STATES[one.status]
        return {
            "obligation": dict(one.row),
            "address": f"/obligations/{one.id}",
            "exercise": one.exercise,
            "incident": one.thread,
            "what": told.what(rule),
            "terms": told.terms(rule),
            "state": state,
            "symbol": symbol,
            "status_label": told.status(one.status),
            "told": told.told(one, rule, moment),
            "spare": told.spare(one, moment),
            "begun": utc(one.begun),
            "done": utc(one.done),
            "trigger": self.statement(one.row["trigger"]),
            "discharged_by": self.statement(one.row["discharged_by"]),
            "source": self.statement(one.row["source"]),
        }

    def _moment(self, one: Owed) -> int:
        found = self.judged.real if one.exercise is None else self.judged.judgement(one.exercise)
        return found.moment if found else self.judged.moment

    def several(self, some: Iterable[Owed]) -> list[dict[str, Any]]:
        """Several obligations for a page."""
        return [self.facts(one) for one in some]

    def answers(self, one: Owed) -> list[dict[str, Any]]:
        """What was said of an obligation, in order: the statement, and its own words where they can be read."""
        return [answer for row in one.row["answers"] if (answer := self._answer(row)) is not None]

    def _answer(self, row: Mapping[str, str]) -> dict[str, Any] | None:
        found = self.view.statement(row["statement"])
        if found is None:
            return None
        said = parsed(self.view, found)[1]
        text = said.body.get("text")
        texts = text if isinstance(text, dict) else {said.language: text} if isinstance(text, str) else {}
        order = [tag for tag in (languages.current().code, said.language) if tag in texts]
        worded = [{"language": tag, "text": texts[tag]} for tag in dict.fromkeys([*order, *texts])]
        return {**brief(found), "kind": kinds.label("types", row["type"]), "texts": worded}


def command(judgement: Judgement, charter: str, obligation: str | None = None) -> str:
    """The command that repeats a judgement, and with it the report's SHA-256; of one obligation, its explanation."""
    asked = utc(judgement.moment)
    lines = ["detente-verify conformance SOURCE", "--policy YOUR.policy", f"--charter {charter}", f"--as-of {asked}"]
    if judgement.exercise:
        lines.append(f"--exercise {judgement.exercise}")
    if obligation:
        lines.append(f"--explain {obligation}")
    return " \\\n  ".join(lines)


def head(judged: Judged, judgement: Judgement | None, obligation: str | None = None) -> dict[str, Any] | None:
    """What stands over every list of obligations: as of when, up to which record, the report's digest, how to repeat it."""
    if judgement is None:
        return None
    return {**judgement.to_json(), "command": command(judgement, judged.view.charter, obligation)}
