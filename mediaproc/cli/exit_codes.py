"""Exit codes that scripts can trust. They change only by addition."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mediaproc.client import ClientError


class Exit(IntEnum):
    """Why a command ended."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_ALLOWED = 3
    NOT_FOUND = 4
    CONFLICT = 5
    NOT_REACHABLE = 6
    UNSUCCESSFUL = 7
    INTERRUPTED = 130


MEANINGS = {
    Exit.OK: "It is done.",
    Exit.FAILED: "Something else went wrong; the message says what.",
    Exit.USAGE: "The command was not understood, or a value was refused.",
    Exit.NOT_ALLOWED: "Not signed in, or the API key may not do that.",
    Exit.NOT_FOUND: "There is no such thing.",
    Exit.CONFLICT: "The present state does not allow it.",
    Exit.NOT_REACHABLE: "The server or its storage does not answer.",
    Exit.UNSUCCESSFUL: "The video failed or was cancelled.",
    Exit.INTERRUPTED: "Stopped by Ctrl-C.",
}

_BY_STATUS = {
    401: Exit.NOT_ALLOWED,
    403: Exit.NOT_ALLOWED,
    404: Exit.NOT_FOUND,
    409: Exit.CONFLICT,
    422: Exit.USAGE,
    502: Exit.NOT_REACHABLE,
    503: Exit.NOT_REACHABLE,
    504: Exit.NOT_REACHABLE,
}


def code_of(error: ClientError) -> Exit:
    """The exit code for what the client raised."""
    from mediaproc.client import ApiError, NotReachable

    if isinstance(error, ApiError):
        return _BY_STATUS.get(error.status, Exit.FAILED)
    return Exit.NOT_REACHABLE if isinstance(error, NotReachable) else Exit.FAILED


def code_of_status(status: str) -> Exit:
    """The exit code for a video's final status."""
    return Exit.OK if status == "completed" else Exit.UNSUCCESSFUL
