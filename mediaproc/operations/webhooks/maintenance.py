"""Webhook maintenance after failures: rescue, resend and prune. Safe to run on every host at once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, func, or_, update
from sqlmodel import Session, col, select

from mediaproc import logs
from mediaproc.domain.errors import Detail
from mediaproc.domain.states import Lane
from mediaproc.domain.tables import WebhookDelivery, now
from mediaproc.domain.webhooks import GIVEN_UP_AFTER, DeliveryState
from mediaproc.operations.webhooks import dispatch, messages
from mediaproc.queue import tasks
from mediaproc.settings import settings

log = logs.get_logger(__name__)

KEPT = timedelta(days=30)
"""How long the log of deliveries goes back."""


def rescue_expired(session: Session) -> int:
    """Take deliveries away from workers that died while they sent; who has got one already gets it again.

    After a day it is given up, so what kills its worker each time still ends.
    """
    row = WebhookDelivery
    expired = col(row.state) == DeliveryState.SENDING, col(row.lease_expires_at) < func.now()
    over = col(row.created_at) < func.now() - GIVEN_UP_AFTER
    lost = Detail.DELIVERY_WORKER_LOST
    given_up = update(row).where(*expired, over).values(state=DeliveryState.FAILED, error=lost, lease_expires_at=None)
    back = update(row).where(*expired).values(state=DeliveryState.QUEUED, lease_expires_at=None, message_sent_at=None)
    count = session.exec(given_up).rowcount + session.exec(back).rowcount
    if count:
        log.warning("deliveries_lost", count=count)
    return count


def resend_lost(session: Session, *, limit: int = 1000) -> int:
    """Send messages of due deliveries that have none: retries, and what Redis lost. One for each webhook is enough."""
    row = WebhookDelivery
    # A message that was sent just now may be on its way: no longer on the queue, and not yet a claim.
    ago = func.now() - timedelta(seconds=2 * settings().rescue_interval_seconds)
    silent = or_(col(row.message_sent_at).is_(None), col(row.message_sent_at) < ago)
    first = select(func.min(row.number)).where(*dispatch.claimable()).group_by(col(row.webhook_id))
    query = select(row, func.now()).where(col(row.number).in_(first), silent).limit(limit)
    silenced = session.exec(query.with_for_update(of=row, skip_locked=True, key_share=True)).all()
    waiting = tasks.waiting(Lane.WEBHOOK) if silenced else set()
    lost = [(each, at) for each, at in silenced if each.id not in waiting]
    for each, at in lost:
        messages.send(session, each, at=at)
    return len(lost)


def prune(session: Session) -> int:
    """Delete what is older than the log goes back. Returns how many rows."""
    return session.exec(delete(WebhookDelivery).where(col(WebhookDelivery.created_at) < now() - KEPT)).rowcount
