"""Source of a video: its media info from ffprobe, and the index of its container."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from pathlib import Path

from mediaproc.media import ffprobe, matroska, mpeg_scan, probe, refusals, sniff
from mediaproc.media.mp4 import protection
from mediaproc.media.mp4.boxes import Read
from mediaproc.media.probe import MediaInfo
from mediaproc.media.source_index import SourceIndex
from mediaproc.media.sources import Source
from mediaproc.operations import ingest
from mediaproc.runtime import ffmpeg
from mediaproc_worker import ffmpeg_errors, sandboxed_process
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.sandboxed_process import Limits, ProcessFailed, ProcessTimedOut

_PROBE_LIMITS = Limits(wall_seconds=60, cpu_seconds=60, file_bytes=16 * 1024**2, memory_bytes=2 * 1024**3)


_DEEP_BYTES = (64 * 1024**2, 512 * 1024**2)
"""Bytes that FFmpeg may read to find audio that begins late, the second only if that audio was seen in the file."""

_MPEG_CONTAINERS = frozenset({"mpegts", "mpeg"})
_HEAD_BYTES = 64 * 1024


@dataclass(frozen=True)
class Bytes:
    """The bytes of a source, read by range."""

    read: Read
    size_bytes: int

    @property
    def head(self) -> bytes:
        """The first bytes."""
        return self.read(0, min(_HEAD_BYTES, self.size_bytes))


def probed(context: AttemptContext, *, video_needed: bool = True, audio_suffices: bool = False) -> MediaInfo:
    """Return the media info of the attempt's source. Raises a ProcessingError if it can't be processed.

    From then on `context.source` is read as far as it takes to find every track.
    """
    source = ingest.source_of(context.claim.video)
    info = examined(
        context.source,
        data=Bytes(source.read, source.size_bytes),
        directory=context.workspace,
        cancelled=context.cancelled,
        video_needed=video_needed,
        audio_suffices=audio_suffices,
    )
    context.source = replace(context.source, probe_bytes=info.probe_bytes)
    return info


def examined(
    source: Source,
    *,
    data: Bytes,
    directory: Path,
    cancelled: threading.Event,
    video_needed: bool = True,
    audio_suffices: bool = False,
) -> MediaInfo:
    """Return the media info of a source with these bytes. Raises a ProcessingError if it can't be processed."""
    probing, head = _Probe(directory, cancelled), data.head
    content_type = sniff.content_type_of(head[: sniff.HEAD_BYTES])
    try:
        if sniff.is_encrypted(head):
            raise refusals.Encrypted
        output, probe_bytes = _whole_report(probing, source, data)
        if ffprobe.needs_packets(output):
            output = ffprobe.with_packets(output, probing.run(ffprobe.packet_arguments(source)))
        info = probe.parse_ffprobe(
            output,
            content_type=content_type,
            video_needed=video_needed,
            audio_suffices=audio_suffices,
            decoders=ffmpeg.decoders(),
        )
        return replace(info, probe_bytes=probe_bytes)
    except ProcessFailed as failure:
        if _is_cut_off(data):  # first, since FFmpeg calls the end of a file an I/O error
            raise ffmpeg_errors.refusal(refusals.Incomplete()) from failure
        refused = refusals.NotMedia(content_type)
        raise ffmpeg_errors.beyond_the_file(failure) or ffmpeg_errors.refusal(refused) from failure
    except ProcessTimedOut as failure:
        raise ffmpeg_errors.reason_of(failure) from failure
    except refusals.NotMedia as refused:
        reason = refusals.Incomplete() if _is_cut_off(data) else refused
        raise ffmpeg_errors.refusal(reason) from refused
    except refusals.Refused as refused:
        raise ffmpeg_errors.refusal(refused) from refused


@dataclass(frozen=True)
class _Probe:
    directory: Path
    cancelled: threading.Event

    def run(self, arguments: list[str]) -> str:
        """Run ffprobe and return its output. Raises ProcessFailed and ProcessTimedOut."""
        return sandboxed_process.run(
            ffmpeg.ffprobe_path(),
            arguments,
            directory=self.directory,
            cancelled=self.cancelled,
            limits=_PROBE_LIMITS,
            log_name="ffprobe.log",
        )


def _is_cut_off(data: Bytes) -> bool:
    """Return whether a file that FFmpeg can't read begins as a media file that ends too early."""
    head = data.read(0, 12)
    if head[:4] == matroska.MAGIC:
        return matroska.is_cut_off(data.read, data.size_bytes)
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return int.from_bytes(head[4:8], "little") + 8 > data.size_bytes
    return protection.is_cut_off(data.read, data.size_bytes)


def _whole_report(probing: _Probe, source: Source, data: Bytes) -> tuple[str, int]:
    """Return ffprobe's report with every track that has data, and the bytes that it took; 0 for FFmpeg's default."""
    output = probing.run(ffprobe.ffprobe_arguments(source))
    container = ffprobe.container_of(output)
    if container not in _MPEG_CONTAINERS:
        return output, 0
    present, best = _audio_ids(data, container), (output, 0)
    for probe_bytes in _DEEP_BYTES:
        late = _late_audio(best[0], present)
        if not late and not (probe_bytes == _DEEP_BYTES[0] and ffprobe.has_silent_audio(best[0])):
            break
        deeper = probing.run(ffprobe.ffprobe_arguments(replace(source, probe_bytes=probe_bytes)))
        if len(ffprobe.audible_ids(deeper)) > len(ffprobe.audible_ids(best[0])):
            best = (deeper, probe_bytes)
    return best


def _late_audio(output: str, present: frozenset[int]) -> frozenset[int]:
    """Return the ids of audio that was seen in the file, and of which ffprobe knows nothing or not the channels."""
    others = ffprobe.stream_ids(output) - ffprobe.silent_ids(output)
    return present - others


def _audio_ids(data: Bytes, container: str) -> frozenset[int]:
    """Return the ids of the audio in pieces of an MPEG container. Raises Encrypted if it is scrambled."""
    pieces = [data.read(at, mpeg_scan.PIECE_BYTES) for at in mpeg_scan.offsets(data.size_bytes)]
    if container == "mpegts" and all(mpeg_scan.is_scrambled(each) for each in pieces):
        raise refusals.Encrypted
    ids = mpeg_scan.audio_pids if container == "mpegts" else mpeg_scan.audio_ids
    return frozenset[int]().union(*(ids(each) for each in pieces))


def index_of(context: AttemptContext, info: MediaInfo) -> SourceIndex:
    """Return the index of the source's container. Reading from it may raise SourceMissing or StorageFailed."""
    source = ingest.source_of(context.claim.video)
    return SourceIndex(info, source.read, source.size_bytes)
