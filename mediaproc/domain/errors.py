"""Errors: every expected failure, with its code, title, status and sentences. The one home of error words.

An `Expected` error is data: `code` is stable and meant for programs, `title` is the same for every error of a class,
`detail` explains this occurrence to a person, `status` is the HTTP status. Details that say more than the title are
the `Detail`s at the end. Page, API, command line and log all show these words.

`ProcessingError`s end an attempt; only `retryable` ones are retried. Any other exception is unexpected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Any, ClassVar


class Expected(Exception):
    """Base of all expected errors. `extra` holds further members of the problem document."""

    code: ClassVar[str] = "error"
    title: ClassVar[str] = "Something went wrong"
    status: ClassVar[int] = 400

    def __init__(self, detail: str | None = None, **extra: Any) -> None:
        super().__init__(detail or self.title)
        self.extra = extra

    @property
    def detail(self) -> str:
        """The explanation for a person: the given detail, or the title."""
        return str(self)


# Accounts ---------------------------------------------------------------------------------------------------


class NotSignedIn(Expected):
    """The request has no credentials, or they are wrong, expired or revoked."""

    code, title, status = "not_signed_in", "Sign in to continue", 401


class WrongCredentials(Expected):
    """No account has this email and password."""

    code, title, status = "wrong_credentials", "Email or password is wrong", 401


class RefreshRejected(Expected):
    """The refresh token is wrong, expired or was used before. Sign in again."""

    code, title, status = "refresh_rejected", "Your session has ended. Sign in again.", 401


class OriginRejected(Expected):
    """A browser sent the request from a page of another origin."""

    code, title, status = "origin_rejected", "Request from another site rejected", 403


class InsufficientScope(Expected):
    """The API key is valid but lacks the scope that this request needs; `required_scope` names it."""

    code, title, status = "insufficient_scope", "API key lacks a scope", 403

    def __init__(self, required_scope: str) -> None:
        super().__init__(Detail.SCOPE_NEEDED.format(scope=required_scope), required_scope=required_scope)


class EmailTaken(Expected):
    """Another account has this email."""

    code, title, status = "email_taken", "There is already an account with this email", 409


class Invalid(Expected):
    """The input is invalid. `errors` lists each invalid field as `{field, message}`."""

    code, title, status = "invalid", "Validation failed", 422

    def __init__(self, detail: str | None = None, *, errors: Sequence[dict[str, str]] = ()) -> None:
        plain = [{name: str(value) for name, value in each.items()} for each in errors]
        super().__init__(detail or (plain[0]["message"] if plain else None), errors=plain)

    @classmethod
    def field(cls, name: str, message: str) -> Invalid:
        """The error of a single invalid field."""
        return cls(errors=[{"field": name, "message": message}])


class TooManyRequests(Expected):
    """Too many requests or sign-in attempts. `Retry-After` says when to try again, in seconds."""

    code, title, status = "too_many_requests", "Too many attempts. Wait a moment, then try again.", 429

    def __init__(self, detail: str | None = None, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


# Resources and their states ---------------------------------------------------------------------------------


class NotFound(Expected):
    """The resource does not exist, or belongs to another team."""

    code, title, status = "not_found", "Not found", 404


class Conflict(Expected):
    """The resource's current state does not allow this request."""

    code, title, status = "conflict", "Not allowed in the current state", 409


class IdempotencyMismatch(Expected):
    """This `Idempotency-Key` was used for a request with another body within the last 24 hours."""

    code, title, status = "idempotency_mismatch", "Idempotency-Key was used for a different request", 409


class EmptyFile(Invalid):
    """The file to upload has no bytes."""

    code, title = "empty_file", "This file is empty"


class FileTooLarge(Invalid):
    """The file exceeds the size limit of this server, which the detail names. Upload a smaller file, or split it."""

    code, title = "file_too_large", "This file is too large"


