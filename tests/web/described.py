"""An application held against its own OpenAPI description by Schemathesis: the same requests in every run.

Each operation is asked with what its description allows, or with what it forbids. DETENTE_SCHEMATHESIS gives another number of
requests for each operation than the few of a usual run.
"""

from __future__ import annotations

import os
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

MODES = list(schemathesis.GenerationMode)
_EXAMPLES = int(os.environ.get("DETENTE_SCHEMATHESIS", "8"))
_CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


def configuration() -> SchemathesisConfig:
    """Nothing by chance."""
    generation = GenerationConfig(deterministic=True, max_examples=_EXAMPLES)
    return SchemathesisConfig(projects=ProjectsConfig(default=ProjectConfig(generation=generation)))


def wrong_answers(
    schema: schemathesis.BaseSchema, mode: schemathesis.GenerationMode, tag: str | None = None
) -> tuple[int, list[str]]:
    """How many operations were asked, and what their answers have that is not described, or are faults of the server."""
    asked, wrong = 0, []
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        if tag is not None and tag not in (operation.tags or ()):
            continue
        try:
            _ask(operation, mode)
        except Unsatisfiable:  # of an operation that takes nothing, nothing that is forbidden can be asked
            continue
        except FailureGroup as failures:
            wrong += [f"{operation.label}: {one}" for one in failures.exceptions]
        asked += 1
    return asked, wrong


def _ask(operation: schemathesis.APIOperation[Any, Any, Any, Any], mode: schemathesis.GenerationMode) -> None:
    @settings(
        max_examples=_EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(generation_mode=mode))
    def tried(case: schemathesis.Case[Any]) -> None:
        case.call_and_validate(checks=_CHECKS)

    tried()
