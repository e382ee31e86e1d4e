"""What the page keeps of the library and the jobs, with its handlers on real services and no browser."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import pytest
import reflex as rx
from reflex.istate.data import RouterData

from mediaproc import database
from mediaproc.domain.errors import Detail
from mediaproc.domain.states import JobState, Priority, VideoStatus
from mediaproc.domain.tables import Job, Video
from mediaproc.events import publisher
from mediaproc.events.hub import Hub
from mediaproc.events.messages import Event, EventType
from mediaproc.operations import videos
from mediaproc.operations.jobs import execution, lease, requests, transitions
from mediaproc.state import jobs, labels, library, live
from mediaproc.state.jobs import JobsState
from mediaproc.state.library import PAGE_SIZE, LibraryState
from mediaproc.state.video import VideoState
from testing.waits import PATIENCE_SECONDS
from tests.integration.conftest import Account

Accounts = Callable[[], Account]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Open a page as its `on_load` does, and call `then` with its state while it watches."""

    def opened(kind: type, account: Account, then: Callable[[Any], Awaitable[None]], path: str) -> None:
        async def check() -> None:
            hub = Hub()
            monkeypatch.setattr(live, "hub", lambda: hub)
            state = cast(Any, rx.State)(_reflex_internal_init=True).get_substate(kind.get_full_name().split("."))
            headers = {"cookie": f"mp_access={account.access_token}", "origin": "http://localhost"}
            state.router = RouterData.from_router_data({"headers": headers, "asPath": path, "pathname": path})
            watching = asyncio.create_task(kind.watch.fn(state))
            try:
                await then(state)
                assert not watching.done()
            finally:
                await hub.stop()
                watching.cancel()
                await asyncio.wait({watching})

        asyncio.run(check())

    return opened


def add_videos(account: Account, count: int) -> list[Video]:
    team_id = account.principal.team_id
    with database.transaction() as session:
        videos = [
            Video(team_id=team_id, filename="a.mp4", title=f"clip {number}", source_key="k", size_bytes=1)
            for number in range(count)
        ]
        session.add_all(videos)
    return videos


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not true():
            await asyncio.sleep(0.02)


def test_a_new_video_leaves_all_that_is_shown(account: Accounts, open_page: Callable[..., None]) -> None:
    me = account()
    add_videos(me, 130)

    async def then(state: LibraryState) -> None:
        await until(lambda: len(state.cards) == PAGE_SIZE)
        while state.has_more:
            await LibraryState.load_more.fn(state)
        assert len(state.cards) == 130
        (new,) = await asyncio.to_thread(add_videos, me, 1)
        event = Event(EventType.STATUS, new.team_id, new.id, {"video_id": str(new.id), "status": "queued"})
        await asyncio.to_thread(publisher.publish, event)
        await until(lambda: state.cards[0].id == str(new.id))
        assert len(state.cards) >= 130

    open_page(LibraryState, me, then, "/")


def _tell(video: Video, status: VideoStatus) -> None:
    with database.transaction() as session:
        session.get_one(Video, video.id).status = status
    publisher.publish(Event(EventType.STATUS, video.team_id, video.id, {"video_id": str(video.id), "status": status}))


def test_a_video_that_is_done_leaves_those_in_progress(account: Accounts, open_page: Callable[..., None]) -> None:
    me = account()
    done, moving = add_videos(me, 2)

    async def then(state: LibraryState) -> None:
        await until(lambda: state.ready)
        await LibraryState.choose.fn(state, "moving")
        assert len(state.cards) == 2
        await asyncio.to_thread(_tell, done, VideoStatus.COMPLETED)
        await until(lambda: [card.id for card in state.cards] == [str(moving.id)])

    open_page(LibraryState, me, then, "/")


