"""Settings: the webhooks, and what the one that is looked at was told."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import reflex as rx

from mediaproc.domain.tables import Webhook, WebhookDelivery
from mediaproc.domain.webhooks import DeliveryState, WebhookEvent
from mediaproc.operations import webhooks
from mediaproc.state.session import SessionState

EVENTS = (
    (WebhookEvent.COMPLETED, "Ready", "it is processed", True),
    (WebhookEvent.FAILED, "Failed", "it could not be processed", True),
    (WebhookEvent.PLAYABLE, "Playable", "it plays, perhaps only its beginning so far", False),
    (WebhookEvent.UPLOADING, "Being uploaded", "its upload was begun", False),
    (WebhookEvent.QUEUED, "Waiting", "it waits for a worker", False),
    (WebhookEvent.PROCESSING, "Processing", "a worker has begun", False),
    (WebhookEvent.CANCELLED, "Cancelled", "somebody stopped the work", False),
    (WebhookEvent.DELETED, "Deleted", "it is gone", False),
)
"""What can be chosen: the event, the word for it, what it means, whether it is chosen from the start."""

_WORDS = {event.value: word for event, word, _, _ in EVENTS} | {WebhookEvent.TEST.value: "Test"}
_STATES = {
    DeliveryState.QUEUED: ("Waiting", "pill pill-soft"),
    DeliveryState.SENDING: ("On its way", "pill pill-soft-accent"),
    DeliveryState.DELIVERED: ("Delivered", "pill pill-soft-green"),
    DeliveryState.FAILED: ("Given up", "pill pill-soft-red"),
}
_SHOWN_DELIVERIES = 10
_MOST_LOOKS = 40
_LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class HookRow:
    """A webhook as it is listed."""

    id: str
    url: str
    description: str
    events: str
    enabled: bool
    off_reason: str
    failing_since: str


@dataclass(frozen=True)
class DeliveryRow:
    """A delivery as it is listed. Times are RFC 3339, empty for never."""

    id: str
    event: str
    state: str
    look: str
    moves: bool
    told_at: str
    again_at: str
    answer: str
    tries: str
    request: str
    response: str


class WebhooksState(SessionState):
    """What the section of webhooks shows."""

    hooks: list[HookRow] = []
    opened: str = ""
    log: list[DeliveryRow] = []
    spoken_hooks: str = ""
    deleting: str = ""
    deleting_url: str = ""
    _looks: int = 0

    @rx.event
    async def load(self) -> None:
        """Last of the page's `on_load`."""
        self.opened = self.spoken_hooks = self.deleting = ""
        self.log = []
        await self._reload()

    @rx.event
    async def added(self) -> None:
        """The browser added one, and shows its secret; here it is only listed."""
        self.spoken_hooks = "The webhook is added"
        await self._reload()

    @rx.event
    async def open(self, id: str) -> Any:
        """Show what a webhook was told, or hide it again."""
        self.opened = "" if self.opened == id else id
        await self._reload()
        return WebhooksState.look_on

    @rx.event
    async def switch(self, id: str, on: bool) -> None:
        """Switch a webhook on or off."""
        await self._ask(webhooks.change, UUID(id), enabled=on)
        self.spoken_hooks = "Switched on" if on else "Switched off"
        await self._reload()

    @rx.event
    async def try_out(self, id: str) -> Any:
        """Send a test, and show what becomes of it."""
        await self._ask(webhooks.test, UUID(id))
        self.opened, self.spoken_hooks = id, "A test is sent"
        await self._reload()
        return WebhooksState.look_on

    @rx.event
    async def send_again(self, delivery_id: str) -> Any:
        """Send one delivery again."""
        await self._ask(webhooks.resend, UUID(self.opened), UUID(delivery_id))
        self.spoken_hooks = "It is sent again"
        await self._reload()
        return WebhooksState.look_on

    @rx.event(background=True)
    async def look_on(self) -> None:
        """Keep the log true while something is on its way, for as long as a receiver may take. One look at a time."""
        async with self:
            self._looks += 1
            mine = self._looks
        for _ in range(_MOST_LOOKS):
            await asyncio.sleep(_LOOK_SECONDS)
            async with self:
                if mine != self._looks or not self.opened or not any(row.moves for row in self.log):
                    return
                await self._reload()

    @rx.event
    def ask_to_delete(self, id: str, url: str) -> None:
        """Open the question before a webhook is deleted."""
        self.deleting, self.deleting_url = id, url

    @rx.event
    def keep(self, _open: bool) -> None:
        """Close the question."""
        self.deleting = ""

    @rx.event
    async def delete(self) -> None:
        """Delete the webhook that was asked about."""
        id, self.deleting = self.deleting, ""
        await self._ask(webhooks.delete, UUID(id))
        self.opened, self.spoken_hooks = "", "The webhook is deleted"
        await self._reload()

    async def _reload(self) -> None:
        page = await self._ask(webhooks.page, limit=webhooks.MOST_WEBHOOKS)
        self.hooks = [_hook_row(row) for row in page.items]
        if self.opened not in {row.id for row in self.hooks}:
            self.opened = ""
        self.log = []
        if self.opened:
            found = await self._ask(webhooks.deliveries, UUID(self.opened), limit=_SHOWN_DELIVERIES)
            self.log = [_delivery_row(row) for row in found.items]


def _hook_row(row: Webhook) -> HookRow:
    return HookRow(
        id=str(row.id),
        url=row.url,
        description=row.description,
        events=", ".join(_WORDS.get(event, event) for event in row.events),
        enabled=row.enabled,
        off_reason=row.disabled_reason or "",
        failing_since=row.failing_since.isoformat() if row.failing_since and row.enabled else "",
    )


def _delivery_row(row: WebhookDelivery) -> DeliveryRow:
    word, look = _STATES[row.state]
    return DeliveryRow(
        id=str(row.id),
        event=_WORDS[row.event.value],
        state=word,
        look=look,
        moves=row.state in (DeliveryState.QUEUED, DeliveryState.SENDING) and row.next_attempt_at is None,
        told_at=row.created_at.isoformat(),
        again_at=row.next_attempt_at.isoformat() if row.next_attempt_at and row.state is DeliveryState.QUEUED else "",
        answer=row.error or (f"Answered {row.response_status}" if row.response_status else ""),
        tries=f"{row.attempt} tries" if row.attempt > 1 else "",
        request=_pretty(row.body),
        response=row.response_body,
    )


def _pretty(body: str) -> str:
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
