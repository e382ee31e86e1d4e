"""The end of every rendition: an MP4 remuxed from its segments, and what only the end tells of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from uuid import UUID

from mediaproc.domain.states import Stage
from mediaproc.media import hls, layout
from mediaproc.media.commands import download
from mediaproc.media.tracks import Label
from mediaproc.operations.jobs import execution as jobs
from mediaproc.storage import keys
from mediaproc.storage.objects import put_large_file
from mediaproc_worker import ffmpeg
from mediaproc_worker.context import AttemptContext

_AT_A_TIME = 2
"""One that is remuxed, and one that is fetched meanwhile."""


@dataclass(frozen=True)
class Made:
    """A rendition whose segments are all in S3: its pieces are sizes in bytes and durations in seconds.

    A sound has a `label`, and what others may use again a `fingerprint`.
    """

    name: str
    rendition_id: UUID
    pieces: Sequence[tuple[int, float]]
    label: Label | None = None
    fingerprint: str | None = None


def package(
    context: AttemptContext,
    pool: ThreadPoolExecutor,
    made: Sequence[Made],
    *,
    base: float,
    fetch: Callable[[Made], None] = lambda _: None,
) -> None:
    """Remux each rung to an MP4 while the one before is sent and the next is fetched; then all renditions are whole.

    Each rendition's segments stand in the workspace, or `fetch` puts them there.
    """
    sounds, rungs = [each for each in made if each.label], [each for each in made if not each.label]
    labels = [(each.name, each.label) for each in made if each.label]
    sent: list[Future[int]] = []
    with closing(_fetched([*sounds, *rungs] if rungs else [], fetch)) as fetched:
        for each in fetched:
            if not each.label:
                sent.append(pool.submit(_send, context, _remux(context, each, sounds=labels, base=base)))
    for done, (rung, sending) in enumerate(zip(rungs, sent, strict=True), start=1):
        size_bytes = sending.result()
        key = keys.download(context.claim.video_id, context.claim.output, rung.name)
        finish(context, rung, mp4_key=key, mp4_size_bytes=size_bytes)
        context.report(Stage.PACKAGE, base + (100.0 - base) * done / len(rungs))
    for sound in sounds:
        finish(context, sound)


def finish(
    context: AttemptContext, made: Made, *, mp4_key: str | None = None, mp4_size_bytes: int | None = None
) -> None:
    """Write down that a rendition is whole, with its file if it has one."""
    context.write(
        jobs.finish_rendition,
        made.rendition_id,
        mp4_key=mp4_key,
        mp4_size_bytes=mp4_size_bytes,
        bitrate_bps=hls.average_bitrate_bps(made.pieces),
        peak_bitrate_bps=hls.peak_bitrate_bps(made.pieces),
        fingerprint=made.fingerprint,
    )


def _fetched(made: Sequence[Made], fetch: Callable[[Made], None]) -> Generator[Made]:
    """Each in turn, once it is fetched and while the next one is: no more, since they take room."""
    with ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="ahead") as pool:
        under_way: deque[Future[None]] = deque()
        for number, one in enumerate(made):
            while number + len(under_way) < len(made) and len(under_way) < _AT_A_TIME:
                under_way.append(pool.submit(fetch, made[number + len(under_way)]))
            under_way.popleft().result()
            yield one


def _remux(context: AttemptContext, rung: Made, *, sounds: Sequence[tuple[str, Label]], base: float) -> str:
    """Make a rung's MP4 in the workspace and return the rendition's name."""
    context.check()
    context.report(Stage.PACKAGE, base)
    ffmpeg.run(context, download.mp4_arguments(rung.name, audio=sounds))
    (context.workspace / layout.whole(rung.name)).unlink()
    return rung.name


def _send(context: AttemptContext, name: str) -> int:
    """Send an MP4 in parts and return its size in bytes."""
    path = context.workspace / layout.download(name)
    key = keys.download(context.claim.video_id, context.claim.output, name)
    size_bytes = put_large_file(path, key, content_type="video/mp4", check=context.check)
    path.unlink()
    return size_bytes
