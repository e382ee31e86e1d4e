"""Library page: the team's videos as cards, and beside them the progress of those that are processed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import reflex as rx

from mediaproc import routes
from mediaproc.domain.errors import NotFound
from mediaproc.domain.states import VideoStatus
from mediaproc.events.messages import Event, EventType
from mediaproc.operations import queue_places, trash, videos
from mediaproc.operations.videos import Order, VideoPage, VideoView
from mediaproc.state.cards import Card, card_of, with_poster_of
from mediaproc.state.live import LiveState
from mediaproc.state.progress import WAITING, Progress, progress_from, waiting_at, with_place
from mediaproc.state.selection import Selection
from mediaproc.state.session import SessionState

PAGE_SIZE = 24
_LONGEST_QUERY = 200
_ALL = "all"

_CHANGES_NO_CARD = frozenset({EventType.PROGRESS, EventType.LOG})

_UNSTABLE_ORDERS = frozenset({*Order} - {Order.NEWEST, Order.OLDEST, Order.LARGEST, Order.SMALLEST})
"""Orders in which a change can move a video: a new title, or a duration that becomes known."""

FILTERS = {
    "all": (),
    "moving": (VideoStatus.UPLOADING, VideoStatus.QUEUED, VideoStatus.PROCESSING),
    "completed": (VideoStatus.COMPLETED,),
    "failed": (VideoStatus.FAILED,),
    "cancelled": (VideoStatus.CANCELLED,),
}


class LibraryState(LiveState, Selection, SessionState):
    """The cards of one team."""

    cards: list[Card] = []
    progress: dict[str, Progress] = {}
    query: str = ""
    filter: str = "all"
    order: str = Order.NEWEST
    ready: bool = False
    has_more: bool = False
    announcement: str = ""
    _cursor: str | None = None

    @rx.var
    def empty(self) -> bool:
        """True if the team has no video at all."""
        return self.ready and not self.cards and not self.query and self.filter == "all"

    @rx.var
    def nothing_found(self) -> bool:
        """True if no video matches the search and the filter."""
        return self.ready and not self.cards and (bool(self.query) or self.filter != "all")

    @rx.var
    def failed_selected(self) -> int:
        """Number of selected videos that can be retried."""
        return sum(card.can_retry for card in self.cards if card.id in self.selected)

    @rx.var
    def downloads(self) -> list[str]:
        """Download addresses of the selected videos."""
        return [card.download for card in self.cards if card.id in self.selected and card.download]

    @rx.event(background=True)
    async def watch(self) -> Any:
        """Load the list that the address asks for and keep it up to date while the page is open."""
        async with self:
            self._read_address()
        await self._follow()

    @rx.event
    async def choose(self, name: str) -> Any:
        """Apply a filter of `FILTERS`, and put it into the address."""
        self.filter = name if name in FILTERS else _ALL
        return await self._arranged()

    @rx.event
    async def sort(self, order: str) -> Any:
        """Sort the list, and put the order into the address."""
        self.order = order if order in set(Order) else Order.NEWEST
        return await self._arranged()

    @rx.event
    async def load_more(self) -> None:
        """Append the next page of videos."""
        page = await self._page(limit=PAGE_SIZE, cursor=self._cursor)
        self._show(page, after=self.cards)

    @rx.event
    async def delete_selected(self) -> AsyncIterator[Any]:
        """Move the selected videos to the trash."""
        self.busy = True
        yield
        await self._act(self.selected, trash.discard)

    @rx.event
    async def retry_selected(self) -> AsyncIterator[Any]:
        """Retry the selected videos that failed or were cancelled."""
        self.busy = True
        yield
        await self._act([card.id for card in self.cards if card.can_retry and card.id in self.selected], videos.retry)

    async def _act(self, video_ids: Sequence[str], verb: Callable[..., Any]) -> None:
        """Perform a verb on each of these videos and reload the list."""
        try:
            await self._each(video_ids, verb)
            self.selected = []
            self._show(await self._page(limit=max(PAGE_SIZE, len(self.cards)), cursor=None))
        finally:
            self.busy = False

    async def _arranged(self) -> Any:
        self._show(await self._page(limit=PAGE_SIZE, cursor=None))
        return rx.redirect(self._address())

    def _address(self) -> str:
        asked = {"q": self.query, "filter": self.filter, "sort": self.order}
        query = urlencode({name: value for name, value in asked.items() if value not in ("", _ALL, Order.NEWEST)})
        return f"{routes.LIBRARY}?{query}" if query else routes.LIBRARY

    def _read_address(self) -> None:
        """Take search, filter and order from the address. An empty list does not stand as the answer to another one."""
        asked = self.router.url.query_parameters
        name, order = asked.get("filter", _ALL), asked.get("sort", "")
        self.query = asked.get("q", "").strip()[:_LONGEST_QUERY]
        self.filter = name if name in FILTERS else _ALL
        self.order = order if order in set(Order) else Order.NEWEST
        self.ready = self.ready and bool(self.cards)

    def _listed(self) -> Sequence[Card]:
        return self.cards

    async def _reload(self) -> None:
        """Load as many cards as are shown; again if the number or the filter changed meanwhile."""
        while True:
            wanted = self._wanted()
            page = await self._page(limit=max(PAGE_SIZE, len(self.cards)), cursor=None)
            async with self:
                if wanted == self._wanted():
                    return self._show(page)

    def _unfinished(self) -> bool:
        return any(not VideoStatus(card.status).final for card in self.cards)

    def _wanted(self) -> tuple[str, str, str, int]:
        return self.filter, self.query, self.order, len(self.cards)

    async def _page(self, *, limit: int, cursor: str | None) -> VideoPage:
        statuses = FILTERS[self.filter]
        return await self._ask(
            videos.page,
            limit=limit,
            cursor=cursor,
            status=list(statuses) or None,
            query=self.query or None,
            order=Order(self.order),
        )

    async def _apply(self, events: list[Event], *, outdated: bool) -> None:
        """Show progress as it is; after any other event read the video again."""
        if outdated:
            return await self._reload()
        if not events:
            return None
        changed = {event.video_id for event in events if event.type not in _CHANGES_NO_CARD}
        fresh = {str(video_id): await self._view(video_id) for video_id in changed}
        shown = {card.id for card in self.cards}
        unknown = any(view and id not in shown and self._fits(view) for id, view in fresh.items())
        async with self:
            self._replace({id: card_of(view) if view else None for id, view in fresh.items()})
            self._show_progress(events)
        if unknown or (fresh and self.order in _UNSTABLE_ORDERS):
            await self._reload()
        return None

    def _fits(self, view: VideoView) -> bool:
        """True if a video matches the filter and the search, and does not belong after the last card.

        Only in the order by age can that be decided here; in other orders the database decides.
        """
        named = self.query.casefold() in f"{view.title}\n{view.filename}".casefold()
        newest = self.order == Order.NEWEST
        older = newest and self.has_more and bool(self.cards) and view.id < UUID(self.cards[-1].id)
        return self._filtered(view.status) and named and not older

    def _filtered(self, status: str) -> bool:
        statuses = FILTERS[self.filter]
        return not statuses or VideoStatus(status) in statuses

    async def _view(self, video_id: UUID) -> VideoView | None:
        try:
            return await self._ask(videos.view, video_id)
        except NotFound:
            return None

    def _show(self, page: VideoPage, *, after: list[Card] | None = None) -> None:
        before = {card.id: card for card in self.cards}
        fresh = [card_of(view) for view in page.items]
        self.cards = [*(after or []), *(with_poster_of(card, before.get(card.id)) for card in fresh)]
        self._keep_progress({str(view.id): view for view in page.items})
        self._keep_selected()
        self._cursor, self.has_more = page.next_cursor, page.next_cursor is not None
        self.ready = True

    def _replace(self, fresh: dict[str, Card | None]) -> None:
        """Replace cards in place, drop those that are deleted or no longer match, and announce new statuses."""
        if not fresh:
            return
        pairs = [(card, fresh.get(card.id, card)) for card in self.cards]
        self._announce([new for old, new in pairs if new and new.status != old.status])
        self.cards = [with_poster_of(new, old) for old, new in pairs if new and self._filtered(new.status)]
        self._keep_selected()
        self._keep_progress({})

    def _announce(self, changed: list[Card]) -> None:
        """Have a screen reader say the new status of these cards."""
        if changed:
            self.announcement = "; ".join(f"{card.title}: {card.error or card.status_label}" for card in changed)

    def _keep_progress(self, stored: dict[str, VideoView]) -> None:
        """Keep progress of exactly the cards in progress. `stored`: videos as just read, for a start."""
        known = {card.id: self.progress.get(card.id, WAITING) for card in self.cards if card.in_progress}
        for id, view in stored.items():
            if id in known and view.queue:
                known[id] = waiting_at(view.queue, view.progress)
            elif id in known and view.progress and not known[id].percent:
                known[id] = progress_from({"progress": view.progress})
        self.progress = known

    def _polls(self) -> bool:
        """True while something is in progress: no event tells when the queue moves on."""
        return bool(self.progress)

    async def _poll(self) -> None:
        """Read the places in the queue."""
        places = await self._ask(queue_places.of_team)
        async with self:
            told = {id: with_place(known, places.get(UUID(id))) for id, known in self.progress.items()}
            if told != self.progress:
                self.progress = told

    def _show_progress(self, events: list[Event]) -> None:
        for event in events:
            key = str(event.video_id)
            if event.type is EventType.PROGRESS and key in self.progress:
                self.progress[key] = progress_from(event.data)
