"""A killed worker loses no delivery: the real process is killed while a receiver makes it wait."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mediaproc import database
from mediaproc.domain.webhooks import DeliveryState, WebhookEvent
from mediaproc.operations import webhooks
from tests.integration.test_webhooks import Receiver, cancelled_video, rows_of
from tests.receiver import receiving
from tests.works import eventually

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


def _worker(folder: Path) -> subprocess.Popen[bytes]:
    with (folder / "deliveries.log").open("ab") as log:
        command = [sys.executable, "-m", "mediaproc_worker.deliveries"]
        return subprocess.Popen(command, cwd=ROOT, env={**os.environ, **HURRY}, stdout=log, stderr=log)


def test_a_killed_worker_loses_no_delivery(connected: dict[str, str], receiver: Receiver, tmp_path: Path) -> None:
    receiver.delay_seconds = 0.8
    worker = _worker(tmp_path)
    successor = None
    try:
        _, webhook = cancelled_video(receiver.url, WebhookEvent.CANCELLED)
        eventually(lambda: receiver.received)
        worker.kill()
        worker.wait()
        assert rows_of(webhook)[0].state is DeliveryState.SENDING
        receiver.delay_seconds = 0.0
        successor = _worker(tmp_path)
        eventually(_mended)
        row = eventually(lambda: [each for each in rows_of(webhook) if each.state is DeliveryState.DELIVERED])[0]
        assert row.attempt == 2
        ids = {each.headers["webhook-id"] for each in receiver.received}
        assert ids == {str(row.event_id)}, "the receiver can tell that it is the same"
    finally:
        for process in filter(None, (worker, successor)):
            process.terminate()
            process.wait(timeout=20)
        print((tmp_path / "deliveries.log").read_text())


def _mended() -> int:
    """What the periodic process does."""
    with database.transaction() as session:
        rescued = webhooks.rescue_expired(session)
    with database.transaction() as session:
        webhooks.resend_lost(session)
    return rescued
