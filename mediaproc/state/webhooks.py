"""Webhooks on the settings page, and the recent deliveries of the one that is open."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import reflex as rx

from mediaproc.domain.errors import Invalid
from mediaproc.domain.tables import Webhook, WebhookDelivery
from mediaproc.domain.webhooks import DeliveryState, WebhookEvent
from mediaproc.operations import webhooks
from mediaproc.state.session import SessionState

EVENTS = (
    (WebhookEvent.COMPLETED, "Ready", "processing has completed", True),
    (WebhookEvent.FAILED, "Failed", "processing has failed", True),
    (WebhookEvent.PLAYABLE, "Playable", "playback is possible, perhaps only of the beginning", False),
    (WebhookEvent.UPLOADING, "Uploading", "an upload has started", False),
    (WebhookEvent.QUEUED, "Queued", "the video waits for a worker", False),
    (WebhookEvent.PROCESSING, "Processing", "a worker has started", False),
    (WebhookEvent.CANCELLED, "Cancelled", "processing was cancelled", False),
    (WebhookEvent.DELETED, "Deleted", "the video was deleted", False),
)
"""Events to choose from: event, label, meaning, selected by default."""

_LABELS = {event.value: label for event, label, _, _ in EVENTS} | {WebhookEvent.TEST.value: "Test"}
_STATES = {
    DeliveryState.QUEUED: ("Queued", "pill pill-soft"),
    DeliveryState.SENDING: ("Sending", "pill pill-soft-accent"),
    DeliveryState.DELIVERED: ("Delivered", "pill pill-soft-green"),
    DeliveryState.FAILED: ("Failed", "pill pill-soft-red"),
}
_SHOWN_DELIVERIES = 10
_MAX_POLLS = 40
_POLL_SECONDS = 0.5


@dataclass(frozen=True)
class WebhookRow:
    """One webhook."""

    id: str
    url: str
    description: str
    events: str
    chosen: list[str]
    enabled: bool
    off_reason: str
    failing_since: str


@dataclass(frozen=True)
class DeliveryRow:
    """One delivery. Times are RFC 3339, empty for never."""

    id: str
    event: str
    state: str
    pill: str
    pending: bool
    created_at: str
    retry_at: str
    result: str
    attempts: str
    request: str
    response: str


class WebhooksState(SessionState):
    """The section of the page."""

    webhooks: list[WebhookRow] = []
    opened: str = ""
    changing: str = ""
    change_error: str = ""
    deliveries: list[DeliveryRow] = []
    webhook_announcement: str = ""
    deleting: str = ""
    deleting_url: str = ""
    _polls_begun: int = 0

    @rx.event
    async def load(self) -> None:
        """Load the section."""
        self.opened = self.webhook_announcement = self.deleting = self.changing = ""
        self.deliveries = []
        await self._reload()

    @rx.event
    async def added(self) -> None:
        """List the webhook that the browser has added and whose secret it shows."""
        self.webhook_announcement = "Webhook added"
        await self._reload()

    @rx.event
    async def open(self, id: str) -> Any:
        """Show or hide the deliveries of a webhook."""
        self.opened = "" if self.opened == id else id
        await self._reload()
        return WebhooksState.poll

    @rx.event
    async def enable(self, id: str, enabled: bool) -> None:
        """Enable or disable a webhook."""
        await self._ask(webhooks.change, UUID(id), enabled=enabled)
        self.webhook_announcement = "Webhook enabled" if enabled else "Webhook disabled"
        await self._reload()

    @rx.event
    def change(self, id: str) -> None:
        """Open or close the form with the events of a webhook."""
        self.changing, self.change_error = "" if self.changing == id else id, ""

    @rx.event
    async def save_events(self, form: dict[str, Any]) -> None:
        """Change the events of the webhook whose form is open."""
        chosen = [event for event, *_ in EVENTS if event.value in form]
        try:
            await self._ask(webhooks.change, UUID(self.changing), events=chosen)
        except Invalid as error:
            self.change_error = error.extra["errors"][0]["message"]
            return
        self.changing, self.webhook_announcement = "", "Events saved"
        await self._reload()

    @rx.event
    async def send_test(self, id: str) -> Any:
        """Send a test event and show its delivery."""
        await self._ask(webhooks.test, UUID(id))
        self.opened, self.webhook_announcement = id, "Test event sent"
        await self._reload()
        return WebhooksState.poll

    @rx.event
    async def resend(self, delivery_id: str) -> Any:
        """Send a delivery again."""
        await self._ask(webhooks.resend, UUID(self.opened), UUID(delivery_id))
        self.webhook_announcement = "Delivery queued again"
        await self._reload()
        return WebhooksState.poll

    @rx.event(background=True)
    async def poll(self) -> None:
        """Reload deliveries while any is pending, as long as a receiver may take. The newest poll ends the others."""
        async with self:
            self._polls_begun += 1
            this = self._polls_begun
        for _ in range(_MAX_POLLS):
            await asyncio.sleep(_POLL_SECONDS)
            async with self:
                if this != self._polls_begun or not self.opened or not any(row.pending for row in self.deliveries):
                    return
                await self._reload()

    @rx.event
    def ask_to_delete(self, id: str, url: str) -> None:
        """Open the dialog that confirms the deletion of a webhook."""
        self.deleting, self.deleting_url = id, url

    @rx.event
    def close_dialog(self, _open: bool) -> None:
        """Close the dialog."""
        self.deleting = ""

    @rx.event
    async def delete(self) -> None:
        """Delete the webhook of the dialog."""
        id, self.deleting = self.deleting, ""
        await self._ask(webhooks.delete, UUID(id))
        self.opened, self.webhook_announcement = "", "Webhook deleted"
        await self._reload()

    async def _reload(self) -> None:
        page = await self._ask(webhooks.page, limit=webhooks.MOST_WEBHOOKS)
        self.webhooks = [_webhook_row(row) for row in page.items]
        if self.opened not in {row.id for row in self.webhooks}:
            self.opened = ""
        self.deliveries = []
        if self.opened:
            found = await self._ask(webhooks.deliveries, UUID(self.opened), limit=_SHOWN_DELIVERIES)
            self.deliveries = [_delivery_row(row) for row in found.items]


def _webhook_row(row: Webhook) -> WebhookRow:
    return WebhookRow(
        id=str(row.id),
        url=row.url,
        description=row.description,
        events=", ".join(_LABELS.get(event, event) for event in row.events),
        chosen=list(row.events),
        enabled=row.enabled,
        off_reason=row.disabled_reason or "",
        failing_since=row.failing_since.isoformat() if row.failing_since and row.enabled else "",
    )


def _delivery_row(row: WebhookDelivery) -> DeliveryRow:
    label, pill = _STATES[row.state]
    return DeliveryRow(
        id=str(row.id),
        event=_LABELS[row.event.value],
        state=label,
        pill=pill,
        pending=row.state in (DeliveryState.QUEUED, DeliveryState.SENDING) and row.next_attempt_at is None,
        created_at=row.created_at.isoformat(),
        retry_at=row.next_attempt_at.isoformat() if row.next_attempt_at and row.state is DeliveryState.QUEUED else "",
        result=row.error or (f"HTTP {row.response_status}" if row.response_status else ""),
        attempts=f"{row.attempt} attempts" if row.attempt > 1 else "",
        request=_pretty(row.body),
        response=row.response_body,
    )


def _pretty(body: str) -> str:
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
