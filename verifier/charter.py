"""The charter: record 0, the treaty in machine-readable form, and what amendments in force have made of it.

Source: docs/FORMAT.md, section "Charter". The vocabulary's schema has judged the form before; here is what a schema cannot say.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from verifier import vocabulary
from verifier.errors import Fault
from verifier.formats import note, times
from verifier.formats import policy as policies
from verifier.formats.note import VerifierKey
from verifier.formats.policy import Policy


@dataclass(frozen=True)
class Root:
    """Who speaks for a participant at last resort: signer ids and how many of them must sign."""

    signers: tuple[str, ...]
    threshold: int


@dataclass(frozen=True)
class Party:
    """An entry of the registry. `kind`: state, depositary, verifier or mediator. `names`: language -> name."""

    code: str
    kind: str
    names: Mapping[str, str]
    root: Root


@dataclass(frozen=True)
class Terms:
    """The terms that the audit and the judgement need, in seconds, and counts."""

    skew: int
    longest_silence: int
    withdrawal_notice: int
    correction_window: int
    end_extension: int
    acknowledgement_grace: int
    observations: int
    amendment_adherents: int


@dataclass(frozen=True)
class Charter:
    """The charter in force at some record. `matrix`: office -> types it may ever be authorised for."""

    parties: Mapping[str, Party]
    log_keys: tuple[VerifierKey, ...]
    witnesses: Mapping[str, tuple[VerifierKey, ...]]
    policy: Policy
    vocabulary: str
    matrix: Mapping[str, frozenset[str]]
    terms: Terms
    rules: tuple[Mapping[str, Any], ...]

    @property
    def origin(self) -> str:
        """The log's name, which all its keys carry."""
        return self.log_keys[0].name

    def amended(self, changes: Mapping[str, Any]) -> Charter:
        """The charter with an amendment's changes in force (members that are not null). Raises Fault `charter.…`."""
        new = self
        if changes["parties"] is not None:
            new = replace(new, parties={**new.parties, **read_parties(changes["parties"])})
        if changes["log_keys"] is not None:
            new = replace(new, log_keys=_keys(changes["log_keys"], "/body/changes/log_keys"))
        if changes["witnesses"] is not None:
            new = replace(new, witnesses=_witnesses(changes["witnesses"], "/body/changes/witnesses"))
        if changes["policy"] is not None:
            new = replace(new, policy=policies.parse(changes["policy"].encode()))
        if changes["vocabulary"] is not None:
            new = replace(new, vocabulary=_vocabulary(changes["vocabulary"]))
        if changes["matrix"] is not None:
            new = replace(new, matrix=_matrix(changes["matrix"]))
        if changes["terms"] is not None:
            new = replace(new, terms=_terms(changes["terms"]))
        if changes["rules"] is not None:
            new = replace(new, rules=tuple(changes["rules"]))
        new.check(rules_at="/body/changes/rules")
        return new

    def check(self, *, rules_at: str = "/body/rules") -> None:
        """Refuse a charter that contradicts itself. Raises Fault `charter.inconsistent`, `policy.disjoint-quorums`, `rule.…`.

        1. One depositary, and no root signer of two participants.  2. The log's keys carry one name; one is Ed25519.
        3. Each witness's keys are cosignature keys under its name, and none is the log's.  4. The policy's logs are the log
        keys, its witness keys those of the witnesses.  5. Any two quorums share a witness.  6. The office `root` stands in
        the matrix and may accede and change keys.  7. The rules hold together.
        """
        self._check_parties()
        self._check_log_keys()
        self._check_witnesses()
        self._check_policy()
        self.policy.require_intersecting()
        if not self.matrix.get("root", frozenset()) >= {"accession", "key-change"}:
            raise _inconsistent("/body/matrix", "the office root is missing, or may not accede or change keys")
        vocabulary.check_rules(list(self.rules), vocabulary.load(self.vocabulary), where=rules_at)

    def _check_parties(self) -> None:
        depositaries = sorted(party.code for party in self.parties.values() if party.kind == "depositary")
        if len(depositaries) != 1:
            raise _inconsistent("/body/parties", f"a ledger has one depositary, these are named: {depositaries}")
        owner: dict[str, str] = {}
        for code, party in sorted(self.parties.items()):
            for signer in party.root.signers:
                if owner.setdefault(signer, code) != code:
                    raise _inconsistent("/body/parties", f"{owner[signer]} and {code} both name root signer {signer}")

    def _check_log_keys(self) -> None:
        names = sorted({key.name for key in self.log_keys})
        if len(names) != 1:
            raise _inconsistent("/body/log_keys", f"the log's keys carry its one name, these carry {names}")
        if all(key.algorithm != note.ED25519 for key in self.log_keys):
            raise _inconsistent("/body/log_keys", "the log signs with an Ed25519 key always; none is named")

    def _check_witnesses(self) -> None:
        log = {key.public_key for key in self.log_keys}
        for name, keys in self.witnesses.items():
            for key in keys:
                if key.name != name:
                    raise _inconsistent("/body/witnesses", f"a key of witness {name} carries the name {key.name}")
                if key.algorithm == note.ED25519:
                    raise _inconsistent("/body/witnesses", f"{key.vkey} is no cosignature key")
                if key.public_key in log:
                    raise _inconsistent("/body/witnesses", f"witness {name} would sign with a key of the log")

    def _check_policy(self) -> None:
        if set(self.policy.log_keys) != set(self.log_keys):
            raise _inconsistent("/body/policy", "the policy's log lines are not the charter's log keys")
        named = {key for keys in self.witnesses.values() for key in keys}
        strangers = [key.vkey for key in self.policy.witness_keys if key not in named]
        if strangers:
            raise _inconsistent("/body/policy", f"the policy names witness keys that the charter does not: {strangers}")


