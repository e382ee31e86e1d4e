"""The Jobs page: everything of the team that waits, runs, failed or is done, and what can be done about it.

One subscription to the team's events keeps it up: progress moves as it comes, and what changes a row has the list read
again. However many jobs change at once, that is one query, and at most a few of them in a second.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import reflex as rx

from mediaproc.domain.states import JobState, Priority, VideoStatus
from mediaproc.events.hub import hub
from mediaproc.events.messages import Event, EventType
from mediaproc.operations import active_attempts, job_list, videos
from mediaproc.operations.cursors import Page
from mediaproc.operations.job_list import Work
from mediaproc.state import labels
from mediaproc.state.cards import Live, live_of
from mediaproc.state.host_rows import HostRow, hosts_of
from mediaproc.state.job_rows import JobRow, progress_of, row_of
from mediaproc.state.library import RECHECK_SECONDS, TICK_SECONDS
from mediaproc.state.selection import Selection
from mediaproc.state.session import SessionState, whoami

PAGE_SIZE = 30
RELOAD_SECONDS = 0.4
"""The least time between two readings of the list."""

LOOK_SECONDS = 2.0
"""How often it is looked who works at what, for as long as anybody works: no event tells of each step."""

FILTERS: dict[str, tuple[JobState, ...]] = {
    "active": (JobState.QUEUED, JobState.RUNNING, JobState.RETRYING),
    "running": (JobState.RUNNING,),
    "waiting": (JobState.QUEUED, JobState.RETRYING),
    "failed": (JobState.FAILED, JobState.CANCELLED),
    "done": (JobState.COMPLETED,),
}

_CHANGES_ROWS = frozenset({EventType.STATUS, EventType.REMOVED})
_TOLD = frozenset({VideoStatus.COMPLETED, VideoStatus.FAILED})


class JobsState(Selection, SessionState):
    """The jobs of one team. Rows are named by their videos, as the verbs are."""

    rows: list[JobRow] = []
    live: dict[str, Live] = {}
    hosts: list[HostRow] = []
    counts: dict[str, str] = {}
    filter: str = "active"
    ready: bool = False
    has_more: bool = False
    spoken: str = ""
    _cursor: str | None = None

    @rx.event(background=True)
    async def watch(self) -> Any:
        """Load the list, then keep it true for as long as the page is open. Last of the page's `on_load`."""
        principal = await self._ask(whoami)
        async with hub().subscribe(team_id=principal.team_id) as news:
            await self._reload()
            checked = looked = time.monotonic()
            while not news.closed:
                batch = await news.next(timeout_seconds=LOOK_SECONDS if self.hosts else RECHECK_SECONDS)
                outdated = news.lost or any(event.type in _CHANGES_ROWS for event in batch)
                if time.monotonic() - checked > RECHECK_SECONDS:
                    await self._ask(whoami)
                    checked, outdated = time.monotonic(), outdated or self._unsettled()
                await self._take(batch)
                if outdated:
                    await self._reload()
                elif (batch or self.hosts) and time.monotonic() - looked > LOOK_SECONDS:
                    await self._look()
                    looked = time.monotonic()
                await asyncio.sleep(RELOAD_SECONDS if outdated else TICK_SECONDS)

    @rx.event
    async def choose(self, name: str) -> None:
        """Show the jobs of one sort."""
        self.filter = name if name in FILTERS else "active"
        self.selected = []
        self._show(await self._page(limit=PAGE_SIZE))

    @rx.event
    async def load_more(self) -> None:
        """Show the next, older jobs."""
        self._show(await self._page(limit=PAGE_SIZE, cursor=self._cursor), more=True)

    @rx.event
    async def retry(self, video_id: str) -> None:
        """Process the video of one row again."""
        await self._act([video_id], videos.retry)

    @rx.event
    async def cancel(self, video_id: str) -> None:
        """Stop the work of one row."""
        await self._act([video_id], videos.cancel)

    @rx.event
    async def prioritize(self, video_id: str, priority: str) -> None:
        """Let one row go before or after the others."""
        if priority in set(Priority):
            await self._act([video_id], videos.prioritize, priority=Priority(priority))

    @rx.event
    async def retry_selected(self) -> AsyncIterator[Any]:
        """Process all that is selected again."""
        self.busy = True
        yield
        await self._act(self.selected, videos.retry)

    @rx.event
    async def cancel_selected(self) -> AsyncIterator[Any]:
        """Stop the work on all that is selected."""
        self.busy = True
        yield
        await self._act(self.selected, videos.cancel)

    @rx.event
    async def prioritize_selected(self, priority: str) -> AsyncIterator[Any]:
        """Let all that is selected go before or after the others."""
        self.busy = True
        yield
        if priority in set(Priority):
            await self._act(self.selected, videos.prioritize, priority=Priority(priority))

    async def _act(self, video_ids: Sequence[str], verb: Callable[..., Any], **how: Any) -> None:
        """Do it to each of these rows, and show what became of them."""
        try:
            await self._each(video_ids, verb, **how)
            self._show(await self._page(limit=max(PAGE_SIZE, len(self.rows))))
        finally:
            self.busy = False

    def _listed(self) -> Sequence[JobRow]:
        return self.rows

    async def _reload(self) -> None:
        """Load as many as are shown; again if meanwhile more are, or others are asked for."""
        await self._look()
        await self._count()
        while True:
            asked = self._asked()
            page = await self._page(limit=max(PAGE_SIZE, len(self.rows)))
            async with self:
                if asked == self._asked():
                    return self._show(page)

    async def _look(self) -> None:
        """Show who works at what."""
        hosts = hosts_of(await self._ask(active_attempts.now))
        async with self:
            if hosts != self.hosts:
                self.hosts = hosts

    async def _count(self) -> None:
        """Show how much there is of each sort."""
        counts = _counted(await self._ask(job_list.counts))
        async with self:
            if counts != self.counts:
                self.counts = counts

    def _asked(self) -> tuple[str, int]:
        return self.filter, len(self.rows)

    def _unsettled(self) -> bool:
        """Whether anything that is shown will still change by itself."""
        return any(not JobState(row.state).final for row in self.rows)

    async def _page(self, *, limit: int, cursor: str | None = None) -> Page[Work]:
        return await self._ask(job_list.page, states=FILTERS[self.filter], limit=limit, cursor=cursor)

    def _show(self, page: Page[Work], *, more: bool = False) -> None:
        self.rows = [*(self.rows if more else []), *(row_of(each) for each in page.items)]
        self._keep_selected()
        running = {str(each.video_id): progress_of(each) for each in page.items if each.state is JobState.RUNNING}
        self.live = {**self.live, **running} if more else running
        self._cursor, self.has_more = page.next_cursor, page.next_cursor is not None
        self.ready = True

    async def _take(self, batch: list[Event]) -> None:
        """Put what is told on the page: progress where it is shown, and aloud what became of a job."""
        if not batch:
            return
        async with self:
            self._speak(batch)
            for event in batch:
                key = str(event.video_id)
                if event.type is EventType.PROGRESS and key in self.live:
                    self.live[key] = live_of(event.data)

    def _speak(self, batch: list[Event]) -> None:
        titles = {row.id: row.title for row in self.rows}
        ended = [event for event in batch if event.type is EventType.STATUS and event.data["status"] in _TOLD]
        told = [(titles[str(event.video_id)], event) for event in ended if str(event.video_id) in titles]
        if told:
            self.spoken = "; ".join(f"{title}: {labels.status(event.data['status'])}" for title, event in told)


def _counted(counts: dict[JobState, int]) -> dict[str, str]:
    """For each filter how many there are, in words; nothing where there are none."""
    sums = {name: sum(counts.get(state, 0) for state in states) for name, states in FILTERS.items()}
    return {name: f"{job_list.MOST}+" if many > job_list.MOST else str(many) for name, many in sums.items() if many}
