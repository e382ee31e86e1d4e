"""S3 failures, translated to our own errors."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from botocore.exceptions import BotoCoreError, ClientError

from mediaproc import logs
from mediaproc.domain.errors import Detail, Expected, ServiceUnavailable

log = logs.get_logger(__name__)

_ABSENT = frozenset({"404", "NoSuchKey", "NotFound", "NoSuchUpload"})


@contextmanager
def translated(as_error: type[Expected] = ServiceUnavailable) -> Generator[None]:
    """Raise `as_error` if S3 refuses a call or does not answer. Errors about absent objects stay ClientErrors."""
    try:
        yield
    except ClientError as error:
        if is_absent(error):
            raise
        _write_down(error)
        raise as_error(Detail.STORAGE_REFUSED) from error
    except BotoCoreError as error:
        _write_down(error)
        raise as_error(Detail.STORAGE_UNREACHABLE) from error


def is_storage_error(error: BaseException) -> bool:
    """Return whether S3 refused a call or did not answer it."""
    return isinstance(error, BotoCoreError | ClientError)


def is_absent(error: ClientError) -> bool:
    """Return whether S3 reports that the object or upload does not exist."""
    return error.response.get("Error", {}).get("Code", "") in _ABSENT


def _write_down(error: Exception) -> None:
    log.error("storage_failed", error=str(error))
