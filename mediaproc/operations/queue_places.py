"""Waiting videos of a team, and their places in its queue.

A video waits while a worker may claim a job of it and none runs: before it is planned, but also once it is planned or
partly encoded and all slots are taken by others. Its whole job is `running` then, which is true of no worker.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field
from sqlalchemy import Select, func, or_
from sqlalchemy.orm import aliased
from sqlmodel import Session, select

from mediaproc.domain.states import JobKind, JobState
from mediaproc.domain.tables import Job
from mediaproc.operations.tenancy import Principal


class Place(BaseModel):
    """Place of a video among those of its team that wait."""

    position: int = Field(description="From 1: that many are started before or with it, unless priorities change.")
    length: int = Field(description="Number of videos of the team that wait.")


def places(session: Session, team_id: UUID) -> dict[UUID, Place]:
    """The places of the videos of a team that wait, by their ids, in the order in which they are started."""
    found: list[UUID] = list(session.connection().execute(_waiting(team_id)).scalars())
    return {id: Place(position=position, length=len(found)) for position, id in enumerate(found, start=1)}


def of_team(session: Session, principal: Principal) -> dict[UUID, Place]:
    """The places of the caller's videos that wait."""
    return places(session, principal.team_id)


def ids(team_id: UUID) -> Any:
    """Subquery: the ids of the videos of a team that wait."""
    return select(_waiting(team_id).subquery().c.video_id)


def _waiting(team_id: UUID) -> Select[Any]:
    """The scheduler's own order within a team: by priority, by rank, then the oldest (see `scheduling`)."""
    job: Any = aliased(Job)
    running: Any = aliased(Job)
    counts = job.kind.not_in([kind for kind in JobKind if kind.afterwards])
    due = or_(job.next_attempt_at.is_(None), job.next_attempt_at <= func.now())
    leased = running.lease_expires_at.is_not(None)
    at_work = select(running.id).where(running.video_id == job.video_id, running.state == JobState.RUNNING, leased)
    at_work = at_work.where(running.kind.not_in([kind for kind in JobKind if kind.afterwards]))
    waits = job.state.in_([JobState.QUEUED, JobState.RETRYING])
    return (
        select(job.video_id)
        .where(job.team_id == team_id, waits, due, counts, ~at_work.exists())
        .group_by(job.video_id)
        .order_by(func.min(job.priority), func.min(job.rank), func.min(job.created_at), job.video_id)
    )
