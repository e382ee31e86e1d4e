"""The library: a list that changes seldom, and beside it the progress that changes all the time.

Both are kept up by one subscription to the team's events: no tab asks the database for progress.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any
from uuid import UUID

import reflex as rx

from mediaproc import routes
from mediaproc.domain.errors import NotFound
from mediaproc.domain.states import VideoStatus
from mediaproc.events.hub import hub
from mediaproc.events.messages import Event, EventType
from mediaproc.operations import videos
from mediaproc.operations.videos import Order, VideoPage, VideoView
from mediaproc.state.cards import Card, Live, card_of, live_of, waiting, with_poster_of
from mediaproc.state.selection import Selection
from mediaproc.state.session import SessionState, whoami

PAGE_SIZE = 24
TICK_SECONDS = 0.1
"""The least time between two updates of a tab. A number that comes later than that leaves at once."""

RECHECK_SECONDS = 30
"""How long a page may go on listening after its session has ended elsewhere, or show a status whose end nobody told
because the process that changed it died between the commit and the event."""

_CHANGES_NO_CARD = frozenset({EventType.PROGRESS, EventType.LOG})

_MOVING_ORDERS = frozenset({*Order} - {Order.NEWEST, Order.OLDEST, Order.LARGEST, Order.SMALLEST})
"""In which a video may get another place: by its title, or once its length is known."""

FILTERS = {
    "all": (),
    "moving": (VideoStatus.UPLOADING, VideoStatus.QUEUED, VideoStatus.PROCESSING),
    "completed": (VideoStatus.COMPLETED,),
    "failed": (VideoStatus.FAILED, VideoStatus.CANCELLED),
}


class LibraryState(Selection, SessionState):
    """The cards of one team."""

    cards: list[Card] = []
    live: dict[str, Live] = {}
    query: str = ""
    filter: str = "all"
    order: str = Order.NEWEST
    ready: bool = False
    has_more: bool = False
    spoken: str = ""
    confirming: bool = False
    _cursor: str | None = None

    @rx.var
    def empty(self) -> bool:
        """Whether the team has no video at all, so that the page invites."""
        return self.ready and not self.cards and not self.query and self.filter == "all"

    @rx.var
    def nothing_found(self) -> bool:
        """Whether a search or filter finds nothing."""
        return self.ready and not self.cards and (bool(self.query) or self.filter != "all")

    @rx.var
    def failed_selected(self) -> int:
        """How many of what is selected can be tried again."""
        return sum(card.can_retry for card in self.cards if card.id in self.selected)

    @rx.var
    def downloads(self) -> list[str]:
        """The addresses of the files of what is selected."""
        return [card.download for card in self.cards if card.id in self.selected and card.download]

    @rx.event(background=True)
    async def watch(self) -> Any:
        """Load the list, then keep it true for as long as the page is open. Last of the page's `on_load`."""
        principal = await self._ask(whoami)
        async with hub().subscribe(team_id=principal.team_id) as news:
            await self._reload()
            checked = time.monotonic()
            while not news.closed:
                batch = await news.next(timeout_seconds=RECHECK_SECONDS)
                outdated = news.lost
                if time.monotonic() - checked > RECHECK_SECONDS:
                    await self._ask(whoami)
                    checked, outdated = time.monotonic(), outdated or self._unsettled()
                await (self._reload() if outdated else self._take(batch))
                await asyncio.sleep(TICK_SECONDS)

    @rx.event
    async def search(self, text: str) -> None:
        """Show what has this text in its name."""
        self.query = text.strip()[:200]
        self._show(await self._first_page())

    @rx.event
    def search_from_elsewhere(self, form: dict[str, Any]) -> Any:
        """The same, from another page: its search box sends what was typed when Enter is pressed."""
        self.query = str(form.get("query", "")).strip()[:200]
        self.ready = False
        return rx.redirect(routes.LIBRARY)

    @rx.event
    async def choose(self, name: str) -> None:
        """Show the videos of one state."""
        self.filter = name if name in FILTERS else "all"
        self._show(await self._first_page())

    @rx.event
    async def sort(self, order: str) -> None:
        """Show them in another order."""
        self.order = order if order in set(Order) else Order.NEWEST
        self._show(await self._first_page())

    @rx.event
    async def load_more(self) -> None:
        """Show the next videos."""
        page = await self._page(limit=PAGE_SIZE, cursor=self._cursor)
        self._show(page, after=self.cards)

    @rx.event
    def ask_to_delete(self, asked: bool) -> None:
        """Open or close the question before what is selected is deleted."""
        self.confirming = asked

    @rx.event
    async def delete_selected(self) -> AsyncIterator[Any]:
        """Delete all that is selected with everything made of it."""
        self.confirming, self.busy = False, True
        yield
        await self._act(self.selected, videos.delete)

    @rx.event
    async def retry_selected(self) -> AsyncIterator[Any]:
        """Process again what failed or was cancelled of what is selected."""
        self.busy = True
        yield
        await self._act([card.id for card in self.cards if card.can_retry and card.id in self.selected], videos.retry)

    async def _act(self, video_ids: Sequence[str], verb: Callable[..., Any]) -> None:
        """Do it to each of these videos, and show what became of them."""
        try:
            await self._each(video_ids, verb)
            self.selected = []
            self._show(await self._page(limit=max(PAGE_SIZE, len(self.cards)), cursor=None))
        finally:
            self.busy = False

    def _listed(self) -> Sequence[Card]:
        return self.cards

    async def _reload(self) -> None:
        """Load as many as are shown; again if meanwhile more are, or others are asked for."""
        while True:
            asked = self._asked()
            page = await self._page(limit=max(PAGE_SIZE, len(self.cards)), cursor=None)
            async with self:
                if asked == self._asked():
                    return self._show(page)

    def _unsettled(self) -> bool:
        """Whether anything that is shown will still change by itself."""
        return any(not VideoStatus(card.status).final for card in self.cards)

    def _asked(self) -> tuple[str, str, str, int]:
        return self.filter, self.query, self.order, len(self.cards)

    async def _first_page(self) -> VideoPage:
        return await self._page(limit=PAGE_SIZE, cursor=None)

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

    async def _take(self, batch: list[Event]) -> None:
        """Put what happened on the page: progress as it is, everything else by reading the video again."""
        if not batch:
            return
        changed = {event.video_id for event in batch if event.type not in _CHANGES_NO_CARD}
        fresh = {str(video_id): await self._view(video_id) for video_id in changed}
        shown = {card.id for card in self.cards}
        unknown = any(view and id not in shown and self._fits(view) for id, view in fresh.items())
        async with self:
            self._replace({id: card_of(view) if view else None for id, view in fresh.items()})
            self._move(batch)
        if unknown or (fresh and self.order in _MOVING_ORDERS):
            await self._reload()

    def _fits(self, view: VideoView) -> bool:
        """Whether a video belongs to what is shown: the filter, the search, and not behind the last card.

        Where another order would have it is for the database to say.
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
        self.live = {card.id: self.live.get(card.id, waiting()) for card in self.cards if card.moving}
        for view in page.items:
            if str(view.id) in self.live and view.progress and not self.live[str(view.id)].progress:
                self.live[str(view.id)] = live_of({"progress": view.progress})
        self._keep_selected()
        self._cursor, self.has_more = page.next_cursor, page.next_cursor is not None
        self.ready = True

    def _replace(self, fresh: dict[str, Card | None]) -> None:
        """Put cards in their places, drop those that are gone or fit no more, and say what became of one."""
        if not fresh:
            return
        kept = [(card, fresh.get(card.id, card)) for card in self.cards]
        self._speak([(old, new) for old, new in kept if new and new.status != old.status])
        self.cards = [with_poster_of(new, old) for old, new in kept if new and self._filtered(new.status)]
        self._keep_selected()
        self.live = {card.id: self.live.get(card.id, waiting()) for card in self.cards if card.moving}

    def _speak(self, changes: list[tuple[Card, Card]]) -> None:
        if changes:
            self.spoken = "; ".join(f"{new.title}: {new.trouble or new.state}" for _old, new in changes)

    def _move(self, batch: list[Event]) -> None:
        for event in batch:
            key = str(event.video_id)
            if event.type is EventType.PROGRESS and key in self.live:
                self.live[key] = live_of(event.data)
