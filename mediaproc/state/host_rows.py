"""Which host does what now, as the Jobs page shows it."""

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
    """What a host does for one video."""

    href: str
    title: str
    what: str


@dataclass(frozen=True)
class HostRow:
    """One host that works for the team."""

    host: str
    tasks: list[TaskRow]


def hosts_of(doing: Iterable[ActiveAttempt]) -> list[HostRow]:
    """What is done, by host and then by video."""
    ordered = sorted(doing, key=lambda each: (_host(each), each.video_id))
    return [HostRow(host, _tasks(mine)) for host, mine in groupby(ordered, key=_host)]


def _tasks(mine: Iterable[ActiveAttempt]) -> list[TaskRow]:
    return [_task(video_id, list(same)) for video_id, same in groupby(mine, key=lambda each: each.video_id)]


def _task(video_id: UUID, doing: Sequence[ActiveAttempt]) -> TaskRow:
    kinds = dict.fromkeys(each.kind for each in doing)
    chunks = {kind: [each.chunk for each in doing if each.kind is kind and each.chunk is not None] for kind in kinds}
    what = ", ".join(labels.task(kind, chunks[kind]) for kind in kinds)
    return TaskRow(href=routes.video(str(video_id)), title=doing[0].title, what=what)


def _host(doing: ActiveAttempt) -> str:
    return doing.worker.rpartition(":")[0] or doing.worker
