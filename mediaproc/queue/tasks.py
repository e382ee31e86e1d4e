"""The messages: `perform(job_id)`, and `deliver(delivery_id)` on the lane of webhooks. The worker fills in who acts.

`perform` says that a job waits on the lane, not which one to take: whoever gets it asks the database whose turn it is.
The id is there to count what Redis has lost.

Huey names a task by its module and function. Renaming one or moving this module orphans every message
that is on the queue; the periodic re-send would then repair it, one interval later.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any
from uuid import UUID

from mediaproc.domain.states import Lane
from mediaproc.queue.huey import huey_of

performer: dict[str, Callable[..., None]] = {}
"""Filled by the worker under the names of the messages; empty in every other process. `perform` is given the lane."""


def deliver(delivery_id: str) -> None:
    """Send the delivery with this id to its webhook, in a worker."""
    performer["deliver"](UUID(delivery_id))


@lru_cache(maxsize=len(Lane))
def task_of(lane: Lane) -> Any:
    """The message of one lane as its task. Huey itself never retries: the row decides."""

    def perform(job_id: str) -> None:  # noqa: ARG001
        performer["perform"](lane)

    return huey_of(lane).task(retries=0)(deliver if lane is Lane.WEBHOOK else perform)


def send(lane: Lane, id: UUID) -> None:
    """Put the message for a job or delivery on its lane."""
    task_of(lane)(str(id))


def size(lane: Lane) -> int:
    """How many messages wait on the lane."""
    return int(huey_of(lane).storage.queue_size())


def waiting(lane: Lane) -> set[UUID]:
    """The jobs or deliveries whose messages wait on the lane."""
    task_of(lane)  # Huey can only read a message whose task it knows.
    return {UUID(message.args[0]) for message in huey_of(lane).pending()}
