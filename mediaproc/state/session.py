"""Who is signed in, as the cookie of the connection says, and the one way from the page to the operations.

A websocket's headers freeze when it connects, while the access token in them lives for minutes. So the token is
checked in full when a page loads; after that the same connection is trusted for as long as its session has not
been ended, which every single call asks the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import quote
from uuid import UUID

import reflex as rx
from sqlmodel import Session

from mediaproc import database, logs, routes
from mediaproc.domain.errors import Expected, NotSignedIn
from mediaproc.operations import accounts
from mediaproc.operations.scope import Principal

log = logs.get_logger(__name__)

Arguments = ParamSpec("Arguments")
Answer = TypeVar("Answer")


class SessionState(rx.State):
    """Parent of every state that shows a team's things."""

    email: str = ""
    notice: str = ""
    _admitted_token: str = ""
    _admitted_session: UUID | None = None

    @rx.event
    async def guard(self) -> Any:
        """First `on_load` of every page behind the door: say who is here, or show the way to the door."""
        token = self._token()
        try:
            principal = await asyncio.to_thread(_perform, token, self._admitted(token), whoami)
        except NotSignedIn:
            await self._forget()
            return rx.redirect(self._door())
        if self.email != principal.email:
            await self._forget()
        self._admitted_token, self._admitted_session = token, principal.credential_id
        self.email = principal.email
        return None

    @rx.event
    def notify(self, text: str) -> None:
        """Show one sentence until it is dismissed."""
        self.notice = text

    @rx.event
    def dismiss_notice(self) -> None:
        """Take the sentence away."""
        self.notice = ""

    async def _ask(
        self,
        verb: Callable[Concatenate[Session, Principal, Arguments], Answer],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Answer:
        """Perform a verb as whoever is signed in: in a thread, in one transaction. Raises NotSignedIn."""
        token = self._token()
        return await asyncio.to_thread(_perform, token, self._admitted(token), verb, *args, **kwargs)

    async def _forget(self) -> None:
        """Forget all that this tab has seen: the state outlives a sign-out, and somebody else may come."""
        self.reset()
        for each in SessionState.get_substates():
            (await self.get_state(each)).reset()

    def _admitted(self, token: str) -> UUID | None:
        return self._admitted_session if token and token == self._admitted_token else None

    def _token(self) -> str:
        return self._cookies().get("mp_access", "")

    def _cookies(self) -> dict[str, str]:
        try:
            return {name: morsel.value for name, morsel in SimpleCookie(self.router.headers.cookie).items()}
        except CookieError:
            return {}

    def _door(self) -> str:
        """Where to go without a good access token: to be renewed, or to sign in."""
        renewable = "mp_refresh" in self._cookies()
        return f"{routes.RENEW if renewable else routes.SIGN_IN}?next={quote(self._here(), safe='/')}"

    def _here(self) -> str:
        url = self.router.url
        return url.path + (f"?{url.query}" if url.query else "")


def explain(error: Exception) -> Any:
    """Every handler's failure, in the page's terms: an expected one is a sentence, a surprise goes on to the log."""
    if isinstance(error, NotSignedIn):
        return SessionState.guard
    if isinstance(error, Expected):
        return SessionState.notify(error.detail)
    log.error("page_event_failed", exc_info=error)
    return SessionState.notify("Something went wrong here. Please try again.")


def _perform(token: str, admitted: UUID | None, verb: Callable[..., Answer], *args: Any, **kwargs: Any) -> Answer:
    with database.transaction() as session:
        return verb(session, _principal(session, token, admitted), *args, **kwargs)


def _principal(session: Session, token: str, admitted: UUID | None) -> Principal:
    if admitted is not None:
        return accounts.principal_of_session(session, session_id=admitted)
    return accounts.principal_of(session, access_token=token)


def whoami(_session: Session, principal: Principal) -> Principal:
    """A verb for those who only need to know who is asking."""
    return principal
