"""Packaging: the MP4 of every rendition, remuxed from its segments, and the figures that are known at its end."""

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
"""Renditions in the workspace: one that is remuxed, and one that is fetched meanwhile."""


@dataclass(frozen=True)
class Made:
    """A rendition whose segments are all in S3: its pieces are sizes in bytes and durations in seconds.

    Audio has a `label`, and a rendition that may be reused a `fingerprint`.
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
    """Remux each rung to an MP4 while the previous one is uploaded and the next is fetched; then finish all renditions.

    Each rendition's segments are in the workspace, or `fetch` puts them there. Progress begins at `base` percent.
    """
    audio, rungs = [each for each in made if each.label], [each for each in made if not each.label]
    labels = [(each.name, each.label) for each in made if each.label]
    sent: list[Future[int]] = []
    with closing(_fetched([*audio, *rungs] if rungs else [], fetch)) as fetched:
        for each in fetched:
            if not each.label:
                sent.append(pool.submit(_send, context, _remux(context, each, audio=labels, base=base)))
    for done, (rung, sending) in enumerate(zip(rungs, sent, strict=True), start=1):
        size_bytes = sending.result()
        key = keys.download(context.claim.video_id, context.claim.output, rung.name)
        finish(context, rung, mp4_key=key, mp4_size_bytes=size_bytes)
        context.report(Stage.PACKAGE, base + (100.0 - base) * done / len(rungs))
    for each in audio:
        finish(context, each)


def finish(
    context: AttemptContext, made: Made, *, mp4_key: str | None = None, mp4_size_bytes: int | None = None
) -> None:
    """Record that a rendition is complete, with its MP4 if it has one."""
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
    """Yield each once it is fetched, while the next one is fetched. No more at a time, since they take disk space."""
    with ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="ahead") as pool:
        under_way: deque[Future[None]] = deque()
        for number, one in enumerate(made):
            while number + len(under_way) < len(made) and len(under_way) < _AT_A_TIME:
                under_way.append(pool.submit(fetch, made[number + len(under_way)]))
            under_way.popleft().result()
            yield one


def _remux(context: AttemptContext, rung: Made, *, audio: Sequence[tuple[str, Label]], base: float) -> str:
    """Make a rung's MP4 in the workspace and return the rendition's name."""
    context.check()
    context.report(Stage.PACKAGE, base)
    ffmpeg.run(context, download.mp4_arguments(rung.name, audio=audio))
    (context.workspace / layout.whole(rung.name)).unlink()
    return rung.name


def _send(context: AttemptContext, name: str) -> int:
    """Upload an MP4 in parts and return its size in bytes."""
    path = context.workspace / layout.download(name)
    key = keys.download(context.claim.video_id, context.claim.output, name)
    size_bytes = put_large_file(path, key, content_type="video/mp4", check=context.check)
    path.unlink()
    return size_bytes
