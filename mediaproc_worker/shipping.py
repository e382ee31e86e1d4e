"""From the workspace into S3 while FFmpeg still writes: each segment is put as it closes, then its row is written.

FFmpeg's own playlist says what is closed. Rows follow in order and only for what has arrived, so whoever reads them
never finds a gap or a missing object.
"""

from __future__ import annotations

import shutil
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import UUID

from mediaproc.media import codecs, layout, manifest
from mediaproc.media.manifest import LocalPlaylist
from mediaproc.operations import jobs
from mediaproc.storage import keys, objects
from mediaproc_worker.context import AttemptContext

_NOTHING = LocalPlaylist(segments=(), ended=False)


@dataclass
class Outbox:
    """One rendition on its way to S3. `row` is the rendition as it begins, but for its codecs."""

    context: AttemptContext
    pool: ThreadPoolExecutor
    row: jobs.NewRendition
    rendition_id: UUID | None = None
    arrived: list[jobs.NewSegment] = field(default_factory=list[jobs.NewSegment])
    _local: LocalPlaylist = _NOTHING
    _read_at_ns: int = 0
    _written: int = 0
    _init: Future[None] | None = None
    _sending: deque[Future[jobs.NewSegment]] = field(default_factory=deque[Future[jobs.NewSegment]])

    @property
    def name(self) -> str:
        """The rendition's name."""
        return self.row.name

    @property
    def is_sound(self) -> bool:
        """Whether it is the sound beside the pictures."""
        return self.row.height == 0

    def look(self) -> None:
        """Send what FFmpeg has closed since the last look, and write rows for what has arrived."""
        self._send_closed()
        self._collect(wait=False)
        self._write_rows()

    def finish(self) -> None:
        """After FFmpeg's end: wait until everything is in S3 and has its row."""
        self._send_closed()
        self._collect(wait=True)
        self._write_rows()

    @property
    def started(self) -> bool:
        """Whether somebody can begin to play it."""
        return self._written > 0

    @property
    def whole(self) -> bool:
        """Whether FFmpeg wrote its playlist to the end and each segment in it has arrived and has its row."""
        return self._local.ended and self._written == len(self._local.segments)

    def _send_closed(self) -> None:
        before = len(self._local.segments)
        self._local = self._playlist()
        for number, piece in enumerate(self._local.segments[before:], start=before):
            if number == 0:
                self._send_init()
            path = self.context.workspace / self.name / piece.uri
            self._append(path)
            self._sending.append(self.pool.submit(self._put_segment, path, number, piece.duration_seconds))

    def _playlist(self) -> LocalPlaylist:
        """FFmpeg's playlist, read again only when it was written again."""
        path = self.context.workspace / layout.playlist(self.name)
        try:
            written_at_ns = path.stat().st_mtime_ns
        except FileNotFoundError:
            return self._local
        if written_at_ns == self._read_at_ns:
            return self._local
        self._read_at_ns = written_at_ns
        return manifest.parse_local_playlist(path.read_text())

    def _send_init(self) -> None:
        path = self.context.workspace / layout.init_segment(self.name)
        said = codecs.AAC_LC if self.is_sound else codecs.h264_of_init_segment(path.read_bytes())
        self.row = replace(self.row, codecs=said or self.row.codecs)
        self._append(path)
        self._init = self.pool.submit(objects.put_file, path, self.row.init_key, content_type=self._content_type)

    def _append(self, path: Path) -> None:
        """Keep the bytes for the MP4: header and segments one after another are a file that FFmpeg reads."""
        with (self.context.workspace / layout.whole(self.name)).open("ab") as whole, path.open("rb") as piece:
            shutil.copyfileobj(piece, whole, length=1024 * 1024)

    @property
    def _content_type(self) -> str:
        return "audio/mp4" if self.is_sound else "video/mp4"

    def _put_segment(self, path: Path, number: int, duration_seconds: float) -> jobs.NewSegment:
        key = keys.segment(self.context.claim.video_id, self.context.claim.attempt, self.name, number)
        size_bytes = path.stat().st_size
        objects.put_file(path, key, content_type=self._content_type)
        path.unlink()  # the whole file has its bytes
        return jobs.NewSegment(
            number=number, object_key=key, duration_seconds=duration_seconds, size_bytes=size_bytes
        )  # fmt: skip

    def _collect(self, *, wait: bool) -> None:
        """Take what has arrived, in order. Raises what an upload raised."""
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
