"""The team's work and who is at it, as the Jobs page asks for them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from uuid import UUID

import pytest

from mediaproc import database
from mediaproc.domain.errors import Invalid, NotAVideo
from mediaproc.domain.states import JobKind, JobState
from mediaproc.domain.tables import Job, Video
from mediaproc.operations import active_attempts, job_list
from mediaproc.operations.cursors import Page
from mediaproc.operations.job_list import Work
from mediaproc.operations.jobs import execution, lease, requests, transitions
from tests.integration.conftest import Account

Accounts = Callable[[], Account]

WAITING = (JobState.QUEUED, JobState.RETRYING)
ALL = tuple(JobState)


def test_another_team_sees_nothing(account: Accounts) -> None:
    me, other = account(), account()
    (mine,) = _queue(me, "mine")
    assert [each.job_id for each in _page(me, ALL).items] == [mine.id]
    assert _page(other, ALL).items == []


def test_only_the_newest_whole_job_of_a_video_is_listed(account: Accounts) -> None:
    me = account()
    (old,) = _queue(me, "again")
    _end(old, JobState.FAILED)
    with database.transaction() as session:
        new = requests.retry(session, video=session.get_one(Video, old.video_id))
        session.add(Job(team_id=old.team_id, video_id=old.video_id, parent_id=new.id, chunk=0))
    assert [each.job_id for each in _page(me, ALL).items] == [new.id]
    assert _page(me, (JobState.FAILED,)).items == [], "what came before is history"


def test_what_asks_for_attention_is_counted_up_to_a_bound(account: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    me, other = account(), account()
    made = _queue(me, *(f"clip {number}" for number in range(5)))
    _queue(other, "theirs")
    _end(made[0], JobState.FAILED)
    _end(made[1], JobState.COMPLETED)
    with database.transaction() as session:
        requests.retry(session, video=session.get_one(Video, made[0].video_id))
        counts = job_list.counts(session, me.principal)
        assert {state: many for state, many in counts.items() if many} == {JobState.QUEUED: 4}
        monkeypatch.setattr(job_list, "MOST", 2)
        assert job_list.counts(session, me.principal)[JobState.QUEUED] == 3


def test_pages_go_on_where_the_one_before_ended(account: Accounts) -> None:
    me = account()
    made = _queue(me, *(f"clip {number}" for number in range(5)))
    _end(made[1], JobState.FAILED)
    _end(made[2], JobState.RETRYING)
    first = _page(me, WAITING, limit=3)
    rest = _page(me, WAITING, limit=3, cursor=first.next_cursor)
    assert [each.title for each in first.items] == ["clip 4", "clip 3", "clip 2"]
    assert [each.title for each in rest.items] == ["clip 0"]
    assert rest.next_cursor is None
    with pytest.raises(Invalid):
        _page(me, WAITING, cursor="nonsense")


def test_attempts_are_counted_within_the_job(account: Accounts) -> None:
    me = account()
    (first,) = _queue(me, "notes")
    _fail_once(first.id)
    with database.transaction() as session:
        again = requests.retry(session, video=session.get_one(Video, first.video_id))
        most = again.max_attempts - again.attempt
    (waiting,) = _page(me, ALL).items
    assert (waiting.attempt, waiting.attempts, waiting.started_at) == (0, most, None)
    _fail_once(again.id)
    (failed,) = _page(me, ALL).items
    assert (failed.state, failed.attempt, failed.attempts) == (JobState.FAILED, 1, most)
    assert failed.error is not None
    assert (failed.error.code, failed.error.detail) == (NotAVideo.code, NotAVideo().detail)
    assert failed.started_at is not None
    assert failed.finished_at is not None


def test_who_works_at_what_is_told_to_the_team_alone(account: Accounts) -> None:
    me, other = account(), account()
    (job, _waits) = _queue(me, "film", "waits")
    with database.transaction() as session:
        assert execution.claim(session, job_id=job.id, worker="east:1")
    (mine,) = _active_attempt(me)
    assert (mine.worker, mine.title, mine.kind, mine.chunk) == ("east:1", "film", JobKind.PROCESS, None)
    assert _active_attempt(other) == []


def test_nobody_is_at_a_job_that_is_shared_out_but_at_its_parts(account: Accounts) -> None:
    me = account()
    (job,) = _queue(me, "film")
    with database.transaction() as session:
        assert execution.claim(session, job_id=job.id, worker="east:1")
        session.get_one(Job, job.id).lease_expires_at = None
        part = Job(team_id=job.team_id, video_id=job.video_id, parent_id=job.id, kind=JobKind.ENCODE, chunk=2)
        session.add(part)
    with database.transaction() as session:
        assert execution.claim(session, job_id=part.id, worker="west:2")
    assert [(each.worker, each.kind, each.chunk) for each in _active_attempt(me)] == [("west:2", JobKind.ENCODE, 2)]


def _active_attempt(account: Account) -> list[active_attempts.ActiveAttempt]:
    with database.transaction() as session:
        return active_attempts.now(session, account.principal)


def _queue(account: Account, *titles: str) -> list[Job]:
    team_id = account.principal.team_id
    with database.transaction() as session:
        videos = [Video(team_id=team_id, filename=t, title=t, source_key="k", size_bytes=1) for t in titles]
        session.add_all(videos)
        session.flush()
        return [requests.enqueue(session, video=video, preset="web") for video in videos]


def _end(job: Job, state: JobState) -> None:
    with database.transaction() as session:
        held = lease.lock_job(session, job_id=job.id)
        assert held is not None
        transitions.move(session, held, state)


def _fail_once(job_id: UUID) -> None:
    with database.transaction() as session:
        claim = execution.claim(session, job_id=job_id, worker="east:1")
    assert claim is not None
    with database.transaction() as session:
        execution.fail(session, claim, NotAVideo())


def _page(account: Account, states: Collection[JobState], **asked: object) -> Page[Work]:
    with database.transaction() as session:
        return job_list.page(session, account.principal, states=states, **asked)  # type: ignore[arg-type]
