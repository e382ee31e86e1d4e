"""Chores stand for themselves: one that fails waits longer each time and stops no other."""

from __future__ import annotations

import threading

from mediaproc_worker import periodic
from mediaproc_worker.periodic import Chore


def test_a_failing_chore_stops_no_other() -> None:
    stop, done = threading.Event(), []

    def fail() -> int:
        done.append("failed")
        raise ConnectionError("Postgres is away")

    def succeed() -> int:
        done.append("done")
        if done.count("done") == 5:
            stop.set()
        return 0

    periodic.run([Chore("first", 0.01, fail), Chore("second", 0.01, succeed)], stop)
    assert done.count("done") == 5
    assert 1 <= done.count("failed") < 5, "it backs off"


def test_storage_that_hangs_holds_up_no_rescue() -> None:
    stop, hangs, rescues = threading.Event(), threading.Event(), []

    def hang() -> int:
        hangs.set()
        stop.wait(20)
        return 0

    def rescue() -> int:
        hangs.wait(20)
        rescues.append(stop.is_set())
        if len(rescues) == 3:
            stop.set()
        return 0

    periodic.run_beside([Chore("rescue", 0.01, rescue)], [Chore("sweep", 0.01, hang)], stop)
    assert rescues == [False] * 3


def test_a_chore_that_works_again_is_as_frequent_as_before() -> None:
    answers = iter([ConnectionError("away"), ConnectionError("away"), 0])

    def sometimes() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    chore = Chore("sometimes", 1.0, sometimes)
    waits = []
    for _ in range(3):
        before = periodic.time.monotonic()
        chore.do()
        waits.append(round(chore.due_at - before))
    assert waits == [2, 4, 1]


def test_no_chore_waits_for_ever() -> None:
    def fail() -> int:
        raise ConnectionError

    chore = Chore("never", 3.0, fail, failures=50)
    before = periodic.time.monotonic()
    chore.do()
    assert chore.due_at - before < periodic.LONGEST_BACKOFF_SECONDS + 1
