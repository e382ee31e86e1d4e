"""Rows of the Jobs page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from mediaproc.domain.states import JobState, Priority
from mediaproc.operations.job_list import Work
from mediaproc.operations.queue_places import Place
from mediaproc.operations.views import ErrorView
from mediaproc.state import labels
from mediaproc.state.job_rows import next_first, progress_of, row_of

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
    error=None,
    created_at=NOON,
    started_at=None,
    next_attempt_at=None,
    finished_at=None,
    latest_progress=None,
)
NO_VIDEO = ErrorView(code="not_a_video", detail="This file is not a video")
UNREACHABLE = ErrorView(code="storage_failed", detail="Storage is not responding")
RUNS = replace(WAITS, state=JobState.RUNNING, attempt=1, started_at=NOON, progress=12.5)


def test_a_queued_job_shows_when_it_was_queued() -> None:
    row = row_of(WAITS)
    assert (row.href, row.state_label) == (f"/videos/{VIDEO}", labels.job_state(JobState.QUEUED))
    assert (row.detail, row.when, row.when_at, row.attempt) == ("", "Queued ", NOON.isoformat(), "")


@pytest.mark.parametrize(("attempt", "said"), [(1, ""), (2, "Attempt 2 of 3")])
def test_a_running_job_shows_its_attempt_from_the_second_on(attempt: int, said: str) -> None:
    row = row_of(replace(RUNS, attempt=attempt))
    assert (row.running, row.attempt, row.when_at) == (True, said, "")


def test_a_retrying_job_shows_the_error_and_the_next_attempt() -> None:
    later = NOON + timedelta(minutes=5)
    row = row_of(replace(RUNS, state=JobState.RETRYING, error=UNREACHABLE, next_attempt_at=later))
    assert (row.detail, row.attempt) == (UNREACHABLE.detail, "Attempt 2 of 3")
    assert (row.when, row.when_at) == ("Retries ", later.isoformat())


def test_a_failed_job_shows_the_error_and_when() -> None:
    row = row_of(replace(RUNS, state=JobState.FAILED, error=NO_VIDEO, finished_at=NOON))
    assert (row.state, row.detail, row.attempt) == ("failed", NO_VIDEO.detail, "")
    assert (row.when, row.when_at) == ("", NOON.isoformat())


def test_a_completed_job_shows_how_long_it_took() -> None:
    row = row_of(replace(RUNS, state=JobState.COMPLETED, finished_at=NOON + timedelta(seconds=200)))
    assert (row.state, row.detail) == ("completed", "Took 3 min 20 s")


def test_progress_is_the_newest_event_or_else_the_stored_value() -> None:
    assert progress_of(RUNS).percent == 12.5
    newest = progress_of(replace(RUNS, latest_progress={"progress": 40, "stage": "encode", "fps": 50.2}))
    assert (newest.percent, newest.stage, newest.fps) == (40, "encode", 50.2)


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
def test_actions_on_a_job(state: JobState, retried: bool, cancelled: bool) -> None:
    row = row_of(replace(RUNS, state=state))
    assert (row.can_retry, row.can_cancel) == (retried, cancelled)


def test_a_retry_is_offered_where_it_may_end_otherwise() -> None:
    failed = replace(RUNS, state=JobState.FAILED)
    assert row_of(replace(failed, error=UNREACHABLE)).can_retry
    row = row_of(replace(failed, error=NO_VIDEO))
    assert (row.can_retry, row.selectable) == (False, False)


def test_a_job_that_waits_gives_its_place() -> None:
    row = row_of(replace(RUNS, place=Place(position=3, length=6)))
    assert (row.running, row.position, row.state_label) == (False, 3, "Waiting, 3rd of 6")
    alone = row_of(replace(WAITS, place=Place(position=1, length=1)))
    assert alone.state_label == "Waiting, next in line"
    later = row_of(replace(WAITS, state=JobState.RETRYING))
    assert next_first([later, row, alone, row_of(RUNS)]) == [row_of(RUNS), alone, row, later]


def test_every_state_and_priority_has_a_label() -> None:
    assert all(labels.job_state(state) for state in JobState)
    assert all(labels.PRIORITIES[priority] for priority in Priority)
