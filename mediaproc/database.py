"""The engine, and the session scope that is one transaction.

The edge (a request, an event handler, a step of an attempt) opens `transaction()`; operations only flush. What
must follow a commit, such as a message or an event, is given to `after_commit`.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from functools import lru_cache
from typing import cast

from sqlalchemy import Engine, create_engine
from sqlmodel import Session

from mediaproc import logs
from mediaproc.settings import settings

log = logs.get_logger(__name__)

_IMPATIENCE = {"connect_timeout": 5, "keepalives_idle": 5, "keepalives_interval": 2, "tcp_user_timeout": 10_000}
"""For libpq: a host that vanished without a word is noticed in seconds, or a heartbeat would hang beyond its lease."""


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The engine of this process. It connects at first use; call it only after a fork."""
    return create_engine(
        settings().database_url, pool_pre_ping=True, pool_size=10, max_overflow=20, connect_args=_IMPATIENCE
    )


@contextmanager
def transaction() -> Generator[Session]:
    """A session that commits at the end, or rolls back and re-raises. Then what was left to `after_commit` runs."""
    with Session(engine(), expire_on_commit=False) as session:
        with session.begin():
            yield session
        for action in _actions(session):
            _run(action)


@contextmanager
def savepoint(session: Session) -> Generator[None]:
    """A part of a transaction that may fail alone: then nothing of it stays, nor what it left to `after_commit`."""
    before = len(_actions(session))
    try:
        with session.begin_nested():
            yield
    except BaseException:
        del _actions(session)[before:]
        raise


def after_commit(session: Session, action: Callable[[], object]) -> None:
    """Run `action` when the transaction has been committed.

    If it fails the failure is logged: a periodic task sends again what was not sent.
    """
    _actions(session).append(action)


def _actions(session: Session) -> list[Callable[[], object]]:
    return cast("list[Callable[[], object]]", session.info.setdefault("after_commit", []))


def _run(action: Callable[[], object]) -> None:
    try:
        action()
    except Exception:
        log.warning("after_commit_failed", exc_info=True)
