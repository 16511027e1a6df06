"""Sealing: values of a draft become commitments. Null stays in the body; what opens it goes into a file of its own.

A place's name holds the statement's party, office and number, so what is sealed for one number opens under no other.
Items of a list are sealed one by one, with decoys at random places among them, so that the list's length says only that
there are no more items than places. Source: docs/FORMAT.md, section "Sealed fields".
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from ledger.desk.drafting import type_named
from ledger.desk.lint import MOST_PAYLOAD
from ledger.desk.sealing_kept import Kept
from verifier import disclosed, sealing, statement, vocabulary
from verifier.disclosed import LABELS, Opening
from verifier.errors import Fault
from verifier.formats import canonical, times
from verifier.sealing import Disclosure
from verifier.statement import Statement
from verifier.vocabulary.places import check_value
from verifier.vocabulary.validation import check_sealed

_OWN = frozenset({"issued", "previous", "sequence", "signers"})
TLP = "TLP:AMBER"
"""The label of what is sealed, unless another is given."""
MOST_DISCLOSURE = 36_000
"""Characters. A longer disclosure fits into no record, so the value could never be opened to everybody."""


def salt() -> bytes:
    """Sixteen bytes of the system's random source."""
    return secrets.token_bytes(sealing.LEAST_SALT)


@dataclass(frozen=True)
class Chance:
    """Where chance comes from: `salt` for each commitment, `places` for the decoys. The defaults are the system's."""

    salt: Callable[[], bytes] = salt
    places: random.Random = field(default_factory=secrets.SystemRandom)


@dataclass(frozen=True)
class Plan:
    """What to seal: `fields` as they are, `lists` item by item, all by JSON pointer from "/body" on.

    `decoys`: how many to each list. `places`: or, the length that each list gets. `shuffle`: items in a random order.
    `tlp`: the label; `opens`: the date (UTC text) on which the party promises to open, or None.
    """

    fields: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    decoys: int = 0
    places: int | None = None
    shuffle: bool = False
    tlp: str = TLP
    opens: str | None = None


def quiet(said: Statement, **terms: Any) -> Plan:
    """The plan that seals the quiet profile of the statement's type. `terms`: the plan's other members.

    A member that is null is sealed too: that there is nothing would be told else. Raises Fault `seal.nothing`.
    """
    kind = type_named(said.type)
    require_quiet(kind)
    lists = tuple(pointer.removesuffix("/*") for pointer in kind.quiet if pointer.endswith("/*"))
    found = [pointer for pointer in kind.quiet_of(said.body) if holder_of(said.body, pointer) is not None]
    fields = tuple(pointer for pointer in found if pointer.rpartition("/")[0] not in lists)
    return Plan(fields, tuple(one for one in lists if value_at(said.body, one)), **terms)


def seal(said: Statement, plan: Plan, chance: Chance | None = None) -> tuple[Statement, Kept]:
    """The draft with the plan's values sealed, and what opens them.

    Raises Fault `seal.pointer` (nothing stands there, it is sealed already, two overlap, it could not be opened again),
    `statement.sealed` (it must be readable), `statement.schema` (the draft is not sound), `seal.label`, `seal.nothing`,
    `seal.places`, `seal.salt`, `seal.too-long`.
    """
    chance = chance or Chance()
    _require_terms(plan)
    kind = type_named(said.type)
    kind.validate(said.body, said.sealed_pointers)
    kind.check_exercise(said.body, said.exercise is not None)
    _require_apart(said, plan)
    members = canonical.parse(said.payload)
    salts = _Salts(chance.salt)
    made = [_field(said, members["body"], pointer, salts) for pointer in plan.fields]
    for pointer in plan.lists:
        made += _list(said, members["body"], pointer, plan, chance, salts)
    rows = [_row(pointer, disclosure, plan) for pointer, disclosure in made]
    if not rows:
        raise Fault("seal.nothing", "there is no value to seal: the lists are empty, and no decoys were asked for")
    members["sealed"] = sorted([*said.sealed, *map(_committed, rows)], key=_pointer)
    new = statement.parse(canonical.encode(members))
    check_sealed(new.body, new.sealed_pointers, kind.clear)
    for pointer, disclosure in made:
        _require_opening(kind, pointer, disclosure)
    _require_sound(kind, new)
    return new, Kept.of(new, rows)


