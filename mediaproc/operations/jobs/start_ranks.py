"""Start ranks: the rank at which a team's next video begins on the encode lane (see `domain.fair_ranks`).

Read without a lock and recorded at the end of the transaction, since workers that claim the team's jobs wait for that
row. Two videos that are split at the same moment may begin at one rank; the older one then goes first.
"""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session

from mediaproc.domain import fair_ranks
from mediaproc.domain.states import Lane
from mediaproc.domain.tables import TeamSchedule

_NEVER_SERVED = func.to_timestamp(0)


def upcoming(session: Session, team_id: UUID) -> int:
    """Rank of the team's video that begins now."""
    row = session.get(TeamSchedule, (Lane.ENCODE, team_id), populate_existing=True)
    return fair_ranks.next_start(started=row.started_rank, served=row.served_rank) if row else 1


def record(session: Session, team_id: UUID, rank: int) -> None:
    """Record that a video began at this rank."""
    key = {"lane": Lane.ENCODE, "team_id": team_id}
    row = insert(TeamSchedule).values(**key, served_at=_NEVER_SERVED, started_rank=rank)
    latest = {"started_rank": func.greatest(TeamSchedule.started_rank, row.excluded.started_rank)}
    session.exec(row.on_conflict_do_update(index_elements=["lane", "team_id"], set_=latest))  # pyright: ignore
