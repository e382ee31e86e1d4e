"""What the Jobs page shows, as frozen values with every number already in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mediaproc import routes
from mediaproc.domain.states import JobState, Priority
from mediaproc.operations.job_list import Work
from mediaproc.state import formatting, labels
from mediaproc.state.cards import Live, live_of

PRIORITIES = tuple((each.value, labels.short_priority(each)) for each in Priority)
"""What may be chosen while there is work to do."""


@dataclass(frozen=True)
class JobRow:
    """One whole job, named by its video, as the verbs are: `id` is the video's.

    `line` is what is to be said of it, empty while it runs and other things are said; `when` and `when_at` are read as
    one: "Added 3 min ago". `tries` counts its attempts, once it is more than the first.
    """

    id: str
    href: str
    title: str
    state: str
    state_name: str
    line: str
    when: str
    when_at: str
    tries: str
    priority: str
    running: bool
    can_retry: bool
    can_cancel: bool


def row_of(work: Work) -> JobRow:
    """Work as its row."""
    when, at = _when(work)
    return JobRow(
        id=str(work.video_id),
        href=routes.video(str(work.video_id)),
        title=work.title,
        state=work.state.value,
        state_name=labels.job_state(work.state),
        line=work.error or _took(work),
        when=when,
        when_at=at.isoformat() if at else "",
        tries=_tries(work),
        priority=work.priority.value,
        running=work.state is JobState.RUNNING,
        can_retry=work.state in {JobState.FAILED, JobState.CANCELLED},
        can_cancel=not work.state.final,
    )


def progress_of(work: Work) -> Live:
    """How far running work is: as Redis knows, else as its row does."""
    return live_of(work.news or {"progress": work.progress})


def _when(work: Work) -> tuple[str, datetime | None]:
    match work.state:
        case JobState.QUEUED:
            return "Added ", work.created_at
        case JobState.RUNNING:
            return "", None
        case JobState.RETRYING:
            return "tried again ", work.next_attempt_at
        case _:
            return "", work.finished_at


def _took(work: Work) -> str:
    if work.state is not JobState.COMPLETED or not work.started_at or not work.finished_at:
        return ""
    return f"Took {formatting.elapsed((work.finished_at - work.started_at).total_seconds())}"


def _tries(work: Work) -> str:
    """Of what runs: which attempt it is. Of what waits for another one: which one that will be."""
    if work.state is JobState.RETRYING:
        return f"attempt {work.attempt + 1} of {work.attempts}"
    again = work.state is JobState.RUNNING and work.attempt > 1
    return f"attempt {work.attempt} of {work.attempts}" if again else ""
