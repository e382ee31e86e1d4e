"""Webhooks over HTTP: added with a secret that is shown once, changed, tried out, and their log."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from standardwebhooks import Webhook as Verifier

from mediaproc import database
from mediaproc.domain.errors import Detail, Invalid
from mediaproc.domain.tables import Webhook
from mediaproc.domain.webhooks import DeliveryState
from mediaproc.embedded import servers
from mediaproc.operations import videos
from mediaproc.settings import settings
from testing import documentation
from testing.waits import eventually
from testing.webhook_receiver import Receiver, receiving
from tests.integration.conftest import Account
from tests.integration.test_api_videos import make_video
from tests.integration.test_webhooks import loopback_allowed, work

__all__ = ["loopback_allowed"]  # a fixture for every test here

Accounts = Callable[[], Account]
HOOKS = "/api/v1/webhooks"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def add(account: Account, url: str = "https://example.com/hook", **more: Any) -> dict[str, Any]:
    done = account.client.post(HOOKS, json={"url": url, "events": ["video.completed", "video.deleted"], **more})
    assert done.status_code == 201, done.text
    return done.json()


def log_of(account: Account, id: str, **params: Any) -> dict[str, Any]:
    return account.client.get(f"{HOOKS}/{id}/deliveries", params=params).json()


def test_a_webhook_is_added_and_its_secret_shown_once(account: Accounts) -> None:
    me = account()
    made = add(me, description="our own site")
    secret = made.pop("secret")
    assert secret.startswith("whsec_") and Verifier(secret)
    assert made["enabled"] and made["disabled_reason"] is None
    assert made["events"] == ["video.completed", "video.deleted"]
    assert me.client.get(f"{HOOKS}/{made['id']}").json() == made
    assert me.client.get(HOOKS).json() == {"items": [made], "next_cursor": None}
    with database.transaction() as session:
        assert secret not in str(session.get_one(Webhook, UUID(made["id"])).model_dump()), "nothing of it is kept"


def test_a_change_is_told_to_whom_it_may_concern(account: Accounts, receiver: Receiver) -> None:
    me, other = account(), account()
    made = add(me, receiver.url)
    add(other, receiver.url + "/other")
    id = make_video(me)
    with database.transaction() as session:
        videos.delete(session, me.principal, id)
    work()
    (came,) = receiver.received
    told = Verifier(made["secret"]).verify(came.body, came.headers)
    assert (told["type"], told["data"]["video_id"]) == ("video.deleted", str(id))
    (logged,) = log_of(me, made["id"])["items"]
    assert (logged["status"], logged["attempt_count"], logged["response_body"]) == ("delivered", 1, "thanks")
    assert (logged["event"], logged["video_id"], logged["request_body"]) == ("video.deleted", str(id), came.body)
    assert logged["event_id"] == came.headers["webhook-id"]


def test_a_test_is_sent_and_a_delivery_sent_again(account: Accounts, receiver: Receiver) -> None:
    me = account()
    made = add(me, receiver.url)
    receiver.will(500, 200)
    once = {"Idempotency-Key": "k"}
    first = me.client.post(f"{HOOKS}/{made['id']}/test", headers=once)
    assert (first.status_code, first.json()["status"]) == (202, "queued")
    assert me.client.post(f"{HOOKS}/{made['id']}/test", headers=once).json() == first.json()
    work()
    (failed,) = log_of(me, made["id"])["items"]
    assert (failed["status"], failed["response_status"]) == ("failed", 500), "a test is tried once"
    assert me.client.get(f"{HOOKS}/{made['id']}").json()["failing_since"] is None
    again = me.client.post(f"{HOOKS}/{made['id']}/deliveries/{failed['id']}/resend")
    assert again.status_code == 202 and again.json()["id"] != failed["id"]
    work()
    assert [each["status"] for each in log_of(me, made["id"])["items"]] == ["delivered", "failed"]
    assert len({each.headers["webhook-id"] for each in receiver.received}) == 1
    assert len({each.body for each in receiver.received}) == 1


def test_the_log_is_paged_newest_first(account: Accounts) -> None:
    me = account()
    made = add(me)
    sent = [me.client.post(f"{HOOKS}/{made['id']}/test").json()["id"] for _ in range(5)]
    first = log_of(me, made["id"], limit=2)
    rest = log_of(me, made["id"], cursor=first["next_cursor"])
    assert [each["id"] for each in first["items"] + rest["items"]] == sent[::-1]
    assert rest["next_cursor"] is None
    assert me.client.get(f"{HOOKS}/{made['id']}/deliveries", params={"cursor": "x"}).status_code == 422


def test_switched_off_it_gives_up_what_waits_and_switched_on_it_begins_afresh(account: Accounts) -> None:
    me = account()
    made = add(me)
    waiting = me.client.post(f"{HOOKS}/{made['id']}/test").json()
    off = me.client.patch(f"{HOOKS}/{made['id']}", json={"enabled": False}).json()
    assert (off["enabled"], off["disabled_reason"]) == (False, Detail.DISABLED_BY_MEMBER)
    assert off["disabled_at"] is not None
    (given_up,) = log_of(me, made["id"])["items"]
    assert (given_up["id"], given_up["status"]) == (waiting["id"], DeliveryState.FAILED)
    for path in ("test", f"deliveries/{waiting['id']}/resend"):
        refused = me.client.post(f"{HOOKS}/{made['id']}/{path}")
        assert (refused.status_code, refused.json()["code"]) == (409, "conflict")
    on = me.client.patch(f"{HOOKS}/{made['id']}", json={"enabled": True, "events": ["video.failed"]}).json()
    assert (on["enabled"], on["disabled_at"], on["events"]) == (True, None, ["video.failed"])


def test_a_new_secret_leaves_a_day_for_the_old_one(account: Accounts, receiver: Receiver) -> None:
    me = account()
    made = add(me, receiver.url)
    rotated = me.client.post(f"{HOOKS}/{made['id']}/rotate-secret").json()
    assert rotated["secret"] != made["secret"]
    me.client.post(f"{HOOKS}/{made['id']}/test")
    work()
    (came,) = receiver.received
    for secret in (made["secret"], rotated["secret"]):
        Verifier(secret).verify(came.body, came.headers)


def test_a_deleted_webhook_is_gone_with_its_log(account: Accounts, receiver: Receiver) -> None:
    me = account()
    made = add(me, receiver.url)
    me.client.post(f"{HOOKS}/{made['id']}/test")
    assert me.client.delete(f"{HOOKS}/{made['id']}").status_code == 204
    work()
    assert receiver.received == []
    assert me.client.get(f"{HOOKS}/{made['id']}/deliveries").status_code == 404


def test_a_delivery_of_another_webhook_is_not_found(account: Accounts) -> None:
    me = account()
    one, two = add(me), add(me)
    sent = me.client.post(f"{HOOKS}/{one['id']}/test").json()
    assert me.client.post(f"{HOOKS}/{two['id']}/deliveries/{sent['id']}/resend").status_code == 404


def test_there_are_only_so_many(account: Accounts) -> None:
    me = account()
    for _ in range(20):
        add(me)
    refused = me.client.post(HOOKS, json={"url": "https://example.com", "events": ["video.failed"]})
    assert refused.status_code == 409


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://exa mple.com"}, "url"),
        ({"url": "https://user:word@example.com"}, "url"),
        ({"url": "https://example.com/#x"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "https://[::ffff:169.254.169.254]/"}, "url"),
        ({"events": []}, "events"),
        ({"events": ["webhook.test"]}, "events"),
        ({"events": ["video.exploded"]}, "events.0"),
        ({"description": "two\nlines"}, "description"),
    ],
)
def test_what_can_not_be_a_webhook_is_refused(account: Accounts, changes: dict[str, Any], field: str) -> None:
    body = {"url": "https://example.com", "events": ["video.failed"], **changes}
    done = account().client.post(HOOKS, json=body)
    assert (done.status_code, done.json()["errors"][0]["field"]) == (422, field)


def test_http_is_refused_with_the_reason(account: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK_ALLOW_HTTP", "false")
    settings.cache_clear()
    done = account().client.post(HOOKS, json={"url": "http://example.com", "events": ["video.failed"]})
    assert (done.status_code, done.json()["code"]) == (422, Invalid.code)
    assert "https://" in done.json()["detail"]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_loopback_is_refused_unless_it_is_allowed(
    account: Accounts, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    me = account()
    add(me, f"https://{host}/")
    monkeypatch.setenv("WEBHOOK_ALLOWED_NETWORKS", "")
    settings.cache_clear()
    done = me.client.post(HOOKS, json={"url": f"https://{host}/", "events": ["video.failed"]})
    assert (done.status_code, done.json()["detail"]) == (
        422,
        Detail.URL_PRIVATE,
    )


def test_the_receiver_of_the_page_verifies(account: Accounts) -> None:
    me = account()
    (port,) = servers.free_ports(1)
    made = add(me, f"http://127.0.0.1:{port}")
    environment = {**os.environ, "WEBHOOK_SECRET": made["secret"], "PORT": str(port)}
    command = [sys.executable, "-c", documentation.example("receiver")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            eventually(lambda: _listens(port))
            forged = httpx.post(f"http://127.0.0.1:{port}", json={"type": "video.completed"})
            assert forged.status_code == 401
            me.client.post(f"{HOOKS}/{made['id']}/test")
            work()
            assert log_of(me, made["id"])["items"][0]["response_status"] == 204
            assert process.stdout is not None and process.stdout.readline() == b"webhook.test None\n"
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0
