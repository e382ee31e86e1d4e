"""The verbs of the worker that delivers: take one that is next, and write down what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, func, or_, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from mediaproc import logs
from mediaproc.domain.errors import Detail
from mediaproc.domain.tables import Webhook, WebhookDelivery
from mediaproc.domain.webhooks import Answer, DeliveryState, Verdict, WebhookEvent, judge
from mediaproc.operations.webhooks import messages, secrets
from mediaproc.settings import settings

log = logs.get_logger(__name__)


@dataclass(frozen=True)
class Claim:
    """The right to send one delivery once. `attempt` fences what is written afterwards."""

    delivery_id: UUID
    webhook_id: UUID
    event_id: UUID
    event: WebhookEvent
    attempt: int
    url: str
    body: str
    secrets: tuple[str, ...]
    claimed_at: datetime


def claim(session: Session, *, delivery_id: UUID) -> Claim | None:
    """Take a delivery that is due and next, or None. Whoever ends one wakes the next, so none is forgotten."""
    webhook = _hold_webhook(session, delivery_id)
    if webhook is None:
        return None
    query = select(WebhookDelivery, func.now()).where(col(WebhookDelivery.id) == delivery_id, *claimable())
    found = session.exec(_fresh(query.with_for_update(of=WebhookDelivery))).one_or_none()
    if found is None:
        return None
    row, at = found
    row.state, row.attempt, row.attempted_at = DeliveryState.SENDING, row.attempt + 1, at
    row.lease_expires_at = at + lease()
    session.flush()
    return Claim(
        delivery_id=row.id,
        webhook_id=webhook.id,
        event_id=row.event_id,
        event=row.event,
        attempt=row.attempt,
        url=webhook.url,
        body=row.body,
        secrets=secrets.good(webhook, at=at),
        claimed_at=at,
    )


def settle(session: Session, claim: Claim, answer: Answer) -> DeliveryState | None:
    """Write down what came of a try, and wake what is next. None if the try counts no more: its lease was lost."""
    webhook = _hold_webhook(session, claim.delivery_id)
    mine = select(WebhookDelivery, func.now()).where(
        col(WebhookDelivery.id) == claim.delivery_id,
        col(WebhookDelivery.state) == DeliveryState.SENDING,
        col(WebhookDelivery.attempt) == claim.attempt,
    )
    found = session.exec(_fresh(mine.with_for_update(of=WebhookDelivery))).one_or_none()
    if webhook is None or found is None:
        return None
    row, at = found
    verdict = judge(
        answer, event=row.event, attempt=row.attempt, created_at=row.created_at, failing_since=webhook.failing_since,
        now=at,
    )  # fmt: skip
    _write(row, answer, verdict)
    _note(session, webhook, row, verdict, at=at)
    wake_next(session, webhook.id, at=at)
    return verdict.state


def wake_next(session: Session, webhook_id: UUID, *, at: datetime) -> bool:
    """Send the message of the webhook's first delivery that can be taken now."""
    query = select(WebhookDelivery).where(col(WebhookDelivery.webhook_id) == webhook_id, *claimable())
    row = session.exec(query.order_by(col(WebhookDelivery.number)).limit(1)).one_or_none()
    if row is not None:
        messages.send(session, row, at=at)
    return row is not None


def switch_off(session: Session, webhook: Webhook, *, reason: str, at: datetime) -> None:
    """Send nothing to it any more, and give up what waits."""
    webhook.enabled, webhook.disabled_at, webhook.disabled_reason = False, at, reason
    waiting = col(WebhookDelivery.webhook_id) == webhook.id, unfinished()
    given_up = {"state": DeliveryState.FAILED, "error": Detail.DELIVERY_WEBHOOK_DISABLED, "next_attempt_at": None}
    session.exec(update(WebhookDelivery).where(*waiting).values(**given_up))
    session.flush()


def claimable() -> tuple[ColumnElement[bool], ...]:
    """Conditions: it waits, its time has come, its webhook is on and idle, and no earlier one of its video is left."""
    earlier, other = aliased(WebhookDelivery), aliased(WebhookDelivery)
    same_webhook = col(WebhookDelivery.webhook_id)
    before = exists().where(
        col(earlier.webhook_id) == same_webhook,
        col(earlier.video_id) == col(WebhookDelivery.video_id),
        col(earlier.number) < col(WebhookDelivery.number),
        unfinished(earlier),
    )
    busy = exists().where(col(other.webhook_id) == same_webhook, col(other.state) == DeliveryState.SENDING)
    enabled = exists().where(col(Webhook.id) == same_webhook, col(Webhook.enabled))
    due = or_(col(WebhookDelivery.next_attempt_at).is_(None), col(WebhookDelivery.next_attempt_at) <= func.now())
    return col(WebhookDelivery.state) == DeliveryState.QUEUED, due, enabled, ~busy, ~before


def unfinished(row: Any = WebhookDelivery) -> ColumnElement[bool]:
    """A condition: it is not delivered and not given up. Told in words, so that the index is used."""
    return col(row.state).in_([DeliveryState.QUEUED, DeliveryState.SENDING])


def lease() -> timedelta:
    """How long a try may take before another worker may make it: twice as long as a receiver may take."""
    return timedelta(seconds=2 * settings().webhook_timeout_seconds)


def _hold_webhook(session: Session, delivery_id: UUID) -> Webhook | None:
    """Lock the webhook's row, so that two deliveries of it are never judged next at once."""
    mine = select(WebhookDelivery.webhook_id).where(col(WebhookDelivery.id) == delivery_id).scalar_subquery()
    query = select(Webhook).where(col(Webhook.id) == mine)
    return session.exec(_fresh(query.with_for_update(key_share=True))).one_or_none()


def _fresh(query: Any) -> Any:
    return query.execution_options(populate_existing=True)


def _write(row: WebhookDelivery, answer: Answer, verdict: Verdict) -> None:
    row.state, row.next_attempt_at = verdict.state, verdict.again_at
    row.lease_expires_at = row.message_sent_at = None
    row.response_status, row.response_body = answer.status, answer.body
    row.duration_seconds, row.error = round(answer.seconds, 3), answer.error or None


def _note(session: Session, webhook: Webhook, row: WebhookDelivery, verdict: Verdict, *, at: datetime) -> None:
    """Record the result on the webhook itself. A failed test does not count."""
    if verdict.state is DeliveryState.DELIVERED:
        webhook.failing_since = None
    elif row.event is not WebhookEvent.TEST:
        webhook.failing_since = webhook.failing_since or at
    session.flush()
    if verdict.disabled_because:
        log.warning("webhook_switched_off", webhook_id=str(webhook.id), reason=verdict.disabled_because)
        switch_off(session, webhook, reason=verdict.disabled_because, at=at)
