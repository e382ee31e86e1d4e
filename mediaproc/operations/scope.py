"""Who is asking, and the one place where queries are narrowed to their team."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from mediaproc.domain.errors import NotFound
from mediaproc.domain.tables import Job, Upload, Video

Scoped = TypeVar("Scoped", Video, Upload, Job)


@dataclass(frozen=True)
class Principal:
    """A signed-in user, the team whose things are seen, and the session it came by."""

    user_id: UUID
    team_id: UUID
    email: str
    session_id: UUID


def scoped(principal: Principal, table: type[Scoped]) -> SelectOfScalar[Scoped]:
    """A select over the rows of the principal's team. Every query of the API and page begins here."""
    return select(table).where(col(table.team_id) == principal.team_id)


def find(session: Session, principal: Principal, table: type[Scoped], id: UUID, *, lock: bool = False) -> Scoped:
    """One row of the principal's team. Raises NotFound for another team's as for none."""
    query: Any = scoped(principal, table).where(col(table.id) == id)
    row = session.exec(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound
    return row
