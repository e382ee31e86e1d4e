"""What the Jobs page says of a job."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from mediaproc.domain.states import JobState, Priority
from mediaproc.operations.job_list import Work
from mediaproc.state import labels
from mediaproc.state.job_rows import progress_of, row_of

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
VIDEO = UUID("01a20b9c-721e-719f-af91-dc4e70d950db")

WAITS = Work(
    job_id=UUID(int=1),
    video_id=VIDEO,
    title="A",
    state=JobState.QUEUED,
    priority=Priority.NORMAL,
    progress=0.0,
    attempt=0,
    attempts=3,
    error="",
    created_at=NOON,
    started_at=None,
    next_attempt_at=None,
    finished_at=None,
    news=None,
)
RUNS = replace(WAITS, state=JobState.RUNNING, attempt=1, started_at=NOON, progress=12.5)


def test_what_waits_says_since_when() -> None:
    row = row_of(WAITS)
    assert (row.href, row.state_name) == (f"/videos/{VIDEO}", "Waiting")
    assert (row.line, row.when, row.when_at, row.tries) == ("", "Added ", NOON.isoformat(), "")


@pytest.mark.parametrize(("attempt", "said"), [(1, ""), (2, "attempt 2 of 3")])
def test_what_runs_counts_attempts_from_the_second_on(attempt: int, said: str) -> None:
    row = row_of(replace(RUNS, attempt=attempt))
    assert (row.running, row.tries, row.when_at) == (True, said, "")


def test_what_is_tried_again_says_why_and_when_and_for_which_time() -> None:
    later = NOON + timedelta(minutes=5)
    row = row_of(replace(RUNS, state=JobState.RETRYING, error="The storage did not answer", next_attempt_at=later))
    assert (row.line, row.tries) == ("The storage did not answer", "attempt 2 of 3")
    assert (row.when, row.when_at) == ("tried again ", later.isoformat())


def test_what_failed_says_why_and_when() -> None:
    row = row_of(replace(RUNS, state=JobState.FAILED, error="This file is not a video", finished_at=NOON))
    assert (row.state_name, row.line, row.tries) == ("Failed", "This file is not a video", "")
    assert (row.when, row.when_at) == ("", NOON.isoformat())


def test_what_is_done_says_how_long_it_took() -> None:
    row = row_of(replace(RUNS, state=JobState.COMPLETED, finished_at=NOON + timedelta(seconds=200)))
    assert (row.state_name, row.line) == ("Done", "Took 3 min 20 s")


def test_progress_is_what_was_told_last_else_what_was_written_down() -> None:
    assert progress_of(RUNS).percent == "12 %"
    told = progress_of(replace(RUNS, news={"progress": 40, "stage": "encode", "fps": 50.2}))
    assert (told.percent, told.line) == ("40 %", "Encoding · 50 fps")


@pytest.mark.parametrize(
    ("state", "retried", "cancelled"),
    [
        (JobState.QUEUED, False, True),
        (JobState.RUNNING, False, True),
        (JobState.RETRYING, False, True),
        (JobState.COMPLETED, False, False),
        (JobState.FAILED, True, False),
        (JobState.CANCELLED, True, False),
    ],
)
def test_what_can_be_done_about_a_job(state: JobState, retried: bool, cancelled: bool) -> None:
    row = row_of(replace(RUNS, state=state))
    assert (row.can_retry, row.can_cancel) == (retried, cancelled)


def test_every_state_has_a_word() -> None:
    assert all(labels.job_state(state) for state in JobState)
    assert all(labels.short_priority(priority) for priority in Priority)
