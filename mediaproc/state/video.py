"""Video page: one video with its player, progress, renditions and attempts, and the actions on it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import reflex as rx

from mediaproc import routes
from mediaproc.domain.errors import NotFound
from mediaproc.domain.states import Priority, VideoStatus
from mediaproc.events.messages import Event, EventType
from mediaproc.media.presets import PRESETS
from mediaproc.operations import presets, queue_places, trash, videos
from mediaproc.operations.videos import VideoView
from mediaproc.operations.views import JobView
from mediaproc.settings import settings
from mediaproc.state.details import STAGES, AttemptRow, Details, RenditionRow, attempts_of, details_of, renditions_of
from mediaproc.state.live import LiveState
from mediaproc.state.progress import STARTING, Progress, progress_from, waiting_at, with_place
from mediaproc.state.selection import undo_text
from mediaproc.state.session import SessionState
from mediaproc.state.snippets import SnippetGroup, snippets_of


class VideoState(LiveState, SessionState):
    """The video that the address names. `found` is `loading`, `yes` or `no`."""

    found: str = "loading"
    video: Details = Details()
    progress: Progress = Progress()
    renditions: list[RenditionRow] = []
    attempts: list[AttemptRow] = []
    snippets: list[SnippetGroup] = []
    player: str = ""
    provisional: bool = False
    larger: bool = False
    poster: str = ""
    storyboard: str = ""
    announcement: str = ""
    _shown: str = ""
    _preset_title: str = ""
    _leaving: bool = False

    @rx.var
    def stage_index(self) -> int:
        """Index of the current stage in `STAGES`; -1 before the first."""
        return next((index for index, (name, _) in enumerate(STAGES) if name == self.progress.stage), -1)

    @rx.event(background=True)
    async def watch(self) -> Any:
        """Load the video and keep it up to date while the page is open."""
        video_id = video_id_of(self)
        async with self:
            self._forget_another(video_id)
        if video_id is not None:
            await self._follow(video_id=video_id)

    @rx.event
    async def rename(self, title: str) -> None:
        """Change the title."""
        title = title.strip()[:255]
        if title and title != self.video.title and (video_id := video_id_of(self)):
            self._show_details(await self._ask(videos.rename, video_id, title=title))

    @rx.event
    async def prioritize(self, priority: str) -> None:
        """Change the priority."""
        if priority in set(Priority) and (video_id := video_id_of(self)):
            self._show_details(await self._ask(videos.prioritize, video_id, priority=Priority(priority)))

    @rx.event
    async def retry(self) -> None:
        """Retry a failed or cancelled video."""
        await self._act(videos.retry)

    @rx.event
    async def cancel(self) -> None:
        """Cancel processing, and offer to undo that."""
        await self._act(videos.cancel)
        self._offer_undo("cancel", [self.video.id], undo_text("cancel", [self.video.title]))

    @rx.event
    async def delete(self) -> AsyncIterator[Any]:
        """Move the video to the trash, go to the library and offer to undo that."""
        self._leaving = True
        title = self.video.title
        yield
        try:
            if video_id := video_id_of(self):
                await self._ask(trash.discard, video_id)
                self._offer_undo("delete", [str(video_id)], undo_text("delete", [title]))
        except Exception:
            self._leaving = False
            yield VideoState.watch  # it has ended, since the page was about to be left
            raise
        yield rx.redirect(routes.LIBRARY)

    def _forget_another(self, video_id: UUID | None) -> None:
        """Reset what another video has left: the state outlives a navigation, and must not flash up."""
        if self._shown != str(video_id) or self._leaving:
            self.reset()
        self._shown = str(video_id)
        if video_id is None:
            self.found = "no"

    def _ended(self) -> bool:
        return self.found == "no" or self._leaving

    def _unfinished(self) -> bool:
        return self.found == "yes" and not VideoStatus(self.video.status).final

    async def _act(self, verb: Any) -> None:
        if video_id := video_id_of(self):
            await self._ask(verb, video_id)
            self._show(*await self._load(video_id))

    async def _load(self, video_id: UUID) -> tuple[VideoView, Sequence[JobView], str]:
        """The video, its jobs, and the title of the team's preset that it is made with."""
        view, jobs = await self._ask(videos.view, video_id), await self._ask(videos.jobs, video_id)
        if view.preset in PRESETS:
            return view, jobs, ""
        return view, jobs, await self._ask(presets.title_of, name=view.preset, version=view.preset_version)

    async def _reload(self) -> None:
        video_id = video_id_of(self)
        if video_id is None:
            return
        try:
            loaded = await self._load(video_id)
        except NotFound:
            async with self:
                self.found = self.found if self._leaving else "no"
            return
        async with self:
            self._show(*loaded)

    async def _apply(self, events: list[Event], *, outdated: bool) -> None:
        """Show progress as it is; after any other event load the video again."""
        if outdated or any(event.type is not EventType.PROGRESS for event in events):
            await self._reload()
        progressed = [event for event in events if event.type is EventType.PROGRESS]
        if progressed and self.video.in_progress:
            async with self:
                self.progress = progress_from(progressed[-1].data)

    def _show(self, view: VideoView, jobs: Sequence[JobView], preset_title: str) -> None:
        self._preset_title = preset_title
        before = self.video
        self._show_details(view)
        self.renditions = renditions_of(view)
        self.attempts = attempts_of(jobs)
        self._show_snippets(view)
        self.found = "yes"
        self._show_player(view, restarted=before.attempt != self.video.attempt)
        changed = before.status != self.video.status
        if not self.video.in_progress:
            self.progress = Progress()
        elif view.queue:
            self.progress = waiting_at(view.queue, view.progress)
        elif changed or self.progress.waiting or not self.progress.label:
            self.progress = progress_from({"progress": view.progress}) if view.progress else STARTING
        if before.id and changed:
            self.announcement = f"{self.video.title}: {self.video.error or self.video.status_label}"

    def _show_details(self, view: VideoView) -> None:
        self.video = details_of(view, preset_title=self._preset_title)

    def _polls(self) -> bool:
        """True while it is in progress: no event tells when the queue moves on."""
        return self.video.in_progress

    async def _poll(self) -> None:
        """Read its place in the queue."""
        places = await self._ask(queue_places.of_team)
        async with self:
            told = with_place(self.progress, places.get(UUID(self.video.id)))
            if self.video.in_progress and told != self.progress:
                self.progress = told

    def _show_snippets(self, view: VideoView) -> None:
        """Most changes of a video leave its snippets as they are; then they are not sent again."""
        snippets = snippets_of(view, site=settings().public_url)
        if snippets != self.snippets:
            self.snippets = snippets

    def _show_player(self, view: VideoView, *, restarted: bool) -> None:
        """Each read gives addresses with new signatures; a player that has its sources keeps them."""
        source = _same_origin(view.playback.hls_url) if view.playback else ""
        self.provisional = bool(view.playback and view.playback.instant)
        self.larger = _is_larger(view)
        if restarted or not source or not self.player:
            self.player = source
        storyboard = view.playback.storyboard_url if view.playback else None
        if restarted or not storyboard or not self.storyboard:
            self.storyboard = _same_origin(storyboard) if storyboard else ""
        if restarted or not self.poster:
            self.poster = view.poster_url or ""


def video_id_of(state: SessionState) -> UUID | None:
    """Id of the video that the page's address names, None if it names none."""
    try:
        return UUID(state.router.url.path.rstrip("/").rpartition("/")[2])
    except ValueError:
        return None


def _is_larger(view: VideoView) -> bool:
    """True if the source is taller than every rendition, whose heights are even."""
    return (view.height or 0) // 2 * 2 > max((each.height for each in view.renditions), default=0)


def _same_origin(url: str) -> str:
    """The URL without its origin, since the page may be open under another host name than PUBLIC_URL's."""
    return urlsplit(url)._replace(scheme="", netloc="").geturl()
