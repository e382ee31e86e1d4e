"""Accounts: register, sign in, stay signed in by rotating refresh tokens, sign out, and say who is asking.

A sign-in is a `Session` row. Its refresh tokens form a family: each is used once, and a second use (somebody
else has it) ends the session. An access token is good only while its session is live.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import Session, col, select

from mediaproc import database, logs
from mediaproc.domain import tables
from mediaproc.domain.errors import Detail, EmailTaken, Invalid, NotSignedIn, RefreshRejected, WrongCredentials
from mediaproc.domain.roles import SCOPES_OF_ROLE, Role
from mediaproc.domain.tables import Membership, RefreshToken, Team, User
from mediaproc.operations import passwords, tokens
from mediaproc.operations.tenancy import Principal
from mediaproc.settings import settings

log = logs.get_logger(__name__)


@dataclass(frozen=True)
class SignIn:
    """A user who has just signed in, and the tokens of the session. `expires_in` is the access token's, seconds."""

    user: User
    access_token: str
    refresh_token: str
    expires_in: int


def new_user(*, email: str, password: str) -> User:
    """A user to register. Slow (bcrypt): call it outside of a transaction. Raises Invalid."""
    address, problems = _read_email(email)
    if problems := [*problems, *passwords.check_strength(password, email=address)]:
        raise Invalid(errors=problems)
    return User(email=address, password_hash=passwords.hash_of(password))


def register(session: Session, user: User, *, user_agent: str = "") -> SignIn:
    """Make an account with its personal team, and sign in. Raises EmailTaken."""
    _add_user(session, user)
    _add_personal_team(session, user)
    return _open_session(session, user, user_agent)


def user_with(session: Session, *, email: str) -> User | None:
    """The user who has this email, in whatever way it is written."""
    address, problems = _read_email(email)
    return None if problems else session.exec(select(User).where(User.email == address)).one_or_none()


def check_password(user: User | None, password: str) -> User:
    """Slow (bcrypt): call it outside of a transaction. Raises WrongCredentials, after the same time for nobody."""
    if not passwords.matches(password, user.password_hash if user else None) or user is None:
        raise WrongCredentials
    return user


def sign_in(session: Session, user: User, *, user_agent: str = "") -> SignIn:
    """Sign in a user whose password was right. Raises WrongCredentials if it was changed meanwhile."""
    present = session.exec(select(User).where(User.id == user.id)).one_or_none()
    if present is None or present.password_hash != user.password_hash:
        raise WrongCredentials
    return _open_session(session, present, user_agent)


def one_form_of(email: str) -> str:
    """An email as it is stored and counted."""
    return _read_email(email)[0]


def refresh(session: Session, *, refresh_token: str) -> SignIn:
    """Use up a refresh token for new tokens. Raises RefreshRejected; a token used before ends its session."""
    used = _use_up(session, refresh_token)
    row = session.get(tables.Session, used.session_id)
    if row is None or row.ended_at is not None:
        raise RefreshRejected
    row.last_used_at = tables.now()
    return _issue(session, session.get_one(User, row.user_id), row.id)


def sign_out(session: Session, *, session_id: UUID) -> None:
    """End a session: its tokens are worth nothing from now on. Nothing happens when it has ended before."""
    session.exec(
        update(tables.Session)
        .where(col(tables.Session.id) == session_id, col(tables.Session.ended_at).is_(None))
        .values(ended_at=tables.now())
    )


def sign_out_by_tokens(session: Session, *, access_token: str | None, refresh_token: str | None) -> None:
    """End the session of whichever of a browser's two cookies is still good."""
    for session_id in (_session_of_access(access_token), _session_of_refresh(session, refresh_token)):
        if session_id is not None:
            sign_out(session, session_id=session_id)


def principal_of(session: Session, *, access_token: str) -> Principal:
    """Principal of an access token. Raises NotSignedIn if the token is invalid or its session has ended."""
    return principal_of_session(session, session_id=tokens.read_access(access_token).session_id)


