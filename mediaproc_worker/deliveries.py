"""`python -m mediaproc_worker.deliveries`: send what webhooks are to be told, several at a time in threads.

A process of its own: what receivers do to it touches no encode. At SIGTERM it takes nothing new and has `drain_seconds`
for what is on its way, at SIGINT none; what is cut off, or killed, is sent again once its lease is over.
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
"""To each webhook one request goes at a time, so it takes this many slow receivers to make others wait."""

LONGEST_PAUSE_SECONDS = 2.0
"""Between two tries to reach Redis while it is away."""


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
    """The Huey of the lane of webhooks, with what performs its message."""
    logs.configure(level=settings().log_level, format=settings().log_format)
    logging.getLogger("huey").setLevel(logging.WARNING)
    logging.getLogger("huey.consumer").setLevel(settings().log_level.upper())
    tasks.performer["deliver"] = deliver
    tasks.task_of(Lane.WEBHOOK)
    return huey_of(Lane.WEBHOOK)


def deliver(delivery_id: UUID) -> None:
    """Send one delivery, if it is next. A message is only a hint, so often enough it is not."""
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
