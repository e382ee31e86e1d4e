"""Maintenance process, `python -m mediaproc_worker.periodic`: rescues lost jobs and deletes leftovers.

It may run on every host at once.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session

from mediaproc import database, logs
from mediaproc.operations import trash, uploads, webhooks
from mediaproc.operations.jobs import maintenance
from mediaproc.settings import settings, settings_or_exit
from mediaproc_worker import workspace

log = logs.get_logger("mediaproc_worker.periodic")  # also when it is `__main__`

HOUSEKEEPING_SECONDS = 60.0
LONGEST_BACKOFF_SECONDS = 30.0
MAX_SHUTDOWN_SECONDS = 2.0
"""Grace for a running chore at the end; an interrupted transaction is rolled back."""


@dataclass
class Chore:
    """Periodic task. After a failure its interval doubles; other chores go on."""

    name: str
    every_seconds: float
    run: Callable[[], int]
    failures: int = 0
    due_at: float = 0.0

    def do(self) -> None:
        """Run it once and set when it is due again."""
        try:
            done = self.run()
            self.failures = 0
            if done:
                log.info("mended", chore=self.name, count=done)
        except Exception as error:
            self.failures += 1
            log.warning("chore_failed", chore=self.name, error=str(error), exc_info=self.failures == 1)
        wait = self.every_seconds * 2**self.failures
        self.due_at = time.monotonic() + min(wait, max(self.every_seconds, LONGEST_BACKOFF_SECONDS))


def main() -> None:
    """Run until SIGTERM or SIGINT. Wrong settings end it with status 2."""
    config = settings_or_exit()
    logs.configure(level=config.log_level, format=config.log_format)
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda _signum, _frame: stop.set())
    run_beside(urgent_chores(), patient_chores(), stop)


def run_beside(urgent: list[Chore], patient: list[Chore], stop: threading.Event) -> None:
    """Run the patient chores in a thread of their own, so that slow storage does not delay the rescue of jobs."""
    beside = threading.Thread(target=run, args=(patient, stop), name="patient", daemon=True)
    beside.start()
    run(urgent, stop)
    beside.join(timeout=MAX_SHUTDOWN_SECONDS)


def run(to_do: list[Chore], stop: threading.Event) -> None:
    """Run each chore whenever it is due, until `stop` is set."""
    while not stop.is_set():
        for chore in to_do:
            if chore.due_at <= time.monotonic() and not stop.is_set():
                chore.do()
        stop.wait(max(0.0, min(chore.due_at for chore in to_do) - time.monotonic()))


def urgent_chores() -> list[Chore]:
    """Return the chores that jobs and webhooks wait for. They use Postgres and Redis only."""
    often = settings().rescue_interval_seconds
    return [
        Chore("rescue_expired", often, _in_transaction(maintenance.rescue_expired)),
        Chore("resend_lost", often, _in_transaction(maintenance.resend_lost)),
        Chore("rescue_deliveries", often, _in_transaction(webhooks.rescue_expired)),
        Chore("resend_deliveries", often, _in_transaction(webhooks.resend_lost)),
    ]


def patient_chores() -> list[Chore]:
    """Return the chores that nothing waits for. Many use storage, which may be slow."""
    often = settings().rescue_interval_seconds
    seldom = max(often, HOUSEKEEPING_SECONDS)
    return [
        Chore("sweep_leftovers", often, maintenance.sweep_leftovers),
        Chore("expire_uploads", seldom, uploads.expire_stale),
        Chore("purge_trash", seldom, trash.purge),
        Chore("remove_workspaces", seldom, workspace.remove_leftovers),
        Chore("prune", seldom, _in_transaction(maintenance.prune)),
        Chore("prune_deliveries", seldom, _in_transaction(webhooks.prune)),
    ]


def _in_transaction(verb: Callable[[Session], int]) -> Callable[[], int]:
    def in_transaction() -> int:
        with database.transaction() as session:
            return verb(session)

    return in_transaction


if __name__ == "__main__":
    main()
