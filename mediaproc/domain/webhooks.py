"""Webhook rules: events, results of an attempt, and the retry schedule. Pure."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from mediaproc.domain.errors import Detail


class WebhookEvent(StrEnum):
    """The `type` of a webhook's body. Those of a video are its statuses, and two more facts."""

    UPLOADING = "video.uploading"
    QUEUED = "video.queued"
    PROCESSING = "video.processing"
    PLAYABLE = "video.playable"
    COMPLETED = "video.completed"
    FAILED = "video.failed"
    CANCELLED = "video.cancelled"
    DELETED = "video.deleted"
    TEST = "webhook.test"

    @property
    def chosen(self) -> bool:
        """True if a webhook can subscribe to it. A test event goes to any webhook."""
        return self is not WebhookEvent.TEST


class DeliveryState(StrEnum):
    """A delivery's state. `QUEUED` waits for its first or next try."""

    QUEUED = "queued"
    SENDING = "sending"
    DELIVERED = "delivered"
    FAILED = "failed"


WAITS_SECONDS = (5, 30, 120, 600, 1800, 3600, 7200, 14400, 21600, 36000)
"""Before each new try: soon at first, for a receiver that restarts; then so that all tries fill 24 hours."""

GIVEN_UP_AFTER = timedelta(hours=24)
SWITCHED_OFF_AFTER = timedelta(days=3)
"""How long a webhook may fail, with not one success between, before nothing is sent to it any more."""

LONGEST_ASKED_SECONDS = 3600
"""What a receiver's Retry-After is heeded up to."""


@dataclass(frozen=True)
class Answer:
    """Result of one attempt: a status, or the reason why there is none. `refused`: the request was not sent."""

    status: int | None = None
    body: str = ""
    error: str = ""
    refused: bool = False
    seconds: float = 0.0
    retry_after_seconds: int = 0

    @property
    def accepted(self) -> bool:
        """True if the receiver accepted it. Redirects are not followed and don't count."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(frozen=True)
class Verdict:
    """Consequence of an attempt: state of the delivery, time of the next attempt, reason to disable the webhook."""

    state: DeliveryState
    again_at: datetime | None = None
    disabled_because: str = ""


def judge(
    answer: Answer,
    *,
    event: WebhookEvent,
    attempt: int,
    created_at: datetime,
    failing_since: datetime | None,
    now: datetime,
    jitter: float | None = None,
) -> Verdict:
    """Decide after a try. `attempt` counts from 1; a test is tried once and never switches a webhook off.

    410 is the receiver's own word that it wants no more (https://www.standardwebhooks.com). `jitter` (0–1) takes up
    to a fifth off each wait.
    """
    if answer.accepted:
        return Verdict(DeliveryState.DELIVERED)
    if event is WebhookEvent.TEST:
        return Verdict(DeliveryState.FAILED)
    if answer.status == 410:
        return Verdict(DeliveryState.FAILED, disabled_because=Detail.DISABLED_BY_410)
    if failing_since is not None and now - failing_since >= SWITCHED_OFF_AFTER:
        return Verdict(
            DeliveryState.FAILED, disabled_because=Detail.DISABLED_AFTER_FAILURES.format(days=SWITCHED_OFF_AFTER.days)
        )
    if answer.refused or attempt > len(WAITS_SECONDS):
        return Verdict(DeliveryState.FAILED)
    drawn = random.random() if jitter is None else jitter  # noqa: S311  # spreads load, guards nothing
    wait = max(WAITS_SECONDS[attempt - 1] * (1 - drawn / 5), min(answer.retry_after_seconds, LONGEST_ASKED_SECONDS))
    again_at = now + timedelta(seconds=wait)
    if again_at > created_at + GIVEN_UP_AFTER:
        return Verdict(DeliveryState.FAILED)
    return Verdict(DeliveryState.QUEUED, again_at=again_at)
