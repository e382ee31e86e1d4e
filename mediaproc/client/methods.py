"""Client methods made from request builders: one definition gives the blocking and the async method.

    class VideoOperations:
        @operation
        def video(self, id: str) -> Request[Video]: ...

`Client` and `AsyncClient` inherit the class. `client.video(id)` sends the request and returns a Video;
`async_client.video(id)` returns the same as an awaitable.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from functools import wraps
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, Self, TypeVar, overload

from pydantic import BaseModel

from mediaproc.client.connection import AsyncConnection, Connection
from mediaproc.client.request import Listing, Request

P = ParamSpec("P")
T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


class operation(Generic[P, T]):  # reads as a decorator
    """Decorator for the builder of one request. Raises what the connection's `send` raises."""

    def __init__(self, build: Callable[Concatenate[Any, P], Request[T]]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    def request(self, *args: P.args, **kwargs: P.kwargs) -> Request[T]:
        """The request that the method sends."""
        return self._build(None, *args, **kwargs)

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...
    @overload
    def __get__(self, client: Connection, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: AsyncConnection, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, client: Connection | AsyncConnection | None, owner: type) -> Any:
        if client is None:
            return self
        return _bound(self._build, client, client.send)


class listing(Generic[P, M]):  # reads as a decorator
    """Decorator for the builder of a list in pages: an iterator, or an async iterator."""

    def __init__(self, build: Callable[Concatenate[Any, P], Listing[M]]) -> None:
        self._build = build
        self.__doc__ = build.__doc__

    def request(self, *args: P.args, **kwargs: P.kwargs) -> Listing[M]:
        """The list that the method reads."""
        return self._build(None, *args, **kwargs)

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...
    @overload
    def __get__(self, client: Connection, owner: type) -> Callable[P, Iterator[M]]: ...
    @overload
    def __get__(self, client: AsyncConnection, owner: type) -> Callable[P, AsyncIterator[M]]: ...
    def __get__(self, client: Connection | AsyncConnection | None, owner: type) -> Any:
        if client is None:
            return self
        return _bound(self._build, client, client.each)


def _bound(build: Callable[..., Any], client: object, perform: Callable[[Any], Any]) -> Callable[..., Any]:
    """The method of one client, with the name, signature and docstring of its builder."""
    method = MethodType(build, client)

    @wraps(method)
    def call(*args: Any, **kwargs: Any) -> Any:
        return perform(method(*args, **kwargs))

    return call
