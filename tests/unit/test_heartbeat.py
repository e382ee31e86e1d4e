"""The end of a lease is seen whatever the database does."""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from mediaproc_worker import heartbeat
from mediaproc_worker.context import StopReason
from mediaproc_worker.heartbeat import Heartbeat
from testing.waits import PATIENCE_SECONDS


class Told:
    """What an attempt was told: stands for its context."""

    def __init__(self) -> None:
        self.claim = SimpleNamespace(job_id=None, attempt=1, is_part=False)
        self.progress = self.whole = 0.0
        self.reasons: list[StopReason] = []
        self.once = threading.Event()

    def stop(self, reason: StopReason) -> None:
        self.reasons.append(reason)
        self.once.set()


@pytest.fixture
def hung(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A database that takes what it is asked and does not answer until the test's end."""
    answer = threading.Event()

    @contextmanager
    def transaction() -> Generator[None]:
        answer.wait()
        raise OperationalError("SELECT 1", {}, Exception("gone"))
        yield

    monkeypatch.setattr(heartbeat.database, "transaction", transaction)
    monkeypatch.setattr(heartbeat, "LONGEST_WAIT_SECONDS", 0.1)
    yield answer
    answer.set()


@pytest.mark.usefixtures("hung")
def test_a_database_that_does_not_answer_hides_no_end(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = SimpleNamespace(lease_seconds=0.6, attempt_timeout_seconds=60)
    monkeypatch.setattr(heartbeat, "settings", lambda: limits)
    told = Told()
    with Heartbeat(told):  # pyright: ignore[reportArgumentType]
        assert told.once.wait(PATIENCE_SECONDS)
    assert set(told.reasons) == {StopReason.LEASE_RUN_OUT}


@pytest.mark.usefixtures("hung")
def test_a_worker_that_stops_gives_back_what_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    limits = SimpleNamespace(lease_seconds=60, attempt_timeout_seconds=60)
    monkeypatch.setattr(heartbeat, "settings", lambda: limits)
    monkeypatch.setattr(heartbeat, "stopping", threading.Event())
    told = Told()
    with Heartbeat(told):  # pyright: ignore[reportArgumentType]
        assert not told.once.wait(0.9)
        heartbeat.stopping.set()
        assert told.once.wait(PATIENCE_SECONDS)
    assert set(told.reasons) == {StopReason.WORKER_STOPPING}
