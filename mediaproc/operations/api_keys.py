"""API keys: make one, list them, revoke one, and say whom a key speaks for. Only the hash of a key is kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, update
from sqlmodel import Session, col, select

from mediaproc.domain.errors import Detail, Invalid, NotSignedIn
from mediaproc.domain.roles import Scope
from mediaproc.domain.tables import ApiKey, Membership, User, now
from mediaproc.operations import cursors, tenancy, tokens
from mediaproc.operations.cursors import Page
from mediaproc.operations.tenancy import Principal

LONGEST_NAME = 100
_MARK = "mp_"
_SHOWN_LETTERS = 8
_NOTED_EVERY = timedelta(minutes=1)
"""`last_used_at` is for people, so one write a minute is enough however busy a key is."""


@dataclass(frozen=True)
class NewKey:
    """A key just made. `key` is shown this once."""

    row: ApiKey
    key: str


def create(
    session: Session, principal: Principal, *, name: str, scopes: Collection[Scope], expires_at: datetime | None = None
) -> NewKey:
    """Make a key for the principal's team. Raises Invalid."""
    called = " ".join("".join(letter for letter in name if letter.isprintable()).split())
    if problems := _problems(called, scopes, expires_at):
        raise Invalid(errors=problems)
    key = _MARK + tokens.new_refresh()
    row = ApiKey(
        team_id=principal.team_id,
        user_id=principal.user_id,
        name=called,
        prefix=key[:_SHOWN_LETTERS],
        key_hash=tokens.digest(key),
        scopes=[each.value for each in Scope if each in scopes],
        expires_at=expires_at,
    )
    session.add(row)
    session.flush()
    return NewKey(row=row, key=key)


def page(session: Session, principal: Principal, *, limit: int = 50, cursor: str | None = None) -> Page[ApiKey]:
    """The team's keys that were not revoked, expired ones among them. Raises Invalid for a wrong cursor."""
    rows = tenancy.scoped(principal, ApiKey).where(col(ApiKey.revoked_at).is_(None)).order_by(col(ApiKey.id).desc())
    if cursor:
        rows = rows.where(col(ApiKey.id) < cursors.read(cursor))
    found = session.exec(rows.limit(cursors.beyond(limit))).all()
    return cursors.page_of(found, limit=limit, cursor_of=lambda row: cursors.after(row.id))


def revoke(session: Session, principal: Principal, id: UUID) -> None:
    """Make a key worth nothing from now on; once more is no error. Raises NotFound."""
    row = tenancy.find(session, principal, ApiKey, id, lock=True)
    row.revoked_at = row.revoked_at or now()
    session.flush()


def is_key(token: str) -> bool:
    """Return whether this has the form of an API key rather than an access token."""
    return token.startswith(_MARK)


def principal_of(session: Session, *, key: str) -> Principal:
    """Whom a key speaks for. Raises NotSignedIn when it is unknown, has expired or was revoked."""
    found = session.exec(
        select(ApiKey, User.email)
        .join(User, col(User.id) == ApiKey.user_id)
        .join(Membership, (col(Membership.user_id) == ApiKey.user_id) & (col(Membership.team_id) == ApiKey.team_id))
        .where(ApiKey.key_hash == tokens.digest(key))
    ).first()
    if found is None:
        raise NotSignedIn(Detail.API_KEY_UNKNOWN)
    row, email = found
    _reject_ended(row)
    _note_use(session, row)
    return Principal(
        user_id=row.user_id,
        team_id=row.team_id,
        email=email,
        credential_id=row.id,
        scopes=frozenset(Scope(each) for each in row.scopes),
    )


def good(session: Session, ids: Collection[UUID]) -> frozenset[UUID]:
    """Those of these keys that are good now."""
    unexpired: Any = or_(col(ApiKey.expires_at).is_(None), col(ApiKey.expires_at) > now())
    return frozenset(
        session.exec(select(ApiKey.id).where(col(ApiKey.id).in_(ids), col(ApiKey.revoked_at).is_(None), unexpired))
    )


def _problems(name: str, scopes: Collection[Scope], expires_at: datetime | None) -> list[dict[str, str]]:
    checks = [
        ("name", 1 <= len(name) <= LONGEST_NAME, Detail.API_KEY_NAME.format(longest=LONGEST_NAME)),
        ("scopes", bool(scopes), Detail.API_KEY_SCOPES),
        ("expires_at", expires_at is None or expires_at > now(), Detail.API_KEY_EXPIRY),
    ]
    return [{"field": field, "message": message} for field, good, message in checks if not good]


def _reject_ended(row: ApiKey) -> None:
    if row.revoked_at is not None:
        raise NotSignedIn(Detail.API_KEY_REVOKED)
    if row.expires_at is not None and row.expires_at <= now():
        raise NotSignedIn(Detail.API_KEY_EXPIRED)


def _note_use(session: Session, row: ApiKey) -> None:
    """Write down that a key was used, unless that was done a moment ago; of many at once one writes."""
    before = now() - _NOTED_EVERY
    if row.last_used_at is not None and row.last_used_at > before:
        return
    stale = or_(col(ApiKey.last_used_at).is_(None), col(ApiKey.last_used_at) <= before)
    session.exec(update(ApiKey).where(col(ApiKey.id) == row.id, stale).values(last_used_at=now()))
