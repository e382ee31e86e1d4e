"""Jobs page: the team's jobs by state, and the hosts that work on them.

Progress is shown as it comes. An event that changes a row has the whole list loaded again: one query, however many
jobs change at once, and at most a few in a second.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

import reflex as rx

from mediaproc import routes
from mediaproc.domain.states import JobState, Priority, VideoStatus
from mediaproc.events.messages import Event, EventType
from mediaproc.operations import active_attempts, job_list, queue_places, videos
from mediaproc.operations.cursors import Page
from mediaproc.operations.job_list import Work
from mediaproc.state import labels
from mediaproc.state.host_rows import HostRow, hosts_of
from mediaproc.state.job_rows import JobRow, next_first, progress_of, row_of
from mediaproc.state.live import LiveState
from mediaproc.state.progress import Progress, progress_from
from mediaproc.state.selection import Selection
from mediaproc.state.session import SessionState

PAGE_SIZE = 30
RELOAD_SECONDS = 0.3
"""Minimum time between loading the list and the next update."""

FILTERS: dict[str, tuple[JobState, ...]] = {
    "active": (JobState.QUEUED, JobState.RUNNING, JobState.RETRYING),
    "running": (JobState.RUNNING,),
    "waiting": (JobState.QUEUED, JobState.RETRYING, JobState.RUNNING),
    "failed": (JobState.FAILED,),
    "cancelled": (JobState.CANCELLED,),
    "done": (JobState.COMPLETED,),
}
_AT_WORK = {"running": True, "waiting": False}
"""Filters that take only such running jobs: a job that is running may wait for a free worker, too."""

_IN_ORDER_OF_QUEUE = frozenset({"active", "waiting"})

_ACTIVE = "active"
_CHANGES_ROWS = frozenset({EventType.STATUS, EventType.REMOVED})
_ANNOUNCED = frozenset({VideoStatus.COMPLETED, VideoStatus.FAILED})


class JobsState(LiveState, Selection, SessionState):
    """The jobs of one team. A row has the id of its video, as the verbs take it."""

    rows: list[JobRow] = []
    progress: dict[str, Progress] = {}
    hosts: list[HostRow] = []
    counts: dict[str, str] = {}
    filter: str = _ACTIVE
    ready: bool = False
    has_more: bool = False
    announcement: str = ""
    _cursor: str | None = None

    @rx.var
    def selectable(self) -> int:
        """Number of rows that can be selected."""
        return len(self._selectable())

    @rx.event(background=True)
    async def watch(self) -> Any:
        """Load the list that the address asks for and keep it up to date while the page is open."""
        async with self:
            self._choose(self.router.url.query_parameters.get("filter", ""))
        await self._follow()

    @rx.event
    async def choose(self, name: str) -> Any:
        """Apply a filter of `FILTERS`, and put it into the address."""
        self._choose(name)
        self._show(await self._page(limit=PAGE_SIZE))
        return rx.redirect(routes.JOBS if self.filter == _ACTIVE else f"{routes.JOBS}?filter={self.filter}")

    @rx.event
    async def load_more(self) -> None:
        """Append the next page of older jobs."""
        self._show(await self._page(limit=PAGE_SIZE, cursor=self._cursor), more=True)

    @rx.event
    async def retry(self, video_id: str) -> None:
        """Retry the job of one row."""
        await self._act([video_id], videos.retry)

    @rx.event
    async def cancel(self, video_id: str) -> None:
        """Cancel the job of one row."""
        await self._act([video_id], videos.cancel)

    @rx.event
    async def prioritize(self, video_id: str, priority: str) -> None:
        """Set the priority of one row."""
        if priority in set(Priority):
            await self._act([video_id], videos.prioritize, priority=Priority(priority))

    @rx.event
    async def retry_selected(self) -> AsyncIterator[Any]:
        """Retry the selected jobs."""
        self.busy = True
        yield
        await self._act(self.selected, videos.retry)

    @rx.event
    async def cancel_selected(self) -> AsyncIterator[Any]:
        """Cancel the selected jobs."""
        self.busy = True
        yield
        await self._act(self.selected, videos.cancel)

    @rx.event
    async def prioritize_selected(self, priority: str) -> AsyncIterator[Any]:
        """Set the priority of the selected jobs."""
        self.busy = True
        yield
        if priority in set(Priority):
            await self._act(self.selected, videos.prioritize, priority=Priority(priority))

    def _choose(self, name: str) -> None:
        before, self.filter = self.filter, name if name in FILTERS else _ACTIVE
        if before != self.filter:
            self.selected, self.rows, self.ready = [], [], False

    async def _act(self, video_ids: Sequence[str], verb: Callable[..., Any], **options: Any) -> None:
        """Perform a verb on each of these rows and reload the list."""
        try:
            await self._each(video_ids, verb, **options)
            self._show(await self._page(limit=max(PAGE_SIZE, len(self.rows))))
        finally:
            self.busy = False

    def _listed(self) -> Sequence[JobRow]:
        return self.rows

    async def _reload(self) -> None:
        """Load hosts, counts and rows."""
        await self._poll()
        await self._load_counts()
        await self._load_rows()

    async def _load_rows(self) -> None:
        """Load as many rows as are shown; again if the number or the filter changed meanwhile."""
        while True:
            wanted = self._wanted()
            page = await self._page(limit=max(PAGE_SIZE, len(self.rows)))
            async with self:
                if wanted == self._wanted():
                    return self._show(page)

    def _polls(self) -> bool:
        """True while a host or a job is active: no event announces each step of a worker."""
        return bool(self.hosts or self.progress or any(row.position for row in self.rows))

    async def _poll(self) -> None:
        """Show what each host works on, and reload the list if the queue has moved on."""
        hosts, places = hosts_of(await self._ask(active_attempts.now)), await self._ask(queue_places.of_team)
        positions = {str(id): place.position for id, place in places.items()}
        async with self:
            if hosts != self.hosts:
                self.hosts = hosts
            moved = any(row.position != positions.get(row.id, 0) for row in self.rows)
        if moved:
            await self._load_counts()
            await self._load_rows()

    async def _load_counts(self) -> None:
        """Show the number of jobs beside each filter."""
        counts = _counts_by_filter(await self._ask(job_list.counts))
        async with self:
            if counts != self.counts:
                self.counts = counts

    def _wanted(self) -> tuple[str, int]:
        return self.filter, len(self.rows)

    def _unfinished(self) -> bool:
        return any(not JobState(row.state).final for row in self.rows)

    async def _page(self, *, limit: int, cursor: str | None = None) -> Page[Work]:
        states, at_work = FILTERS[self.filter], _AT_WORK.get(self.filter)
        return await self._ask(job_list.page, states=states, at_work=at_work, limit=limit, cursor=cursor)

    def _show(self, page: Page[Work], *, more: bool = False) -> None:
        rows = [*(self.rows if more else []), *(row_of(each) for each in page.items)]
        self.rows = next_first(rows) if self.filter in _IN_ORDER_OF_QUEUE else rows
        self._keep_selected()
        listed = {row.id for row in self.rows if row.running}
        running = {str(each.video_id): progress_of(each) for each in page.items if str(each.video_id) in listed}
        self.progress = {**self.progress, **running} if more else running
        self._cursor, self.has_more = page.next_cursor, page.next_cursor is not None
        self.ready = True

    async def _apply(self, events: list[Event], *, outdated: bool) -> None:
        """Show progress and announce jobs that ended; then load the list again if a row changed."""
        if events:
            async with self:
                self._announce(events)
                self._show_progress(events)
        if outdated or any(event.type in _CHANGES_ROWS for event in events):
            await self._reload()
            await asyncio.sleep(RELOAD_SECONDS)

    def _show_progress(self, events: list[Event]) -> None:
        for event in events:
            key = str(event.video_id)
            if event.type is EventType.PROGRESS and key in self.progress:
                self.progress[key] = progress_from(event.data)

    def _announce(self, events: list[Event]) -> None:
        """Have a screen reader say which of the listed jobs ended, and how."""
        titles = {row.id: row.title for row in self.rows}
        ended = [event for event in events if event.type is EventType.STATUS and event.data["status"] in _ANNOUNCED]
        listed = [(titles[str(event.video_id)], event) for event in ended if str(event.video_id) in titles]
        if listed:
            self.announcement = "; ".join(f"{title}: {labels.status(event.data['status'])}" for title, event in listed)


def _counts_by_filter(counts: dict[JobState, int]) -> dict[str, str]:
    """Number of jobs of each filter as text, without the filters that have none. Running jobs that wait are counted as
    queued.
    """
    counted = FILTERS | {"waiting": (JobState.QUEUED, JobState.RETRYING)}
    sums = {name: sum(counts.get(state, 0) for state in states) for name, states in counted.items()}
    return {name: f"{job_list.MOST}+" if many > job_list.MOST else str(many) for name, many in sums.items() if many}
