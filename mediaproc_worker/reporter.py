"""The news of one attempt, published by a thread of its own, so that no handler ever waits for Redis."""

from __future__ import annotations

import contextvars
import threading
from collections import deque
from typing import Any, Self

import redis

from mediaproc import logs
from mediaproc.domain.states import Stage
from mediaproc.events import publisher
from mediaproc.events.messages import Event, EventType
from mediaproc.operations.jobs import execution as jobs

log = logs.get_logger(__name__)

INTERVAL_SECONDS = 0.1
"""The least time between two publications; what came between them is replaced by the newest.

FFmpeg reports at half that rate, so what it says is published at once.
"""

PENDING_LOG_LINES = 50


class Reporter:
    """Progress is latest-wins, log lines are kept in order up to a bound. Use as a context manager."""

    def __init__(self, claim: jobs.Claim) -> None:
        self.progress = 0.0
        self.share = jobs.Share()
        self._claim = claim
        self._latest: dict[str, Any] | None = None
        self._lines: deque[str] = deque(maxlen=PENDING_LOG_LINES)
        self._news = threading.Condition()
        self._closing = threading.Event()
        self._redis_away = self._muted = False
        context = contextvars.copy_context()
        self._thread = threading.Thread(target=context.run, args=(self._run,), name="reporter", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def report(
        self, stage: Stage, progress: float, *, fps: float | None, speed: float | None, eta_seconds: float | None
    ) -> None:
        """Replace what is to be published next. Progress is clamped to 0–100 and never falls.

        A part tells how far the whole is; if it does not count for that, it tells nothing.
        """
        with self._news:
            self.progress = max(self.progress, min(round(float(progress), 1), 100.0))
            if not self.share.size:
                return
            whole = self.whole
            self._latest = {
                "progress": int(whole) if whole.is_integer() else whole,
                "stage": stage.value,
                "fps": fps,
                "speed": speed,
                "eta_seconds": None if eta_seconds is None else self.share.eta_seconds(self.progress, eta_seconds),
                "attempt": self._claim.output,
            }
            self._news.notify()

    @property
    def whole(self) -> float:
        """How far the whole is, as far as this attempt knows."""
        return round(self.share.of_whole(self.progress), 1)

    def log(self, line: str) -> None:
        """Add a line to what is to be published next."""
        with self._news:
            self._lines.append(line)
            self._news.notify()

    def mute(self) -> None:
        """Publish nothing any more: what this attempt says is no longer true of its video."""
        self._muted = True

    def close(self) -> None:
        """Publish what is left and stop. Nothing of this attempt's progress comes after this."""
        self._closing.set()
        with self._news:
            self._news.notify()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._publish_next()
            self._closing.wait(INTERVAL_SECONDS)
        self._publish_next()

    def _publish_next(self) -> None:
        with self._news:
            self._news.wait_for(lambda: self._closing.is_set() or self._latest is not None or len(self._lines) > 0)
            progress, self._latest = self._latest, None
            lines = "\n".join(self._lines)
            self._lines.clear()
        if lines:
            self._publish(EventType.LOG, {"attempt": self._claim.output, "text": lines})
        if progress:
            self._publish(EventType.PROGRESS, progress)

    def _publish(self, type: EventType, data: dict[str, Any]) -> None:
        if self._muted:
            return
        data = {"video_id": str(self._claim.video_id), **data}
        try:
            publisher.publish(Event(type=type, team_id=self._claim.team_id, video_id=self._claim.video_id, data=data))
            self._redis_away = False
        except redis.RedisError as error:
            if not self._redis_away:
                log.warning("news_dropped", error=str(error))
            self._redis_away = True
