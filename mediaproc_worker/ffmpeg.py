"""FFmpeg for a job: a running process at the job's CPU priority, its progress reported and its failures explained."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace

from mediaproc.domain.states import JobKind, Lane, Stage
from mediaproc.media.progress import Estimate, Progress
from mediaproc.runtime.ffmpeg import ffmpeg_path
from mediaproc.settings import settings
from mediaproc_worker import ffmpeg_errors, sandboxed_process
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.sandboxed_process import Limits, Process, ProcessFailed, ProcessTimedOut


@contextmanager
def running(
    context: AttemptContext, arguments: list[str], *, threads: int, limits: Limits | None = None, urgent: bool = False
) -> Generator[Process]:
    """A running FFmpeg within `with`, with `arguments` for its command line.

    `threads` scales the CPU time limit. An `urgent` process keeps full CPU priority until `lower_priority` is called.
    Raises a ProcessingError if FFmpeg fails; the end of its log is then in the attempt's log.
    """
    seconds = settings().attempt_timeout_seconds
    limits = limits or Limits(wall_seconds=seconds, cpu_seconds=seconds * threads)
    if _is_long(context) and not urgent:
        limits = replace(limits, nice=settings().encode_nice)
    try:
        with sandboxed_process.running(
            ffmpeg_path(), arguments, directory=context.workspace, cancelled=context.cancelled, limits=limits
        ) as process:
            yield process
    except (ProcessFailed, ProcessTimedOut) as failure:
        _log_tail_lines(context, failure.log_tail)
        raise ffmpeg_errors.reason_of(failure) from failure
    lost = ffmpeg_errors.cut_short(process.log_tail)
    if lost is not None:
        _log_tail_lines(context, process.log_tail)
        raise lost


def run(context: AttemptContext, arguments: list[str], *, threads: int = 1, limits: Limits | None = None) -> None:
    """Run FFmpeg to its end without reporting progress. Raises as `running` does."""
    with running(context, arguments, threads=threads, limits=limits) as process:
        for _ in process.lines():
            pass


def lower_priority(context: AttemptContext, urgent: Process) -> None:
    """Give an urgent FFmpeg the CPU priority that others of its kind of job have."""
    if _is_long(context):
        urgent.lower_priority(settings().encode_nice)


def report(context: AttemptContext, estimate: Estimate, block: Progress, *, base: float, end: float) -> None:
    """Report the progress of an encode that takes the attempt from `base` to `end` percent."""
    progress = base + (end - base) * estimate.percent / 100
    context.report(Stage.ENCODE, progress, fps=block.fps, speed=block.speed, eta_seconds=estimate.eta_seconds)


def _is_long(context: AttemptContext) -> bool:
    """True if it yields the CPU to short work (ENCODE_NICE): a remux, a poster, the services.

    Long audio encodes do, too. An encode that a player waits for does not until its first segment is stored.
    """
    return context.claim.job.lane is Lane.ENCODE or context.claim.job.kind is JobKind.AUDIO


def _log_tail_lines(context: AttemptContext, log_tail: str) -> None:
    """Add the end of FFmpeg's log to the attempt's log."""
    for line in log_tail.splitlines()[-20:]:
        context.log(line)
