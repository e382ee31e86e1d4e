"""Hosts on the Jobs page: which host works on what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from mediaproc import routes
from mediaproc.operations.active_attempts import ActiveAttempt
from mediaproc.state import labels


@dataclass(frozen=True)
class TaskRow:
    """The tasks of a host for one video."""

    href: str
    title: str
    tasks: str


@dataclass(frozen=True)
class HostRow:
    """One host that works for the team."""

    host: str
    videos: list[TaskRow]


def hosts_of(attempts: Iterable[ActiveAttempt]) -> list[HostRow]:
    """Running attempts, grouped by host and then by video."""
    ordered = sorted(attempts, key=lambda each: (_host(each), each.video_id))
    return [HostRow(host, _by_video(on_host)) for host, on_host in groupby(ordered, key=_host)]


def _by_video(attempts: Iterable[ActiveAttempt]) -> list[TaskRow]:
    return [_row(video_id, list(same)) for video_id, same in groupby(attempts, key=lambda each: each.video_id)]


def _row(video_id: UUID, attempts: Sequence[ActiveAttempt]) -> TaskRow:
    kinds = dict.fromkeys(each.kind for each in attempts)
    chunks = {kind: [each.chunk for each in attempts if each.kind is kind and each.chunk is not None] for kind in kinds}
    tasks = ", ".join(labels.task(kind, chunks[kind]) for kind in kinds)
    return TaskRow(href=routes.video(str(video_id)), title=attempts[0].title, tasks=tasks)


def _host(attempt: ActiveAttempt) -> str:
    """A worker is named `host:process`."""
    return attempt.worker.rpartition(":")[0] or attempt.worker
