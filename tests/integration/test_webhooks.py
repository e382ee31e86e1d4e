"""Webhooks from the change of a row to a receiver's answer: on real services, with a real receiver on loopback."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete
from sqlmodel import Session, col, select
from standardwebhooks import Webhook as Verifier

from mediaproc import database
from mediaproc.domain.errors import Detail
from mediaproc.domain.states import Lane
from mediaproc.domain.tables import Job, Video, Webhook, WebhookDelivery, now
from mediaproc.domain.webhooks import DeliveryState, WebhookEvent
from mediaproc.operations import webhooks
from mediaproc.operations.jobs import requests
from mediaproc.operations.webhooks import secrets as webhook_secrets
from mediaproc.queue import tasks
from mediaproc.queue.huey import huey_of
from mediaproc.settings import settings
from mediaproc_worker import deliveries, ssrf_guard
from testing.videos import make_video
from testing.webhook_receiver import Receiver, receiving

STATUSES = [WebhookEvent.QUEUED, WebhookEvent.PROCESSING, WebhookEvent.CANCELLED]


@pytest.fixture(autouse=True)
def loopback_allowed(connected: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As an operator allows it; and a lane that is empty, with nothing left of other tests to send again."""
    monkeypatch.setenv("WEBHOOK_ALLOW_HTTP", "true")
    monkeypatch.setenv("WEBHOOK_ALLOWED_NETWORKS", "127.0.0.1")
    monkeypatch.setenv("WEBHOOK_TIMEOUT_SECONDS", "2")
    settings.cache_clear()
    tasks.performer["deliver"] = deliveries.deliver
    huey_of(Lane.WEBHOOK).flush()
    with database.transaction() as session:
        session.exec(delete(WebhookDelivery))
    yield
    huey_of(Lane.WEBHOOK).flush()
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def make_webhook(session: Session, video: Video, url: str, *events: WebhookEvent) -> Webhook:
    words = [each.value for each in events or STATUSES]
    webhook = Webhook(team_id=video.team_id, url=url, events=words)
    session.add(webhook)
    session.flush()
    return webhook


def cancelled_video(url: str, *events: WebhookEvent) -> tuple[Job, Webhook]:
    """A video that was queued and cancelled, so that two things are to be told."""
    with database.transaction() as session:
        video = make_video(session)
        webhook = make_webhook(session, video, url, *events)
        job = requests.enqueue(session, video=video, preset="web")
    with database.transaction() as session:
        requests.cancel(session, job=job)
    return job, webhook


def rows_of(webhook: Webhook) -> list[WebhookDelivery]:
    with database.transaction() as session:
        mine = select(WebhookDelivery).where(col(WebhookDelivery.webhook_id) == webhook.id)
        return list(session.exec(mine.order_by(col(WebhookDelivery.number))))


def webhook_now(webhook: Webhook) -> Webhook:
    with database.transaction() as session:
        return session.get_one(Webhook, webhook.id)


def work(*, most: int = 50) -> int:
    """Do what waits on the lane, as a worker does. Returns how many messages that were."""
    lane = huey_of(Lane.WEBHOOK)
    for done in range(most):
        message = lane.dequeue() if lane.pending_count() else None
        if message is None:
            return done
        lane.execute(message)
    return most


def age(id: UUID, table: Any = WebhookDelivery, **changes: Any) -> None:
    with database.transaction() as session:
        session.get_one(table, id).sqlmodel_update(changes)


def resend_lost() -> int:
    with database.transaction() as session:
        return webhooks.resend_lost(session)


def test_what_happens_to_a_video_is_told_in_order_and_signed(receiver: Receiver) -> None:
    job, webhook = cancelled_video(receiver.url + "/hook?a=1")
    work()
    assert [json.loads(each.body)["type"] for each in receiver.received] == ["video.queued", "video.cancelled"]
    verifier = Verifier(webhook_secrets.newest(webhook))
    for each, row in zip(receiver.received, rows_of(webhook), strict=True):
        told = verifier.verify(each.body, each.headers)
        assert told["data"]["video_id"] == str(job.video_id)
        assert told["data"]["status"] == told["type"].removeprefix("video.")
        assert each.path == "/hook?a=1"
        assert each.headers["webhook-id"] == str(row.event_id)
        assert (row.state, row.response_status, row.response_body) == (DeliveryState.DELIVERED, 200, "thanks")
        assert row.attempt == 1 and row.error is None and row.duration_seconds is not None


def test_only_chosen_events_of_the_own_team_are_told(receiver: Receiver) -> None:
    _, webhook = cancelled_video(receiver.url, WebhookEvent.CANCELLED)
    cancelled_video(receiver.url + "/other")
    work()
    mine = [each for each in receiver.received if each.path == "/"]
    assert [json.loads(each.body)["type"] for each in mine] == ["video.cancelled"]
    assert len(rows_of(webhook)) == 1


