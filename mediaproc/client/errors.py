"""What can go wrong for a client."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """Base of everything that the client raises by itself."""


class NotReachable(ClientError):
    """The server, or its storage, does not answer."""


class ApiError(ClientError):
    """The API refused. `code` is stable, `problem` is the whole answer (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or f"The server answered with {status}"))
        self.status = status
        self.code = str(problem.get("code") or f"http_{status}")
        self.problem = dict(problem)


class UnexpectedAnswer(ClientError):
    """What answers at this address is not Mediaproc's API."""


class TransferFailed(ClientError):
    """Storage did not take or give the bytes."""


class FileChanged(ClientError):
    """The file was changed while it was sent."""


class Interrupted(ClientError):
    """A transfer was stopped before its end."""
