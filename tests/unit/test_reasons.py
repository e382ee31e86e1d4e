"""What FFmpeg's ends mean, as its versions word them."""

from __future__ import annotations

import signal

import pytest

from mediaproc.domain import errors
from mediaproc.media import refusals
from mediaproc_worker import ffmpeg_errors
from mediaproc_worker.sandboxed_process import ProcessFailed, ProcessTimedOut


@pytest.mark.parametrize(
    ("log_tail", "expected", "retryable"),
    [
        ("[http @ 0x1] HTTP error 404 Not Found\nError opening input: 404", errors.SourceMissing, False),
        ("[http @ 0x1] HTTP error 403 Forbidden\nError opening input: Server returned 403", errors.StorageFailed, True),
        ("[tcp @ 0x1] Connection to tcp://127.0.0.1:1 failed: Connection refused", errors.StorageFailed, True),
        ("[http @ 0x1] HTTP error 503 Slow Down\nInvalid data found when processing", errors.StorageFailed, True),
        ("[matroska @ 0x1] Read error\nx: Input/output error", errors.StorageFailed, True),
        ("av_interleaved_write_frame(): No space left on device", errors.EncodeFailed, True),
        ("[mjpeg @ 0x1] get_buffer() failed\nError: Cannot allocate memory", errors.BeyondLimits, False),
        ("av_interleaved_write_frame(): File too large", errors.BeyondLimits, False),
        ("[vist#0:0/none @ 0x1] Decoding requested, but no decoder found for: none", errors.UnsupportedCodec, False),
        ("Error opening input: Invalid data found when processing input", errors.DamagedSource, False),
        ("Something nobody has seen before", errors.EncodeFailed, True),
        ("", errors.EncodeFailed, True),
    ],
)  # fmt: skip
def test_a_failure_has_a_reason(log_tail: str, expected: type[errors.ProcessingError], retryable: bool) -> None:
    reason = ffmpeg_errors.reason_of(ProcessFailed(log_tail, exit_code=1))
    assert type(reason) is expected
    assert reason.retryable is retryable


def test_too_many_broken_frames_are_a_damaged_source() -> None:
    assert isinstance(ffmpeg_errors.reason_of(ProcessFailed("", exit_code=69)), errors.DamagedSource)


def test_a_file_that_grows_too_large_is_beyond_the_limits() -> None:
    assert isinstance(ffmpeg_errors.reason_of(ProcessFailed("", exit_code=-signal.SIGXFSZ)), errors.BeyondLimits)


def test_a_limit_is_a_time_out() -> None:
    assert isinstance(ffmpeg_errors.reason_of(ProcessTimedOut("")), errors.TimedOut)


def test_only_storage_excuses_a_file_that_can_not_be_read() -> None:
    assert ffmpeg_errors.beyond_the_file(ProcessFailed("HTTP error 500 Internal", exit_code=1)) is not None
    assert ffmpeg_errors.beyond_the_file(ProcessFailed("Invalid data found when processing input", exit_code=1)) is None


@pytest.mark.parametrize(
    ("refused", "expected"),
    [
        (refusals.NotMedia("text/plain"), errors.NotAVideo),
        (refusals.NoVideo(), errors.NoVideoTrack),
        (refusals.BeyondLimits("This video is too large: 99999×99999"), errors.BeyondLimits),
    ],
)
def test_a_refusal_keeps_its_sentence(refused: refusals.Refused, expected: type[errors.ProcessingError]) -> None:
    error = ffmpeg_errors.refusal(refused)
    assert type(error) is expected
    assert error.detail == str(refused)
    assert not error.retryable
