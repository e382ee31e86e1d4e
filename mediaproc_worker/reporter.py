"""Reporter: publishes the progress and log of one attempt in a thread of its own; handlers never wait for Redis."""

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
"""Shortest time between two events; progress in between is replaced by the newest.

FFmpeg reports at half that rate, so its reports are published at once.
"""

PENDING_LOG_LINES = 50


class Reporter:
    """Publisher of one attempt: the newest progress, and log lines in order up to a limit. Use as a context manager."""

    def __init__(self, claim: jobs.Claim) -> None:
        self.progress = 0.0
        self.share = jobs.Share()
        self._claim = claim
        self._latest: dict[str, Any] | None = None
        self._lines: deque[str] = deque(maxlen=PENDING_LOG_LINES)
        self._pending = threading.Condition()
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
        """Set the progress to publish next, in percent. It is clamped to 0–100 and never goes back.

        Part jobs publish the progress of the whole; those that don't count for it publish nothing.
        """
        with self._pending:
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
            self._pending.notify()

    @property
    def whole(self) -> float:
        """Progress of the whole in percent, as far as this attempt knows."""
        return round(self.share.of_whole(self.progress), 1)

    def log(self, line: str) -> None:
        """Add a line to the log that is published next."""
        with self._pending:
            self._lines.append(line)
            self._pending.notify()

    def mute(self) -> None:
        """Stop publishing: this attempt no longer speaks for its video."""
        self._muted = True

    def close(self) -> None:
        """Publish the rest and stop. No event of this attempt follows."""
        self._closing.set()
        with self._pending:
            self._pending.notify()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._publish_next()
            self._closing.wait(INTERVAL_SECONDS)
        self._publish_next()

    def _publish_next(self) -> None:
        with self._pending:
            self._pending.wait_for(lambda: self._closing.is_set() or self._latest is not None or len(self._lines) > 0)
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
