"""The log of deliveries: look at it, send one again, send a test."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col, select

from mediaproc.domain.errors import Conflict, Detail, NotFound
from mediaproc.domain.tables import Webhook, WebhookDelivery
from mediaproc.domain.webhooks import WebhookEvent
from mediaproc.operations import cursors, tenancy
from mediaproc.operations.cursors import Page
from mediaproc.operations.tenancy import Principal
from mediaproc.operations.webhooks import messages, outbox


def deliveries(
    session: Session, principal: Principal, id: UUID, *, limit: int = 50, cursor: str | None = None
) -> Page[WebhookDelivery]:
    """Deliveries of a webhook, newest first. Raises NotFound, and Invalid for a bad cursor."""
    webhook = tenancy.find(session, principal, Webhook, id)
    rows = tenancy.scoped(principal, WebhookDelivery).where(col(WebhookDelivery.webhook_id) == webhook.id)
    if cursor:
        rows = rows.where(col(WebhookDelivery.id) < cursors.read(cursor))
    found = session.exec(rows.order_by(col(WebhookDelivery.id).desc()).limit(cursors.beyond(limit))).all()
    return cursors.page_of(found, limit=limit, cursor_of=lambda row: cursors.after(row.id))


def delivery(session: Session, principal: Principal, id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """One delivery. Raises NotFound."""
    row = tenancy.find(session, principal, WebhookDelivery, delivery_id)
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
    webhook = tenancy.find(session, principal, Webhook, id)
    if not webhook.enabled:
        raise Conflict(Detail.WEBHOOK_DISABLED)
    return webhook
