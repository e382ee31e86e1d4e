"""Fair scheduling: choose the job that a worker with a free slot takes next.

Order: the highest priority; within it, the team served longest ago, so that a thousand files of one team delay no
other; within a team, the lowest rank, so that a long video delays no other and a begun one does not wait behind all new
ones (`domain.fair_ranks`); then the oldest.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, select

from mediaproc.domain.states import Lane
from mediaproc.domain.tables import Job, TeamSchedule
from mediaproc.operations.jobs.attempts import claim
from mediaproc.operations.jobs.lease import Claim

CANDIDATES = 16
"""Jobs tried per look: that many workers may look for one at the same moment."""

LOOKS = 5
PAUSE_SECONDS = 0.01
"""Pause between two looks when all candidates are being claimed: a claim takes a few milliseconds."""

_WAITS = "state IN ('queued', 'retrying') AND message_sent_at IS NOT NULL AND lane = :lane"
"""In the same words as the index `ix_job_next`, or the planner would not use it."""

_NEXT = text(f"""
WITH RECURSIVE waiting AS (
    (SELECT priority, team_id FROM job WHERE {_WAITS} ORDER BY priority, team_id LIMIT 1)
    UNION ALL
    SELECT following.priority, following.team_id FROM waiting CROSS JOIN LATERAL (
        SELECT priority, team_id FROM job
         WHERE {_WAITS} AND (priority, team_id) > (waiting.priority, waiting.team_id)
         ORDER BY priority, team_id LIMIT 1
    ) AS following WHERE following.priority = waiting.priority
), teams AS (
    SELECT waiting.priority, waiting.team_id, turn.served_at
      FROM waiting LEFT JOIN turn ON turn.team_id = waiting.team_id AND turn.lane = :lane
     ORDER BY turn.served_at NULLS FIRST LIMIT :candidates
)
SELECT mine.id FROM teams CROSS JOIN LATERAL (
    SELECT id, row_number() OVER (ORDER BY rank, id) AS place FROM job
     WHERE {_WAITS} AND job.priority = teams.priority AND job.team_id = teams.team_id
     ORDER BY rank, id LIMIT :candidates
) AS mine ORDER BY mine.place, teams.served_at NULLS FIRST, mine.id LIMIT :candidates
""")  # noqa: S608  # put together from constants
"""Next candidates. Skips from team to team in the index, so its cost grows with the waiting teams, not their jobs."""


def claim_next(session: Session, *, lane: Lane, worker: str) -> Claim | None:
    """Claim the next job of a lane. None if none waits (or all are being claimed at this moment)."""
    for job_id in _candidates(session, lane):
        if not _reserve(session, job_id):
            continue
        claimed = claim(session, job_id=job_id, worker=worker)
        if claimed is not None:
            _record_service(session, claimed.job)
            return claimed
    return None


def _candidates(session: Session, lane: Lane) -> Iterator[UUID]:
    """The best candidates, then fresh ones, since the first may have been claimed while the last were tried."""
    for look in range(LOOKS):
        if look:
            time.sleep(PAUSE_SECONDS)
        found = session.connection().execute(_NEXT, {"lane": lane.value, "candidates": CANDIDATES}).scalars().all()
        yield from found
        if not found:
            return


def _reserve(session: Session, job_id: UUID) -> bool:
    """Reserve the job for this transaction. False if another worker claims it now, so that waiting would be in vain.

    An advisory lock, since row locks can't tell: parts of one video share its row, and a part that records a segment
    locks it too.
    """
    key = int.from_bytes(job_id.bytes[-8:], "big", signed=True)
    return session.exec(select(func.pg_try_advisory_xact_lock(key))).one()


def _record_service(session: Session, job: Job) -> None:
    """Record that the team was served. Last in the transaction: claims of its other jobs wait for this row."""
    key = {"lane": job.lane, "team_id": job.team_id}
    row = insert(TeamSchedule).values(**key, served_at=func.clock_timestamp(), served_rank=job.rank)
    rank = func.greatest(TeamSchedule.served_rank, row.excluded.served_rank)
    served = {"served_at": row.excluded.served_at, "served_rank": rank}
    session.exec(row.on_conflict_do_update(index_elements=["lane", "team_id"], set_=served))  # pyright: ignore
