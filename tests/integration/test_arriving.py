"""Many who come at once: each address has its limit, and nobody else waits for bcrypt."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Callable, Iterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mediaproc import database
from mediaproc.api import client_ip
from mediaproc.api.sign_in import _hashing
from mediaproc.operations import passwords
from mediaproc.operations.rate_limits import sign_ins
from mediaproc.settings import settings
from testing.waits import PATIENCE_SECONDS
from tests.integration.conftest import ORIGIN, PASSWORD, Account

LIMIT = 3


@pytest.fixture
def limited(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """A few an hour for each address; the header that says from which one a request comes."""
    changed = settings().model_copy(update={"address_limit_per_hour": LIMIT, "trusted_proxies": "0.0.0.0/0"})
    monkeypatch.setattr(sign_ins, "settings", lambda: changed)
    monkeypatch.setattr(client_ip, "_read", _any_peer(client_ip._read))
    monkeypatch.setattr(client_ip, "settings", lambda: changed)
    yield {"X-Forwarded-For": f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::1"}


def _any_peer(read):  # type: ignore[no-untyped-def]
    return lambda text: read("10.0.0.1" if text == "testclient" else text)


def _come(api: TestClient, route: str, headers: dict[str, str], password: str = PASSWORD) -> httpx.Response:
    body = {"email": f"{secrets.token_hex(6)}@example.com", "password": password}
    return api.post(f"/api/v1/auth/{route}", json=body, headers=headers)


def test_one_address_registers_so_many_and_another_still_may(api: TestClient, limited: dict[str, str]) -> None:
    assert [_come(api, "register", limited).status_code for _ in range(LIMIT + 1)] == [201] * LIMIT + [429]
    refused = _come(api, "register", limited)
    assert refused.json()["code"] == "too_many_requests"
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    assert _come(api, "register", {"X-Forwarded-For": "203.0.113.77"}).status_code == 201


def test_one_address_guesses_for_many_emails_only_so_often(api: TestClient, limited: dict[str, str]) -> None:
    assert [_come(api, "login", limited).status_code for _ in range(LIMIT + 1)] == [401] * LIMIT + [429]


def test_the_pages_forms_count_too(api: TestClient, limited: dict[str, str]) -> None:
    form = {"email": "nobody@example.com", "password": PASSWORD}
    answers = [api.post("/auth/sign-in", data=form, headers={**limited, "Origin": ORIGIN}) for _ in range(LIMIT + 1)]
    assert [answer.status_code for answer in answers] == [303] * (LIMIT + 1)
    assert "error=too_many_requests" in answers[-1].headers["location"]


def test_one_address_tries_refresh_tokens_only_so_often(api: TestClient, limited: dict[str, str]) -> None:
    tries = LIMIT * sign_ins.REFRESHES_PER_SIGN_IN + 1
    body = {"refresh_token": "a guess"}
    statuses = [api.post("/api/v1/auth/refresh", json=body, headers=limited).status_code for _ in range(tries)]
    assert statuses == [401] * (tries - 1) + [429]


def test_many_who_sign_in_hold_up_nobody_else(
    account: Callable[[], Account], api_app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = account()
    held: list[int] = []
    go_on = threading.Event()

    def slow(password: str, password_hash: str | None) -> bool:
        held.append(database.engine().pool.checkedout())  # type: ignore[attr-defined]
        go_on.wait()
        return False

    async def scene() -> tuple[int, set[int]]:
        transport = httpx.ASGITransport(app=api_app)
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, timeout=60) as client:
            bodies = [{"email": f"{number}@example.com", "password": PASSWORD} for number in range(60)]
            arriving = [asyncio.create_task(client.post("/api/v1/auth/login", json=body)) for body in bodies]
            mine = {"Authorization": f"Bearer {me.access_token}"}
            try:
                while len(held) < _hashing.total_tokens:  # as many as may hash at once
                    await asyncio.sleep(0.05)
                listed = await asyncio.wait_for(client.get("/api/v1/videos", headers=mine), PATIENCE_SECONDS)
            finally:
                go_on.set()
            return listed.status_code, {(await each).status_code for each in arriving}

    monkeypatch.setattr(passwords, "matches", slow)
    status, ends = asyncio.run(scene())
    assert (status, ends) == (200, {401})
    assert min(held) == 0, "no connection is held meanwhile"