def undone(said: Statement, kept: Kept, *, where: str) -> dict[str, Any]:
    """The sealed draft as a description to draft anew from: values back in their places, decoys gone, and without what
    the next draft gets of its own (number, previous statement, signers, date).

    `where`: the kept file, for messages. Raises Fault `kept.misfit` if it is another draft's.
    """
    kept.require_of(said, where=where)
    members = canonical.parse(said.payload)
    decoys = []
    for found in disclosed.hold(kept.openings, said):
        pointer = found.opening.pointer
        place = holder_of(members["body"], pointer)
        if found.disclosure is None or place is None:
            raise Fault("kept.misfit", f"it does not open what this draft seals at {pointer}", where=where)
        if found.disclosure.name is None:
            decoys.append(place)
        else:
            place[0][place[1]] = found.disclosure.value
    for holder, position in sorted(decoys, key=lambda place: -int(place[1])):
        del holder[position]
    opened = {row.pointer for row in kept.openings}
    members["sealed"] = [row for row in members["sealed"] if row["pointer"] not in opened]
    return {name: value for name, value in members.items() if name not in _OWN}


class _Salts:
    """Salts, each once: two commitments under one salt could be told to be to one value."""

    def __init__(self, source: Callable[[], bytes]) -> None:
        self._source = source
        self._seen: set[bytes] = set()

    def new(self) -> bytes:
        found = self._source()
        if found in self._seen:
            raise Fault("seal.salt", "the source of randomness gave the same salt twice; nothing was sealed")
        self._seen.add(found)
        return found


def require_label(tlp: str, opens: str | None) -> None:
    """Check a label and an opening date. Raises Fault `seal.label`, `time.malformed`."""
    if tlp not in LABELS:
        why = "TLP:CLEAR means that everybody may read it" if tlp == "TLP:CLEAR" else f"there is no label {tlp!r}"
        raise Fault("seal.label", f"a sealed value is labelled {', '.join(LABELS)}; {why}", where="--tlp")
    if opens is not None:
        times.parse_utc(opens)


def require_quiet(kind: vocabulary.Type) -> None:
    """Check that the type has a quiet profile. Raises Fault `seal.nothing`."""
    if not kind.quiet:
        raise Fault("seal.nothing", f"a {kind.name} has no quiet profile: all of it is for everybody", where="/type")


def _require_sound(kind: vocabulary.Type, new: Statement) -> None:
    """What was sealed leaves a statement that a ledger admits."""
    if len(new.payload) > MOST_PAYLOAD:
        size = f"{len(new.payload)} bytes, more than {MOST_PAYLOAD}"
        raise Fault("seal.too-long", f"with {len(new.sealed)} places sealed the statement has {size}", where="/sealed")
    kind.validate(new.body, new.sealed_pointers)
    kind.check_relations(new.body, [row.rel for row in new.relates])


def _require_terms(plan: Plan) -> None:
    require_label(plan.tlp, plan.opens)
    if (plan.decoys or plan.places is not None or plan.shuffle) and not plan.lists:
        raise Fault("seal.places", "decoys and a random order are for lists that are sealed item by item")


def _require_apart(said: Statement, plan: Plan) -> None:
    """Every pointer leads to a value in the body, none into what is or will be sealed, and none around it."""
    for pointer in (*plan.fields, *plan.lists):
        if not pointer.startswith("/body/"):
            told = f"only what stands in the body can be sealed; {pointer} is always readable"
            raise Fault("seal.pointer", told, where=pointer)
        for other in said.sealed_pointers:
            if overlap(pointer, other):
                raise Fault("seal.pointer", f"{other} is sealed already, so {pointer} cannot be", where=pointer)
        if holder_of(said.body, pointer) is None:
            raise Fault("seal.pointer", f"nothing stands at {pointer}", where=pointer)
    for one, other in combinations((*plan.fields, *plan.lists), 2):
        if overlap(one, other):
            raise Fault("seal.pointer", f"{one} and {other} overlap: seal one of them", where=one)


