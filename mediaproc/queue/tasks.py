"""Queue messages: `perform(job_id)`, and `deliver(delivery_id)` on the lane of webhooks.

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
"""Functions that perform the messages, by name; the worker fills it. `perform` is called with the lane."""


def deliver(delivery_id: str) -> None:
    """Send the delivery with this id to its webhook, in a worker."""
    performer["deliver"](UUID(delivery_id))


@lru_cache(maxsize=len(Lane))
def task_of(lane: Lane) -> Any:
    """Return the message of a lane as a Huey task. Huey never retries it: the job's row decides on retries."""

    def perform(job_id: str) -> None:  # noqa: ARG001
        """Perform the next job of the lane, whichever it is: the database chooses it, by priority and fair share.

        The id is ignored because the order may have changed since the message was sent. It is in the message so that
        `waiting` can tell which jobs lost theirs when Redis failed.
        """
        performer["perform"](lane)

    return huey_of(lane).task(retries=0)(deliver if lane is Lane.WEBHOOK else perform)


def send(lane: Lane, id: UUID) -> None:
    """Send the message for a job or delivery to its lane."""
    task_of(lane)(str(id))


def size(lane: Lane) -> int:
    """Return the number of messages that wait on the lane."""
    return int(huey_of(lane).storage.queue_size())


def waiting(lane: Lane) -> set[UUID]:
    """Return the ids of the jobs or deliveries whose messages wait on the lane."""
    task_of(lane)  # Huey can only read a message whose task it knows.
    return {UUID(message.args[0]) for message in huey_of(lane).pending()}
