"""The trash: what is deleted on the page is hidden at once, can be restored for a week, and is gone after that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from sqlmodel import col, select

from mediaproc import database
from mediaproc.domain.errors import NotFound
from mediaproc.domain.states import JobKind, JobState, Priority, VideoStatus
from mediaproc.domain.tables import Leftover, Video, now
from mediaproc.operations import job_list, playback, queue_places, tokens, trash, videos
from mediaproc.operations.jobs import execution
from mediaproc.storage import keys
from testing.videos import video_now
from tests.integration.conftest import Account
from tests.integration.test_api_videos import completed
from tests.integration.test_page_state import add_jobs

Accounts = Callable[[], Account]


def test_a_discarded_video_is_hidden_and_comes_back_whole(account: Accounts) -> None:
    me = account()
    id = UUID(str(completed(me)))
    token = tokens.playback(id, expires_at=int(now().timestamp()) + 60)
    with database.transaction() as session:
        trash.discard(session, me.principal, id)
    assert me.client.get(f"/api/v1/videos/{id}").status_code == 404
    assert me.client.get("/api/v1/videos").json()["items"] == []
    with database.transaction() as session:
        assert job_list.page(session, me.principal, states=[JobState.COMPLETED]).items == []
        with pytest.raises(NotFound):
            playback.open_video(session, id, principal=None, token=token)
    assert account().client.post(f"/api/v1/videos/{id}/restore").status_code == 404
    for _ in range(2):
        again = me.client.post(f"/api/v1/videos/{id}/restore")
        assert (again.status_code, again.json()["status"], len(again.json()["renditions"])) == (200, "completed", 2)


def test_a_job_that_was_cancelled_with_its_video_begins_again(account: Accounts) -> None:
    me = account()
    going, cancelled = add_jobs(me, 2)
    with database.transaction() as session:
        videos.cancel(session, me.principal, cancelled.video_id)
        for job in (going, cancelled):
            trash.discard(session, me.principal, job.video_id)
        assert execution.claim(session, job_id=going.id, worker="a:1") is None
    with database.transaction() as session:
        restored = trash.restore(session, me.principal, going.video_id)
    assert (restored.status, restored.queue and restored.queue.position) == (VideoStatus.QUEUED, 1)


def test_a_video_is_deleted_after_a_week_in_the_trash(account: Accounts) -> None:
    me = account()
    old, new = (UUID(str(completed(me))) for _ in range(2))
    _discarded(me, old, ago=trash.KEPT + timedelta(minutes=1))
    _discarded(me, new, ago=timedelta(days=6))
    assert trash.purge() == 1
    assert video_now(new).deleted_at is not None
    with database.transaction() as session:
        assert session.get(Video, old) is None
        swept = select(Leftover).where(col(Leftover.prefix) == keys.video_prefix(old))
        assert len(session.exec(swept).all()) == 2


def test_places_follow_the_priority_and_then_the_age(account: Accounts) -> None:
    me = account()
    first, second, third = add_jobs(me, 3)
    with database.transaction() as session:
        videos.prioritize(session, me.principal, third.video_id, priority=Priority.INTERACTIVE)
        assert list(queue_places.of_team(session, me.principal)) == [third.video_id, first.video_id, second.video_id]
    with database.transaction() as session:
        claim = execution.claim(session, job_id=first.id, worker="a:1")
        assert claim is not None
        found = queue_places.of_team(session, me.principal)
        assert [(place.position, place.length) for place in found.values()] == [(1, 2), (2, 2)]
        execution.split(session, claim, [execution.Part(JobKind.ENCODE, chunk=0, length_seconds=1)])
        assert list(queue_places.of_team(session, me.principal)) == [third.video_id, second.video_id, first.video_id]
        assert job_list.counts(session, me.principal)[JobState.QUEUED] == 3
        running = job_list.page(session, me.principal, states=[JobState.RUNNING], at_work=True)
        assert running.items == []


def _discarded(me: Account, id: UUID, *, ago: timedelta) -> None:
    with database.transaction() as session:
        trash.discard(session, me.principal, id)
        session.get_one(Video, id).deleted_at = now() - ago
