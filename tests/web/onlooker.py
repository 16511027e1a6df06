"""What a reader may rely on at any moment, while the log works and while it lies dead: never a file in part, never a
promise that is not kept. An onlooker remembers what it saw, so that nothing it was shown can be taken back.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from tests.web.wire import ask
from verifier import merkle, record
from verifier.errors import Fault
from verifier.formats import checkpoint, cosignature, tiles
from verifier.formats.checkpoint import Checkpoint
from verifier.formats.policy import Policy
from verifier.formats.reader import decimal, lines
from verifier.history import EMPTY_HEAD, next_head
from verifier.served_tree import ServedTree
from verifier.source import Source, read_entries, read_tile


class Live:
    """The log's API as a source, without second tries: OSError or HTTPException when the server is gone."""

    complete = True

    def __init__(self, port: int) -> None:
        self.location, self._port = f"http://127.0.0.1:{port}", port

    def read(self, path: str) -> bytes:
        """See verifier.source.Source."""
        found = ask(self._port, "GET", f"/{path}")
        if found.status == 404:
            raise Fault("source.missing", "not found", where=path)
        assert found.status == 200, (path, found)
        return found.body


class Onlooker:
    """One reader. `note` hears of every checkpoint that it sees."""

    def __init__(self, policy: Policy, note: Callable[[Checkpoint], None]) -> None:
        self._policy, self._note = policy, note
        self._size = 0
        self._history: list[bytes] = []
        self._heads = [EMPTY_HEAD]
        self.looks = 0

    def look(self, source: Source) -> None:
        """Read `checkpoint`, then all that it promises. AssertionError or Fault if something is amiss."""
        point = checkpoint.parse(source.read("checkpoint"))
        self._policy.accept(point)
        assert point.size >= self._size, f"the checkpoint went back from {self._size} to {point.size}"
        self._read_history(source)
        self._require_entered(point)
        assert ServedTree(source, point.size).root(point.size) == point.root
        self._read_edge(source, point.size)
        self._note(point)
        self._size = point.size
        self.looks += 1

    def _read_history(self, source: Source) -> None:
        (line,) = lines(source.read("history/size"))
        count, known = decimal(line), len(self._history)
        assert count >= known, f"the history went back from {known} to {count} entries"
        for number in range(known // tiles.WIDTH, -(-count // tiles.WIDTH)):
            start = number * tiles.WIDTH
            entries = read_entries(source, "history", number, min(count - start, tiles.WIDTH))
            assert entries[: known - start] == self._history[start:][: len(entries)] if known > start else True
            for raw in entries[max(0, known - start) :]:
                self._take(raw)

    def _take(self, raw: bytes) -> None:
        """A new entry: the log's signature and every cosignature on it are true."""
        point = checkpoint.parse(raw)
        signed = cosignature.verified(point, [*self._policy.log_keys, *self._policy.witness_keys])
        assert set(self._policy.log_keys) & signed.keys()
        self._note(point)
        self._history.append(raw)
        self._heads.append(next_head(self._heads[-1], raw))

    def _require_entered(self, point: Checkpoint) -> None:
        """An entry is appended before `checkpoint` is replaced."""
        entered = {line for raw in self._history[-64:] for line in raw.split(b"\n")}
        missing = set(point.raw.split(b"\n")) - entered
        assert not missing, f"the checkpoint says what the history does not: {missing}"

    def _read_edge(self, source: Source, size: int) -> None:
        """The growing bundle: its records are the tile's leaves, chained, and name the history that is published."""
        number, width = divmod(size, tiles.WIDTH)
        if not width:
            return
        entries = read_entries(source, "entries", number, width)
        assert [merkle.leaf_hash(raw) for raw in entries] == read_tile(source, 0, number, width)
        found = [record.parse(raw) for raw in entries]
        for one, after in pairwise(found):
            assert after.previous == one.digest
        for one in found:
            assert self._heads[one.count] == one.head