def test_what_is_not_looked_for_costs_no_list(
    account: Accounts, open_page: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    me = account()
    (mine,) = add_videos(me, 1)
    pages: list[str | None] = []
    page = library.videos.page
    monkeypatch.setattr(library.videos, "page", lambda *a, **kw: (pages.append(kw["query"]), page(*a, **kw))[1])

    async def then(state: LibraryState) -> None:
        await until(lambda: state.ready)
        before = len(pages)
        other, last = await asyncio.to_thread(_named, me, "a film"), await asyncio.to_thread(_named, me, "clip 01")
        await asyncio.to_thread(_tell, other, VideoStatus.QUEUED)
        await asyncio.to_thread(_tell, last, VideoStatus.QUEUED)
        await until(lambda: [card.id for card in state.cards] == [str(last.id), str(mine.id)])
        assert len(pages) == before + 1, "only what is looked for is listed again"

    open_page(LibraryState, me, then, "/?q=clip+0")


def _named(account: Account, title: str) -> Video:
    (video,) = add_videos(account, 1)
    with database.transaction() as session:
        session.get_one(Video, video.id).title = title
    return video


@pytest.mark.parametrize("kind", [LibraryState, VideoState])
def test_a_status_that_nobody_told_is_found(
    account: Accounts, open_page: Callable[..., None], monkeypatch: pytest.MonkeyPatch, kind: type
) -> None:
    """The worker may be killed between the commit and the event."""
    monkeypatch.setattr(live, "RECHECK_SECONDS", 0.3)
    me = account()
    (mine,) = add_videos(me, 1)

    def end() -> None:
        with database.transaction() as session:
            session.get_one(Video, mine.id).status = VideoStatus.COMPLETED

    async def then(state: Any) -> None:
        def status() -> str | None:
            return getattr(_shown(state, kind), "status", None)

        await until(lambda: status() == "uploading")
        await asyncio.to_thread(end)
        await until(lambda: status() == "completed")

    open_page(kind, me, then, f"/videos/{mine.id}" if kind is VideoState else "/")


def _select(kind: Any, state: Any, id: str, **options: Any) -> None:
    """Call the event handler `select`, which Reflex types as an event without its state."""
    kind.select.fn(state, id, **options)


def _shown(state: Any, kind: type) -> Any:
    """The video of the page, or the first card of the library. None if there is none yet."""
    return state.video if kind is VideoState else next(iter(state.cards), None)


@pytest.mark.parametrize("kind", [LibraryState, VideoState])
def test_a_new_title_shows_in_the_other_tabs(account: Accounts, open_page: Callable[..., None], kind: type) -> None:
    me = account()
    (mine,) = add_videos(me, 1)

    async def then(state: Any) -> None:
        def title() -> str | None:
            return getattr(_shown(state, kind), "title", None)

        await until(lambda: title() == "clip 0")
        await asyncio.to_thread(_change, me, mine, title="A rabbit")
        await until(lambda: title() == "A rabbit")

    open_page(kind, me, then, f"/videos/{mine.id}" if kind is VideoState else "/")


def test_a_new_priority_shows_in_the_other_tabs(account: Accounts, open_page: Callable[..., None]) -> None:
    me = account()
    (mine,) = add_videos(me, 1)

    async def then(state: VideoState) -> None:
        await until(lambda: state.video.priority == "normal")
        await asyncio.to_thread(_change, me, mine, priority=Priority.BATCH)
        await until(lambda: state.video.priority == "batch")

    open_page(VideoState, me, then, f"/videos/{mine.id}")


def _change(account: Account, video: Video, **wanted: Any) -> None:
    with database.transaction() as session:
        videos.change(session, account.principal, video.id, **wanted)


def test_jobs_come_move_and_leave_as_it_is_told(account: Accounts, open_page: Callable[..., None]) -> None:
    me = account()
    (first,) = add_jobs(me, 1)
    id = str(first.video_id)

    async def then(state: JobsState) -> None:
        await until(lambda: [row.id for row in state.rows] == [id])
        (new,) = await asyncio.to_thread(add_jobs, me, 1)
        await until(lambda: [row.id for row in state.rows] == [id, str(new.video_id)])
        assert [row.state_label for row in state.rows] == ["Waiting, 1st of 2", "Waiting, 2nd of 2"]

        await asyncio.to_thread(_move, first, JobState.RUNNING)
        await until(lambda: state.rows[0].running)
        progress = Event(EventType.PROGRESS, first.team_id, first.video_id, {"progress": 40, "stage": "encode"})
        await asyncio.to_thread(publisher.publish, progress)
        await until(lambda: state.progress[id].label == labels.stage("encode"))

        await asyncio.to_thread(_move, first, JobState.COMPLETED)
        await until(lambda: [row.id for row in state.rows] == [str(new.video_id)])
        assert (state.announcement, state.progress) == (f"clip 0: {labels.status('completed')}", {})
        await JobsState.choose.fn(state, "done")
        assert [row.id for row in state.rows] == [id]

    open_page(JobsState, me, then, "/jobs")


def test_more_jobs_stay_shown_while_they_move(account: Accounts, open_page: Callable[..., None]) -> None:
    me = account()
    *_, last = add_jobs(me, jobs.PAGE_SIZE + 10)

    async def then(state: JobsState) -> None:
        await until(lambda: len(state.rows) == jobs.PAGE_SIZE and state.has_more)
        await JobsState.load_more.fn(state)
        assert (len(state.rows), state.has_more) == (jobs.PAGE_SIZE + 10, False)
        await asyncio.to_thread(_move, last, JobState.RUNNING)
        await until(lambda: state.rows[0].running)
        assert len(state.rows) == jobs.PAGE_SIZE + 10

    open_page(JobsState, me, then, "/jobs")


def test_a_job_is_given_another_turn_cancelled_and_begun_again(
    account: Accounts, open_page: Callable[..., None]
) -> None:
    me = account()
    (mine,) = add_jobs(me, 1)
    id = str(mine.video_id)

    async def then(state: JobsState) -> None:
        await until(lambda: bool(state.rows))
        await JobsState.prioritize.fn(state, id, "batch")
        assert state.rows[0].priority == "batch"
        await JobsState.prioritize.fn(state, id, "whenever")
        assert state.rows[0].priority == "batch"
        assert state.counts == {"active": "1", "waiting": "1"}
        await JobsState.cancel.fn(state, id)
        assert state.rows == []
        assert (state.notice, state.undo_action) == ("Processing of “clip 0” cancelled", "cancel")
        await until(lambda: state.counts == {"cancelled": "1"})
        await JobsState.choose.fn(state, "cancelled")
        await JobsState.retry.fn(state, id)
        assert state.rows == []
        await JobsState.choose.fn(state, "waiting")
        assert [row.id for row in state.rows] == [id]

    open_page(JobsState, me, then, "/jobs")


def test_what_is_selected_is_done_one_by_one_and_refusals_are_named(
    account: Accounts, open_page: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    me = account()
    old, other, new = add_jobs(me, 3)
    ids = [str(job.video_id) for job in (old, other, new)]

    async def then(state: JobsState) -> None:
        await until(lambda: [row.id for row in state.rows] == ids)
        JobsState.select_all.fn(state)
        assert state.selected == ids
        _select(JobsState, state, str(other.video_id))
        _select(JobsState, state, "nonsense")
        assert state.selected == [str(old.video_id), str(new.video_id)]
        await _do(JobsState.prioritize_selected.fn(state, "batch"))
        assert [row.id for row in state.rows] == [ids[1], ids[0], ids[2]]

        monkeypatch.setattr(publisher, "publish", lambda _event: None)  # so that this tab still shows it as waiting
        await asyncio.to_thread(_move, new, JobState.COMPLETED)
        await _do(JobsState.cancel_selected.fn(state))
        assert state.notice == f"Processing of “clip 0” cancelled. clip 2: {Detail.ALREADY_ENDED}"
        assert [row.id for row in state.rows] == [str(other.video_id)]
        assert (state.selected, state.busy) == ([], False)

        await JobsState.choose.fn(state, "cancelled")
        JobsState.select_all.fn(state)
        await _do(JobsState.retry_selected.fn(state))
        assert state.rows == []

    open_page(JobsState, me, then, "/jobs")
    with database.transaction() as session:
        assert session.get_one(Video, old.video_id).status is VideoStatus.QUEUED


def test_videos_are_shown_in_another_order(account: Accounts, open_page: Callable[..., None]) -> None:
    me = account()
    jobs = add_jobs(me, 3)
    oldest_first = [str(job.video_id) for job in jobs]

    async def then(state: LibraryState) -> None:
        await until(lambda: [card.id for card in state.cards] == oldest_first[::-1])
        await LibraryState.sort.fn(state, "created_at")
        assert [card.id for card in state.cards] == oldest_first
        (late,) = await asyncio.to_thread(add_jobs, me, 1)
        await asyncio.to_thread(_move, late, JobState.RUNNING)
        await until(lambda: [card.id for card in state.cards] == [*oldest_first, str(late.video_id)])
        await LibraryState.sort.fn(state, "by whim")
        assert state.order == "-created_at"
        await LibraryState.sort.fn(state, "-title")
        with database.transaction() as session:
            videos.rename(session, me.principal, jobs[0].video_id, title="zebra")
        await until(lambda: state.cards[0].title == "zebra")

    open_page(LibraryState, me, then, "/")


def test_videos_that_are_selected_are_deleted_or_tried_again(account: Accounts, open_page: Callable[..., None]) -> None:
    me = account()
    old, other, new = add_jobs(me, 3)
    ids = [str(job.video_id) for job in (new, other, old)]

    async def then(state: LibraryState) -> None:
        await until(lambda: [card.id for card in state.cards] == ids)
        await asyncio.to_thread(_move, old, JobState.FAILED)
        await until(lambda: state.cards[-1].can_retry)
        _select(LibraryState, state, ids[0])
        _select(LibraryState, state, ids[2], through=True)
        assert (state.selected, state.failed_selected, state.downloads) == (ids, 1, [])
        await _do(LibraryState.retry_selected.fn(state))
        assert (state.selected, state.busy, state.notice) == ([], False, "")
        assert state.cards[-1].status == VideoStatus.QUEUED

        _select(LibraryState, state, ids[1])
        _select(LibraryState, state, "nonsense", through=True)
        await _do(LibraryState.delete_selected.fn(state))
        assert [card.id for card in state.cards] == [ids[0], ids[2]]
        assert (state.notice, state.undo_action) == ("“clip 1” deleted", "delete")
        await LibraryState.undo.fn(state)
        await until(lambda: [card.id for card in state.cards] == ids)
        assert (state.cards[1].status, state.notice) == (VideoStatus.QUEUED, "")
        _select(LibraryState, state, ids[1])
        await _do(LibraryState.delete_selected.fn(state))

        LibraryState.select_all.fn(state)
        with database.transaction() as session:
            videos.delete(session, me.principal, new.video_id)
        await until(lambda: state.selected == [ids[2]])
        await LibraryState.choose.fn(state, "completed")
        assert state.selected == []

    open_page(LibraryState, me, then, "/")


async def _do(handler: AsyncIterator[Any]) -> None:
    async for _ in handler:
        pass


def test_a_job_that_is_not_shown_is_left_alone(account: Accounts, open_page: Callable[..., None]) -> None:
    me, other = account(), account()
    (theirs,) = add_jobs(other, 1)

    async def then(state: JobsState) -> None:
        await until(lambda: state.ready)
        await JobsState.cancel.fn(state, str(theirs.video_id))
        await JobsState.cancel.fn(state, "nonsense")

    open_page(JobsState, me, then, "/jobs")
    with database.transaction() as session:
        assert session.get_one(Job, theirs.id).state is JobState.QUEUED


def test_who_is_at_work_is_looked_for_while_anybody_is(
    account: Accounts, open_page: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No event tells that a worker has taken or left a chunk."""
    monkeypatch.setattr(live, "POLL_SECONDS", 0.2)
    me = account()
    (mine,) = add_jobs(me, 1)

    def claim() -> execution.Claim:
        with database.transaction() as session:
            claimed = execution.claim(session, job_id=mine.id, worker="east:1")
        assert claimed is not None
        return claimed

    def leave() -> None:
        with database.transaction() as session:
            session.get_one(Job, mine.id).lease_expires_at = None

    async def then(state: JobsState) -> None:
        await until(lambda: state.ready and not state.hosts)
        await asyncio.to_thread(claim)
        await until(
            lambda: [(row.host, row.videos[0].tasks) for row in state.hosts] == [("east", labels.task(mine.kind))]
        )
        await asyncio.to_thread(leave)
        await until(lambda: not state.hosts)

    open_page(JobsState, me, then, "/jobs")


def test_jobs_that_nobody_told_of_are_found(
    account: Accounts, open_page: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "RECHECK_SECONDS", 0.3)
    me = account()
    (mine,) = add_jobs(me, 1)

    def end() -> None:
        with database.transaction() as session:
            session.get_one(Job, mine.id).state = JobState.COMPLETED

    async def then(state: JobsState) -> None:
        await until(lambda: bool(state.rows))
        await asyncio.to_thread(end)
        await until(lambda: not state.rows)

    open_page(JobsState, me, then, "/jobs")


def add_jobs(account: Account, count: int) -> list[Job]:
    videos = add_videos(account, count)
    with database.transaction() as session:
        return [requests.enqueue(session, video=session.get_one(Video, each.id), preset="web") for each in videos]


def _move(job: Job, state: JobState) -> None:
    with database.transaction() as session:
        if state is JobState.RUNNING:
            assert execution.claim(session, job_id=job.id, worker="test:1")
            return
        held = lease.lock_job(session, job_id=job.id)
        assert held is not None
        transitions.move(session, held, state)
