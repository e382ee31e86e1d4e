"""Where one is signed in, and the password."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import Session, select

from mediaproc import database
from mediaproc.domain import tables
from mediaproc.domain.errors import Invalid, NotFound, NotSignedIn, TooManyRequests, WrongCredentials
from mediaproc.operations import accounts, sessions
from mediaproc.operations.accounts import SignIn
from mediaproc.operations.jobs import maintenance
from mediaproc.settings import settings
from tests.integration.conftest import PASSWORD, Account
from tests.integration.test_api_keys import get, make_key

Accounts = Callable[[], Account]
NEW = "quite another password"


@contextmanager
def transaction() -> Generator[Session]:
    with database.transaction() as session:
        yield session


def sign_in(me: Account, password: str = PASSWORD) -> SignIn:
    with transaction() as session:
        user = accounts.check_password(accounts.user_with(session, email=me.email), password)
        return accounts.sign_in(session, user, user_agent="curl/8")


def ids(me: Account) -> list[str]:
    with transaction() as session:
        return [row.user_agent for row in sessions.live(session, me.principal)]


def test_sign_ins_are_listed_and_another_can_be_ended(account: Accounts) -> None:
    me, stranger = account(), account()
    sign_in(me)
    assert ids(me) == ["curl/8", "testclient"]
    with transaction() as session:
        other = sessions.live(session, me.principal)[0]
        with pytest.raises(NotFound):
            sessions.end(session, stranger.principal, other.id)
        sessions.end(session, me.principal, other.id)
    assert ids(me) == ["testclient"]


def test_a_session_that_nobody_can_renew_any_more_is_not_listed(account: Accounts) -> None:
    me = account()
    sign_in(me)
    with transaction() as session:
        other = sessions.live(session, me.principal)[0]
        other.last_used_at = tables.now() - timedelta(days=31)
    assert ids(me) == ["testclient"]


def test_all_others_are_ended_and_ones_own_stays(account: Accounts) -> None:
    me, stranger = account(), account()
    gone = sign_in(me)
    with transaction() as session:
        sessions.end_others(session, me.principal)
    assert ids(me) == ["testclient"]
    assert ids(stranger) == ["testclient"]
    with transaction() as session, pytest.raises(NotSignedIn):
        accounts.principal_of(session, access_token=gone.access_token)


def test_a_new_password_ends_other_sessions_and_leaves_keys(account: Accounts, api: TestClient) -> None:
    me = account()
    key = make_key(me)["key"]
    sign_in(me)
    with transaction() as session:
        sessions.change_password(session, me.principal, present=PASSWORD, new=NEW)
    assert ids(me) == ["testclient"]
    assert get(api, "/api/v1/auth/me", key).status_code == 200
    with pytest.raises(WrongCredentials):
        sign_in(me)
    assert sign_in(me, NEW).user.email == me.email


def test_the_present_password_is_asked_for_and_can_not_be_guessed(account: Accounts) -> None:
    me = account()
    with transaction() as session, pytest.raises(Invalid):
        sessions.change_password(session, me.principal, present=PASSWORD, new="short")
    for _ in range(9):
        with transaction() as session, pytest.raises(WrongCredentials):
            sessions.change_password(session, me.principal, present="a guess at it", new=NEW)
    with transaction() as session, pytest.raises(TooManyRequests):
        sessions.change_password(session, me.principal, present=PASSWORD, new=NEW)
    assert sign_in(me).user.email == me.email


def test_sign_ins_that_ended_or_expired_long_ago_are_forgotten(account: Accounts) -> None:
    life = timedelta(seconds=settings().refresh_token_seconds)
    ages: dict[str, dict[str, Any]] = {
        "ended long ago": {"ended_at": tables.now() - timedelta(days=31)},
        "ended lately": {"ended_at": tables.now() - timedelta(days=29)},
        "expired long ago": {"last_used_at": tables.now() - life - timedelta(days=31)},
        "expired lately": {"last_used_at": tables.now() - life - timedelta(days=29)},
        "in use": {},
    }
    user_id = account().principal.user_id
    with database.transaction() as session:
        session.add_all([tables.Session(user_id=user_id, user_agent=name, **age) for name, age in ages.items()])
    with database.transaction() as session:
        assert maintenance.prune(session) >= 2
    with database.transaction() as session:
        left = session.exec(select(tables.Session.user_agent).where(tables.Session.user_id == user_id)).all()
    assert set(ages) & set(left) == {"ended lately", "expired lately", "in use"}
