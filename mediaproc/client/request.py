"""Requests as values: what to send and how to read the response. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Generic, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx
from pydantic import BaseModel

from mediaproc.client.errors import UnexpectedAnswer

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_BASE = "/api/v1"
_PAGE_SIZE = 100


class Repeat(Enum):
    """How a request may be repeated when its response was lost."""

    SAFE = "safe"
    """As it is: sent twice, it has the same effect as once."""
    WITH_KEY = "with_key"
    """With an Idempotency-Key, by which the server recognises the second."""
    NEVER = "never"


@dataclass(frozen=True)
class Request(Generic[T]):
    """One request to the API. `parse` reads a successful response; it raises UnexpectedAnswer."""

    method: str
    route: str
    """Path below `/api/v1`, with names in braces for `path_values`."""
    parse: Callable[[httpx.Response], T]
    path_values: Mapping[str, object] = field(default_factory=dict[str, object])
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """Query parameters. Those that are None are left out."""
    json: Mapping[str, Any] | None = None
    content: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    repeat: Repeat = Repeat.SAFE

    def build(self, http: httpx.Client | httpx.AsyncClient, **options: Any) -> httpx.Request:
        """The request for httpx. Built once and sent again, it keeps its Idempotency-Key."""
        path = self.route.format_map({name: quote(str(value), safe="") for name, value in self.path_values.items()})
        params = {name: value for name, value in self.params.items() if value is not None}
        return http.build_request(
            self.method, _BASE + path, params=params, json=self.json, content=self.content, headers=self._headers(),
            **options,
        )  # fmt: skip

    def _headers(self) -> dict[str, str]:
        key = {"Idempotency-Key": uuid4().hex} if self.repeat is Repeat.WITH_KEY else {}
        return {**self.headers, **key}


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list. `next_cursor` is None on the last one."""

    items: list[T]
    next_cursor: str | None


@dataclass(frozen=True)
class Listing(Generic[M]):
    """A list that the API gives in pages."""

    route: str
    model: type[M]
    path_values: Mapping[str, object] = field(default_factory=dict[str, object])
    params: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def page(self, cursor: str | None) -> Request[Page[M]]:
        """Request for the page at a cursor; None for the first."""
        params = {**self.params, "limit": _PAGE_SIZE, "cursor": cursor}
        return Request("GET", self.route, self._read, path_values=self.path_values, params=params)

    def _read(self, response: httpx.Response) -> Page[M]:
        return Page(items_of(self.model)(response), _json(response).get("next_cursor"))


def model_of(model: type[M]) -> Callable[[httpx.Response], M]:
    """Parser for a response that is one value."""

    def parse(response: httpx.Response) -> M:
        try:
            return model.model_validate(_json(response))
        except ValueError as error:
            raise _unexpected(response) from error

    return parse


def items_of(model: type[M], key: str = "items") -> Callable[[httpx.Response], list[M]]:
    """Parser for a response that has a list of values under a key."""

    def parse(response: httpx.Response) -> list[M]:
        try:
            return [model.model_validate(each) for each in _json(response)[key]]
        except (ValueError, KeyError, TypeError) as error:
            raise _unexpected(response) from error

    return parse


def nothing(_: httpx.Response) -> None:
    """Parser for a response without content."""


def text(response: httpx.Response) -> str:
    """Parser for a response that is text."""
    return response.text


def content(response: httpx.Response) -> bytes:
    """Parser for a response that is bytes."""
    return response.content


def location(response: httpx.Response) -> str:
    """Parser for a redirect: the URL that it points to."""
    try:
        return response.headers["Location"]
    except KeyError as error:
        raise _unexpected(response) from error


def _json(response: httpx.Response) -> dict[str, Any]:
    try:
        value = response.json()
    except ValueError as error:
        raise _unexpected(response) from error
    if not isinstance(value, dict):
        raise _unexpected(response)
    return value


def _unexpected(response: httpx.Response) -> UnexpectedAnswer:
    return UnexpectedAnswer(f"Unexpected response from {response.url}. Check that this is a Mediaproc server.")
