"""The one error tree: every expected failure, with the word and the status that the page, API and log share.

An `Expected` error is data: `code` is stable for programs, `str(error)` is the sentence for people, `status` is
its HTTP status. `ProcessingError`s end an attempt; only a `retryable` one is tried again. Anything outside this
tree is a surprise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar


class Expected(Exception):
    """Base of the tree. `extra` holds further members for the problem+json answer."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"
    status: ClassVar[int] = 400

    def __init__(self, detail: str | None = None, **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.extra = extra

    @property
    def detail(self) -> str:
        """The sentence for a person."""
        return str(self)


# Accounts ---------------------------------------------------------------------------------------------------


class NotSignedIn(Expected):
    code, title, status = "not_signed_in", "Please sign in", 401


class WrongCredentials(Expected):
    code, title, status = "wrong_credentials", "Email or password is wrong", 401


class RefreshRejected(Expected):
    code, title, status = "refresh_rejected", "This session has ended; please sign in again", 401


class OriginRejected(Expected):
    code, title, status = "origin_rejected", "This request came from another site", 403


class InsufficientScope(Expected):
    """The API key is good, but was made without the scope that this takes; `required_scope` names it."""

    code, title, status = "insufficient_scope", "This API key may not do that", 403

    def __init__(self, required_scope: str) -> None:
        super().__init__(f"This takes an API key with the scope {required_scope}", required_scope=required_scope)


class EmailTaken(Expected):
    code, title, status = "email_taken", "There is already an account with this email", 409


class Invalid(Expected):
    """Input that does not validate. `errors` lists each `{field, message}`."""

    code, title, status = "invalid", "Some of this is not valid", 422

    def __init__(self, detail: str | None = None, *, errors: Sequence[dict[str, str]] = ()) -> None:
        super().__init__(detail or (errors[0]["message"] if errors else None), errors=list(errors))


class TooManyRequests(Expected):
    """Asked too often; `retry_after_seconds` says when to come back."""

    code, title, status = "too_many_requests", "Too many tries; please wait a moment", 429

    def __init__(self, detail: str | None = None, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


# Things and their states ------------------------------------------------------------------------------------


class NotFound(Expected):
    code, title, status = "not_found", "There is nothing here", 404


class Conflict(Expected):
    code, title, status = "conflict", "This can't be done in the present state", 409


class IdempotencyMismatch(Expected):
    code, title, status = "idempotency_mismatch", "This Idempotency-Key was used with another request", 409


class EmptyFile(Invalid):
    code, title = "empty_file", "This file is empty"


class FileTooLarge(Invalid):
    code, title = "file_too_large", "This file is larger than allowed"


class UploadIncomplete(Expected):
    """Parts are missing in S3; `missing_parts` numbers them from 1."""

    code, title, status = "upload_incomplete", "Not all parts of this file have arrived", 409

    def __init__(self, missing_parts: Sequence[int]) -> None:
        super().__init__(f"{len(missing_parts)} parts of this file have not arrived", missing_parts=list(missing_parts))


class UploadEnded(Expected):
    code, title, status = "upload_ended", "This upload was cancelled or has expired", 409


class ServiceUnavailable(Expected):
    code, title, status = "service_unavailable", "A service that Mediaproc needs does not answer", 503


# Processing -------------------------------------------------------------------------------------------------


class ProcessingError(Expected):
    """Ends an attempt. `retryable` says whether another attempt may help."""

    status = 422
    retryable: ClassVar[bool] = False


class NotAVideo(ProcessingError):
    code, title = "not_a_video", "This file is not a video"


class NoVideoTrack(ProcessingError):
    code, title = "no_video_track", "This file has no picture, only sound or data"


class NoAudioTrack(ProcessingError):
    code, title = "no_audio_track", "This video has no sound"


class UnsupportedCodec(ProcessingError):
    code, title = "unsupported_codec", "This video's codec can't be decoded here"


class NotCopyable(ProcessingError):
    """A preset that keeps the source as it is was asked for, and browsers could not play that."""

    code, title = "not_copyable", "This video can't be kept as it is"


class DamagedSource(ProcessingError):
    code, title = "damaged_source", "This video is damaged and could not be decoded"


class BeyondLimits(ProcessingError):
    """A picture, a length or a count that no honest video has."""

    code, title = "beyond_limits", "This video is beyond what can be processed"


class SourceMissing(ProcessingError):
    code, title = "source_missing", "The uploaded file is no longer in storage"


class TimedOut(ProcessingError):
    code, title = "timed_out", "Processing took too long and was stopped"


class EncodeFailed(ProcessingError):
    code, title, retryable = "encode_failed", "FFmpeg stopped with an error", True


class WorkerLost(ProcessingError):
    code, title, retryable = "worker_lost", "The worker stopped answering", True


class WorkerStopping(ProcessingError):
    code, title, retryable = "worker_stopping", "The worker was shut down", True


class StorageFailed(ProcessingError):
    code, title, retryable = "storage_failed", "Storage did not take or give the file", True


class Unexpected(ProcessingError):
    """A surprise, written down as such."""

    code, title, retryable = "unexpected", "Something unexpected happened while processing", True
