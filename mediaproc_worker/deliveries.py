"""Webhook sender, `python -m mediaproc_worker.deliveries`: sends deliveries, several at a time in threads.

It is a process of its own, so that receivers can't slow down encodes. At SIGTERM it takes no new deliveries and has
`drain_seconds` for those in flight, at SIGINT none. An interrupted delivery is sent again once its lease has expired.
"""

from __future__ import annotations

import logging
from typing import Any
from uuid import UUID

from huey.consumer import Consumer

from mediaproc import database, logs
from mediaproc.domain.states import Lane
from mediaproc.operations import webhooks
from mediaproc.queue import tasks
from mediaproc.queue.huey import huey_of
from mediaproc.settings import settings, settings_or_exit
from mediaproc_worker.webhook_client import post

log = logs.get_logger("mediaproc_worker.deliveries")  # also when it is `__main__`

AT_A_TIME = 8
"""Parallel deliveries. Each webhook gets one at a time, so it takes this many slow receivers to delay others."""

LONGEST_PAUSE_SECONDS = 2.0
"""Longest pause between two attempts to reach Redis while it is away."""


def main() -> None:
    """Run until a signal. Wrong settings end it with status 2."""
    config = settings_or_exit()
    consumer = Consumer(
        bound_huey(),
        workers=AT_A_TIME,
        worker_type="thread",
        periodic=False,
        max_delay=LONGEST_PAUSE_SECONDS,
        graceful_signal="TERM",
        shutdown_timeout=config.drain_seconds,
    )
    consumer.run()


def bound_huey() -> Any:
    """Return the Huey of the webhook lane, with the function that performs its message."""
    logs.configure(level=settings().log_level, format=settings().log_format)
    logging.getLogger("huey").setLevel(logging.WARNING)
    logging.getLogger("huey.consumer").setLevel(settings().log_level.upper())
    tasks.performer["deliver"] = deliver
    tasks.task_of(Lane.WEBHOOK)
    return huey_of(Lane.WEBHOOK)


def deliver(delivery_id: UUID) -> None:
    """Send one delivery, if it is next for its webhook. A message is only a hint, so it may not be."""
    with database.transaction() as session:
        claim = webhooks.claim(session, delivery_id=delivery_id)
    if claim is None:
        return
    answer = post(claim)
    with database.transaction() as session:
        state = webhooks.settle(session, claim, answer)
    log.info(
        "webhook_sent",
        webhook_id=str(claim.webhook_id),
        delivery_id=str(delivery_id),
        attempt=claim.attempt,
        status=answer.status,
        state=state.value if state else "lost",
        seconds=round(answer.seconds, 3),
    )


if __name__ == "__main__":
    main()
