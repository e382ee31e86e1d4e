"""The sign-in and register pages: what their forms came back with."""

from __future__ import annotations

from urllib.parse import quote

import reflex as rx

from mediaproc.domain import errors
from mediaproc.operations import passwords
from mediaproc.state.session import SessionState

_SENTENCES = {
    each.code: each.title
    for each in (
        errors.WrongCredentials,
        errors.EmailTaken,
        errors.TooManyRequests,
        errors.OriginRejected,
        errors.RefreshRejected,
        errors.NotSignedIn,
        errors.ServiceUnavailable,
    )
}
_FIELDS = {
    "email": "This is not an email address",
    "password": f"Choose another password: at least {passwords.SHORTEST} different characters",
}


class SignInState(rx.State):
    """Reads the address that the form's answer led to."""

    email: str = ""
    next: str = ""
    sentence: str = ""

    @rx.var
    def onward(self) -> str:
        """What keeps `next` on the way to the other form."""
        return f"?next={quote(self.next, safe='/')}" if self.next else ""

    @rx.event
    async def read(self) -> None:
        """`on_load`: the error's sentence, and the fields to fill in again. What the last user saw is forgotten."""
        await (await self.get_state(SessionState))._forget()
        query = self.router.url.query_parameters
        self.email = query.get("email", "")[:320]
        self.next = query.get("next", "")[:2000]
        self.sentence = sentence(query.get("error", ""), query.get("field", ""))


def sentence(code: str, fields: str = "") -> str:
    """What went wrong, for a person; empty when nothing did."""
    if not code:
        return ""
    for field in fields.split(","):
        if field in _FIELDS:
            return _FIELDS[field]
    return _SENTENCES.get(code, errors.Expected.title)
