"""Idempotent answers: the same request with the same `Idempotency-Key` within 24 hours gets the same answer.

What the first request changed and what it answered are committed together, so a crash leaves both or neither.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from mediaproc.domain.errors import IdempotencyMismatch
from mediaproc.domain.tables import IdempotentAnswer, now
from mediaproc.operations.tenancy import Principal

ANSWER_LIFE = timedelta(hours=24)
"""How long the same key gets the same answer (the API's promise)."""


@dataclass(frozen=True)
class IdempotentRequest:
    """A request with an `Idempotency-Key`. `route` is method and path, `body_hash` the SHA-256 of the body."""

    principal: Principal
    route: str
    key: str
    body_hash: str


def known_answer(session: Session, request: IdempotentRequest) -> IdempotentAnswer | None:
    """The answer to the first such request, None if there was none. Raises IdempotencyMismatch for another body.

    An advisory lock that lasts for the transaction lets the second of two simultaneous requests wait for the first.
    """
    session.exec(select(func.pg_advisory_xact_lock(_lock_number(request))))
    known = session.exec(select(IdempotentAnswer).where(*_same(request))).one_or_none()
    if known is None or known.created_at < now() - ANSWER_LIFE:
        return None
    if known.request_hash != request.body_hash:
        raise IdempotencyMismatch
    return known


def remember(session: Session, request: IdempotentRequest, *, status: int, body: dict[str, Any]) -> None:
    """Record the answer, in the transaction of the change itself."""
    session.exec(delete(IdempotentAnswer).where(*_same(request)))
    session.add(
        IdempotentAnswer(
            team_id=request.principal.team_id,
            route=request.route,
            key=request.key,
            request_hash=request.body_hash,
            status=status,
            body=body,
        )
    )
    session.flush()


def _same(request: IdempotentRequest) -> tuple[Any, ...]:
    return (
        col(IdempotentAnswer.team_id) == request.principal.team_id,
        col(IdempotentAnswer.route) == request.route,
        col(IdempotentAnswer.key) == request.key,
    )


def _lock_number(request: IdempotentRequest) -> int:
    name = f"{request.principal.team_id} {request.route} {request.key}"
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)
