"""Back-off rule of jobs: whether a failed attempt is followed by another one, and when. Pure."""

from __future__ import annotations

import random
from datetime import datetime, timedelta

LONGEST_BACKOFF_SECONDS = 3600.0


def next_attempt_at(
    *,
    retryable: bool,
    attempt: int,
    max_attempts: int,
    base_seconds: float,
    now: datetime,
    jitter: float | None = None,
) -> datetime | None:
    """Time of the next attempt, or None if there is none.

    `attempt` counts from 1 and is the one that just failed. Exponential back-off with "equal jitter": half of
    `base_seconds · 2^(attempt-1)`, at most an hour, is fixed and half is random
    (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/). `jitter` (0–1) replaces the random
    number in tests.
    """
    if not retryable or attempt >= max_attempts:
        return None
    ceiling = min(base_seconds * 2 ** (attempt - 1), LONGEST_BACKOFF_SECONDS)
    drawn = random.random() if jitter is None else jitter  # noqa: S311  # spreads load, guards nothing
    return now + timedelta(seconds=ceiling / 2 + ceiling / 2 * drawn)
