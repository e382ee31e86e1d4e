"""Pages of lists, and their cursors. A cursor is opaque to clients, so its content may change."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from mediaproc.domain.errors import Detail, Invalid

_VERSION = b"\x01"
_ORDERED = b"\x02"
LONGEST = 2000
"""The longest cursor, in characters: that of a list by title."""

T = TypeVar("T")


@dataclass(frozen=True)
class Page(Generic[T]):
    """One page of a list. `next_cursor` continues after its last item; None at the end of the list."""

    items: list[T]
    next_cursor: str | None


def page_of(found: Sequence[T], *, limit: int, cursor_of: Callable[[T], str]) -> Page[T]:
    """The page of the first `limit` rows. The query asks for `beyond(limit)` rows, to learn if more follow."""
    items = list(found[:limit])
    return Page(items=items, next_cursor=cursor_of(items[-1]) if len(found) > limit else None)


def beyond(limit: int) -> int:
    """The number of rows to query for a page of `limit` items."""
    return limit + 1


def after(id: UUID) -> str:
    """The cursor that continues after the row with this id."""
    return _encoded(_VERSION + id.bytes)


def read(cursor: str) -> UUID:
    """The id of the row to continue after. Raises Invalid for a cursor that is not ours."""
    raw = _decoded(cursor, _VERSION)
    if len(raw) != 16:
        raise _not_ours()
    return UUID(bytes=raw)


def after_in(order: str, value: str | int | float, id: UUID) -> str:
    """The cursor that continues after a row of a sorted list; `value` is the row's sort key."""
    return _encoded(_ORDERED + json.dumps([order, value, str(id)]).encode())


def read_in(order: str, cursor: str, *, kind: type[str | int | float]) -> tuple[str | int | float, UUID]:
    """The sort key, of type `kind`, and the id to continue after. Raises Invalid for a cursor of another list."""
    try:
        order_of, value, id = json.loads(_decoded(cursor, _ORDERED))
        if order_of != order or type(value) is not kind or "\0" in str(value).encode().decode():
            raise _not_ours()
        return value, UUID(id)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _not_ours() from error


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(cursor: str, version: bytes) -> bytes:
    """The content after the version byte. Raises Invalid for another version."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError) as error:
        raise _not_ours() from error
    if not raw.startswith(version):
        raise _not_ours()
    return raw.removeprefix(version)


def _not_ours() -> Invalid:
    return Invalid.field("cursor", Detail.CURSOR_INVALID)
