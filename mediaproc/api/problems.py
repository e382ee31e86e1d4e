"""Problem documents (RFC 9457, `application/problem+json`): the only place where errors become responses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

import redis
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from starlette.exceptions import HTTPException

from mediaproc import logs
from mediaproc.domain.errors import Expected, NotFound, NotSignedIn, ServiceUnavailable, TooManyRequests
from mediaproc.settings import settings

log = logs.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"

_HTTP = {
    400: ("bad_request", "Malformed request"),
    404: (NotFound.code, NotFound.title),
    405: ("method_not_allowed", "Method not allowed"),
    413: ("content_too_large", "Request body too large"),
}
"""Errors of the framework itself. The phrases of `http.HTTPStatus` differ between Python versions."""


class FieldError(BaseModel):
    """Error of one field."""

    field: str = Field(description="Name of the field; dotted if nested.")
    message: str


class Problem(BaseModel):
    """A problem document (RFC 9457). `code` is stable and meant for programs. Some codes add members."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="URL that documents the code.")
    title: str = Field(description="Short summary, the same for every problem with this code.")
    status: int
    detail: str = Field(description="Explanation of this occurrence, for people.")
    code: str = Field(description="Stable error code in snake_case.", examples=["upload_incomplete"])
    errors: list[FieldError] | None = Field(None, description="Each invalid field, for `invalid` and similar codes.")


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that may answer with these problems."""
    return {status: {"model": Problem, "description": HTTPStatus(status).phrase} for status in statuses}


def install(app: FastAPI) -> None:
    """Translate every error of the app. Unexpected errors are caught further out, by the request log."""
    app.add_exception_handler(Expected, _of_expected)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)
    for away in (OperationalError, PoolTimeout, redis.RedisError):
        app.add_exception_handler(away, _of_service)


def answer(
    *,
    status: int,
    code: str,
    title: str,
    detail: str | None = None,
    headers: Mapping[str, str] | None = None,
    **extra: Any,
) -> JSONResponse:
    """Response for one problem."""
    problem = {"type": address_of(code), "title": title, "status": status, "detail": detail or title, "code": code}
    return JSONResponse({**problem, **extra}, status_code=status, headers=dict(headers or {}), media_type=MEDIA_TYPE)


def unexpected() -> JSONResponse:
    """Response for an unexpected error. Reveals nothing about it."""
    return answer(
        status=500,
        code="internal_error",
        title="Internal error",
        detail="An unexpected error occurred. Contact support with the X-Request-ID of this response.",
    )


def address_of(code: str) -> str:
    """The `type` of a code: a URL that documents it."""
    return f"{settings().public_url.rstrip('/')}/api/problems/{code}"


def kinds(root: type[Expected] = Expected) -> Iterator[type[Expected]]:
    """All expected error classes."""
    for kind in root.__subclasses__():
        yield kind
        yield from kinds(kind)


async def _of_expected(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Expected)
    return answer(
        status=error.status,
        code=error.code,
        title=error.title,
        detail=error.detail,
        headers=_headers_of(error),
        **error.extra,
    )


async def _of_validation(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    errors = [{"field": _field(each["loc"]), "message": _message(each["msg"])} for each in error.errors()]
    first = errors[0] if errors else {"field": "", "message": "The request is invalid"}
    return answer(
        status=422,
        code="invalid",
        title="Validation failed",
        detail=f"{first['field']}: {first['message']}" if first["field"] else first["message"],
        errors=errors,
    )


async def _of_http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code, title = _HTTP.get(error.status_code, (f"http_{error.status_code}", str(error.detail)))
    detail = title if error.status_code == 404 else str(error.detail)
    return answer(status=error.status_code, code=code, title=title, detail=detail, headers=error.headers or {})


async def _of_service(request: Request, error: Exception) -> JSONResponse:
    log.error("service_does_not_answer", path=request.url.path, exc_info=error)
    return await _of_expected(request, ServiceUnavailable())


def _headers_of(error: Expected) -> dict[str, str]:
    if isinstance(error, TooManyRequests):
        return {"Retry-After": str(error.retry_after_seconds)}
    if isinstance(error, ServiceUnavailable):
        return {"Retry-After": "5"}
    if isinstance(error, NotSignedIn) and error.__cause__ is not None:
        return {"WWW-Authenticate": 'Bearer realm="mediaproc", error="invalid_token"'}
    return {"WWW-Authenticate": 'Bearer realm="mediaproc"'} if error.status == 401 else {}


def _field(location: tuple[int | str, ...]) -> str:
    """Dotted name of a field: `("body", "parts", 0, "etag")` becomes `parts.0.etag`."""
    return ".".join(str(part) for part in location[1:] if not isinstance(part, int) or location[0] == "body")


def _message(text: str) -> str:
    return text.removeprefix("Value error, ")
