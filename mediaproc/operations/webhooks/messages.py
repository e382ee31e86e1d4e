"""The message that a delivery waits to be taken: sent once committed; `resend_lost` repairs it if that fails."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from mediaproc import database
from mediaproc.domain.states import Lane
from mediaproc.domain.tables import WebhookDelivery
from mediaproc.queue import tasks


def send(session: Session, delivery: WebhookDelivery, *, at: datetime) -> None:
    """Put the delivery's message on the lane of webhooks once committed."""
    delivery.message_sent_at = at
    session.flush()
    id = delivery.id
    database.after_commit(session, lambda: tasks.send(Lane.WEBHOOK, id))
