"""The parts of a certificate, each from the copy: what is certified, the steps, the checkpoint, the digests, what is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from verifier.statement import Statement
from web.explorer.certificate.runs import english, isolated, machine, ours, said
from web.explorer.copy.health import Health
from web.explorer.copy.rows import Row
from web.explorer.copy.view import View
from web.explorer.records.ladder import Step
from web.explorer.records.receipts import Receipt
from web.explorer.wording import kinds
from web.explorer.wording.words import N_, _, interval, kilobytes, language_name, ngettext, number, second, utc


@dataclass(frozen=True)
class File:
    """A file that the certificate carries: its name, media type, what it is, and its bytes."""

    name: str
    kind: str
    told: str
    raw: bytes


def by(view: View, statement: Statement) -> str:
    """Who speaks: a participant and its office."""
    return _(
        "%(party)s, office %(office)s",
        party=isolated(f"{statement.party} {_named(view, statement.party)}"),
        office=isolated(statement.office),
    )


def _named(view: View, code: str) -> str:
    return kinds.names(view.registry).get(code, "")


def spoken(view: View, statement: Statement) -> str:
    """Whose words the title is, and in which language."""
    return _(
        "Words of %(party)s, in %(language)s, shown exactly as signed",
        party=isolated(_named(view, statement.party) or statement.party),
        language=isolated(language_name(statement.language)),
    )


def hidden_told(count: int) -> dict[str, Any] | None:
    """How many characters of the title stand there as code points; None if there are none."""
    if not count:
        return None
    return ours(
        ngettext(
            "One character of this title has no visible form here; it is shown by its code point.",
            "%(num)s characters of this title have no visible form here; each is shown by its code point.",
            count,
        )
    )


def exercise(view: View, statement: Statement) -> dict[str, Any] | None:
    """The banner of every page: that it is an exercise, and which."""
    if statement.exercise is None:
        return None
    drill = view.statement(statement.exercise)
    text = _("This statement was made for a drill. It is not about a real incident, and it counts for no real duty.")
    return {
        "call": ours(_("Exercise. Exercise. Exercise.")),
        "text": ours(text),
        "label": ours(_("The drill")),
        "drill": said(drill.title, drill.language) if drill and drill.title else machine(statement.exercise),
        "id": machine(statement.exercise),
    }


def warnings(view: View, health: Health) -> list[dict[str, Any]]:
    """What is wrong with the ledger or the copy, as the strip of every page says it, without ages: paper does not age."""
    trouble = view.trouble["code"] if view.trouble else None
    found = []
    for one in health.warnings:
        known = _AGELESS.get(one.code) or (_READ if one.code.startswith("source.") else None)
        told = known or (_ENDED if one.code == trouble else None)
        found.append({"state": one.state, "text": ours(_(told) if told else one.text)})
    return found


_AGELESS = {
    "copy.stale": N_("This copy was stale when the certificate was made: the ledger may hold more."),
    "ledger.silent": N_("The ledger was silent for longer than the charter allows when the certificate was made."),
    "quorum.unmet": N_("Quorum unmet: too few witnesses cosigned the ledger’s newest checkpoint."),
}
_READ, _ENDED = N_("The ledger could not be read."), N_("The last audit did not end well.")


def as_of(view: View, health: Health) -> str:
    """As of when: the checkpoint that the copy ends with, by its witnesses' clocks."""
    size = ngettext("%(num)s record", "%(num)s records", view.size)
    if health.witnessed is None:
        return _("Verified by this site as of the checkpoint of %(size)s, which has no witnessed time.", size=size)
    time = second(utc(health.witnessed) or "")
    return _("Verified by this site as of the checkpoint of %(size)s, witnessed %(time)s UTC.", size=size, time=time)


def _row(label: str, *values: dict[str, Any]) -> dict[str, Any]:
    return {"label": ours(label), "values": list(values)}


def about(view: View, row: Row, statement: Statement) -> list[dict[str, Any]]:
    """What is certified, as labels and values."""
    names = kinds.names(view.registry)
    addressees = [isolated(f"{code} {names.get(code, '')}".strip()) for code in statement.addressees]
    return [
        _row(_("Statement id"), machine(statement.id)),
        _row(_("Type"), ours(f"{kinds.label('types', statement.type)} ({isolated(statement.type)})")),
        _row(_("Party and office"), ours(by(view, statement))),
        _row(_("Number in the office’s chain"), ours(number(statement.sequence))),
        _row(_("Addressed to"), ours(_(", ").join(addressees) or _("all parties"))),
        _row(_("Language"), ours(f"{language_name(statement.language)} ({isolated(statement.language)})")),
        _row(_("Record"), ours(number(row.idx))),
        _row(_("Issued, as claimed"), ours(_moment(row.issued))),
        _row(_("Received, by the depositary"), ours(_moment(row.received))),
        _row(_("The witnessed time"), ours(interval(utc(row.witnessed_after), utc(row.witnessed_before)))),
    ]


def _moment(seconds: int | None) -> str:
    text = utc(seconds)
    return _("not known") if text is None else _("%(time)s UTC", time=second(text))


def step(one: Step) -> dict[str, Any]:
    """One step of the ladder, with its result."""
    told = english(one.detail) if one.verifier else ours(one.detail)
    return {"name": ours(one.name), "state": one.state, "word": ours(one.word), "detail": told}


def checkpoint(receipt: Receipt) -> list[dict[str, Any]]:
    """The checkpoint of the receipt, as labels and values."""
    point = receipt.proof.checkpoint
    found = [
        _row(_("Origin"), machine(point.origin)),
        _row(_("Size"), ours(ngettext("%(num)s record", "%(num)s records", point.size))),
        _row(_("Root"), machine(point.root.hex())),
    ]
    if receipt.number is not None:
        found.append(_row(_("In the history"), ours(_("Entry %(n)s of the history", n=number(receipt.number)))))
    if not receipt.accepted.cosigned:
        found.append(_row(_("Cosigned by"), ours(_("This copy’s policy names no quorum of witnesses."))))
    return found


def witnesses(view: View, receipt: Receipt) -> list[dict[str, Any]]:
    """Who cosigned that checkpoint and when, earliest first."""
    cosigned = receipt.accepted.cosigned
    rows = sorted((at, view.policy.witnesses[name].key.name) for name, at in cosigned.items())
    return [
        {"name": machine(name), "at": ours(second(utc(at) or "") if at else _("no time given"))} for at, name in rows
    ]


def file(one: File) -> dict[str, Any]:
    """A file that is carried, as a row of the table."""
    return {"name": machine(one.name), "told": ours(one.told), "size": ours(kilobytes(len(one.raw)))}


def digests(
    view: View, row: Row, statement: Statement, carried: Sequence[File], receipt: Receipt
) -> list[dict[str, Any]]:
    """The digests by which each thing named here is found again."""
    point = receipt.proof.checkpoint
    found = [
        _row(_("Statement id"), machine(statement.id)),
        _row(_("Record %(n)s", n=number(row.idx)), machine(row.digest)),
        _row(
            _("This office’s statement before"),
            machine(statement.previous) if statement.previous else ours(_("none: this is the charter")),
        ),
        *(_row(one.told, machine(sha256(one.raw).hexdigest())) for one in carried),
        _row(
            _("Root of the checkpoint of size %(n)s", n=number(point.size)),
            machine(point.root.hex()),
        ),
        _row(_("Charter digest"), machine(view.charter)),
    ]
    attached = [
        _row(_("Attachment"), said(str(one["name"]), statement.language), machine(str(one["digest"])))
        for one in statement.attachments
    ]
    return found + attached
