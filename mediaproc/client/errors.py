"""Errors that the client raises."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """Base class of all errors of the client."""


class NotReachable(ClientError):
    """The server or its storage does not respond."""


class ApiError(ClientError):
    """Error response of the API. `code` is stable; `problem` is the whole problem document (RFC 9457)."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or f"The server responded with {status}"))
        self.status = status
        self.code = str(problem.get("code") or f"http_{status}")
        self.problem = dict(problem)


class UnexpectedAnswer(ClientError):
    """The response is not from Mediaproc's API."""


class TransferFailed(ClientError):
    """Storage rejected an upload or download."""


class FileChanged(ClientError):
    """The file changed during its upload."""


class Interrupted(ClientError):
    """A transfer was stopped before its end."""
