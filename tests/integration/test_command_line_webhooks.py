"""Webhooks from a shell: managed, looked at, and events forwarded to a receiver on this machine."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from standardwebhooks import Webhook as Verifier

from mediaproc.cli.exit_codes import Exit
from mediaproc.domain.states import VideoStatus
from mediaproc.events.messages import EventType
from testing.waits import PATIENCE_SECONDS, eventually
from testing.webhook_receiver import Receiver, receiving
from tests.integration.conftest import Account
from tests.integration.test_api_events import finish, publish, video_of
from tests.integration.test_command_line import ROOT, answer, home, me, run

__all__ = ["home", "me"]  # fixtures

Accounts = Callable[[], Account]


@contextmanager
def _listening(url: str) -> Generator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "mediaproc", "webhooks", "listen", "--forward-to", url]
    # A test in the background has SIGINT off, and a child would inherit that.
    on = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731
    listening = subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=on
    )
    try:
        yield listening
        listening.send_signal(signal.SIGINT)
        assert listening.wait(PATIENCE_SECONDS) == Exit.INTERRUPTED
    finally:
        listening.kill()
        listening.communicate()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def _told(receiver: Receiver) -> list[tuple[str, str]]:
    bodies = [json.loads(each.body) for each in receiver.received]
    return [(body["type"], body["data"]["video_id"]) for body in bodies]


def test_webhooks_are_added_tried_out_looked_at_and_deleted(me: Account) -> None:
    id, secret = run("webhooks", "create", "https://example.com/hook").stdout.split()
    assert secret.startswith("whsec_")
    (listed,) = answer("webhooks", "list")
    assert (listed["id"], len(listed["events"]), "secret" in listed) == (id, 4, False)
    assert run("webhooks", "list").stdout.startswith(f"{id}\ton\thttps://example.com/hook\tvideo.completed")
    sent = answer("webhooks", "test", id)
    again = answer("webhooks", "resend", id, sent["id"])
    assert [each["id"] for each in answer("webhooks", "deliveries", id)] == [again["id"], sent["id"]]
    assert "webhook.test\tqueued" in run("webhooks", "deliveries", id, "--limit", "1").stdout
    run("webhooks", "delete", id)
    run("webhooks", "test", id, expect=Exit.NOT_FOUND)
    run("webhooks", "create", "ftp://example.com", expect=Exit.USAGE)


def test_events_are_forwarded_to_this_machine_signed_and_resumed(me: Account, receiver: Receiver, home: Path) -> None:
    old, video = video_of(me, VideoStatus.COMPLETED, playable=True), video_of(me)
    with _listening(receiver.url) as listening:
        assert listening.stderr is not None and listening.stdout is not None
        secret = listening.stderr.readline().split()[-1]
        listening.stderr.readline()
        eventually(lambda: _progress_until_told(video, receiver))
        assert listening.stdout.readline() == f"video.queued\t{video.id}\t200\n"
    assert set(_told(receiver)) == {("video.queued", str(video.id))}, f"that {old.id} is completed is no news"
    finish(video)
    with _listening(receiver.url) as listening:
        eventually(lambda: _told(receiver)[-1][0] == "video.completed")
        assert listening.stderr is not None and "secret" not in listening.stderr.readline()
    assert set(_told(receiver)) == {("video.queued", str(video.id)), ("video.completed", str(video.id))}
    for each in receiver.received:
        told = Verifier(secret).verify(each.body, each.headers)
        assert told["data"]["title"] == "a"
    kept = list((home / "listening").iterdir())
    assert kept
    assert not any(each.stat().st_mode & 0o077 for each in kept)


def _progress_until_told(video: object, receiver: Receiver) -> list[object]:
    """Publish until the listener is there: what comes before it connects is for nobody."""
    if not receiver.received:
        publish(video, EventType.STATUS, status="queued")  # type: ignore[arg-type]
    return list(receiver.received)