class UploadIncomplete(Expected):
    """Parts are missing in storage; `missing_parts` lists their numbers, from 1. Upload them, then complete again."""

    code, title, status = "upload_incomplete", "Upload is incomplete", 409

    def __init__(self, missing_parts: Sequence[int]) -> None:
        super().__init__(Detail.PARTS_MISSING.format(count=len(missing_parts)), missing_parts=list(missing_parts))


class UploadEnded(Expected):
    """The upload was completed, aborted or has expired."""

    code, title, status = "upload_ended", "This upload was cancelled or has expired", 409


class ServiceUnavailable(Expected):
    """The database, the queue or storage is not reachable. Try again later."""

    code, title, status = "service_unavailable", "Service unavailable. Try again later.", 503


# Processing -------------------------------------------------------------------------------------------------


class ProcessingError(Expected):
    """Ends an attempt. `retryable`: another attempt may succeed, so it follows by itself. `advice` tells a person what
    to do next. `of_source`: the file itself is the reason, so a retry with the same preset fails in the same way;
    `hopeless`: so does every other preset.
    """

    status = 422
    retryable: ClassVar[bool] = False
    of_source: ClassVar[bool] = False
    hopeless: ClassVar[bool] = False
    advice: ClassVar[str] = "Retry. If it fails again, check the log under Activity."


class NotAVideo(ProcessingError):
    """The file is no media file that FFmpeg can read."""

    code, title = "not_a_video", "This file is not a video"
    of_source = hopeless = True
    advice = "Upload a file that plays in a video player."


class NoVideoTrack(ProcessingError):
    """The file has audio or data, but no video track."""

    code, title = "no_video_track", "This file has no video track"
    of_source = True
    advice = "Reprocess it with the Audio only preset, or upload a file that contains video."


class NoAudioTrack(ProcessingError):
    """The preset makes audio, and the file has none."""

    code, title = "no_audio_track", "This video has no audio"
    of_source = True
    advice = "Reprocess it with another preset, or upload a file that contains audio."


class UnsupportedCodec(ProcessingError):
    """FFmpeg has no decoder for the video's codec."""

    code, title = "unsupported_codec", "This video's codec is not supported"
    of_source = True
    advice = "Convert the file to H.264, HEVC, VP9 or AV1, then upload it again."


class EncryptedSource(ProcessingError):
    """The file's video is encrypted (DRM), so that only an authorized player can decode it."""

    code, title = "encrypted_source", "This video is encrypted (DRM)"
    of_source = hopeless = True
    advice = "Upload an unprotected copy."


class IncompleteSource(ProcessingError):
    """The file ends before the data that its header announces: a recording or a copy was cut off."""

    code, title = "incomplete_source", "This file is incomplete"
    of_source = hopeless = True
    advice = "Copy or export the file again, then upload it once it is complete."


class NotCopyable(ProcessingError):
    """The preset keeps the source's video without re-encoding it, and browsers could not play that."""

    code, title = "not_copyable", "This video needs re-encoding"
    of_source = True
    advice = "Reprocess it with the Web preset, which plays in every browser."


class DamagedSource(ProcessingError):
    """FFmpeg could not decode the video."""

    code, title = "damaged_source", "This video is damaged and could not be decoded"
    of_source = True
    advice = "Check that the file plays on your computer, then upload it again."


class BeyondLimits(ProcessingError):
    """The video's dimensions, duration or number of tracks exceed the limits, or FFmpeg's own of memory and size."""

    code, title = "beyond_limits", "This video exceeds the limits"
    of_source = True
    advice = "Upload a smaller or shorter version."


class SourceMissing(ProcessingError):
    """The uploaded file was deleted from storage."""

    code, title = "source_missing", "The uploaded file is no longer in storage"
    of_source = hopeless = True
    advice = "Upload the file again."


class TimedOut(ProcessingError):
    """The attempt took longer than this server allows. Retry when it is less busy, or upload a shorter video."""

    code, title = "timed_out", "Processing took too long and was stopped"
    advice = "Retry when the server is less busy, or upload a shorter version."


