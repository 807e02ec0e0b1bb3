"""The API answers as it describes itself, to whatever it is asked: every operation, found in its own description.

Changes are made to a newsroom of its own, which is thrown away.
"""

import copy
from collections.abc import Callable
from typing import Any

import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.schemas import OpenApiSchema
from starlette.routing import Mount

from tests.web.newsroom import Newsroom

EXAMPLES = 120
"""In all, shared by the operations."""
EACH_MIN, EACH_MAX = 2, 6
"""Of one operation, of each kind."""
NOT_ASKED = {"ignored_auth", "unsupported_method", "positive_data_acceptance"}
"""What goes out to try something of its own: test_every_route.py asks all ways at once who may ask. And that whatever
fits the description is taken: no description says which topics, stories and cursors there are."""


def described(room: Newsroom) -> OpenApiSchema:
    """The description as the site itself gives it, without the token, of which nobody is asked at this machine."""
    site = room.client.app
    assert isinstance(site, FastAPI)
    api = next(route.app for route in site.routes if isinstance(route, Mount) and route.path == "/api/v1")
    assert isinstance(api, FastAPI)
    said = copy.deepcopy(api.openapi())
    assert all(operation.pop("security") for path in said["paths"].values() for operation in path.values())
    return schemathesis.openapi.from_dict({**said, "servers": [{"url": "http://127.0.0.1/api/v1"}]})


def test_every_operation_answers_as_it_is_described(newsroom: Newsroom) -> None:
    """No failure of ours, no status, type or shape that is not declared; what is not as described is refused."""
    load_all_checks()
    schema = described(newsroom)
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) == schema.statistic.operations.total
    each = max(EACH_MIN, min(EACH_MAX, EXAMPLES // (2 * len(operations))))
    checks = [check for check in CHECKS.get_all() if check.__name__ not in NOT_ASKED]
    said: list[str] = []
    for operation in operations:
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                ask(newsroom, operation, mode, each, checks)
            except FailureGroup as group:
                said += [f"{operation.label}: {failure}" for failure in group.exceptions]
            except Unsatisfiable:
                assert mode is GenerationMode.NEGATIVE, operation.label  # it takes nothing that could be wrong
    assert not said, "\n\n".join(said)


def ask(
    room: Newsroom,
    operation: APIOperation[Any, Any, Any, Any],
    mode: GenerationMode,
    each: int,
    checks: list[Callable[..., Any]],
) -> None:
    """Some requests of that kind; the same ones at every run."""

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=each, derandomize=True, database=None, deadline=None, phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def send(case: Any) -> None:
        wanted = case.as_transport_kwargs()
        wanted.pop("cookies", None)
        if isinstance(wanted.get("data"), str | bytes):
            wanted["content"] = wanted.pop("data")
        answer = room.client.request(**wanted, follow_redirects=False)
        case.validate_response(answer, checks=checks)

    send()
