"""`python -m bench.response [--json FILE] [--rounds N]`: how soon an idle worker begins, a cancel ends FFmpeg, and
`mediaproc up` is ready again.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench import figures, machine
from bench.figures import Figure
from mediaproc import database
from mediaproc.domain.states import JobState
from mediaproc.domain.tables import Job
from mediaproc.embedded import servers
from mediaproc.operations.jobs import requests
from testing import ROOT
from testing.jobs import attempts_of, enqueued, job_now
from testing.services import real_services
from testing.site import started_up
from testing.waits import eventually
from testing.workers import Workers, gone

MOST_MS_TO_START = 100
MOST_SECONDS_TO_CANCEL = 2
MOST_SECONDS_TO_RESTART = 15


def main() -> int:
    """Measure, print the table and write the JSON."""
    parser = figures.parser("response")
    parser.add_argument("--rounds", type=int, default=15)
    options = parser.parse_args()
    machine.exit_on_sigterm()
    figures.show_machine()
    measured: list[Figure] = []
    for figure in _measure(options.rounds):
        measured.append(figure)
        figures.show(figure)
    figures.write(measured, options.json)
    return 0


def _measure(rounds: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory(prefix="mediaproc-bench-") as folder, real_services():
        workers = Workers(Path(folder), module="testing.fake_worker")
        try:
            _wait_for_state(enqueued(filename="instant"), JobState.COMPLETED)
            yield _started([_ms_to_start() for _ in range(rounds)])
            yield _cancelled([_seconds_to_cancel(workers) for _ in range(3)])
        finally:
            workers.stop()
    yield _restarted(_seconds_to_restart())


def _started(waits_ms: list[float]) -> Figure:
    median, limit = statistics.median(waits_ms), f"≤ {MOST_MS_TO_START}"
    return Figure("ms from request to start, idle, p50", median, limit, median <= MOST_MS_TO_START, machine.load())


def _cancelled(seconds: list[float]) -> Figure:
    longest, limit = max(seconds), f"≤ {MOST_SECONDS_TO_CANCEL}"
    return Figure(
        "s from cancel to FFmpeg's end, longest", longest, limit, longest <= MOST_SECONDS_TO_CANCEL, machine.load()
    )


def _restarted(seconds: float) -> Figure:
    limit = f"≤ {MOST_SECONDS_TO_RESTART}"
    return Figure("s until `up` is ready again", seconds, limit, seconds <= MOST_SECONDS_TO_RESTART, machine.load())


def _ms_to_start() -> float:
    began = time.time()
    job = enqueued(filename="instant")
    _wait_for_state(job, JobState.COMPLETED)
    return (attempts_of(job.id)[0].started_at.timestamp() - began) * 1000


def _seconds_to_cancel(workers: Workers) -> float:
    job = enqueued(filename="ffmpeg 300")
    ffmpeg, _ = workers.wait_for_ffmpeg()
    with database.transaction() as session:
        requests.cancel(session, job=session.get_one(Job, job.id))
    began = time.monotonic()
    eventually(lambda: gone(ffmpeg))
    return time.monotonic() - began


def _seconds_to_restart() -> float:
    """Of the second start on the same data: the first one builds the page and creates the database."""
    with tempfile.TemporaryDirectory(prefix="mediaproc-bench-") as folder:
        Path(folder).chmod(0o755)
        (port,) = servers.free_ports(1)
        command = [str(ROOT / "dev"), "up", "--data", f"{folder}/data", "--port", str(port)]
        seconds = 0.0
        for _ in range(2):
            began = time.monotonic()
            with started_up(command, port=port, folder=Path(folder)):
                seconds = time.monotonic() - began
        return seconds


def _wait_for_state(job: Job, state: JobState) -> None:
    eventually(lambda: job_now(job.id).state is state)


if __name__ == "__main__":
    raise SystemExit(main())
