"""The hand-written reference pages say what the OpenAPI document, the command line and the events say."""

from __future__ import annotations

import re
from functools import cache

import pytest

from mediaproc.api.app import create_api
from mediaproc.cli.exit_codes import MEANINGS
from mediaproc.domain.roles import Scope
from mediaproc.domain.webhooks import WebhookEvent
from mediaproc.events.messages import EventType
from testing import documentation


@cache
def _documented() -> dict[tuple[str, str], set[str]]:
    paths = create_api().openapi()["paths"]
    return {
        (method.upper(), path): {status for status in operation["responses"] if status < "4"}
        for path, operations in paths.items()
        for method, operation in operations.items()
    }


def test_the_page_has_every_route_and_no_other() -> None:
    assert set(documentation.routes()) == set(_documented())


@pytest.mark.parametrize("route", sorted(documentation.routes()), ids=" ".join)
def test_a_route_answers_as_the_page_says(route: tuple[str, str]) -> None:
    takes, statuses = documentation.routes()[route]
    assert statuses == _documented()[route]
    assert takes in {"nobody", *Scope}


def test_the_page_has_every_exit_code() -> None:
    text = documentation.pages()["reference/cli.md"]
    assert all(f"| {code.value} | {meaning} |" in text for code, meaning in MEANINGS.items())


def test_the_page_has_every_event() -> None:
    text = documentation.pages()["reference/events.md"]
    assert [each for each in (*EventType, *WebhookEvent) if f"`{each.value}`" not in text] == []


def test_the_examples_are_short() -> None:
    assert all(len(documentation.example(name).splitlines()) <= 12 for name in ("python", "curl", "browser", "client"))


RUN = {"walk", "python", "curl", "browser", "client", "receiver"}
"""By tests/e2e/test_docs.py, and the receiver by tests/integration/test_api_webhooks.py."""


def test_every_example_is_run() -> None:
    assert set(documentation.examples()) == RUN


@pytest.mark.parametrize("page", sorted(documentation.pages()))
def test_code_on_a_page_is_an_example_that_is_run(page: str) -> None:
    text = documentation.pages()[page]
    assert len(re.findall(r"^```(?:python|js)$", text, re.MULTILINE)) == len(
        re.findall(r"^<!-- run: \w+ -->\n```(?:python|js)$", text, re.MULTILINE)
    )
