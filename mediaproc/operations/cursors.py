"""Cursors of lists: opaque to clients, so that what stands in them may change."""

from __future__ import annotations

import base64
import binascii
import json
from uuid import UUID

from mediaproc.domain.errors import Detail, Invalid

_VERSION = b"\x01"
_ORDERED = b"\x02"
LONGEST = 2000
"""Characters: of one with the longest title."""


def after(id: UUID) -> str:
    """The cursor that goes on after this row."""
    return _encoded(_VERSION + id.bytes)


def read(cursor: str) -> UUID:
    """The id of the row to go on after. Raises Invalid for what is no cursor of ours."""
    raw = _decoded(cursor, _VERSION)
    if len(raw) != 16:
        raise _not_ours()
    return UUID(bytes=raw)


def after_in(order: str, value: str | int | float, id: UUID) -> str:
    """The cursor that goes on after this row of a list in this order, in which it stands by this value."""
    return _encoded(_ORDERED + json.dumps([order, value, str(id)]).encode())


def read_in(order: str, cursor: str, *, kind: type[str | int | float]) -> tuple[str | int | float, UUID]:
    """The value, of this kind, and the id to go on after. Raises Invalid for what is no cursor of this order."""
    try:
        said, value, id = json.loads(_decoded(cursor, _ORDERED))
        if said != order or type(value) is not kind or "\0" in str(value).encode().decode():
            raise _not_ours()
        return value, UUID(id)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise _not_ours() from error


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _decoded(cursor: str, version: bytes) -> bytes:
    """What stands behind the version. Raises Invalid where that is another."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError) as error:
        raise _not_ours() from error
    if not raw.startswith(version):
        raise _not_ours()
    return raw.removeprefix(version)


def _not_ours() -> Invalid:
    return Invalid.field("cursor", Detail.CURSOR_INVALID)
