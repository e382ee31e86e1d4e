"""`python -m mediaproc_worker.consumer`: take jobs from the queue, one process a slot.

`huey_consumer mediaproc_worker.consumer.huey -k process -g TERM` works too, with its own options.

At SIGTERM the workers take nothing new and have `drain_seconds` to finish; then what still runs is given back, its
FFmpeg killed. At SIGINT it is given back at once. The parent opens no connection, so none is shared after the fork.
"""

from __future__ import annotations

import contextlib
import logging
import resource
import signal
import sys
from functools import lru_cache
from typing import Any

from pydantic import ValidationError
from sqlalchemy.exc import SQLAlchemyError

from mediaproc import database, logs
from mediaproc.domain.states import JobKind, Lane
from mediaproc.queue import tasks
from mediaproc.queue.huey import huey_of
from mediaproc.settings import explain, settings
from mediaproc_worker import attempt, parent
from mediaproc_worker.handlers.process import process
from mediaproc_worker.heartbeat import stopping

HEALTH_CHECK_SECONDS = 1.0
"""How soon a killed worker process is replaced."""

LONGEST_PAUSE_SECONDS = 2.0
"""Between two tries to reach Redis while it is away."""


def main() -> int:
    """Run until a signal. Returns the exit status: 2 if the settings are wrong."""
    try:
        config = settings()
    except ValidationError as error:
        print(explain(error), file=sys.stderr)
        return 2
    consumer = bound_huey().create_consumer(
        workers=config.slots,
        worker_type="process",
        periodic=False,
        health_check_interval=HEALTH_CHECK_SECONDS,
        max_delay=LONGEST_PAUSE_SECONDS,
        graceful_signal="TERM",
        shutdown_timeout=config.drain_seconds,
    )
    consumer.run()
    return 0


@lru_cache(maxsize=1)
def bound_huey() -> Any:
    """The Huey of the encode lane with everything that a worker process needs bound to it."""
    logs.configure(level=settings().log_level, format=settings().log_format)
    logging.getLogger("huey").setLevel(logging.WARNING)  # Attempts are logged with ids; messages need not be.
    logging.getLogger("huey.consumer").setLevel(settings().log_level.upper())
    attempt.handlers.setdefault(JobKind.PROCESS, process)
    tasks.performer["perform"] = attempt.perform
    tasks.task_of(Lane.ENCODE)
    huey = huey_of(Lane.ENCODE)
    huey.on_startup("mediaproc")(_start_worker)
    parent.bind_children()
    return huey


def _start_worker() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # A core dump would hold sources and secrets.
    for signum in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(signum) is not signal.SIG_IGN:  # The graceful one, which only the parent heeds.
            signal.signal(signum, _give_back)
    with contextlib.suppress(SQLAlchemyError), database.engine().connect():
        pass  # The first job need not wait for the first connection.


def _give_back(_signum: int, _frame: object) -> None:
    stopping.set()


def __getattr__(name: str) -> Any:
    if name == "huey":
        return bound_huey()
    raise AttributeError(name)


if __name__ == "__main__":
    sys.exit(main())