def read(body: Mapping[str, Any]) -> Charter:
    """The charter in a charter statement's body, checked.

    Raises Fault `charter.…`, `policy.…`, `vkey.malformed`, `key.weak`, `vocabulary.unknown`, `rule.…`.
    """
    charter = Charter(
        parties=read_parties(body["parties"]),
        log_keys=_keys(body["log_keys"], "/body/log_keys"),
        witnesses=_witnesses(body["witnesses"], "/body/witnesses"),
        policy=policies.parse(body["policy"].encode()),
        vocabulary=_vocabulary(body["vocabulary"]),
        matrix=_matrix(body["matrix"]),
        terms=_terms(body["terms"]),
        rules=tuple(body["rules"]),
    )
    charter.check()
    return charter


def read_parties(rows: Iterable[Mapping[str, Any]]) -> dict[str, Party]:
    """The registry's entries by code. Raises Fault `charter.inconsistent` on a threshold that cannot be met."""
    parties: dict[str, Party] = {}
    for n, row in enumerate(rows):
        root = Root(tuple(row["root"]["signers"]), row["root"]["threshold"])
        if not 1 <= root.threshold <= len(root.signers):
            told = f"threshold {root.threshold} of {len(root.signers)} signers cannot be met"
            raise _inconsistent(f"/body/parties/{n}/root", told)
        parties[row["code"]] = Party(row["code"], row["kind"], dict(row["names"]), root)
    return parties


def _inconsistent(where: str, why: str) -> Fault:
    return Fault("charter.inconsistent", why, where=where)


def _keys(rows: Iterable[str], where: str) -> tuple[VerifierKey, ...]:
    keys = tuple(note.parse_vkey(text) for text in rows)
    if len({key.public_key for key in keys}) != len(keys):
        raise _inconsistent(where, "one key is named twice")
    return keys


def _witnesses(rows: Iterable[Mapping[str, Any]], where: str) -> dict[str, tuple[VerifierKey, ...]]:
    found: dict[str, tuple[VerifierKey, ...]] = {}
    for row in rows:
        if row["name"] in found:
            raise _inconsistent(where, f"witness {row['name']} is named twice")
        found[row["name"]] = _keys(row["keys"], where)
    _keys([key.vkey for keys in found.values() for key in keys], where)
    return found


def _vocabulary(row: Mapping[str, str]) -> str:
    return vocabulary.require(row["version"], row["digest"]).version


def _matrix(rows: Iterable[Mapping[str, Any]]) -> dict[str, frozenset[str]]:
    return {row["office"]: frozenset(row["types"]) for row in rows}


def _terms(row: Mapping[str, Any]) -> Terms:
    durations = (
        "skew",
        "longest_silence",
        "withdrawal_notice",
        "correction_window",
        "end_extension",
        "acknowledgement_grace",
    )
    seconds = {name: times.parse_duration(row[name]) for name in durations}
    return Terms(**seconds, observations=row["observations"], amendment_adherents=row["amendment_adherents"])
