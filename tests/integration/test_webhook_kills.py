"""A killed worker loses no delivery: the real process is killed while a receiver makes it wait."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediaproc.domain.states import Lane
from mediaproc.domain.webhooks import DeliveryState
from mediaproc.queue.huey import huey_of
from testing.waits import PATIENCE_SECONDS, eventually
from testing.webhook_receiver import receiving
from tests.integration.test_webhooks import Receiver, cancelled_video, rows_of

ROOT = Path(__file__).parents[2]
HURRY = {
    "WEBHOOK_ALLOW_HTTP": "true",
    "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.1",
    "WEBHOOK_TIMEOUT_SECONDS": "1.2",
    "RESCUE_INTERVAL_SECONDS": "0.3",
}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def _started(name: str, folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "worker.log").open("ab") as log:
        command = [sys.executable, "-m", f"mediaproc_worker.{name}"]
        return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **HURRY}, stdout=log, stderr=log)


def test_a_killed_worker_loses_no_delivery(connected: dict[str, str], receiver: Receiver, tmp_path: Path) -> None:
    """Nor does a Redis that forgets everything at that moment: the periodic process looks after both."""
    receiver.delay_seconds = 0.8
    worker = _started("deliveries", tmp_path)
    others: list[subprocess.Popen[bytes]] = []
    try:
        _, webhook = cancelled_video(receiver.url)
        eventually(lambda: receiver.received)
        worker.kill()
        worker.wait()
        huey_of(Lane.WEBHOOK).storage.conn.flushdb()
        assert [each.state for each in rows_of(webhook)] == [DeliveryState.SENDING, DeliveryState.QUEUED]
        receiver.delay_seconds = 0.0
        others = [_started("deliveries", tmp_path), _started("periodic", tmp_path)]
        eventually(lambda: all(each.state is DeliveryState.DELIVERED for each in rows_of(webhook)))
        assert [each.attempt for each in rows_of(webhook)] == [2, 1]
        first, second = (str(each.event_id) for each in rows_of(webhook))
        ids = [each.headers["webhook-id"] for each in receiver.received]
        assert ids == [first, first, second], "the receiver can tell that it is the same"
    finally:
        for process in (worker, *others):
            process.terminate()
            process.wait(timeout=PATIENCE_SECONDS)
        print((tmp_path / "worker.log").read_text())
