"""Work spread over an executor: in order, bounded, with arguments made only when they are needed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest

from verifier.errors import Fault
from verifier.spread import in_order


class Later(Executor):
    """Carries a call out only when somebody waits for its result; remembers how many were under way at once."""

    def __init__(self) -> None:
        self.under_way = self.most = 0

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        outer = self

        class Waiting(Future[Any]):
            def result(self, timeout: float | None = None) -> Any:
                outer.under_way -= 1
                return fn(*args, **kwargs)

        return Waiting()


def test_the_results_come_in_the_order_of_the_calls() -> None:
    calls = [(n, 3) for n in range(50)]
    due = [n**3 for n in range(50)]
    assert list(in_order(None, pow, calls, 4)) == due
    assert list(in_order(Later(), pow, calls, 4)) == due
    with ThreadPoolExecutor(3) as threads:
        assert list(in_order(threads, pow, calls, 4)) == due


def test_few_calls_are_under_way_at_once() -> None:
    later = Later()
    assert len(list(in_order(later, abs, [(n,) for n in range(40)], 6))) == 40
    assert later.most == 7


@pytest.mark.parametrize("executor", [None, Later()])
def test_arguments_may_depend_on_the_results_taken_so_far(executor: Executor | None) -> None:
    taken: list[int] = []

    def calls() -> Iterator[tuple[int]]:
        for _ in range(10):
            yield (len(taken),)

    for result in in_order(executor, abs, calls(), 2):
        taken.append(result)
    ahead = 0 if executor is None else 2
    assert taken == [max(0, n - ahead) for n in range(10)]


@pytest.mark.parametrize("executor", [None, Later()])
def test_a_fault_is_raised_in_its_turn(executor: Executor | None) -> None:
    def work(number: int) -> int:
        if number == 3:
            raise Fault("source.missing", "no such file")
        return number

    taken: list[int] = []
    with pytest.raises(Fault, match="no such file"):
        taken.extend(in_order(executor, work, [(n,) for n in range(9)], 2))
    assert taken == [0, 1, 2]


def test_no_calls_give_nothing() -> None:
    assert list(in_order(Later(), abs, [], 3)) == []
