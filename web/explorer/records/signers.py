"""Who signed what: the signers of a statement with their offices' pages of keys, and how many statements a signer signed."""

from __future__ import annotations

from typing import Any

from verifier.statement import Statement
from web.explorer.copy.view import View


def of(view: View, said: Statement) -> list[dict[str, Any]]:
    """The signers of a statement, each with its keys (algorithm, key id) and the address at which they are told of."""
    ring = view.trust.ring
    found = []
    for signer in said.signers:
        known = ring.signers.get(signer)
        keys = [(view.trust.book[keyid].algorithm, keyid) for keyid in known.keys] if known else []
        address = f"/keys/{known.party}#{signer}" if known else None
        found.append({"signer": signer, "keys": keys, "address": address})
    return found


def signed(view: View, signer: str) -> int:
    """How many statements that stand a signer has signed.

    Records that the audit judges as absent are few, and have findings: they are counted apart and taken off.
    """
    total = view.number("SELECT count(*) FROM signed WHERE signer = ?", (signer,))
    absent = """SELECT count(*) FROM records CROSS JOIN signed ON signed.signer = ? AND signed.idx = records.idx
        WHERE records.findings > 0 AND records.stands = 0"""
    return total - view.number(absent, (signer,))