class EncodeFailed(ProcessingError):
    """FFmpeg failed for an unknown reason; the log tells more."""

    code, title, retryable = "encode_failed", "FFmpeg failed", True


class WorkerLost(ProcessingError):
    """The worker did not renew its lease: it crashed, or lost its connection."""

    code, title, retryable = "worker_lost", "The worker stopped responding", True


class WorkerStopping(ProcessingError):
    """The worker was shut down while it processed the video. No attempt is used up."""

    code, title, retryable = "worker_stopping", "The worker was shut down", True


class StorageFailed(ProcessingError):
    """Storage refused a request or did not respond."""

    code, title, retryable = "storage_failed", "Could not read from or write to storage", True


class Unexpected(ProcessingError):
    """An unexpected error; the worker's log tells more."""

    code, title, retryable = "unexpected", "An unexpected error occurred", True


def processing_error(code: str) -> type[ProcessingError]:
    """The class of a processing error, by its code; the base class for an unknown one."""
    return {kind.code: kind for kind in _subclasses(ProcessingError)}.get(code, ProcessingError)


def _subclasses(root: type[ProcessingError]) -> Iterator[type[ProcessingError]]:
    for kind in root.__subclasses__():
        yield kind
        yield from _subclasses(kind)


# Details ----------------------------------------------------------------------------------------------------


