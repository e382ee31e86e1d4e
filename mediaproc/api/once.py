"""`Idempotency-Key`: the same POST twice within 24 hours happens once and answers the same. The one place for it.

A transaction-long advisory lock lets the second of two at the same moment wait for the first. What the first made
and what it answered are committed together, so a crash leaves both or neither; an error is not remembered. What is
slow and does no harm twice is done before, unless `known` has the answer already.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Header, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import delete, func
from sqlmodel import Session, col, select

from mediaproc.api.dependencies import SignedIn, WebhookManager
from mediaproc.database import transaction
from mediaproc.domain.errors import IdempotencyMismatch
from mediaproc.domain.tables import IdempotentAnswer, now
from mediaproc.operations.scope import Principal

LIFE = timedelta(hours=24)

Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Repeats within 24 hours with the same body get the same answer; a different body gets 409.",
    ),
]


@dataclass(frozen=True)
class Once:
    """A request that may come twice. `request_hash` is over its body."""

    principal: Principal
    route: str
    key: str | None
    request_hash: str

    def answer(self, perform: Callable[[Session], BaseModel], *, status: int) -> JSONResponse:
        """Perform in one transaction and answer; or answer as the first time. Raises IdempotencyMismatch."""
        with transaction() as session:
            before = self._before(session)
            if before is not None:
                return JSONResponse(before.body, status_code=before.status)
            body = jsonable_encoder(perform(session))
            self._remember(session, status, body)
        return JSONResponse(body, status_code=status)

    def known(self) -> JSONResponse | None:
        """The answer of the first time, if that has been. Raises IdempotencyMismatch."""
        if self.key is None:
            return None
        with transaction() as session:
            before = self._before(session)
        return JSONResponse(before.body, status_code=before.status) if before else None

    def _before(self, session: Session) -> IdempotentAnswer | None:
        if self.key is None:
            return None
        session.exec(select(func.pg_advisory_xact_lock(self._lock_number())))
        known = session.exec(select(IdempotentAnswer).where(*self._mine())).one_or_none()
        if known is None or known.created_at < now() - LIFE:
            return None
        if known.request_hash != self.request_hash:
            raise IdempotencyMismatch
        return known

    def _remember(self, session: Session, status: int, body: dict[str, Any]) -> None:
        if self.key is None:
            return
        session.exec(delete(IdempotentAnswer).where(*self._mine()))
        session.add(
            IdempotentAnswer(
                team_id=self.principal.team_id,
                route=self.route,
                key=self.key,
                request_hash=self.request_hash,
                status=status,
                body=body,
            )
        )
        session.flush()

    def _mine(self) -> tuple[Any, ...]:
        return (
            col(IdempotentAnswer.team_id) == self.principal.team_id,
            col(IdempotentAnswer.route) == self.route,
            col(IdempotentAnswer.key) == self.key,
        )

    def _lock_number(self) -> int:
        name = f"{self.principal.team_id} {self.route} {self.key}"
        return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], signed=True)


async def _once(request: Request, principal: SignedIn, key: Key = None) -> Once:
    return await _read(request, principal, key)


async def _once_for_webhooks(request: Request, principal: WebhookManager, key: Key = None) -> Once:
    return await _read(request, principal, key)


async def _read(request: Request, principal: Principal, key: str | None) -> Once:
    body = await request.body()
    return Once(
        principal=principal,
        route=f"{request.method} {request.url.path}"[:200],
        key=key,
        request_hash=hashlib.sha256(body).hexdigest(),
    )


OnceOnly = Annotated[Once, Depends(_once)]
OnceForWebhooks = Annotated[Once, Depends(_once_for_webhooks)]
