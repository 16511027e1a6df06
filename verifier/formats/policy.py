"""Trust policies: which logs and witnesses a reader knows, and which cosignatures suffice for believing a checkpoint.

Source: C2SP tlog-policy. A file of octets, read line by line; names and URLs are opaque.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec

from verifier.errors import Fault
from verifier.formats import cosignature, quorum
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.note import COSIGNATURE_ED25519, COSIGNATURE_MLDSA44, ED25519, VerifierKey, parse_vkey
from verifier.formats.quorum import Group
from verifier.formats.reader import decimal, shown

__all__ = ["Accepted", "Group", "LogEntry", "Policy", "WitnessEntry", "parse"]

MOST_BYTES = 2**20
MOST_ENTRIES = 256
"""Logs, witnesses and groups: at most so many of each."""
_MALFORMED = "policy.malformed"
_NONE = "none"
_LOG_TYPES = (ED25519, COSIGNATURE_MLDSA44)
_WITNESS_TYPES = (COSIGNATURE_ED25519, COSIGNATURE_MLDSA44)
_ALLOWED = bytes([0x09, 0x0A, *range(0x20, 0x7F), *range(0x80, 0x100)])


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A log that the policy accepts: its key, whose name is the log's origin, and its URL if given."""

    key: VerifierKey
    url: str | None


@dataclass(frozen=True, slots=True)
class WitnessEntry:
    """A witness key of the policy: the `name` it has in this file only, the key, and its URL if given."""

    name: str
    key: VerifierKey
    url: str | None


class Accepted(msgspec.Struct, frozen=True):
    """What made a checkpoint acceptable: the log's keys, and policy witness name -> time (seconds, 0 for none)."""

    log_keys: tuple[VerifierKey, ...]
    cosigned: dict[str, int]


@dataclass(frozen=True)
class Policy:
    """A policy as read. `text` is the file; `quorum` names a witness or a group, None stands for `quorum none`.

    Names are text: UTF-8 where the whole file is, else one character an octet; either way different octets are
    different names. Groups are in the order of their definition. Two policies are equal if their texts are.
    """

    text: bytes
    logs: tuple[LogEntry, ...] = field(compare=False)
    witnesses: Mapping[str, WitnessEntry] = field(compare=False)
    groups: Mapping[str, Group] = field(compare=False)
    quorum: str | None = field(compare=False)

    @cached_property
    def log_keys(self) -> tuple[VerifierKey, ...]:
        """The keys of all logs, in the order of the file."""
        return tuple(entry.key for entry in self.logs)

    @cached_property
    def witness_keys(self) -> tuple[VerifierKey, ...]:
        """The keys of all witnesses, in the order of the file."""
        return tuple(entry.key for entry in self.witnesses.values())

    def satisfied(self, cosigned: Collection[str]) -> bool:
        """Whether these witnesses (policy names; other names count for nothing) make the quorum."""
        if self.quorum is None:
            return True
        return quorum.met(self.groups.values(), self.quorum, [name for name in cosigned if name in self.witnesses])

    def earliest(self, times: Mapping[str, int]) -> int | None:
        """The earliest moment (seconds) at which the witnesses dated by `times` make the quorum.

        `times` is by witness key name: two keys under one name are one witness. Witnesses without a date are left out.
        None if they never do, and under `quorum none`, which gives no times.
        """
        if self.quorum is None:
            return None
        dated = {name: times[entry.key.name] for name, entry in self.witnesses.items() if entry.key.name in times}
        return quorum.earliest(self.groups.values(), self.quorum, dated)

    def accept(self, checkpoint: Checkpoint, *, now: int | None = None) -> Accepted:
        """Accept a checkpoint, or say why not. `now` (seconds since the epoch) drops cosignatures dated later.

        1. Every signature by a listed key must be true, else Fault `signature.false`.
        2. A listed log whose key name is the origin must have signed, else Fault `signature.log-missing`.
        3. The witnesses that cosigned must make the quorum, else Fault `quorum.unmet`.
        Source: C2SP tlog-policy, 'What is a "policy"?' and "Defining a log".
        """
        signed = cosignature.verified(checkpoint, self.log_keys + self.witness_keys)
        log_keys = tuple(key for key in self.log_keys if key in signed and key.name == checkpoint.origin)
        if not log_keys:
            raise Fault(
                "signature.log-missing",
                "no log of the policy signed it",
                where=_place(checkpoint),
                evidence={"logs": [key.vkey for key in self.log_keys]},
            )
        dated = [(name, signed.get(entry.key)) for name, entry in self.witnesses.items()]
        times = {name: time for name, time in dated if time is not None}
        cosigned = {name: time for name, time in times.items() if now is None or time <= now}
        if not self.satisfied(cosigned):
            raise Fault(
                "quorum.unmet",
                f"cosigned by {', '.join(cosigned) or 'no witness'}; the quorum {self.quorum} asks for more",
                where=_place(checkpoint),
                evidence=self._unmet(checkpoint, times, cosigned),
            )
        return Accepted(log_keys, cosigned)

    def _unmet(self, checkpoint: Checkpoint, times: dict[str, int], cosigned: dict[str, int]) -> dict[str, Any]:
        """The evidence of an unmet quorum: who cosigned, who did at a time to come, who did not, and what is asked."""
        asked = {name: {"of": list(group.members), "threshold": group.threshold} for name, group in self.groups.items()}
        return {
            "origin": checkpoint.origin,
            "size": checkpoint.size,
            "cosigned": cosigned,
            "dropped": {name: time for name, time in times.items() if name not in cosigned},
            "missing": [name for name in self.witnesses if name not in times],
            "quorum": self.quorum,
            "groups": asked,
        }

    def require_intersecting(self) -> None:
        """Refuse a policy under which a split view can gather two quorums that share no witness.

        A witness is its key name. Raises Fault `policy.disjoint-quorums`, with two such quorums as evidence, or
        `policy.no-quorum` under `quorum none`, which any two views satisfy.
        """
        if self.quorum is None:
            raise Fault("policy.no-quorum", "the policy says `quorum none`: no witness guards it", where="policy")
        names = {name: entry.key.name for name, entry in self.witnesses.items()}
        halves = quorum.disjoint(self.groups.values(), self.quorum, names)
        if halves is not None:
            first, second = halves
            raise Fault(
                "policy.disjoint-quorums",
                f"{', '.join(first)} make a quorum, {', '.join(second)} make another, and they share no witness",
                where="policy",
                evidence={"first": list(first), "second": list(second)},
            )


