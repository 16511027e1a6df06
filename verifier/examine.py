"""What one envelope says and whether it is well made: the rules that need no memory of the log.

Audit and admission both call `examine` first and `TrustState.authorise` second: there is one set of rules. The result is
small and picklable, because an audit examines bundles in other processes and folds the results in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from verifier import drills, keys, statement, vocabulary
from verifier.conformance.facts import Facts, facts
from verifier.drills import Outline
from verifier.errors import Fault
from verifier.formats import envelope as dsse
from verifier.formats import reader
from verifier.formats.envelope import Envelope
from verifier.keys import PublicKey
from verifier.statement import Statement

INTRODUCES_KEYS = frozenset({"charter", "accession", "key-change"})
FOUNDING = INTRODUCES_KEYS | {"amendment", "adherence"}
"""The types whose body changes the state of trust."""
JUDGED = FOUNDING | {"disclosure"}
"""The types whose body is judged against the state of trust: their body travels with the result."""


class Examined(NamedTuple):
    """What the trust state needs to know of a statement. Members as in Statement, and:

    `keyids`: of the envelope's signatures; `unverified`: those whose key is not in the book yet; `issued`: seconds;
    `body`: of judged types, else None; `sealed`: (pointer, digest) pairs; `drill`: what it says of a drill's dates and
    people, or None; `fault`: the first fault found, or None; `facts`: what rules may read of it, where they were asked for.
    """

    id: str
    ledger: str
    party: str
    office: str
    sequence: int
    previous: str | None
    signers: tuple[str, ...]
    type: str
    issued: int
    addressees: tuple[str, ...]
    relates: tuple[tuple[str, str], ...]
    exercise: str | None
    body: dict[str, Any] | None
    sealed: tuple[tuple[str, str], ...]
    drill: Outline | None
    keyids: tuple[str, ...]
    unverified: tuple[str, ...]
    fault: Fault | None
    facts: Facts | None = None


UNREADABLE = Examined("", "", "", "", 0, None, (), "", 0, (), (), None, None, (), None, (), (), None)
"""Stands for an envelope whose statement could not be read; its `fault` says why."""


def examine(
    envelope: Envelope, book: Mapping[str, PublicKey], version: str = "1", *, with_facts: bool = False
) -> Examined:
    """Examine one envelope against the key book and a vocabulary version. Never raises for what the envelope holds.

    1. The payload is a statement in canonical form.  2. Its body, its relations and its exercise marking fit its type.
    3. What is sealed is not marked as open to all.  4. Every signature whose key is known verifies. Keys that the
    statement itself introduces count as known: a keyid certifies its key. What the party claims in `issued` is not judged.
    """
    try:
        said = statement.parse(envelope.payload)
    except Fault as unreadable:
        return UNREADABLE._replace(fault=unreadable)
    fault: Fault | None = None
    unverified: tuple[str, ...] = ()
    read: Facts | None = None
    try:
        kind = vocabulary.load(version).type(said.type)
        kind.validate(said.body, said.sealed_pointers)
        kind.check_relations(said.body, [relation.rel for relation in said.relates])
        kind.check_exercise(said.body, said.exercise is not None)
        _require_marking(said)
        unverified = verify_signatures(envelope, _with_introduced(said, book))
        if with_facts:
            read = facts(said, kind, vocabulary.load(version).definitions)
    except Fault as found:
        fault = found
    return _summary(said, envelope, unverified, fault, read)


def verify_signatures(envelope: Envelope, book: Mapping[str, PublicKey]) -> tuple[str, ...]:
    """Check every signature whose key is in the book; return the keyids of the others. Raises Fault `signature.false`."""
    message = dsse.pae(envelope.payload)
    unknown = []
    for keyid, signature in envelope.signatures:
        key = book.get(keyid)
        if key is None:
            unknown.append(keyid)
            continue
        try:
            key.verify(message, signature)
        except Fault as fault:
            raise Fault("signature.false", f"the signature by key {keyid} is false", where=f"keyid {keyid}") from fault
    return tuple(unknown)


def introduced(body: Mapping[str, Any]) -> dict[str, PublicKey]:
    """The keys that a founding body introduces, by keyid, in rising order.

    Raises Fault `key.malformed`, `key.weak`, `text.malformed`, `statement.schema`.
    """
    found: dict[str, PublicKey] = {}
    for n, row in enumerate(body["keys"]):
        where = f"/body/keys/{n}/public"
        key = keys.from_spki(reader.base64_bytes(row["public"], where=where), where=where)
        if key.algorithm != row["algorithm"]:
            raise Fault("key.malformed", f"the key is {key.algorithm}, announced as {row['algorithm']}", where=where)
        if found and key.keyid <= max(found):
            told = "keys stand in rising order of their keyids, nothing twice"
            raise Fault("statement.schema", told, where=f"/body/keys/{n}")
        found[key.keyid] = key
    return found


def _require_marking(said: Statement) -> None:
    """What everybody may read is not sealed, and what is sealed is not for everybody: the label contradicts the seal."""
    for n, row in enumerate(said.sealed):
        if row["tlp"] == "TLP:CLEAR":
            told = f"{row['pointer']} is sealed and labelled TLP:CLEAR, which means that everybody may read it"
            raise Fault("statement.marking", told, where=f"/sealed/{n}/tlp")


def _with_introduced(said: Statement, book: Mapping[str, PublicKey]) -> Mapping[str, PublicKey]:
    return {**book, **introduced(said.body)} if said.type in INTRODUCES_KEYS else book


def _summary(
    said: Statement, envelope: Envelope, unverified: tuple[str, ...], fault: Fault | None, read: Facts | None
) -> Examined:
    return Examined(
        said.id,
        said.ledger,
        said.party,
        said.office,
        said.sequence,
        said.previous,
        said.signers,
        said.type,
        said.issued_at,
        said.addressees,
        tuple([(r.rel, r.statement) for r in said.relates]),
        said.exercise,
        said.body if said.type in JUDGED and fault is None else None,
        tuple([(row["pointer"], row["digest"]) for row in said.sealed]),
        drills.outline(said.type, said.body) if fault is None else None,
        tuple([keyid for keyid, _ in envelope.signatures]),
        unverified,
        fault,
        read,
    )