def overlap(one: str, other: str) -> bool:
    """Whether one pointer is the other, or leads to what holds it."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def _field(said: Statement, body: Any, pointer: str, salts: _Salts) -> tuple[str, Disclosure]:
    place = holder_of(body, pointer)
    assert place is not None  # _require_apart has looked
    holder, name = place
    made = sealing.seal(sealing.field_name(said.party, said.office, said.sequence, pointer), holder[name], salts.new())
    holder[name] = None
    return pointer, made


def _list(
    said: Statement, body: Any, pointer: str, plan: Plan, chance: Chance, salts: _Salts
) -> Iterator[tuple[str, Disclosure]]:
    """The items of a list at places chosen by chance, in their order unless that is to be hidden too; decoys between."""
    items = value_at(body, pointer)
    if not isinstance(items, list):
        raise Fault("seal.pointer", f"what stands at {pointer} is no list; seal it as a field", where=pointer)
    total = len(items) + plan.decoys if plan.places is None else plan.places
    if total < len(items):
        told = f"{pointer} has {len(items)} items, more than the {total} places asked for"
        raise Fault("seal.places", told, where=pointer)
    chosen = chance.places.sample(range(total), len(items))
    held = dict(zip(chosen if plan.shuffle else sorted(chosen), items, strict=True))
    holder, name = holder_of(body, pointer) or (body, "")
    holder[name] = [None] * total
    for place in range(total):
        here = f"{pointer}/{place}"
        if place in held:
            field_name = sealing.field_name(said.party, said.office, said.sequence, here)
            yield here, sealing.seal(field_name, held[place], salts.new())
        else:
            yield here, sealing.seal_decoy(salts.new())


def _row(pointer: str, made: Disclosure, plan: Plan) -> Opening:
    if len(made.text) > MOST_DISCLOSURE:
        told = f"what opens {pointer} has {len(made.text)} characters, more than {MOST_DISCLOSURE}"
        raise Fault("seal.too-long", told, where=pointer)
    return Opening(pointer, made.text, plan.tlp, plan.opens)


def _committed(row: Opening) -> dict[str, Any]:
    """What the statement holds of it."""
    return {"digest": row.digest, "opens": row.opens, "pointer": row.pointer, "tlp": row.tlp}


def _require_opening(kind: vocabulary.Type, pointer: str, made: Disclosure) -> None:
    """What is sealed can be opened: the value stands there by the schema of its place alone."""
    if made.name is None:
        return
    try:
        check_value(vocabulary.load(), kind, pointer, made.value, where=pointer)
    except Fault as fault:
        told = f"{pointer} depends on other members, so it could not be opened by itself; seal what stands around it"
        raise Fault("seal.pointer", told, where=pointer) from fault


def _pointer(row: dict[str, Any]) -> str:
    return str(row["pointer"])


def value_at(body: Any, pointer: str) -> Any:
    """What stands at a pointer from "/body" on; None also if nothing does."""
    place = holder_of(body, pointer)
    return None if place is None else place[0][place[1]]


def holder_of(body: Any, pointer: str) -> tuple[Any, Any] | None:
    """The object or list that holds what `pointer` leads to, and its name or position there; None: nothing is there."""
    here: Any = {"body": body}
    place: tuple[Any, Any] | None = None
    for step in _steps(pointer):
        names: Sequence[Any] | dict[str, Any] = here if isinstance(here, dict) else ()
        if isinstance(here, list):
            names = {str(n): n for n in range(len(here))}
        if step not in names:
            return None
        place = (here, step if isinstance(here, dict) else dict(names)[step])
        here = place[0][place[1]]
    return place


def _steps(pointer: str) -> Iterable[str]:
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]
