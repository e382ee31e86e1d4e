"""Active sessions: list, sign out elsewhere, change the password."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import update
from sqlmodel import Session, col, select

from mediaproc.domain import tables
from mediaproc.domain.errors import Detail, Invalid, NotFound, WrongCredentials
from mediaproc.domain.tables import User
from mediaproc.operations import passwords
from mediaproc.operations.rate_limits import sign_ins
from mediaproc.operations.tenancy import Principal
from mediaproc.settings import settings


def live(session: Session, principal: Principal) -> Sequence[tables.Session]:
    """One's sessions that can still be used, the last used first."""
    row = tables.Session
    usable_since = tables.now() - timedelta(seconds=settings().refresh_token_seconds)
    mine = select(row).where(row.user_id == principal.user_id, col(row.ended_at).is_(None))
    return session.exec(mine.where(col(row.last_used_at) > usable_since).order_by(col(row.last_used_at).desc())).all()


def end(session: Session, principal: Principal, id: UUID) -> None:
    """End one of one's sessions. Raises NotFound."""
    row = session.get(tables.Session, id)
    if row is None or row.user_id != principal.user_id:
        raise NotFound
    row.ended_at = row.ended_at or tables.now()
    session.flush()


def end_others(session: Session, principal: Principal) -> None:
    """End all of one's sessions but the one that asks."""
    row = tables.Session
    others = update(row).where(col(row.user_id) == principal.user_id, col(row.id) != principal.credential_id)
    session.exec(others.where(col(row.ended_at).is_(None)).values(ended_at=tables.now()))


def change_password(session: Session, principal: Principal, *, present: str, new: str) -> None:
    """Change one's password and end all other sessions. API keys stay.

    Raises WrongCredentials, TooManyRequests (a stolen session must not guess), and Invalid.
    """
    sign_ins.count_try(email=principal.email, client_address=f"session {principal.user_id}")
    user = session.exec(select(User).where(User.id == principal.user_id).with_for_update()).one()
    if not passwords.matches(present, user.password_hash):
        raise WrongCredentials(Detail.CURRENT_PASSWORD_WRONG)
    if problems := passwords.check_strength(new, email=principal.email):
        raise Invalid(errors=problems)
    user.password_hash = passwords.hash_of(new)
    session.flush()
    sign_ins.forgive(email=principal.email, client_address=f"session {principal.user_id}")
    end_others(session, principal)
