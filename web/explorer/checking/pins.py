"""What the browser is given to judge by: the policy of the copy, and the parties' keys as of its newest checkpoint.

    {"kind": "detente-pins", "version": 1, "ledger", "charter": hex, "policy": tlog-policy text, "audited": UTC,
     "checkpoint": {"size", "root": hex}, "participants": {code: {language: name}}, "keys": [base64 of the SPKI],
     "signers": {id: {"keys": [keyid], "party", "revoked": {"record", "from_record"} or null}},
     "offices": [{"party", "office", "from", "until", "types", "threshold", "signers": {id: {"not_before", "not_after"}}}]}

`from` is the first record for which an office's entry is in force, `until` the first for which it is not, or null.
Nothing is judged here: the audit has judged every founding statement, and this says what they left in force, and when.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any
from weakref import WeakKeyDictionary

from verifier.examine import INTRODUCES_KEYS, Examined
from verifier.parties import ROOT
from verifier.trust import TrustState
from web.explorer.copy.view import View
from web.explorer.wording.words import utc

KIND, VERSION = "detente-pins", 1
_known: WeakKeyDictionary[TrustState, dict[str, Any]] = WeakKeyDictionary()
"""The pins of each state of trust that pages are being made from, put together once."""
_Act = tuple[int, str, str, Mapping[str, Any]]
"""(first record for which it is in force, party, office, entry)"""


def pins(view: View) -> dict[str, Any]:
    """The pins of a copy that is not empty."""
    if view.trust not in _known:
        _known[view.trust] = _parties(view.trust)
    return {
        "kind": KIND,
        "version": VERSION,
        "ledger": view.ledger,
        "charter": view.charter,
        "policy": view.policy.text.decode("utf-8", "replace"),
        "audited": utc(view.audited),
        "checkpoint": {"size": view.checkpoint.size, "root": view.checkpoint.root.hex()},
        **_known[view.trust],
    }


def _parties(trust: TrustState) -> dict[str, Any]:
    signers = {
        one.id: {"keys": list(one.keys), "party": one.party, "revoked": _revoked(trust, one.id)}
        for one in trust.ring.signers.values()
    }
    return {
        "participants": {code: dict(one.names) for code, one in trust.registry.items()},
        "keys": [b64encode(key.spki).decode() for _keyid, key in sorted(trust.book.items())],
        "signers": signers,
        "offices": _over_time(_acts(trust)),
    }


def _revoked(trust: TrustState, signer: str) -> dict[str, Any] | None:
    found = trust.ring.revoked.get(signer)
    return {"record": found.record, "from_record": found.from_record} if found else None


def _acts(trust: TrustState) -> Iterable[_Act]:
    """Every entry of an office that a founding statement, or an amendment of the matrix, brought into force."""
    events: list[tuple[int, frozenset[str] | dict[str, Any]]] = [
        (index + 1, dict(zip(Examined._fields, seen, strict=True))) for index, _at, seen in trust.dump()["founding"]
    ]
    events += [(record, charter.matrix[ROOT]) for record, charter in trust.charters[1:]]
    types = sorted(trust.charters[0][1].matrix[ROOT]) if trust.charters else []
    roots: dict[str, dict[str, Any]] = {}
    for since, event in sorted(events, key=lambda one: one[0]):
        if isinstance(event, frozenset):
            types = sorted(event)
            roots = {party: {**root, "types": types} for party, root in roots.items()}
            yield from ((since, party, ROOT, root) for party, root in roots.items())
        elif event["type"] in INTRODUCES_KEYS:
            root = _root(trust, event)
            if root is not None:
                roots[event["party"]] = {**root, "types": types}
                yield since, event["party"], ROOT, roots[event["party"]]
            yield from ((since, event["party"], row["office"], _entry(row)) for row in event["body"]["offices"])


def _root(trust: TrustState, event: Mapping[str, Any]) -> dict[str, Any] | None:
    """The root that a founding statement sets: the registry's, or the one that a key-change names; None: it stays."""
    if event["type"] != "key-change":
        root = trust.registry[event["party"]].root
        signers, threshold = root.signers, root.threshold
    elif event["body"]["root"] is None:
        return None
    else:
        signers, threshold = event["body"]["root"]["signers"], event["body"]["root"]["threshold"]
    return {"threshold": threshold, "signers": {one: {"not_before": None, "not_after": None} for one in signers}}


def _entry(row: Mapping[str, Any]) -> dict[str, Any]:
    dates = ("not_before", "not_after")
    signers = {one["signer"]: {name: one[name] for name in dates} for one in row["signers"]}
    return {"types": sorted(row["types"]), "threshold": row["threshold"], "signers": signers}


def _over_time(acts: Iterable[_Act]) -> list[dict[str, Any]]:
    """The entries with the records for which each is in force: one ends where the next of its office begins."""
    found: list[dict[str, Any]] = []
    newest: dict[tuple[str, str], dict[str, Any]] = {}
    for since, party, office, entry in acts:
        if (before := newest.get((party, office))) is not None:
            before["until"] = since
        row = {"party": party, "office": office, "from": since, "until": None, **entry}
        newest[party, office] = row
        found.append(row)
    return found
