"""The log of deliveries: look at it, send one again, send a test."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from mediaproc.domain.errors import Conflict, NotFound
from mediaproc.domain.webhook_tables import Webhook, WebhookDelivery
from mediaproc.domain.webhooks import WebhookEvent
from mediaproc.operations import cursors, scope
from mediaproc.operations.scope import Principal
from mediaproc.operations.webhooks import messages, outbox


@dataclass(frozen=True)
class DeliveryPage:
    """Some deliveries, the newest first."""

    items: list[WebhookDelivery]
    next_cursor: str | None


def deliveries(
    session: Session, principal: Principal, id: UUID, *, limit: int = 50, cursor: str | None = None
) -> DeliveryPage:
    """What a webhook was or will be told. Raises NotFound, and Invalid for a wrong cursor."""
    webhook = scope.find(session, principal, Webhook, id)
    rows = scope.scoped(principal, WebhookDelivery).where(col(WebhookDelivery.webhook_id) == webhook.id)
    if cursor:
        rows = rows.where(col(WebhookDelivery.id) < cursors.read(cursor))
    found = list(session.exec(rows.order_by(col(WebhookDelivery.id).desc()).limit(limit + 1)))
    next_cursor = cursors.after(found[limit - 1].id) if len(found) > limit else None
    return DeliveryPage(items=found[:limit], next_cursor=next_cursor)


def delivery(session: Session, principal: Principal, id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """One delivery. Raises NotFound."""
    row = scope.find(session, principal, WebhookDelivery, delivery_id)
    if row.webhook_id != id:
        raise NotFound
    return row


def resend(session: Session, principal: Principal, id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """Tell it again, as another delivery under the same `webhook-id`. Raises NotFound, and Conflict if it is off."""
    webhook = _enabled(session, principal, id)
    before = delivery(session, principal, id, delivery_id)
    again = WebhookDelivery(
        team_id=before.team_id,
        webhook_id=webhook.id,
        video_id=before.video_id,
        event_id=before.event_id,
        event=before.event,
        body=before.body,
    )
    session.add(again)
    messages.send(session, again, at=session.exec(select(func.now())).one())
    return again


def test(session: Session, principal: Principal, id: UUID) -> WebhookDelivery:
    """Send an event that tells of nothing. Raises NotFound, and Conflict if the webhook is off."""
    webhook = _enabled(session, principal, id)
    return outbox.write(session, [webhook], WebhookEvent.TEST, {"webhook_id": str(webhook.id)})[0]


def _enabled(session: Session, principal: Principal, id: UUID) -> Webhook:
    webhook = scope.find(session, principal, Webhook, id)
    if not webhook.enabled:
        raise Conflict("This webhook is switched off; switch it on first")
    return webhook
