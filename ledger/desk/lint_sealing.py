"""Lint of what is sealed: can it be opened again, by whom, and when. A kept file is held against the draft it was made for.

What a foreign ministry asks of a key it asks of a kept file: two copies in two places, neither readable to others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from ledger.desk.findings import ERROR, NOTE, WARNING, Finding
from ledger.desk.sealing_kept import KeptFile, place_of
from verifier import disclosed, sealing
from verifier.disclosed import Opening
from verifier.errors import Fault
from verifier.formats import times
from verifier.statement import Statement

LEAST_TOLD = 4
"""Characters. A shorter sealed text stands in many titles by chance."""


def check(
    said: Statement, now: int, held: Sequence[KeptFile] | None = None, copies: Sequence[KeptFile] = ()
) -> list[Finding]:
    """Findings on the sealed rows at the moment `now` (seconds, UTC), and on the kept files `held` and their `copies`.

    `held` None: nobody was asked for them.
    """
    found = [*_rows(said, now)]
    if held:
        found += [*fit(said, held), *_title(said, held), *_care(held, copies)]
    elif said.sealed:
        told = (
            f"{len(said.sealed)} places are sealed. Only the file that was kept when they were can open them: if it is"
            " lost, nobody ever will. Name it with --keep, so that it is held against this statement."
        )
        found.append(Finding("lint.kept-unchecked", WARNING, "/sealed", told))
    return found


def fit(said: Statement, held: Sequence[KeptFile]) -> Iterator[Finding]:
    """Errors: kept files of another statement, and sealed rows that none of them opens."""
    for one in held:
        if one.kept.place != place_of(said):
            told = (
                f"{one.path} opens {one.kept.named}, this is number {said.sequence} of {said.party}, {said.office}, on"
                f" {said.ledger}. A value is sealed for one number: seal the unsealed draft again."
            )
            yield Finding("lint.kept-misfit", ERROR, "/sequence", told)
    if not said.sealed:
        yield Finding("lint.kept-misfit", ERROR, "/sealed", "A kept file was given, and this statement seals nothing.")
    rows = [row for one in held for row in one.kept.openings]
    for n, row in enumerate(said.sealed):
        mine = [one for one in rows if (one.pointer, one.digest) == (row["pointer"], row["digest"])]
        if mine:
            yield from _opens(said, mine[0], n)
        else:
            told = f"No kept file that was given opens {row['pointer']}: what was sealed there can never be shown."
            yield Finding("lint.kept-missing", ERROR, f"/sealed/{n}", told)


def require_kept(said: Sequence[Statement], held: Sequence[KeptFile]) -> None:
    """Check kept files against the statements that are about to leave the desk: each file opens one of them, and whatever
    they seal in the place of a given file is opened. Raises Fault `kept.misfit`."""
    places = [place_of(one) for one in said]
    for one in held:
        if one.kept.place not in places:
            told = f"it opens {one.kept.named}, and that is none of the statements given"
            raise Fault("kept.misfit", told, where=str(one.path))
    for statement, place in zip(said, places, strict=True):
        mine = [one for one in held if one.kept.place == place]
        wrong = next((one for one in fit(statement, mine) if one.severity == ERROR), None) if mine else None
        if wrong:
            raise Fault("kept.misfit", wrong.sentence, where=wrong.pointer)


def _rows(said: Statement, now: int) -> Iterator[Finding]:
    digests = Counter(row["digest"] for row in said.sealed)
    for n, row in enumerate(said.sealed):
        if digests[row["digest"]] > 1:
            told = f"{row['pointer']} has the digest of another place: a salt was used twice. Seal the draft again."
            yield Finding("lint.sealed-twice", ERROR, f"/sealed/{n}/digest", told)
    never = [row["pointer"] for row in said.sealed if row["opens"] is None]
    if never:
        yield Finding("lint.opens-never", NOTE, "/sealed", f"No date is promised for opening {_listed(never)}.")
    past = [row["pointer"] for row in said.sealed if row["opens"] and times.parse_utc(row["opens"]) <= now]
    if past:
        told = f"The date promised for opening {_listed(past)} has passed: leave in clear what everybody may read."
        yield Finding("lint.opens-past", WARNING, "/sealed", told)


def _listed(pointers: Sequence[str]) -> str:
    return pointers[0] if len(pointers) == 1 else f"{pointers[0]} and {len(pointers) - 1} more"


def _opens(said: Statement, mine: Opening, n: int) -> Iterator[Finding]:
    """A disclosure that matches by its digest also has to name this place and to carry the label that is signed."""
    found = disclosed.hold([mine], said)[0]
    if found.place or found.value:
        told = str((found.place or found.value or Fault("kept.misfit", "")).message)
        yield Finding("lint.kept-misfit", ERROR, f"/sealed/{n}", f"{mine.pointer} cannot be opened: {told}.")
    if found.label:
        told = f"The kept file and the statement say different things of {mine.pointer}: {found.label.message}."
        yield Finding("lint.kept-label", WARNING, f"/sealed/{n}", told)


def _title(said: Statement, held: Sequence[KeptFile]) -> Iterator[Finding]:
    """The title is always readable: it should not tell what is sealed."""
    for row in (row for one in held for row in one.kept.openings):
        value = sealing.read(row.disclosure).value
        if isinstance(value, str) and len(value) >= LEAST_TOLD and value.casefold() in said.title.casefold():
            told = f"The title, which everybody reads, holds what is sealed at {row.pointer}."
            yield Finding("lint.sealed-told", WARNING, "/title", told)


def _care(held: Iterable[KeptFile], copies: Sequence[KeptFile]) -> Iterator[Finding]:
    """How the kept files are kept."""
    for one in held:
        same = [copy for copy in copies if copy.kept == one.kept and copy.itself != one.itself]
        if not same:
            told = (
                f"No second copy of {one.path} was shown. Keep two, on two media in two places; name one with --copy."
            )
            yield Finding("lint.kept-copy", WARNING, "/sealed", told)
        elif all(copy.disk == one.disk for copy in same):
            told = f"{one.path} and its copy lie on one disk: carry one of them elsewhere before you submit."
            yield Finding("lint.kept-one-disk", NOTE, "/sealed", told)
    for one in (*held, *copies):
        if one.mode & 0o077:
            told = f"Others than its owner can read {one.path} (mode {one.mode:o}), and with it what is sealed."
            yield Finding("lint.kept-readable", WARNING, "/sealed", told)
