"""Cursors of lists: opaque to clients, so that what stands in them may change."""

from __future__ import annotations

import base64
import binascii
from uuid import UUID

from mediaproc.domain.errors import Invalid

_VERSION = b"\x01"


def after(id: UUID) -> str:
    """The cursor that goes on after this row."""
    return base64.urlsafe_b64encode(_VERSION + id.bytes).rstrip(b"=").decode()


def read(cursor: str) -> UUID:
    """The id of the row to go on after. Raises Invalid for what is no cursor of ours."""
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != 17 or raw[:1] != _VERSION:
        raise Invalid(errors=[{"field": "cursor", "message": "This is not a cursor from this list"}])
    return UUID(bytes=raw[1:])
