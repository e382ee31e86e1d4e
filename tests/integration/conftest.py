"""The API on real services: a client of it, and accounts to call it with."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mediaproc import database, logs
from mediaproc.api.app import create_api
from mediaproc.events import publisher
from mediaproc.media import vmaf
from mediaproc.operations import passwords, playback
from mediaproc.operations.rate_limits import api_requests, sign_ins
from mediaproc.operations.tenancy import Principal
from mediaproc.settings import settings
from mediaproc.storage import client as storage_client
from mediaproc.storage import presign
from testing.web_server import Web, start_web

ORIGIN = "http://localhost:8000"
PASSWORD = "a long enough password"
CHEAP_COST = 4
"""Of hashing a password. Hundreds of accounts are made for one test each, and a real hash takes a quarter second."""


@dataclass(frozen=True)
class Account:
    """A registered user: a client that carries the access token, and nothing else."""

    email: str
    access_token: str
    client: TestClient

    @property
    def principal(self) -> Principal:
        from mediaproc.operations import accounts

        with database.transaction() as session:
            return accounts.principal_of(session, access_token=self.access_token)


@pytest.fixture(scope="session")
def connected(services: dict[str, str]) -> dict[str, str]:
    """The services, with everything that this process keeps of earlier settings forgotten."""
    for cached in (
        settings,
        database.engine,
        storage_client.client,
        storage_client.signing_client,
        publisher.connection,
        publisher._script,
        sign_ins._limiter,
        sign_ins._address_limiter,
        api_requests._limiter,
        api_requests._pause,
        presign._bucket_address,
        presign._stable_get,
        playback._token_until,
    ):
        cached.cache_clear()
    passwords.COST = CHEAP_COST
    logs.configure()
    return services


@pytest.fixture
def small_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    """VMAF as on a screen of 180 lines, with a 36th of the pixels: for tests that need no true score."""
    monkeypatch.setattr(vmaf, "_SCREEN_LONG_SIDE", 320)
    monkeypatch.setattr(vmaf, "_SCREEN_SHORT_SIDE", 180)


@pytest.fixture(scope="session")
def api_app(connected: dict[str, str]) -> FastAPI:
    return create_api()


@pytest.fixture
def api(api_app: FastAPI) -> Iterator[TestClient]:
    """A client of the API that is signed in as nobody. It keeps cookies and does not follow redirects."""
    with TestClient(api_app, base_url=ORIGIN, follow_redirects=False, raise_server_exceptions=False) as client:
        yield client


@pytest.fixture(scope="module")
def web(connected: dict[str, str]) -> Iterator[Web]:
    """The API behind a real server."""
    server = start_web()
    yield server
    server.stop()


@pytest.fixture
def account(api_app: FastAPI) -> Callable[[], Account]:
    """Makes accounts: each call registers another one."""
    return lambda: new_account(api_app)


def new_account(api_app: FastAPI) -> Account:
    """Register somebody."""
    email = f"{secrets.token_hex(6)}@example.com"
    client = TestClient(api_app, base_url=ORIGIN, follow_redirects=False, raise_server_exceptions=False)
    done = client.post("/api/v1/auth/register", json={"email": email, "password": PASSWORD})
    assert done.status_code == 201, done.text
    token = done.json()["access_token"]
    client.cookies.clear()
    client.headers["Authorization"] = f"Bearer {token}"
    return Account(email=email, access_token=token, client=client)
