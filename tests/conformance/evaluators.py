"""Those that judge rules: the naive one, and the one that the verifier uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.conformance import naive
from verifier.conformance import judge as fast
from verifier.conformance.case import Case
from verifier.conformance.report import Obligation

Evaluator = Callable[[Case, int, str | None], Sequence[Obligation]]
EVALUATORS: list[Evaluator] = [naive.judge, fast.judge]
judges = pytest.mark.parametrize("judge", EVALUATORS, ids=lambda judge: judge.__module__.rpartition(".")[2])