def test_what_is_rolled_back_is_not_told(receiver: Receiver) -> None:
    with database.transaction() as session:
        video = make_video(session)
        webhook = make_webhook(session, video, receiver.url)
    with pytest.raises(ZeroDivisionError), database.transaction() as session:
        requests.enqueue(session, video=session.get_one(Video, video.id), preset="web")
        raise ZeroDivisionError
    assert work() == 0
    assert rows_of(webhook) == []


def test_a_failure_is_tried_again_under_the_same_id_and_holds_back_the_video_alone(receiver: Receiver) -> None:
    receiver.will(500, 200)
    _, webhook = cancelled_video(receiver.url)
    work()
    first, second = rows_of(webhook)
    assert (first.state, first.response_status, first.attempt) == (DeliveryState.QUEUED, 500, 1)
    assert first.response_body == "said the receiver"
    assert first.next_attempt_at is not None and first.next_attempt_at > now()
    assert second.state is DeliveryState.QUEUED and second.attempt == 0
    assert webhook_now(webhook).failing_since is not None
    with database.transaction() as session:
        other = make_video(session)
        other.team_id = webhook.team_id
        requests.enqueue(session, video=other, preset="web")
    work()
    assert rows_of(webhook)[2].state is DeliveryState.DELIVERED
    assert resend_lost() == 0, "it is not due"
    age(first.id, next_attempt_at=now() - timedelta(seconds=1))
    assert resend_lost() == 1
    work()
    assert [row.state for row in rows_of(webhook)] == [DeliveryState.DELIVERED] * 3
    assert [json.loads(each.body)["type"] for each in receiver.received] == [
        "video.queued", "video.queued", "video.queued", "video.cancelled",
    ]  # fmt: skip
    assert receiver.received[0].headers["webhook-id"] == receiver.received[2].headers["webhook-id"]
    assert webhook_now(webhook).failing_since is None


def test_what_is_given_up_lets_the_next_go(receiver: Receiver) -> None:
    receiver.will(500, 200)
    _, webhook = cancelled_video(receiver.url)
    age(rows_of(webhook)[0].id, created_at=now() - timedelta(hours=25))
    work()
    assert [row.state for row in rows_of(webhook)] == [DeliveryState.FAILED, DeliveryState.DELIVERED]


def test_a_webhook_that_fails_for_days_is_switched_off_and_says_why(receiver: Receiver) -> None:
    receiver.will(500)
    _, webhook = cancelled_video(receiver.url)
    age(webhook.id, Webhook, failing_since=now() - timedelta(days=4))
    work()
    off = webhook_now(webhook)
    assert not off.enabled and off.disabled_at is not None
    assert off.disabled_reason == Detail.DISABLED_AFTER_FAILURES.format(days=3)
    assert [row.state for row in rows_of(webhook)] == [DeliveryState.FAILED] * 2
    assert rows_of(webhook)[1].error == Detail.DELIVERY_WEBHOOK_DISABLED
    assert len(receiver.received) == 1


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    receiver.answers = [(302, {"Location": "/elsewhere"}, b"")]
    _, webhook = cancelled_video(receiver.url)
    work()
    assert [each.path for each in receiver.received] == ["/"]
    assert rows_of(webhook)[0].response_status == 302
    assert rows_of(webhook)[0].state is DeliveryState.QUEUED


def test_a_long_answer_is_cut_and_made_harmless(receiver: Receiver) -> None:
    receiver.answers = [(200, {}, b"\0\xff" + b"x" * 100_000)]
    _, webhook = cancelled_video(receiver.url)
    work()
    body = rows_of(webhook)[0].response_body
    assert body.startswith("��xxx") and len(body) == 4096


