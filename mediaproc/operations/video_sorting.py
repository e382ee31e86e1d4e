"""The orders in which a team's videos are listed, and going on within one.

Each has an index that begins with the team, so a page costs as much in a large library as in a small one.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import func, tuple_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from mediaproc.domain.tables import Video
from mediaproc.operations import cursors, tenancy
from mediaproc.operations.cursors import Page


class Order(StrEnum):
    """By which field of a video, as the API names it; with a minus backwards."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    TITLE = "title"
    TITLE_BACKWARDS = "-title"
    LARGEST = "-size_bytes"
    SMALLEST = "size_bytes"
    LONGEST = "-duration_seconds"
    SHORTEST = "duration_seconds"

    @property
    def field(self) -> str:
        """The field of a video."""
        return self.value.removeprefix("-")

    @property
    def backwards(self) -> bool:
        """True for descending order."""
        return self.value.startswith("-")


_KEYS: dict[str, tuple[Any, type[str | int | float]]] = {
    "title": (func.lower(col(Video.title)), str),
    "size_bytes": (col(Video.size_bytes), int),
    "duration_seconds": (func.coalesce(col(Video.duration_seconds), 0.0), float),
}
"""The id has the last word, so that of videos that are alike none comes twice."""


def page(session: Session, rows: SelectOfScalar[Video], order: Order, *, limit: int, cursor: str | None) -> Page[Video]:
    """One page of these videos in this order.

    Raises Invalid for a cursor from elsewhere, or from another order.
    """
    if order.field in _KEYS:
        return _by_key(session, rows, order, limit=limit, cursor=cursor)
    id = col(Video.id)  # of version 7: as young as it is great
    rows = rows.order_by(tenancy.newest_first() if order.backwards else id.asc().nulls_first())
    if cursor:
        read = cursors.read(cursor)
        rows = rows.where(id < read if order.backwards else id > read)
    found = session.exec(rows.limit(cursors.beyond(limit))).all()
    return cursors.page_of(found, limit=limit, cursor_of=lambda video: cursors.after(video.id))


def _by_key(
    session: Session, rows: SelectOfScalar[Video], order: Order, *, limit: int, cursor: str | None
) -> Page[Video]:
    (key, kind), id = _KEYS[order.field], col(Video.id)
    rows = rows.order_by(*(each.desc() if order.backwards else each.asc() for each in (key, id)))
    if cursor:
        here, read = tuple_(key, id), tuple_(*cursors.read_in(order, cursor, kind=kind))
        rows = rows.where(here < read if order.backwards else here > read)

    def cursor_of(video: Video) -> str:
        # The database's own value: its lower case differs from Python's.
        return cursors.after_in(order, session.exec(select(key).where(id == video.id)).one(), video.id)

    found = session.exec(rows.limit(cursors.beyond(limit))).all()
    return cursors.page_of(found, limit=limit, cursor_of=cursor_of)
