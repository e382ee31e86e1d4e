"""The one message: `perform(job_id)`, and the table of handlers that the worker fills.

Huey names a task by its module and function. Renaming `perform` or moving this module orphans every message
that is on the queue; the periodic re-send would then repair it, one interval later.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from uuid import UUID

from mediaproc.domain.states import Lane
from mediaproc.queue.huey import huey_of

performer: dict[str, Callable[[UUID], None]] = {}
"""Filled by `mediaproc_worker.consumer` under the key `perform`; empty in every other process."""


def perform(job_id: str) -> None:
    """Perform the job with this id, in a worker."""
    performer["perform"](UUID(job_id))


@lru_cache(maxsize=len(Lane))
def task_of(lane: Lane) -> Any:
    """`perform` as a task of one lane. Huey itself never retries: the job's row decides."""
    return huey_of(lane).task(retries=0)(perform)


def send(lane: Lane, job_id: UUID, *, priority: int = 0) -> None:
    """Put the message for a job on its lane. A higher priority is taken first."""
    task_of(lane)(str(job_id), priority=priority)


def size(lane: Lane) -> int:
    """How many messages wait on the lane."""
    return int(huey_of(lane).storage.queue_size())


def waiting(lane: Lane) -> set[UUID]:
    """The jobs whose messages wait on the lane."""
    task_of(lane)  # Huey can only read a message whose task it knows.
    return {UUID(message.args[0]) for message in huey_of(lane).pending()}
