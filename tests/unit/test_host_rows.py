"""Hosts on the Jobs page."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from mediaproc.domain.states import JobKind
from mediaproc.operations.active_attempts import ActiveAttempt
from mediaproc.state import labels
from mediaproc.state.host_rows import HostRow, TaskRow, hosts_of

NOON = datetime(2026, 1, 2, 12, tzinfo=UTC)
FIRST, SECOND = UUID(int=1), UUID(int=2)


def at_work(worker: str, video_id: UUID, kind: JobKind, chunk: int | None = None) -> ActiveAttempt:
    return ActiveAttempt(worker, video_id, f"clip {video_id.int}", kind, chunk, NOON)


def test_no_attempts_no_hosts() -> None:
    assert hosts_of([]) == []


def test_attempts_are_grouped_by_host_and_video() -> None:
    found = hosts_of(
        [
            at_work("west:9", FIRST, JobKind.ENCODE, 4),
            at_work("east:1", SECOND, JobKind.STORYBOARD),
            at_work("west:7", FIRST, JobKind.AUDIO),
            at_work("east:2", FIRST, JobKind.ENCODE, 0),
            at_work("west:8", FIRST, JobKind.ENCODE, 3),
        ]
    )
    first, second = f"/videos/{FIRST}", f"/videos/{SECOND}"
    assert found == [
        HostRow(
            "east",
            [TaskRow(first, "clip 1", "Encoding chunk 1"), TaskRow(second, "clip 2", labels.task(JobKind.STORYBOARD))],
        ),
        HostRow("west", [TaskRow(first, "clip 1", f"Encoding chunks 4, 5, {labels.task(JobKind.AUDIO)}")]),
    ]


def test_every_kind_of_job_has_a_label() -> None:
    assert all(labels.task(kind) for kind in JobKind)
