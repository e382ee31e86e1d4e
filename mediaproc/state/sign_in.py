"""Sign-in and registration pages: the error with which a form came back, and the fields to fill in again."""

from __future__ import annotations

from urllib.parse import quote

import reflex as rx

from mediaproc.domain import errors
from mediaproc.operations import passwords
from mediaproc.state.session import reset_tab

_MESSAGES = {
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
_FIELD_MESSAGES = {
    "email": "Enter a valid email address",
    "password": f"Choose a stronger password: at least {passwords.SHORTEST} characters, uncommon words",
}


class SignInState(rx.State):
    """Reads the query that the form's redirect carries: `error`, `field`, `email` and `next`."""

    email: str = ""
    next: str = ""
    error: str = ""

    @rx.var
    def next_query(self) -> str:
        """Query that carries `next` on to the other form."""
        return f"?next={quote(self.next, safe='/')}" if self.next else ""

    @rx.event
    async def read(self) -> None:
        """Read the query. Also resets the tab, so that nothing of the last user remains."""
        await reset_tab(self)
        query = self.router.url.query_parameters
        self.email = query.get("email", "")[:320]
        self.next = query.get("next", "")[:2000]
        self.error = error_message(query.get("error", ""), query.get("field", ""))


def error_message(code: str, fields: str = "") -> str:
    """Message for an error code, empty without one. `fields`: the invalid fields, separated by commas."""
    if not code:
        return ""
    for field in fields.split(","):
        if field in _FIELD_MESSAGES:
            return _FIELD_MESSAGES[field]
    return _MESSAGES.get(code, errors.Expected.title)
