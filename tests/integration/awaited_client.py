"""AsyncClient called like Client, so that the same tests run on both."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from anyio.from_thread import BlockingPortal, start_blocking_portal

from mediaproc.client import AsyncClient, Client

Connect = Callable[[str, str | None], Any]
"""Context manager of a client with the methods of Client."""


class AwaitedClient:
    """Runs each method of an AsyncClient to its end, in the event loop of another thread."""

    def __init__(self, client: AsyncClient, portal: BlockingPortal) -> None:
        self._client = client
        self._portal = portal

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            result = self._portal.call(partial(method, *args, **kwargs))
            return self._each(result) if hasattr(result, "__anext__") else result

        return call

    def _each(self, found: AsyncIterator[Any]) -> Iterator[Any]:
        try:
            while True:
                try:
                    item = self._portal.call(found.__anext__)
                except StopAsyncIteration:
                    return
                yield item
        finally:
            self._portal.call(found.aclose)  # type: ignore[attr-defined]


@contextmanager
def awaited(url: str, token: str | None) -> Generator[Any]:
    with start_blocking_portal() as portal:
        client = AwaitedClient(portal.call(AsyncClient, url, token), portal)
        try:
            yield client
        finally:
            client.close()


KINDS: dict[str, Connect] = {"blocking": Client, "async": awaited}
