"""Requests made up from the OpenAPI: whatever comes, the answer is no 5xx, and is what the OpenAPI says."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.core import NOT_SET
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mediaproc.api.app import create_api
from tests.integration.conftest import Account, new_account
from tests.integration.test_api_videos import make_video

SETTINGS = settings(
    max_examples=8,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)
"""A few made-up requests a route, the same on each run: what is plainly wrong is found in seconds."""

ELSEWHERE = r"/events$|/auth/(register|login|refresh|logout)$"
"""Streams don't end, and signing in is slow on purpose or ends the session that asks; these have tests of their own."""

CHECKS = [
    checks.not_a_server_error,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]


def operations() -> dict[str, Any]:
    schema = schemathesis.openapi.from_dict(create_api().openapi()).exclude(path_regex=ELSEWHERE)
    found = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    assert len(found) == len(list(schema.get_all_operations()))
    return {each.label: each for each in found}


OPERATIONS = operations()


@pytest.fixture(scope="module")
def caller(api_app: FastAPI) -> Account:
    return new_account(api_app)


def id_of(caller: Account, path: str) -> str:
    """Something that there is, for a path that names one."""
    if "/uploads/" in path:
        return caller.client.post("/api/v1/uploads", json={"filename": "a.mp4", "size_bytes": 5}).json()["id"]
    if "/api-keys/" in path:
        return caller.client.post("/api/v1/api-keys", json={"name": "k", "scopes": ["admin"]}).json()["id"]
    return str(make_video(caller))


@pytest.mark.parametrize("label", sorted(OPERATIONS))
def test_a_route_keeps_to_the_openapi_whatever_is_asked(label: str, caller: Account) -> None:
    operation = OPERATIONS[label]
    there = id_of(caller, label) if "{id}" in label else ""

    @settings(SETTINGS)
    @given(operation.as_strategy(), st.booleans())
    def ask(case: Any, known: bool) -> None:
        if there and known:
            case.path_parameters["id"] = there
        body = {} if isinstance(case.body, type(NOT_SET)) else {"json": case.body}
        headers = {**(case.headers or {}), "Authorization": f"Bearer {caller.access_token}"}
        answer = caller.client.request(case.method, case.formatted_path, params=case.query, headers=headers, **body)
        case.validate_response(answer, checks=CHECKS)

    ask()
