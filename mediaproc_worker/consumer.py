"""Queue consumer, `python -m mediaproc_worker.consumer`: takes jobs from the queue, one process a slot.

`huey_consumer mediaproc_worker.consumer.huey -k process -g TERM` works too, with its own options; then other
processes must run `mediaproc_worker.consumer.copy` and `mediaproc_worker.consumer.quick`, the Hueys of those lanes.

At SIGTERM the workers take no new jobs and have `drain_seconds` to finish; then running jobs go back to the queue and
their FFmpeg is killed. At SIGINT that happens at once. The parent opens no connection, so none is shared after a fork.
"""

from __future__ import annotations

import logging
import resource
import signal
from functools import lru_cache
from typing import Any

from huey.consumer import Consumer

from mediaproc import logs
from mediaproc.domain.states import JOB_LANES, JobKind, Lane
from mediaproc.queue import tasks
from mediaproc.queue.huey import huey_of
from mediaproc.settings import settings, settings_or_exit
from mediaproc_worker import attempt, parent_death, warmup
from mediaproc_worker.handlers.assemble import assemble
from mediaproc_worker.handlers.audio import encode_audio
from mediaproc_worker.handlers.encode import encode_chunk
from mediaproc_worker.handlers.files import make_files
from mediaproc_worker.handlers.measure import measure
from mediaproc_worker.handlers.poster import take_poster
from mediaproc_worker.handlers.process import process
from mediaproc_worker.handlers.remux import copy_video
from mediaproc_worker.handlers.source_copy import copy_source
from mediaproc_worker.handlers.storyboard import make_storyboard
from mediaproc_worker.handlers.subtitles import extract_subtitles
from mediaproc_worker.handlers.tune import tune
from mediaproc_worker.heartbeat import stopping

HANDLERS: dict[JobKind, attempt.Handler] = {
    JobKind.PROCESS: process,
    JobKind.ENCODE: encode_chunk,
    JobKind.REMUX: copy_video,
    JobKind.COPY: copy_source,
    JobKind.FILES: make_files,
    JobKind.AUDIO: encode_audio,
    JobKind.SUBTITLES: extract_subtitles,
    JobKind.POSTER: take_poster,
    JobKind.ASSEMBLE: assemble,
    JobKind.TUNE: tune,
    JobKind.STORYBOARD: make_storyboard,
    JobKind.MEASURE: measure,
}
"""Handler of each kind of job."""

EXTRA_WORKERS = {Lane.COPY: 2, Lane.QUICK: 2}
"""Worker processes of the other lanes, besides those that encode."""

HEALTH_CHECK_SECONDS = 1
"""Seconds until a killed worker process is replaced."""

LONGEST_PAUSE_SECONDS = 2.0
"""Longest pause between two attempts to reach Redis while it is away."""


def main() -> None:
    """Run until a signal. Wrong settings end it with status 2."""
    config = settings_or_exit()
    bound_huey()
    warmup.before_forks()
    consumer = LanesConsumer(
        huey_of(Lane.ENCODE),
        workers=config.slots + sum(EXTRA_WORKERS.values()),
        worker_type="process",
        periodic=False,
        health_check_interval=HEALTH_CHECK_SECONDS,
        max_delay=LONGEST_PAUSE_SECONDS,
        graceful_signal="TERM",
        shutdown_timeout=config.drain_seconds,
    )
    consumer.run()


class LanesConsumer(Consumer):
    """One consumer for all lanes: the first workers encode, the last ones take the other lanes."""

    def _create_process(self, process: Any, name: str) -> Any:
        """Also called for the successor of a worker that died, under the same name."""
        number = name.removeprefix("Worker-")
        if number.isdigit():
            process.huey = huey_of(self._lanes[int(number) - 1])
        return super()._create_process(process, name)

    @property
    def _lanes(self) -> list[Lane]:
        """Lane of each worker, by its number."""
        others = [lane for lane, workers in EXTRA_WORKERS.items() for _ in range(workers)]
        return [Lane.ENCODE] * (self.workers - len(others)) + others


@lru_cache(maxsize=1)
def bound_huey() -> Any:
    """Return the Huey of the encode lane, after binding handlers and start-up to the Hueys of all lanes."""
    logs.configure(level=settings().log_level, format=settings().log_format)
    logging.getLogger("huey").setLevel(logging.WARNING)  # Attempts are logged with ids; messages need not be.
    logging.getLogger("huey.consumer").setLevel(settings().log_level.upper())
    for kind, handler in HANDLERS.items():
        attempt.handlers.setdefault(kind, handler)
    tasks.performer["perform"] = attempt.perform_next
    for lane in JOB_LANES:
        tasks.task_of(lane)
        huey_of(lane).on_startup("mediaproc")(_start_worker)
    parent_death.bind_children()
    return huey_of(Lane.ENCODE)


def _start_worker() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # A core dump would hold sources and secrets.
    for signum in (signal.SIGTERM, signal.SIGINT):
        if signal.getsignal(signum) is not signal.SIG_IGN:  # The graceful one, which only the parent heeds.
            signal.signal(signum, _give_back)
    warmup.in_worker()


def _give_back(_signum: int, _frame: object) -> None:
    stopping.set()


def __getattr__(name: str) -> Any:
    if name == "huey":
        return bound_huey()
    if name in EXTRA_WORKERS:
        bound_huey()
        return huey_of(Lane(name))
    raise AttributeError(name)


if __name__ == "__main__":
    main()
