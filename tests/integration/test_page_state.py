"""What the page keeps of the library, with its handlers on real services and no browser."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import reflex as rx
from reflex.istate.data import RouterData

from mediaproc import database
from mediaproc.domain.states import Priority, VideoStatus
from mediaproc.domain.tables import Video
from mediaproc.events import publisher
from mediaproc.events.hub import Hub
from mediaproc.events.messages import Event, EventType
from mediaproc.operations import videos
from mediaproc.state import library, video
from mediaproc.state.library import PAGE_SIZE, LibraryState
from mediaproc.state.video import VideoState
from tests.integration.conftest import Account

Accounts = Callable[[], Account]


@pytest.fixture
def open_page(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Open a page as its `on_load` does, and call `then` with its state while it watches."""

    def opened(module: Any, kind: type, account: Account, then: Callable[[Any], Awaitable[None]], path: str) -> None:
        async def check() -> None:
            hub = Hub()
            monkeypatch.setattr(module, "hub", lambda: hub)
            state = rx.State(_reflex_internal_init=True).get_substate(kind.get_full_name().split("."))
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
    async with asyncio.timeout(10):
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

    open_page(library, LibraryState, me, then, "/")


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

    open_page(library, LibraryState, me, then, "/")


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
        await LibraryState.search.fn(state, "clip 0")
        before = len(pages)
        other, last = await asyncio.to_thread(_named, me, "a film"), await asyncio.to_thread(_named, me, "clip 01")
        await asyncio.to_thread(_tell, other, VideoStatus.QUEUED)
        await asyncio.to_thread(_tell, last, VideoStatus.QUEUED)
        await until(lambda: [card.id for card in state.cards] == [str(last.id), str(mine.id)])
        assert len(pages) == before + 1, "only what is looked for is listed again"

    open_page(library, LibraryState, me, then, "/")


def _named(account: Account, title: str) -> Video:
    (video,) = add_videos(account, 1)
    with database.transaction() as session:
        session.get_one(Video, video.id).title = title
    return video


@pytest.mark.parametrize(("module", "kind"), [(library, LibraryState), (video, VideoState)])
def test_a_status_that_nobody_told_is_found(
    account: Accounts, open_page: Callable[..., None], monkeypatch: pytest.MonkeyPatch, module: Any, kind: type
) -> None:
    """The worker may be killed between the commit and the event."""
    monkeypatch.setattr(module, "RECHECK_SECONDS", 0.3)
    me = account()
    (mine,) = add_videos(me, 1)

    def end() -> None:
        with database.transaction() as session:
            session.get_one(Video, mine.id).status = VideoStatus.COMPLETED

    async def then(state: Any) -> None:
        shown = lambda: state.video if kind is VideoState else next(iter(state.cards), None)  # noqa: E731
        await until(lambda: shown() and shown().status == "uploading")
        await asyncio.to_thread(end)
        await until(lambda: shown().status == "completed")

    open_page(module, kind, me, then, f"/videos/{mine.id}" if kind is VideoState else "/")


@pytest.mark.parametrize(("module", "kind"), [(library, LibraryState), (video, VideoState)])
def test_a_new_title_shows_in_the_other_tabs(
    account: Accounts, open_page: Callable[..., None], module: Any, kind: type
) -> None:
    me = account()
    (mine,) = add_videos(me, 1)

    async def then(state: Any) -> None:
        shown = lambda: state.video if kind is VideoState else next(iter(state.cards), None)  # noqa: E731
        await until(lambda: shown() and shown().title == "clip 0")
        await asyncio.to_thread(_change, me, mine, title="A rabbit")
        await until(lambda: shown().title == "A rabbit")

    open_page(module, kind, me, then, f"/videos/{mine.id}" if kind is VideoState else "/")


def test_a_new_priority_shows_in_the_other_tabs(account: Accounts, open_page: Callable[..., None]) -> None:
    me = account()
    (mine,) = add_videos(me, 1)

    async def then(state: VideoState) -> None:
        await until(lambda: state.video.priority == "normal")
        await asyncio.to_thread(_change, me, mine, priority=Priority.BATCH)
        await until(lambda: state.video.priority == "batch")

    open_page(video, VideoState, me, then, f"/videos/{mine.id}")


def _change(account: Account, video: Video, **wanted: Any) -> None:
    with database.transaction() as session:
        videos.change(session, account.principal, video.id, **wanted)
