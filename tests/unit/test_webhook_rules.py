"""What follows from a try, and which addresses a webhook may reach: tables of cases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from mediaproc.domain.states import VideoStatus
from mediaproc.domain.webhook_targets import may_reach
from mediaproc.domain.webhooks import WAITS_SECONDS, Answer, DeliveryState, WebhookEvent, judge
from mediaproc.events.messages import EventType
from mediaproc.operations.webhooks import outbox

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DELIVERED, QUEUED, FAILED = DeliveryState.DELIVERED, DeliveryState.QUEUED, DeliveryState.FAILED


def _judge(answer: Answer, **given: object):
    usual = {"event": WebhookEvent.COMPLETED, "attempt": 1, "created_at": NOW, "failing_since": None, "jitter": 0.0}
    return judge(answer, now=NOW, **{**usual, **given})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "given", "state", "wait_seconds", "off"),
    [
        (Answer(status=200), {}, DELIVERED, None, False),
        (Answer(status=204), {"failing_since": NOW - timedelta(days=9)}, DELIVERED, None, False),
        (Answer(status=302), {}, QUEUED, 5, False),
        (Answer(status=500), {}, QUEUED, 5, False),
        (Answer(status=404), {"attempt": 3}, QUEUED, 120, False),
        (Answer(error="No answer within 15 seconds"), {"attempt": 10}, QUEUED, 36000, False),
        (Answer(status=500), {"jitter": 1.0}, QUEUED, 4, False),
        (Answer(status=429, retry_after_seconds=60), {}, QUEUED, 60, False),
        (Answer(status=503, retry_after_seconds=99_999), {}, QUEUED, 3600, False),
        (Answer(status=503, retry_after_seconds=1), {"attempt": 5}, QUEUED, 1800, False),
        (Answer(status=500), {"attempt": 11}, FAILED, None, False),
        (Answer(status=500), {"created_at": NOW - timedelta(hours=24)}, FAILED, None, False),
        (Answer(error="private", refused=True), {}, FAILED, None, False),
        (Answer(status=410), {}, FAILED, None, True),
        (Answer(status=500), {"failing_since": NOW - timedelta(hours=71)}, QUEUED, 5, False),
        (Answer(status=500), {"failing_since": NOW - timedelta(hours=72)}, FAILED, None, True),
        (Answer(status=410), {"event": WebhookEvent.TEST}, FAILED, None, False),
        (Answer(status=500), {"event": WebhookEvent.TEST}, FAILED, None, False),
        (Answer(status=200), {"event": WebhookEvent.TEST}, DELIVERED, None, False),
    ],
)
def test_what_follows_from_a_try(
    answer: Answer, given: dict[str, object], state: DeliveryState, wait_seconds: float | None, off: bool
) -> None:
    verdict = _judge(answer, **given)
    assert verdict.state is state
    assert bool(verdict.disabled_because) is off
    assert verdict.again_at == (None if wait_seconds is None else NOW + timedelta(seconds=wait_seconds))


def test_the_waits_grow_and_fill_a_day() -> None:
    assert list(WAITS_SECONDS) == sorted(WAITS_SECONDS)
    assert 23 * 3600 < sum(WAITS_SECONDS) <= 24 * 3600


PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "64:ff9b::808:808", "::ffff:8.8.8.8"]
PRIVATE = [
    "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "169.254.0.1",
    "100.64.0.1", "100.100.100.200", "192.0.0.192", "198.18.0.1", "192.0.2.1", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "168.63.129.16", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1",
    "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a9fe:a9fe::", "2001:0:4136:e378:8000:63bf:3fff:fdd2",
]  # fmt: skip


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_reached(address: str) -> None:
    assert may_reach(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_may_not_be_reached(address: str) -> None:
    assert not may_reach(address)


def test_the_operator_may_allow_a_network_and_no_more() -> None:
    allowed = (ip_network("10.1.0.0/16"), ip_network("::1/128"))
    assert [may_reach(each, allowed) for each in ("10.1.2.3", "::ffff:10.1.2.3", "10.2.0.1", "::1", "127.0.0.1")] == [
        True, True, False, True, False,
    ]  # fmt: skip


def test_every_status_of_a_video_is_an_event() -> None:
    for status in VideoStatus:
        assert outbox.event_of(EventType.STATUS, {"status": status.value}) == f"video.{status.value}"
    assert outbox.event_of(EventType.REMOVED, {}) is WebhookEvent.DELETED
    assert outbox.event_of(EventType.PLAYABLE, {}) is WebhookEvent.PLAYABLE
    assert outbox.event_of(EventType.PROGRESS, {"progress": 3}) is None
