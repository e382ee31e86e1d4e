"""`Idempotency-Key` of a POST: a repeat within 24 hours changes nothing and gets the first answer.

An error is not remembered. Slow work that does no harm when repeated is done before the transaction, unless `known`
has the answer already. `operations.idempotency` holds the answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlmodel import Session

from mediaproc.api.dependencies import SignedIn, WebhookManager
from mediaproc.database import transaction
from mediaproc.domain.tables import IdempotentAnswer
from mediaproc.operations import idempotency
from mediaproc.operations.idempotency import IdempotentRequest
from mediaproc.operations.tenancy import Principal

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
    """A request that may be repeated. `key` is its Idempotency-Key, if it has one; `request_hash` is of its body."""

    principal: Principal
    route: str
    key: str | None
    request_hash: str

    def answer(self, perform: Callable[[Session], BaseModel], *, status: int) -> JSONResponse:
        """Perform in one transaction and answer, or repeat the first answer. Raises IdempotencyMismatch."""
        with transaction() as session:
            before = self._known_answer(session)
            if before is not None:
                return JSONResponse(before.body, status_code=before.status)
            body = jsonable_encoder(perform(session))
            if (request := self._idempotent) is not None:
                idempotency.remember(session, request, status=status, body=body)
        return JSONResponse(body, status_code=status)

    def known(self) -> JSONResponse | None:
        """The first answer, if there was one. Raises IdempotencyMismatch."""
        with transaction() as session:
            before = self._known_answer(session)
        return JSONResponse(before.body, status_code=before.status) if before else None

    @property
    def _idempotent(self) -> IdempotentRequest | None:
        return IdempotentRequest(self.principal, self.route, self.key, self.request_hash) if self.key else None

    def _known_answer(self, session: Session) -> IdempotentAnswer | None:
        return idempotency.known_answer(session, request) if (request := self._idempotent) is not None else None


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
