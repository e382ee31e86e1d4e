"""Session of the tab: who is signed in, by the cookie of the connection, and the only way to the operations.

A websocket's headers are fixed when it connects, while the access token in them lives for minutes. So the token is
verified when a page loads; after that the connection is trusted until its session ends, which every call checks in
the database.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from http.cookies import CookieError, SimpleCookie
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import quote
from uuid import UUID

import reflex as rx
from sqlmodel import Session

from mediaproc import database, logs, routes
from mediaproc.domain.errors import Expected, NotSignedIn
from mediaproc.operations import accounts, trash, videos
from mediaproc.operations.tenancy import Principal

log = logs.get_logger(__name__)

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class SessionState(rx.State):
    """Parent of every state that shows a team's data."""

    email: str = ""
    notice: str = ""
    undo_action: str = ""
    _undo_ids: list[str] = []
    _admitted_token: str = ""
    _admitted_session: UUID | None = None

    @rx.event
    async def guard(self) -> Any:
        """First `on_load` of every page that needs a session: load the user, or redirect to the sign-in page."""
        token = self._token()
        try:
            principal = await asyncio.to_thread(_perform, token, self._admitted(token), whoami)
        except NotSignedIn:
            await reset_tab(self)
            return rx.redirect(self._sign_in_url())
        if self.email != principal.email:
            await reset_tab(self)
        self._admitted_token, self._admitted_session = token, principal.credential_id
        self.email = principal.email
        return None

    @rx.event
    def notify(self, text: str) -> None:
        """Show a notice until it is dismissed."""
        self.notice, self.undo_action = text, ""

    @rx.event
    def dismiss_notice(self) -> None:
        """Hide the notice."""
        self.notice = self.undo_action = ""

    @rx.event
    async def undo(self) -> None:
        """Take back what the notice tells of."""
        verb = _UNDOES[self.undo_action]
        self.notice = self.undo_action = ""
        for video_id in self._undo_ids:
            await self._ask(verb, UUID(video_id))

    def _offer_undo(self, action: str, video_ids: Sequence[str], text: str) -> None:
        """Show a notice with a button that takes the action back: `delete` or `cancel`."""
        self.notice, self.undo_action, self._undo_ids = text, action, list(video_ids)

    async def _ask(
        self,
        verb: Callable[Concatenate[Session, Principal, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Perform a verb as the user who is signed in: in a thread, in one transaction. Raises NotSignedIn."""
        token = self._token()
        return await asyncio.to_thread(_perform, token, self._admitted(token), verb, *args, **kwargs)

    def _admitted(self, token: str) -> UUID | None:
        return self._admitted_session if token and token == self._admitted_token else None

    def _token(self) -> str:
        return self._cookies().get("mp_access", "")

    def _cookies(self) -> dict[str, str]:
        try:
            return {name: morsel.value for name, morsel in SimpleCookie(self.router.headers.cookie).items()}
        except CookieError:
            return {}

    def _sign_in_url(self) -> str:
        """Page to go to without a valid access token: renewal if there is a refresh token, else sign-in."""
        renewable = "mp_refresh" in self._cookies()
        return f"{routes.RENEW if renewable else routes.SIGN_IN}?next={quote(self._here(), safe='/')}"

    def _here(self) -> str:
        url = self.router.url
        return url.path + (f"?{url.query}" if url.query else "")


_UNDOES: dict[str, Callable[..., Any]] = {"delete": trash.restore, "cancel": videos.retry}


async def reset_tab(state: rx.State) -> None:
    """Reset all that this tab shows of a user: it outlives a sign-out, and another user may sign in."""
    for each in (SessionState, *SessionState.get_substates()):
        (await state.get_state(each)).reset()


def explain(error: Exception) -> Any:
    """Event that shows a handler's failure: a notice with its message, or a generic one for an error that is logged."""
    if isinstance(error, NotSignedIn):
        return SessionState.guard
    if isinstance(error, Expected):
        return SessionState.notify(error.detail)
    log.error("page_event_failed", exc_info=error)
    return SessionState.notify("Something went wrong. Please try again.")


def _perform(token: str, admitted: UUID | None, verb: Callable[..., Result], *args: Any, **kwargs: Any) -> Result:
    with database.transaction() as session:
        return verb(session, _principal(session, token, admitted), *args, **kwargs)


def _principal(session: Session, token: str, admitted: UUID | None) -> Principal:
    if admitted is not None:
        return accounts.principal_of_session(session, session_id=admitted)
    return accounts.principal_of(session, access_token=token)


def whoami(_session: Session, principal: Principal) -> Principal:
    """Verb that returns the caller."""
    return principal
