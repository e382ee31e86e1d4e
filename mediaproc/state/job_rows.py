"""Rows of the Jobs page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from mediaproc import routes
from mediaproc.domain.states import JobState
from mediaproc.operations.job_list import Work
from mediaproc.state import formatting, labels
from mediaproc.state.progress import Progress, progress_from


@dataclass(frozen=True)
class JobRow:
    """One whole job. `id` is its video's, as the verbs take it.

    `detail` is its error or how long it took. `running`: a worker is at it, otherwise `state_label` may give its place
    in the queue, `position`; 0 if it has none. `when` introduces the time `when_at` (RFC 3339): "Queued 3 min ago".
    `attempt` is set from the second attempt on.
    """

    id: str
    href: str
    title: str
    state: str
    state_label: str
    detail: str
    when: str
    when_at: str
    attempt: str
    priority: str
    running: bool
    position: int
    can_retry: bool
    can_cancel: bool
    selectable: bool


def row_of(work: Work) -> JobRow:
    """A job as its row."""
    when, at = _when(work)
    can_retry, can_cancel = labels.can_retry(work.state, work.error), not work.state.final
    return JobRow(
        id=str(work.video_id),
        href=routes.video(str(work.video_id)),
        title=work.title,
        state=work.state.value,
        state_label=_state_label(work),
        detail=work.error.detail if work.error else _duration(work),
        when=when,
        when_at=at.isoformat() if at else "",
        attempt=_attempt(work),
        priority=work.priority.value,
        running=work.state is JobState.RUNNING and work.place is None,
        position=work.place.position if work.place else 0,
        can_retry=can_retry,
        can_cancel=can_cancel,
        selectable=can_retry or can_cancel,
    )


def progress_of(work: Work) -> Progress:
    """Progress of a running job: its newest event, or else what the database has."""
    return progress_from(work.latest_progress or {"progress": work.progress})


def next_first(rows: Sequence[JobRow]) -> list[JobRow]:
    """Unfinished jobs in the order of the queue: what runs, what waits by its place, then what is retried later."""
    return sorted(rows, key=lambda row: (not row.running, row.position == 0, row.position))


def _state_label(work: Work) -> str:
    return labels.place(work.place.position, work.place.length) if work.place else labels.job_state(work.state)


def _when(work: Work) -> tuple[str, datetime | None]:
    match work.state:
        case JobState.QUEUED:
            return "Queued ", work.created_at
        case JobState.RUNNING if work.place is not None:
            return "Queued ", work.created_at
        case JobState.RUNNING:
            return "", None
        case JobState.RETRYING:
            return "Retries ", work.next_attempt_at
        case _:
            return "", work.finished_at


def _duration(work: Work) -> str:
    if work.state is not JobState.COMPLETED or not work.started_at or not work.finished_at:
        return ""
    return f"Took {formatting.elapsed((work.finished_at - work.started_at).total_seconds())}"


def _attempt(work: Work) -> str:
    """Number of the running attempt, or of the next one while the job waits for it."""
    if work.state is JobState.RETRYING:
        return f"Attempt {work.attempt + 1} of {work.attempts}"
    repeated = work.state is JobState.RUNNING and work.attempt > 1
    return f"Attempt {work.attempt} of {work.attempts}" if repeated else ""
