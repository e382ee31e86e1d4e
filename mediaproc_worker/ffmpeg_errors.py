"""FFmpeg errors: translates FFmpeg's exit code and log to the project's errors."""

from __future__ import annotations

import re
import signal
from collections.abc import Generator
from contextlib import contextmanager

from mediaproc.domain.errors import (
    BeyondLimits,
    DamagedSource,
    Detail,
    EncodeFailed,
    EncryptedSource,
    IncompleteSource,
    NotAVideo,
    NoVideoTrack,
    ProcessingError,
    SourceMissing,
    StorageFailed,
    TimedOut,
    UnsupportedCodec,
)
from mediaproc.media import refusals
from mediaproc_worker.sandboxed_process import ProcessFailed, ProcessTimedOut

_TOO_MANY_ERRORS = 69
"""FFmpeg's exit code when more than two thirds of the frames could not be decoded (`-max_error_rate`)."""

_TOO_LARGE = -signal.SIGXFSZ
"""FFmpeg's exit code when a file has grown beyond its limit."""

_PATTERNS: tuple[tuple[str, type[ProcessingError]], ...] = (
    (r"Server returned 404|HTTP error 404", SourceMissing),
    (r"HTTP error [345]\d\d|Server returned [45]|Connection (refused|reset|timed out)|I/O error", StorageFailed),
    (r"Network is unreachable|Failed to resolve hostname|Input/output error|Stream ends prematurely", StorageFailed),
    (r"Cannot allocate memory|Out of memory|File too large", BeyondLimits),
    (r"No space left on device", EncodeFailed),
    (r"(Decoder|decoder) .*not found|No decoder|Unknown decoder|Decoding requested, but no decoder", UnsupportedCodec),
    (r"not currently supported|no decoder found", UnsupportedCodec),
    (r"Cannot determine format of input|Conversion failed|Error while decoding|moov atom not found", DamagedSource),
    (r"Invalid data found when processing input|Output file is empty|received no packets", DamagedSource),
)
"""Errors by pattern of the log's end; the first match counts. Storage comes first: a failed read looks like damage."""


def reason_of(failure: ProcessFailed | ProcessTimedOut) -> ProcessingError:
    """Return the error that a failure of FFmpeg means. An unknown one is EncodeFailed, which is retried."""
    if isinstance(failure, ProcessTimedOut):
        return TimedOut()
    if failure.exit_code == _TOO_MANY_ERRORS:
        return DamagedSource()
    if failure.exit_code == _TOO_LARGE:
        return BeyondLimits()
    found = next((error for pattern, error in _PATTERNS if re.search(pattern, failure.log_tail)), EncodeFailed)
    return found()


def cut_short(log_tail: str) -> ProcessingError | None:
    """Return the error of an FFmpeg that exited with 0 though reading ended early, or None if it read everything.

    If storage goes away FFmpeg takes that for the end of the source, finishes its output and exits with 0. A truncated
    file is read to its end without this log line, and a chained Ogg ends for FFmpeg where its parameters change.
    """
    if "Error during demuxing: " not in log_tail or _ends_for_ffmpeg(log_tail):
        return None
    return SourceMissing() if re.search(_PATTERNS[0][0], log_tail) else StorageFailed(Detail.STORAGE_UNREACHABLE)


def _ends_for_ffmpeg(log_tail: str) -> bool:
    """Return whether only FFmpeg's demuxer ended reading, not storage."""
    storage = any(
        re.search(pattern, log_tail) for pattern, error in _PATTERNS if error in {StorageFailed, SourceMissing}
    )
    return "Error during demuxing: Not yet implemented in FFmpeg" in log_tail and not storage


def beyond_the_file(failure: ProcessFailed) -> ProcessingError | None:
    """Return the error if storage or a limit caused a failure, or None if the file itself did."""
    reason = reason_of(failure)
    return reason if isinstance(reason, StorageFailed | SourceMissing | BeyondLimits) else None


@contextmanager
def refusing() -> Generator[None]:
    """Raise rejections of `media` within `with` as permanent errors with the same message."""
    try:
        yield
    except refusals.Refused as refused:
        raise refusal(refused) from refused


def refusal(refused: refusals.Refused) -> ProcessingError:
    """Return the error for a source that `media` rejected, with the same message."""
    match refused:
        case refusals.NoVideo():
            return NoVideoTrack(str(refused))
        case refusals.BeyondLimits():
            return BeyondLimits(str(refused))
        case refusals.Encrypted():
            return EncryptedSource(str(refused))
        case refusals.Incomplete():
            return IncompleteSource(str(refused))
        case refusals.Undecodable():
            return UnsupportedCodec(str(refused))
        case _:
            return NotAVideo(str(refused))
