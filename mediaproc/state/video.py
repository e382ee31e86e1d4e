"""One video's page: what it is, what happens to it now, what happened before, and what can be done."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import reflex as rx

from mediaproc import routes
from mediaproc.domain.errors import NotFound
from mediaproc.domain.states import Priority, VideoStatus
from mediaproc.events.hub import hub
from mediaproc.events.messages import Event, EventType
from mediaproc.operations import videos
from mediaproc.operations.videos import VideoView
from mediaproc.settings import settings
from mediaproc.state.cards import Live, live_of, waiting
from mediaproc.state.details import STAGES, AttemptRow, Details, RenditionRow, attempts_of, details_of, renditions_of
from mediaproc.state.library import RECHECK_SECONDS, TICK_SECONDS
from mediaproc.state.session import SessionState, whoami
from mediaproc.state.snippets import SnippetGroup, snippets_of


class VideoState(SessionState):
    """The video that the address names."""

    found: str = "loading"
    video: Details = Details()
    live: Live = Live()
    renditions: list[RenditionRow] = []
    attempts: list[AttemptRow] = []
    chapters: list[SnippetGroup] = []
    player: str = ""
    provisional: bool = False
    larger: bool = False
    poster: str = ""
    storyboard: str = ""
    spoken: str = ""
    confirming: bool = False
    _shown: str = ""
    _leaving: bool = False

    @rx.var
    def stage_index(self) -> int:
        """Which of the stages is going on; -1 before the first."""
        return next((index for index, (word, _) in enumerate(STAGES) if word == self.live.stage), -1)

    @rx.event(background=True)
    async def watch(self) -> Any:
        """Load the video, then keep it true for as long as the page is open. Last of the page's `on_load`."""
        video_id = self._video_id()
        async with self:
            self._forget_another(video_id)
        if video_id is None:
            return
        principal = await self._ask(whoami)
        async with hub().subscribe(team_id=principal.team_id, video_id=video_id) as news:
            await self._reload(video_id)
            checked = time.monotonic()
            while not news.closed and self.found != "no" and not self._leaving:
                batch = await news.next(timeout_seconds=RECHECK_SECONDS)
                outdated = news.lost
                if time.monotonic() - checked > RECHECK_SECONDS:
                    await self._ask(whoami)
                    checked, outdated = time.monotonic(), outdated or self._unsettled()
                await self._take(video_id, batch, outdated=outdated)
                await asyncio.sleep(TICK_SECONDS)

    @rx.event
    async def rename(self, title: str) -> None:
        """Give the video another name."""
        title = title.strip()[:255]
        if title and title != self.video.title and (video_id := self._video_id()):
            self.video = details_of(await self._ask(videos.rename, video_id, title=title))

    @rx.event
    async def prioritize(self, priority: str) -> None:
        """Let it go before or after the others."""
        if priority in set(Priority) and (video_id := self._video_id()):
            self.video = details_of(await self._ask(videos.prioritize, video_id, priority=Priority(priority)))

    @rx.event
    async def retry(self) -> None:
        """Process it again."""
        await self._act(videos.retry)

    @rx.event
    async def cancel(self) -> None:
        """Stop processing it."""
        await self._act(videos.cancel)

    @rx.event
    def ask_to_delete(self, asked: bool) -> None:
        """Open or close the question before a deletion."""
        self.confirming = asked

    @rx.event
    async def delete(self) -> AsyncIterator[Any]:
        """Delete the video with everything made of it, and go back to the library."""
        self.confirming, self._leaving = False, True
        yield
        try:
            if video_id := self._video_id():
                await self._ask(videos.delete, video_id)
        except Exception:
            self._leaving = False
            yield VideoState.watch  # which has ended, since the page was about to be left
            raise
        yield rx.redirect(routes.LIBRARY)

    def _video_id(self) -> UUID | None:
        return video_id_of(self)

    def _forget_another(self, video_id: UUID | None) -> None:
        """The state outlives a navigation: what another video left must not flash up."""
        if self._shown != str(video_id) or self._leaving:
            self.reset()
        self._shown = str(video_id)
        if video_id is None:
            self.found = "no"

    def _unsettled(self) -> bool:
        """Whether the video will still change by itself, so that a status that nobody told may be missing."""
        return self.found == "yes" and not VideoStatus(self.video.status).final

    async def _act(self, verb: Any) -> None:
        if video_id := self._video_id():
            await self._ask(verb, video_id)
            self._show(*await self._load(video_id))

    async def _load(self, video_id: UUID) -> Any:
        return await self._ask(videos.view, video_id), await self._ask(videos.jobs, video_id)

    async def _reload(self, video_id: UUID) -> None:
        try:
            view, jobs = await self._load(video_id)
        except NotFound:
            async with self:
                self.found = self.found if self._leaving else "no"
            return
        async with self:
            self._show(view, jobs)

    async def _take(self, video_id: UUID, batch: list[Event], *, outdated: bool) -> None:
        if outdated or any(event.type is not EventType.PROGRESS for event in batch):
            await self._reload(video_id)
        moves = [event for event in batch if event.type is EventType.PROGRESS]
        if moves and self.video.moving:
            async with self:
                self.live = live_of(moves[-1].data)

    def _show(self, view: Any, jobs: Any) -> None:
        before = self.video
        self.video = details_of(view)
        self.renditions = renditions_of(view)
        self.attempts = attempts_of(jobs)
        self._show_lines(view)
        self.found = "yes"
        self._show_player(view, again=before.attempt != self.video.attempt)
        if not self.video.moving:
            self.live = Live()
        elif before.status != self.video.status or not self.live.line:
            self.live = live_of({"progress": view.progress}) if view.progress else waiting()
        if before.id and before.status != self.video.status:
            self.spoken = f"{self.video.title}: {self.video.trouble or self.video.state}"

    def _show_lines(self, view: Any) -> None:
        """Most changes of a video leave them as they are, and then nothing of them is sent."""
        chapters = snippets_of(view, site=settings().public_url)
        if chapters != self.chapters:
            self.chapters = chapters

    def _show_player(self, view: Any, *, again: bool) -> None:
        """Addresses carry signatures that differ each time; a player that plays keeps the one it has."""
        source = _on_this_site(view.playback.hls_url) if view.playback else ""
        self.provisional = bool(view.playback and view.playback.instant)
        self.larger = _is_larger(view)
        if again or not source or not self.player:
            self.player = source
        pictures = view.playback.storyboard_url if view.playback else None
        if again or not pictures or not self.storyboard:
            self.storyboard = _on_this_site(pictures) if pictures else ""
        if again or not self.poster:
            self.poster = view.poster_url or ""


def video_id_of(state: SessionState) -> UUID | None:
    """The video that the page's address names."""
    try:
        return UUID(state.router.url.path.rstrip("/").rpartition("/")[2])
    except ValueError:
        return None


def _is_larger(view: VideoView) -> bool:
    """Whether the source has a larger picture than any rendition, whose sides are even."""
    return (view.height or 0) // 2 * 2 > max((each.height for each in view.renditions), default=0)


def _on_this_site(url: str) -> str:
    """The address without its origin: one may look at the page under another name than PUBLIC_URL's."""
    return urlsplit(url)._replace(scheme="", netloc="").geturl()