def test_a_receiver_that_drips_bytes_is_left_in_time(
    connected: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBHOOK_TIMEOUT_SECONDS", "0.6")
    settings.cache_clear()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            line, _ = server.accept()
            with line:
                try:
                    for letter in b"HTTP/1.1 200 OK\r\nX: " + b"x" * 1000:
                        line.send(bytes([letter]))
                        time.sleep(0.1)
                except OSError:
                    pass

        threading.Thread(target=drip, daemon=True).start()
        _, webhook = cancelled_video(f"http://127.0.0.1:{server.getsockname()[1]}", WebhookEvent.CANCELLED)
        work()
    assert rows_of(webhook)[0].error == Detail.DELIVERY_TIMED_OUT.format(seconds=0.6)


def _resolver(*addresses: str) -> Callable[..., list[Any]]:
    return lambda host, port, **_: [(0, 0, 0, "", (address, port)) for address in addresses]


@pytest.mark.parametrize(
    "addresses", [("127.0.0.1",), ("::1", "10.0.0.8"), ("::ffff:127.0.0.1",), ("169.254.169.254",)], ids=str
)
def test_a_name_that_leads_to_a_private_address_gets_nowhere(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, addresses: tuple[str, ...]
) -> None:
    monkeypatch.setenv("WEBHOOK_ALLOWED_NETWORKS", "")
    settings.cache_clear()
    monkeypatch.setattr(ssrf_guard.socket, "getaddrinfo", _resolver(*addresses))
    port = receiver.url.rpartition(":")[2]
    _, webhook = cancelled_video(f"http://harmless.example:{port}/", WebhookEvent.CANCELLED)
    work()
    (row,) = rows_of(webhook)
    assert (row.state, row.response_status) == (DeliveryState.FAILED, None)
    assert row.error == Detail.DELIVERY_PRIVATE.format(host="harmless.example")
    assert receiver.received == []


def test_the_connection_goes_to_the_address_that_was_checked(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    real = socket.getaddrinfo

    def once(host: str, *rest: Any, **more: Any) -> list[Any]:
        asked.append(host)
        named = host == "rebinding.example"
        return real(
            "10.255.255.1" if named and asked.count(host) > 1 else "127.0.0.1" if named else host, *rest, **more
        )

    monkeypatch.setattr(ssrf_guard.socket, "getaddrinfo", once)
    port = receiver.url.rpartition(":")[2]
    _, webhook = cancelled_video(f"http://rebinding.example:{port}/", WebhookEvent.CANCELLED)
    work()
    assert rows_of(webhook)[0].state is DeliveryState.DELIVERED
    assert asked.count("rebinding.example") == 1
    assert receiver.received[0].headers["host"] == f"rebinding.example:{port}"


@pytest.mark.parametrize("host", ["localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:7f00:1]"])
def test_other_spellings_of_loopback_get_nowhere_either(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    monkeypatch.setenv("WEBHOOK_ALLOWED_NETWORKS", "")
    settings.cache_clear()
    port = receiver.url.rpartition(":")[2]
    _, webhook = cancelled_video(f"http://{host}:{port}/", WebhookEvent.CANCELLED)
    work()
    assert (rows_of(webhook)[0].error or "").endswith(Detail.DELIVERY_PRIVATE.format(host=""))
    assert receiver.received == []


def test_http_goes_nowhere_unless_it_is_allowed(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_ALLOW_HTTP", "false")
    settings.cache_clear()
    _, webhook = cancelled_video(receiver.url, WebhookEvent.CANCELLED)
    work()
    assert rows_of(webhook)[0].error == Detail.DELIVERY_HTTPS_ONLY
    assert receiver.received == []


def test_what_redis_forgot_is_delivered_all_the_same(receiver: Receiver) -> None:
    _, webhook = cancelled_video(receiver.url)
    huey_of(Lane.WEBHOOK).storage.conn.flushdb()
    assert resend_lost() == 0, "its message may be on its way"
    for row in rows_of(webhook):
        age(row.id, message_sent_at=now() - timedelta(minutes=1))
    assert resend_lost() == 1, "one wakes the next"
    assert resend_lost() == 0
    work()
    assert [json.loads(each.body)["type"] for each in receiver.received] == ["video.queued", "video.cancelled"]


def test_a_try_whose_lease_was_lost_changes_nothing(receiver: Receiver) -> None:
    _, webhook = cancelled_video(receiver.url, WebhookEvent.CANCELLED)
    (row,) = rows_of(webhook)
    with database.transaction() as session:
        lost = webhooks.claim(session, delivery_id=row.id)
    assert lost is not None
    with database.transaction() as session:
        assert webhooks.claim(session, delivery_id=row.id) is None
        assert webhooks.rescue_expired(session) == 0
    age(row.id, lease_expires_at=now() - timedelta(seconds=1))
    with database.transaction() as session:
        assert webhooks.rescue_expired(session) == 1
        kept = webhooks.claim(session, delivery_id=row.id)
    assert kept is not None and kept.attempt == 2
    with database.transaction() as session:
        assert webhooks.settle(session, lost, deliveries.post(lost)) is None
    assert rows_of(webhook)[0].state is DeliveryState.SENDING
    age(row.id, lease_expires_at=now() - timedelta(seconds=1), created_at=now() - timedelta(hours=25))
    with database.transaction() as session:
        assert webhooks.rescue_expired(session) == 1
    assert rows_of(webhook)[0].state is DeliveryState.FAILED, "what kills its worker each time still ends"


def test_the_log_goes_back_a_month(receiver: Receiver) -> None:
    _, webhook = cancelled_video(receiver.url)
    old, kept = rows_of(webhook)
    age(old.id, created_at=now() - timedelta(days=31))
    with database.transaction() as session:
        assert webhooks.prune(session) >= 1
    assert [row.id for row in rows_of(webhook)] == [kept.id]
