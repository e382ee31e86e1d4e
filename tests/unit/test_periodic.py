"""Chores stand for themselves: one that fails waits longer each time and stops no other."""

from __future__ import annotations

import threading

import pytest

from mediaproc_worker import periodic
from mediaproc_worker.periodic import Chore
from testing.waits import PATIENCE_SECONDS


class Clock(threading.Event):
    """A clock that goes on only while somebody waits for this event."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now

    def wait(self, timeout: float | None = None) -> bool:
        self.now += timeout or 0
        return self.is_set()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(periodic, "time", clock)
    return clock


def test_a_failing_chore_stops_no_other(clock: Clock) -> None:
    stop, done = clock, []

    def fail() -> int:
        done.append("failed")
        raise ConnectionError("Postgres is away")

    def succeed() -> int:
        done.append("done")
        if done.count("done") == 5:
            stop.set()
        return 0

    periodic.run([Chore("first", 1, fail), Chore("second", 1, succeed)], stop)
    assert done == ["failed", "done", "done", "failed", "done", "done", "done"], "it backs off"


def test_storage_that_hangs_holds_up_no_rescue() -> None:
    stop, hangs, rescues = threading.Event(), threading.Event(), []

    def hang() -> int:
        hangs.set()
        stop.wait(PATIENCE_SECONDS)
        return 0

    def rescue() -> int:
        hangs.wait(PATIENCE_SECONDS)
        rescues.append(stop.is_set())
        if len(rescues) == 3:
            stop.set()
        return 0

    periodic.run_beside([Chore("rescue", 0.01, rescue)], [Chore("sweep", 0.01, hang)], stop)
    assert rescues == [False] * 3


def test_a_chore_that_works_again_is_as_frequent_as_before(clock: Clock) -> None:
    answers = iter([ConnectionError("away"), ConnectionError("away"), 0])

    def sometimes() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    chore = Chore("sometimes", 1.0, sometimes)
    waits = []
    for _ in range(3):
        chore.do()
        waits.append(chore.due_at - clock.now)
    assert waits == [2, 4, 1]


def test_no_chore_waits_for_ever(clock: Clock) -> None:
    def fail() -> int:
        raise ConnectionError

    chore = Chore("never", 3.0, fail, failures=50)
    chore.do()
    assert chore.due_at - clock.now == periodic.LONGEST_BACKOFF_SECONDS
