"""`python -m testing.fake_worker`: the real consumer with a handler that is scripted by the video's filename.

It lets tests go through the life of a job in seconds. "ffmpeg 3" runs a real FFmpeg for three seconds.
"""

from __future__ import annotations

import time

from mediaproc.domain.errors import EncodeFailed, NotAVideo
from mediaproc.domain.states import JobKind, Stage
from mediaproc.operations.jobs import execution
from mediaproc.runtime.ffmpeg import ffmpeg_path
from mediaproc.settings import settings
from mediaproc.storage import keys
from mediaproc.storage.client import client
from mediaproc_worker import attempt, consumer
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.sandboxed_process import Limits, ProcessEnded, running


def handle(context: AttemptContext) -> None:
    """Run the script that `context.claim.video.filename` names: a word, then seconds if it takes any."""
    word, _, seconds = context.claim.video.filename.partition(" ")
    _WORDS.get(word, _instant)(context, float(seconds or 0))


def _instant(context: AttemptContext, _seconds: float) -> None:
    context.report(Stage.PROBE, 100)


def _not_a_video(_context: AttemptContext, _seconds: float) -> None:
    raise NotAVideo


def _surprise(context: AttemptContext, _seconds: float) -> None:
    if context.claim.attempt == 1:
        raise ZeroDivisionError


def _stubborn(context: AttemptContext, seconds: float) -> None:
    """Ignore cancellation for so many seconds, then try to write."""
    time.sleep(seconds)
    context.write(execution.note, command="too late")


def _ffmpeg(context: AttemptContext, seconds: float) -> None:
    """Run a real FFmpeg in real time, with an object in S3 and its command on the attempt."""
    key = keys.segment(context.claim.video_id, context.claim.attempt, "480p", 0)
    client().put_object(Bucket=settings().s3_bucket, Key=key, Body=b"segment")
    source = f"testsrc2=size=320x180:rate=25:duration={seconds}"
    arguments = ["-re", "-f", "lavfi", "-i", source, "-progress", "pipe:1", "-f", "null", "-"]
    limits = Limits(wall_seconds=60, cpu_seconds=60)
    context.write(execution.note, command=f"ffmpeg {' '.join(arguments)}")
    try:
        with running(
            ffmpeg_path(), arguments, directory=context.workspace, cancelled=context.cancelled, limits=limits
        ) as process:
            for line in process.lines():
                name, _, value = line.strip().partition("=")
                if name == "out_time_ms" and value.isdigit():
                    context.report(Stage.ENCODE, int(value) / seconds / 1e4)
    except ProcessEnded as ended:
        raise EncodeFailed(str(ended)) from ended


_WORDS = {
    "instant": _instant,
    "not-a-video": _not_a_video,
    "surprise": _surprise,
    "stubborn": _stubborn,
    "ffmpeg": _ffmpeg,
}

if __name__ == "__main__":
    attempt.handlers[JobKind.PROCESS] = handle
    consumer.main()