def _place(checkpoint: Checkpoint) -> str:
    return f"checkpoint of {checkpoint.origin}, size {checkpoint.size}"


def parse(raw: bytes) -> Policy:
    """Read a tlog-policy file; at most 1 MiB, and 256 each of logs, witnesses and groups.

    Raises Fault `policy.malformed`, and for a key `vkey.malformed` or `key.weak`, each naming the line.
    Source: C2SP tlog-policy, "Policy file syntax and structure" and "Character set".
    """
    if len(raw) > MOST_BYTES:
        raise Fault(_MALFORMED, f"{len(raw)} bytes: a policy has at most {MOST_BYTES}", where="policy")
    if raw.translate(None, _ALLOWED):
        raise Fault(_MALFORMED, "it holds a control character other than tab and newline", where="policy")
    if not raw.endswith(b"\n"):
        raise Fault(_MALFORMED, "the last line does not end in a newline", where="policy")
    draft = _Draft(raw)
    for number, line in enumerate(raw[:-1].split(b"\n"), 1):
        # Controls are gone by now, so this splits at spaces and tabs alone; octets above 0x7F are never white to bytes.
        fields = line.split()
        if not fields or fields[0].startswith(b"#"):
            continue
        try:
            draft.add(fields)
        except Fault as fault:
            raise Fault(fault.code, fault.message, where=f"policy line {number}", evidence=fault.evidence) from fault
    return draft.finished()


