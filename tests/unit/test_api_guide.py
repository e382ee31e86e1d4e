"""The contract page says what the OpenAPI and the command line say."""

from __future__ import annotations

from functools import cache

import pytest

from mediaproc.api.app import create_api
from mediaproc.cli.exit_codes import MEANINGS
from mediaproc.domain.roles import Scope
from testing import api_guide


@cache
def _documented() -> dict[tuple[str, str], set[str]]:
    paths = create_api().openapi()["paths"]
    return {
        (method.upper(), path): {status for status in operation["responses"] if status < "4"}
        for path, operations in paths.items()
        for method, operation in operations.items()
    }


def test_the_page_has_every_route_and_no_other() -> None:
    assert set(api_guide.routes()) == set(_documented())


@pytest.mark.parametrize("route", sorted(api_guide.routes()), ids=" ".join)
def test_a_route_answers_as_the_page_says(route: tuple[str, str]) -> None:
    takes, statuses = api_guide.routes()[route]
    assert statuses == _documented()[route]
    assert takes in {"nobody", *Scope}


def test_the_page_has_every_exit_code() -> None:
    text = api_guide.PAGE.read_text(encoding="utf-8")
    assert all(f"| {code.value} | {meaning} |" in text for code, meaning in MEANINGS.items())


def test_the_examples_are_short() -> None:
    assert all(len(api_guide.example(name).splitlines()) <= 12 for name in ("python", "curl", "browser", "client"))
