"""How many requests a session or key may make, over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from fastapi.testclient import TestClient

from mediaproc.operations.rate_limits import api_requests, sign_ins
from mediaproc.settings import settings
from tests.integration.conftest import Account
from tests.integration.test_api_keys import get, make_key

Accounts = Callable[[], Account]


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Sets the limit for this test."""

    def use(amount: int, **more: str) -> None:
        changed = settings().model_copy(update={"rate_limit_per_minute": amount, **more})
        monkeypatch.setattr(api_requests, "settings", lambda: changed)
        monkeypatch.setattr(sign_ins, "settings", lambda: changed)
        api_requests._limiter.cache_clear()

    yield use
    api_requests._limiter.cache_clear()
    api_requests._pause.cache_clear()


def test_every_answer_tells_what_is_left(account: Accounts) -> None:
    client = account().client
    first, second = (client.get("/api/v1/videos").headers for _ in range(2))
    assert first["ratelimit-limit"] == "1200"
    assert int(second["ratelimit-remaining"]) == int(first["ratelimit-remaining"]) - 1
    assert 1 <= int(first["ratelimit-reset"]) <= 60
    missing = client.get("/api/v1/videos/00000000-0000-7000-8000-000000000000")
    assert missing.status_code == 404 and "ratelimit-remaining" in missing.headers


def test_beyond_the_limit_one_is_told_when_to_come_back(
    account: Accounts, api: TestClient, limit: Callable[..., None]
) -> None:
    me, other = account(), account()
    key = make_key(me)["key"]
    limit(3)
    answers = [get(api, "/api/v1/videos", key) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    refused = answers[-1]
    assert refused.json()["code"] == "too_many_requests"
    assert refused.headers["retry-after"] == refused.headers["ratelimit-reset"]
    assert me.client.get("/api/v1/videos").status_code == 200
    assert other.client.get("/api/v1/videos").status_code == 200


def test_who_is_nobody_has_no_allowance(api: TestClient) -> None:
    assert "ratelimit-limit" not in api.get("/api/v1/videos").headers
    assert "ratelimit-limit" not in api.get("/livez").headers


def test_without_a_limit_nothing_is_counted(account: Accounts, limit: Callable[..., None]) -> None:
    me = account()
    limit(0)
    assert "ratelimit-limit" not in me.client.get("/api/v1/videos").headers


def test_while_redis_is_away_nothing_is_limited_and_nobody_waits(account: Accounts, limit: Callable[..., None]) -> None:
    me = account()
    limit(1, events_redis_url="redis://127.0.0.1:9/1")
    answers = [me.client.get("/api/v1/auth/me") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert "ratelimit-limit" not in answers[-1].headers
    assert api_requests._pause().lasts()
