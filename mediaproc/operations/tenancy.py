"""Tenancy: the caller, and the only place where queries are narrowed to the caller's team."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from mediaproc.domain import roles
from mediaproc.domain.errors import InsufficientScope, NotFound
from mediaproc.domain.roles import Scope
from mediaproc.domain.tables import ApiKey, Job, TeamPreset, Upload, Video, Webhook, WebhookDelivery

Scoped = TypeVar("Scoped", Video, Upload, Job, ApiKey, TeamPreset, Webhook, WebhookDelivery)


@dataclass(frozen=True)
class Principal:
    """A user, the team whose things are seen, what may be done, and the sign-in session or API key it came by."""

    user_id: UUID
    team_id: UUID
    email: str
    credential_id: UUID
    scopes: frozenset[Scope]

    def require(self, needed: Scope) -> None:
        """Raise InsufficientScope unless this may be done."""
        if not roles.allows(self.scopes, needed):
            raise InsufficientScope(needed.value)


def scoped(principal: Principal, table: type[Scoped]) -> SelectOfScalar[Scoped]:
    """A select over the rows of the principal's team, without videos in the trash. Every query of the API and page
    begins here.
    """
    rows = select(table).where(col(table.team_id) == principal.team_id)
    return rows.where(col(Video.deleted_at).is_(None)) if table is Video else rows


def newest_first() -> Any:
    """The order of a team's videos.

    No id is null: NULLS LAST keeps Postgres from walking the primary key, past everything that other teams uploaded
    since, where the index of the team has the same order.
    """
    return col(Video.id).desc().nulls_last()


def find(session: Session, principal: Principal, table: type[Scoped], id: UUID, *, lock: bool = False) -> Scoped:
    """One row of the principal's team. Raises NotFound for another team's as for none."""
    query: Any = scoped(principal, table).where(col(table.id) == id)
    row = session.exec(query.with_for_update() if lock else query).one_or_none()
    if row is None:
        raise NotFound
    return row