class Detail(StrEnum):
    """Sentences that say more than an error's title; `format` fills in the names in braces."""

    # Accounts
    SESSION_ENDED = "Your session has ended. Sign in again."
    ACCESS_TOKEN_REJECTED = "This access token is invalid or has expired"  # noqa: S105
    API_KEY_UNKNOWN = "This API key does not exist"
    API_KEY_REVOKED = "This API key was revoked"
    API_KEY_EXPIRED = "This API key has expired"
    API_KEY_NAME = "Enter a name of 1 to {longest} characters"
    API_KEY_SCOPES = "Choose at least one scope"
    API_KEY_EXPIRY = "Choose a time in the future"
    SCOPE_NEEDED = "This request needs an API key with the scope {scope}"
    REQUESTS_PER_MINUTE = "Limit of {limit} requests per minute exceeded"
    CURRENT_PASSWORD_WRONG = "Your current password is wrong"  # noqa: S105
    EMAIL_INVALID = "Enter a valid email address"
    PASSWORD_TOO_SHORT = "Use at least {shortest} characters"  # noqa: S105
    PASSWORD_TOO_LONG = "Use at most {longest} characters"  # noqa: S105
    PASSWORD_TOO_SIMPLE = "Use more different characters"  # noqa: S105
    PASSWORD_COMMON = "This password is too easy to guess. Use several uncommon words."  # noqa: S105

    # Uploads
    PARTS_MISSING = "{count} parts of this file have not arrived"
    PARTS_LOST = "Storage no longer has the parts of this upload. Upload the file again."
    PARTS_AT_A_TIME = "Ask for at most {most} parts at a time"
    PART_NUMBERS = "This upload has parts 1 to {count}"
    FILE_LARGER_THAN = "This file is larger than the limit of {gib} GiB"
    UPLOAD_COMPLETED = "This upload is already complete"
    UPLOAD_COMPLETED_DELETE_VIDEO = "This upload is already complete. Delete the video instead."

    # Videos
    UPLOAD_UNFINISHED = "The upload of this video is not finished"
    UPLOAD_UNFINISHED_CANCEL_IT = "The upload of this video is not finished. Cancel the upload instead."
    ALREADY_PROCESSING = "This video is already being processed"
    ALREADY_ENDED = "Processing has already ended"
    NOT_RETRYABLE = "Only failed or cancelled videos can be retried"
    TITLE_LENGTH = "Enter a title of 1 to {longest} characters"
    RENDITION_UNKNOWN = "This video has no rendition “{name}”"
    NO_FILE_YET = "There is no file to download yet"
    NOT_PLAYABLE_YET = "There is nothing to play yet"
    DASH_NOT_READY = "The DASH manifest is available once the video is completed"
    PLAYBACK_TOKEN_REJECTED = "This playback URL is invalid or has expired"  # noqa: S105
    PLAYBACK_TOKEN_OF_ANOTHER_VIDEO = "This playback URL belongs to another video"  # noqa: S105
    CURSOR_INVALID = "This cursor does not belong to this list"
    SOURCE_NOT_READ = "The source of this video has not been read yet"
    NO_PLAN = "There is no plan for this video: {reason}"

    # Presets and images
    PRESET_UNKNOWN = "There is no preset “{name}”"
    PRESET_NOT_OFFERED = "There is no such preset. Choose one of {names}."
    PRESET_EXISTS = "There is already a preset “{name}”"
    PRESET_BUILT_IN = "Built-in presets can't be changed. Create one of your own."
    PRESETS_AT_MOST = "A team can have at most {most} presets"
    IMAGE_UNKNOWN = "There is no such image"
    IMAGE_CHOOSE_AGAIN = "This image no longer exists. Choose it again."
    IMAGES_AT_MOST = "A team can have at most {most} images"
    IMAGE_NOT_PNG = "This is not a PNG image, or it is damaged"
    IMAGE_BYTES = "A watermark can have at most {kib} KiB"
    IMAGE_PIXELS = "A watermark can have at most {most} pixels per side; this one has {width}×{height}"

    # Webhooks
    WEBHOOK_DISABLED = "This webhook is disabled. Enable it first."
    WEBHOOKS_AT_MOST = "There are already {most} webhooks. Delete one first."
    WEBHOOK_EVENTS = "Choose at least one event"
    WEBHOOK_TEST_EVENT = "Test events are always sent and can't be chosen"
    WEBHOOK_DESCRIPTION = "Enter a description of at most {longest} characters, on one line"
    URL_INVALID = "Invalid URL"
    URL_HTTPS = "Enter a URL that begins with https://"
    URL_HTTPS_ONLY = "The URL must begin with https://, so that events are encrypted"
    URL_USER_OR_FRAGMENT = "Enter a URL without user name and “#”"
    URL_PRIVATE = "This is a private address. Webhooks are sent to public addresses only."
    DISABLED_BY_MEMBER = "Disabled by a team member"
    DISABLED_BY_410 = "The receiver answered 410 Gone"
    DISABLED_AFTER_FAILURES = "All deliveries failed for {days} days"
    DELIVERY_WEBHOOK_DISABLED = "The webhook was disabled"
    DELIVERY_TIMED_OUT = "No answer within {seconds:g} seconds"
    DELIVERY_CONNECTION_FAILED = "The connection failed: {reason}"
    DELIVERY_HTTPS_ONLY = "Webhooks are sent to https:// URLs only"
    DELIVERY_PRIVATE = "{host} is a private address. Webhooks are sent to public addresses only."
    DELIVERY_HOST_UNKNOWN = "The host {host} is unknown"
    DELIVERY_HOST_WITHOUT_ADDRESS = "The host {host} has no address"
    DELIVERY_UNEXPECTED = "The request could not be sent because of an internal error"
    DELIVERY_WORKER_LOST = "The worker that sent it stopped responding"

    # Processing
    STORAGE_REFUSED = "Storage refused the request"
    STORAGE_UNREACHABLE = "Storage is not responding"
    STORAGE_REJECTED_FILE = "Storage did not accept the file"
    OBJECTS_NOT_DELETED = "{count} objects could not be deleted from storage"
    CHUNK_DOES_NOT_FIT = "A chunk of {rendition} does not fit the other chunks"
    CHUNKS_INCOMPLETE = "The chunks do not add up to the whole video"
    SEGMENT_MISSING = "Segment {number} is missing"
    NO_FRAME_DECODED = "Not a single frame of this video could be decoded"
    ENDED_EARLY = "FFmpeg ended before it had written everything"
    AUDIO_TRACK_EMPTY = "The audio track of this video is empty"
    NOT_COPYABLE_BECAUSE = "This video needs re-encoding: {obstacle}"
