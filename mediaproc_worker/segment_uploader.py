"""Segment uploader: puts each segment into S3 as FFmpeg closes it, then records it.

Rows are written in order and only for uploaded segments, so readers never find a gap or a missing object.
"""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from uuid import UUID

from mediaproc.domain.states import RenditionKind
from mediaproc.media import codecs, layout
from mediaproc.media.chunks import Chunk
from mediaproc.media.mp4 import boxes, first_frame, retime, sei
from mediaproc.media.mp4.audio_segmenter import AudioSegment, AudioSegmenter
from mediaproc.media.mp4.segmenter import ClosedSegment, Segmenter
from mediaproc.operations.jobs import execution as jobs
from mediaproc.storage import keys
from mediaproc.storage.objects import put_bytes
from mediaproc_worker.context import AttemptContext


@dataclass
class Outbox:
    """Upload of one rendition. `row` is the rendition as it begins, without its codecs.

    The segments of a `chunk` are numbered from its first, and retimed to fit those of the other chunks. `reorders`: its
    encoder writes frames in another order than they are shown.
    """

    context: AttemptContext
    pool: ThreadPoolExecutor
    row: jobs.NewRendition
    segmenter: Segmenter | AudioSegmenter
    copied_codec: str = ""
    """Codec of video that is copied, of which private data has to be removed; empty for what is encoded."""
    private_found: bool = False
    chunk: Chunk | None = None
    reorders: bool = True
    rendition_id: UUID | None = None
    arrived: list[jobs.NewSegment] = field(default_factory=list[jobs.NewSegment])
    frames: int = 0
    _written: int = 0
    _closed: int = 0
    _lag: int = 0
    _lag_before: int = 0
    _init: Future[None] | None = None
    _sending: deque[Future[jobs.NewSegment]] = field(default_factory=deque[Future[jobs.NewSegment]])

    @property
    def name(self) -> str:
        """The rendition's name."""
        return self.row.name

    @property
    def is_audio(self) -> bool:
        """True for audio."""
        return self.row.kind is RenditionKind.AUDIO

    @property
    def end_seconds(self) -> float:
        """When the audio that FFmpeg has written so far ends; 0 for video."""
        return self.segmenter.end_seconds if isinstance(self.segmenter, AudioSegmenter) else 0.0

    @property
    def started(self) -> bool:
        """True if its first segment is uploaded and recorded."""
        return self._written > 0

    @property
    def whole(self) -> bool:
        """True if FFmpeg completed its file, and each segment was uploaded and recorded."""
        return self.segmenter.ended and 0 < self._closed == self._written

    def look(self) -> None:
        """Upload the segments that FFmpeg has closed since the last call, and record those that have arrived."""
        self._send_closed()
        self._collect(wait=False)
        self._write_rows()

    def finish(self, *, until_seconds: float = 0.0) -> None:
        """Wait, after FFmpeg's end, until all segments are uploaded and recorded.

        The last frame of copied video is held until `until_seconds`, if it ends before.
        """
        self._send_closed()
        if isinstance(self.segmenter, Segmenter):
            self._send(self.segmenter.last_segment(until_seconds))
        self._collect(wait=True)
        self._span_missing()
        self._write_rows()

    @property
    def pieces(self) -> list[tuple[int, float]]:
        """Uploaded segments, as sizes in bytes and durations in seconds."""
        return [(segment.size_bytes, segment.duration_seconds) for segment in self.arrived]

    def _send_closed(self) -> None:
        try:
            available = self._file.stat().st_size
        except FileNotFoundError:
            return
        self._send(self.segmenter.closed_segments(self._read, available))

    def _send(self, closed: Sequence[ClosedSegment | AudioSegment]) -> None:
        for cut in closed:
            if self._init is None:
                self._remove_private(0, self.segmenter.init_bytes)
                self._send_init()
            if isinstance(cut, ClosedSegment):
                self._remove_private(cut.offset, cut.size_bytes)
            self._closed, self.frames = self._closed + 1, self.frames + cut.samples
            self._sending.append(self.pool.submit(self._put_segment, cut))

    def _remove_private(self, offset: int, size_bytes: int) -> None:
        """Overwrite private data in FFmpeg's file, from which segments and the MP4 are made."""
        if not self.copied_codec:
            return
        data = self._read(offset, size_bytes)
        if offsets := sei.private_bytes(data, self.copied_codec):
            self.private_found = True
            with self._file.open("r+b") as file:
                os.pwrite(file.fileno(), sei.blanked(data, offsets), offset)

    def _send_init(self) -> None:
        init = self._read(0, self.segmenter.init_bytes)
        said = codecs.AAC_LC if self.is_audio else codecs.of_init_segment(init)
        self.row = replace(self.row, codecs=said or self.row.codecs)
        if self.chunk is not None:
            init = self._fitting(init)
        elif not self.is_audio:
            self._lag = self._lag_before = boxes.media_time_of(init[boxes.locate(init, "moov").offset :])
        self._init = self.pool.submit(put_bytes, init, self.row.init_key, content_type=self._content_type)

    def _put_segment(self, cut: ClosedSegment | AudioSegment) -> jobs.NewSegment:
        claim, number = self.context.claim, cut.number + (self.chunk.first_segment if self.chunk else 0)
        again = claim.attempt if claim.is_part else 1
        key = keys.segment(claim.video_id, claim.output, self.name, number, again=again)
        body, seconds = self._stored(cut)
        put_bytes(body, key, content_type=self._content_type)
        keyframe_bytes = None if self.is_audio else first_frame.end_of_first_frame(body)
        return jobs.NewSegment(
            number=number, object_key=key, duration_seconds=seconds, size_bytes=len(body), keyframe_bytes=keyframe_bytes
        )

    def _stored(self, cut: ClosedSegment | AudioSegment) -> tuple[bytes, float]:
        """Return a segment as it is stored, and its duration in seconds."""
        if isinstance(cut, AudioSegment):
            return cut.built(self._read), cut.duration_seconds
        assert isinstance(self.segmenter, Segmenter)
        made = [
            retime.retimed(
                self._read(each.offset, each.size_bytes),
                lag_before=self._lag_before,
                lag=self._lag,
                default_duration=self.segmenter.default_duration,
                end=each.end,
            )
            for each in cut.fragments
        ]
        return b"".join(each.data for each in made), sum(each.ticks for each in made) / self.segmenter.timescale

    def _fitting(self, init: bytes) -> bytes:
        """Return the init segment that all chunks share. Its key has its hash, so that one that differs is noticed."""
        rate = Fraction(self.row.frame_rate)
        self._lag = retime.lag_ticks(self.segmenter.timescale, rate) if self.reorders else 0
        init, self._lag_before = retime.with_lag(init, self._lag)
        digest, claim = hashlib.sha256(init).hexdigest(), self.context.claim
        key = keys.shared_init_segment(claim.video_id, claim.output, self.name, digest)
        self.row = replace(self.row, init_key=key)
        return init

    def _span_missing(self) -> None:
        """Let the last segment of a chunk span the numbers of segments that have no frame."""
        if self.chunk is None or self.chunk.segments is None or not self.arrived:
            return
        missing = self.chunk.segments - len(self.arrived)
        if missing > 0:
            self.arrived[-1] = replace(self.arrived[-1], span=1 + missing)
            self._written = min(self._written, len(self.arrived) - 1)

    def _collect(self, *, wait: bool) -> None:
        """Collect finished uploads in order. Raises the error of a failed upload."""
        if self._init is not None and (wait or self._init.done()):
            self._init.result()
        while self._sending and (wait or self._sending[0].done()):
            self.arrived.append(self._sending.popleft().result())

    def _write_rows(self) -> None:
        new = self.arrived[self._written :]
        if not new or self._init is None or not self._init.done():
            return
        if self.rendition_id is None:
            self.rendition_id = self.context.write(jobs.add_rendition, self.row)
        self.context.write(jobs.add_segments, self.rendition_id, new)
        self._written = len(self.arrived)

    def _read(self, offset: int, size: int) -> bytes:
        with self._file.open("rb") as file:
            return os.pread(file.fileno(), size, offset)

    @property
    def _file(self) -> Path:
        return self.context.workspace / layout.whole(self.name)

    @property
    def _content_type(self) -> str:
        return "audio/mp4" if self.is_audio else "video/mp4"