def principal_of_session(session: Session, *, session_id: UUID) -> Principal:
    """Whose session this is, for a connection whose token was checked when it opened. Raises NotSignedIn."""
    row = session.exec(
        select(User.id, User.email, Membership.team_id, Membership.role)
        .join(tables.Session, col(tables.Session.user_id) == User.id)
        .join(Membership, col(Membership.user_id) == User.id)
        .join(Team, col(Team.id) == Membership.team_id)
        .where(tables.Session.id == session_id)
        .where(col(tables.Session.ended_at).is_(None), col(Team.personal).is_(True))
    ).first()
    if row is None:
        raise NotSignedIn(Detail.SESSION_ENDED)
    user_id, email, team_id, role = row
    return Principal(
        user_id=user_id, team_id=team_id, email=email, credential_id=session_id, scopes=SCOPES_OF_ROLE[Role(role)]
    )


def user_of(session: Session, principal: Principal) -> User:
    """The row of the user who is asking."""
    return session.get_one(User, principal.user_id)


def _read_email(email: str) -> tuple[str, list[dict[str, str]]]:
    """The email in its one form, and what is wrong with it. No DNS: an intranet's addresses are good here."""
    try:
        checked = validate_email(email.strip(), check_deliverability=False, globally_deliverable=False)
    except EmailNotValidError:
        return email.strip().lower(), [{"field": "email", "message": Detail.EMAIL_INVALID}]
    return checked.normalized.lower(), []


def _add_user(session: Session, user: User) -> None:
    adding = insert(User).values(**user.model_dump()).on_conflict_do_nothing(index_elements=["email"])
    if session.scalar(adding.returning(col(User.id))) is None:
        raise EmailTaken


def _add_personal_team(session: Session, user: User) -> None:
    team = Team(name=user.email[:200], personal=True)
    session.add(team)
    session.flush()
    session.add(Membership(team_id=team.id, user_id=user.id))
    session.flush()


def _open_session(session: Session, user: User, user_agent: str) -> SignIn:
    row = tables.Session(user_id=user.id, user_agent=user_agent[:400])
    session.add(row)
    session.flush()
    return _issue(session, user, row.id)


def _issue(session: Session, user: User, session_id: UUID) -> SignIn:
    token = tokens.new_refresh()
    expires_at = tables.now() + timedelta(seconds=settings().refresh_token_seconds)
    session.add(RefreshToken(session_id=session_id, token_hash=tokens.digest(token), expires_at=expires_at))
    session.flush()
    return SignIn(
        user=user,
        access_token=tokens.access(user_id=user.id, session_id=session_id),
        refresh_token=token,
        expires_in=settings().access_token_seconds,
    )


def _use_up(session: Session, refresh_token: str) -> RefreshToken:
    """Mark a token as used, in one UPDATE so that of two at the same moment only one gets through."""
    digest = tokens.digest(refresh_token)
    marked = session.exec(
        update(RefreshToken)
        .where(col(RefreshToken.token_hash) == digest, col(RefreshToken.used_at).is_(None))
        .values(used_at=tables.now())
    )
    row = session.exec(select(RefreshToken).where(RefreshToken.token_hash == digest)).one_or_none()
    if row is None or row.expires_at < tables.now():
        raise RefreshRejected
    if marked.rowcount == 0:
        _end_family(row.session_id)
        raise RefreshRejected
    return row


def _end_family(session_id: UUID) -> None:
    """End a session whose refresh token came twice, in a transaction of its own: the error undoes the caller's."""
    with database.transaction() as own:
        sign_out(own, session_id=session_id)
    log.warning("refresh_token_reused", session_id=str(session_id))


def _session_of_access(token: str | None) -> UUID | None:
    try:
        return tokens.read_access(token).session_id if token else None
    except NotSignedIn:
        return None


def _session_of_refresh(session: Session, token: str | None) -> UUID | None:
    if not token:
        return None
    query = select(RefreshToken.session_id).where(RefreshToken.token_hash == tokens.digest(token))
    return session.exec(query).one_or_none()
