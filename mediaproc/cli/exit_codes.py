"""Exit codes of the command line. Scripts rely on them: codes may be added, and never change."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mediaproc.client import ClientError


class Exit(IntEnum):
    """Exit code of a command. `UNSUCCESSFUL`: the command worked, and its video failed or was cancelled."""

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
    Exit.OK: "Success.",
    Exit.FAILED: "Any other error; see the message.",
    Exit.USAGE: "Invalid command, option or value.",
    Exit.NOT_ALLOWED: "Not signed in, or the API key lacks the scope.",
    Exit.NOT_FOUND: "Not found.",
    Exit.CONFLICT: "Not allowed in the current state.",
    Exit.NOT_REACHABLE: "The server or its storage does not respond.",
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
    """Exit code for an error of the client."""
    from mediaproc.client import ApiError, NotReachable

    if isinstance(error, ApiError):
        return _BY_STATUS.get(error.status, Exit.FAILED)
    return Exit.NOT_REACHABLE if isinstance(error, NotReachable) else Exit.FAILED


def code_of_status(status: str) -> Exit:
    """Exit code for the final status of a video."""
    return Exit.OK if status == "completed" else Exit.UNSUCCESSFUL