class _Draft:
    """The policy as far as it has been read: each line may refer to what stands above it only."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._logs: list[LogEntry] = []
        self._witnesses: dict[str, WitnessEntry] = {}
        self._groups: dict[str, Group] = {}
        self._members: set[str] = set()
        self._quorum: list[str] = []
        self._keys: dict[tuple[str, int], VerifierKey] = {}
        try:
            raw.decode("utf-8")
            self._encoding = "utf-8"
        except UnicodeDecodeError:
            self._encoding = "latin-1"

    def add(self, fields: list[bytes]) -> None:
        """Take one line, split at its whitespace."""
        readers: dict[bytes, tuple[int, int, Callable[[list[str]], None]]] = {
            b"log": (1, 2, self._log),
            b"witness": (2, 3, self._witness),
            b"group": (3, 2 + 2 * MOST_ENTRIES, self._group),
            b"quorum": (1, 1, self._set_quorum),
        }
        if fields[0] not in readers:
            raise Fault(_MALFORMED, f"{shown(fields[0])} is none of log, witness, group and quorum")
        least, most, read = readers[fields[0]]
        if not least <= len(fields) - 1 <= most:
            raise Fault(_MALFORMED, f"{len(fields) - 1} items after {fields[0].decode()}: {least} to {most} are meant")
        read([item.decode(self._encoding) for item in fields[1:]])

    def finished(self) -> Policy:
        """The whole policy; the one thing that it must have is a quorum."""
        if not self._quorum:
            raise Fault(_MALFORMED, "there is no quorum line", where="policy")
        name = self._quorum[0]
        chosen = None if name == _NONE else name
        return Policy(self._raw, tuple(self._logs), self._witnesses, self._groups, chosen)

    def _log(self, items: list[str]) -> None:
        key = self._key(items[0], _LOG_TYPES, "log", [entry.key for entry in self._logs])
        self._logs.append(LogEntry(key, items[1] if len(items) > 1 else None))

    def _witness(self, items: list[str]) -> None:
        self._require_new(items[0], len(self._witnesses))
        key = self._key(items[1], _WITNESS_TYPES, "witness", [entry.key for entry in self._witnesses.values()])
        self._witnesses[items[0]] = WitnessEntry(items[0], key, items[2] if len(items) > 2 else None)

    def _group(self, items: list[str]) -> None:
        name, count, *members = items
        self._require_new(name, len(self._groups))
        for member in members:
            self._require_known(member)
            if member in self._members:
                raise Fault(_MALFORMED, f"{shown(member)} is a member already: it may count once only")
            self._members.add(member)
        named = {"all": len(members), "any": 1}
        threshold = named[count] if count in named else decimal(count, most=len(members), code=_MALFORMED)
        if threshold < 1:
            raise Fault(_MALFORMED, f"group {shown(name)} asks for none of its members")
        self._groups[name] = Group(name, threshold, tuple(members))

    def _set_quorum(self, items: list[str]) -> None:
        if self._quorum:
            raise Fault(_MALFORMED, "this is a second quorum line")
        if items[0] != _NONE:
            self._require_known(items[0])
        self._quorum.append(items[0])

    def _key(self, text: str, types: tuple[int, ...], role: str, others: Collection[VerifierKey]) -> VerifierKey:
        """A key fit for its role, and not a second one of the same public key in that role."""
        if len(others) >= MOST_ENTRIES:
            raise Fault(_MALFORMED, f"there are more than {MOST_ENTRIES} lines of this kind")
        try:
            key = parse_vkey(text.encode(self._encoding).decode("utf-8"))
        except UnicodeDecodeError as error:
            raise Fault(_MALFORMED, f"the key name in {shown(text)} is not UTF-8") from error
        if key.algorithm not in types:
            raise Fault(_MALFORMED, f"a {role} does not sign with a key of type {key.algorithm:#04x}: {shown(text)}")
        if any(key.public_key == other.public_key for other in others):
            raise Fault(_MALFORMED, f"the public key of {shown(text)} stands on a {role} line above")
        if self._keys.setdefault((key.name, key.key_id), key) != key:
            raise Fault(_MALFORMED, f"another key of {key.name} has the same key id {key.key_id:08x}")
        return key

    def _require_new(self, name: str, count: int) -> None:
        if count >= MOST_ENTRIES:
            raise Fault(_MALFORMED, f"there are more than {MOST_ENTRIES} lines of this kind")
        if name == _NONE or name in self._witnesses or name in self._groups:
            raise Fault(_MALFORMED, f"the name {shown(name)} is taken")

    def _require_known(self, name: str) -> None:
        if name not in self._witnesses and name not in self._groups:
            raise Fault(_MALFORMED, f"{shown(name)} is not defined above")
