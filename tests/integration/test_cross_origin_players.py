"""Players on pages of other origins: preflights, credentials, and CMCD (CTA-5004) by header and by query."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient

from mediaproc.settings import settings
from mediaproc.storage import bucket
from tests.integration.conftest import ORIGIN, Account
from tests.integration.test_api_videos import completed

Accounts = Callable[[], Account]
ELSEWHERE = "https://player.example"
CMCD_HEADERS = "cmcd-object,cmcd-request,cmcd-session,cmcd-status,range"
CMCD = "br%3D3200%2Cbs%2Cd%3D4004%2Csid%3D%226e2fb550%22"


def preflight(origin: str, headers: str = CMCD_HEADERS) -> dict[str, str]:
    return {"Origin": origin, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": headers}


def playback_of(account: Account) -> dict[str, str]:
    return account.client.get(f"/api/v1/videos/{completed(account)}").json()["playback"]


def uris(playlist: str) -> list[str]:
    return [*re.findall(r'^#EXT-X-MAP:URI="(.*?)"', playlist, re.MULTILINE), *re.findall(r"^[^#\n].*$", playlist, re.M)]


@pytest.fixture(scope="module")
def whole_app(connected: dict[str, str]) -> TestClient:
    """The whole process, pages included: Reflex wraps the API in layers of its own."""
    from mediaproc.app import app

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("__REFLEX_SKIP_COMPILE", "true")
        return TestClient(app(), base_url=ORIGIN)


@pytest.mark.parametrize("path", ["/videos/1/hls/master.m3u8", "/api/v1/videos/1/dash/480p/0.m4s"])
def test_a_player_elsewhere_may_send_cmcd_and_range(whole_app: TestClient, path: str) -> None:
    answer = whole_app.options(path, headers=preflight(ELSEWHERE))
    assert answer.status_code == 200, answer.text
    assert answer.headers["access-control-allow-origin"] == "*"
    assert set(CMCD_HEADERS.split(",")) <= set(answer.headers["access-control-allow-headers"].lower().split(","))
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers.get_list("vary", split_commas=True).count("Origin") == 1


def test_vary_names_origin_once_and_the_api_stays_closed_to_others(whole_app: TestClient) -> None:
    for path in ("/livez", "/videos/1/hls/master.m3u8", "/api/v1/videos"):
        for origin in ({}, {"Origin": ORIGIN}, {"Origin": ELSEWHERE}):
            assert whole_app.get(path, headers=origin).headers.get_list("vary", split_commas=True).count("Origin") == 1
    assert whole_app.options("/api/v1/videos", headers=preflight(ELSEWHERE)).status_code == 400
    assert "access-control-allow-origin" not in whole_app.get("/livez", headers={"Origin": ELSEWHERE}).headers


def test_an_allowed_origin_may_send_credentials(account: Accounts, api: TestClient) -> None:
    url = playback_of(account())["hls_url"]
    for answer in (api.options(url, headers=preflight(ORIGIN)), api.get(url, headers={"Origin": ORIGIN})):
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert answer.headers["access-control-allow-credentials"] == "true"


def test_cmcd_by_query_reaches_every_segment_without_breaking_a_signature(account: Accounts, api: TestClient) -> None:
    addresses = playback_of(account())
    master = api.get(f"{addresses['hls_url']}&CMCD={CMCD}")
    for relative in uris(master.text):
        media_url = str(httpx.URL(addresses["hls_url"]).join(relative))
        plain = api.get(media_url)
        media = api.get(f"{media_url}&CMCD={CMCD}")
        assert httpx.get(f"{uris(plain.text)[0]}&CMCD={CMCD}").status_code == 403, "why there is a redirect"
        assert len(uris(media.text)) == len(uris(plain.text)) == 3
        for piece, presigned in zip(uris(media.text), uris(plain.text), strict=True):
            answer = api.get(f"{httpx.URL(media_url).join(piece)}&CMCD={CMCD}", headers={"Origin": ELSEWHERE})
            assert answer.status_code == 302
            assert answer.headers["access-control-allow-origin"] == "*"
            assert answer.headers["location"] == presigned
            assert httpx.get(presigned).status_code == 200


def test_storage_lets_players_send_cmcd_and_names_our_own_origins(account: Accounts, api: TestClient) -> None:
    bucket.prepare()
    master_url = playback_of(account())["hls_url"]
    media = api.get(str(httpx.URL(master_url).join(uris(api.get(master_url).text)[0])))
    segment = uris(media.text)[0]
    assert urlsplit(segment).netloc == urlsplit(settings().public_s3_endpoint_url or "").netloc
    for origin in (ELSEWHERE, "null", ORIGIN):  # null: after a redirect from another origin
        asked = httpx.options(segment, headers=preflight(origin))
        assert asked.status_code == 200
        assert asked.headers["access-control-allow-origin"] in ({origin} if origin == ORIGIN else {origin, "*"})
        assert {"cmcd-request", "range"} <= set(
            re.split(r",\s*", asked.headers["access-control-allow-headers"].lower())
        )
        answer = httpx.get(segment, headers={"Origin": origin, "CMCD-Request": "su", "Range": "bytes=0-3"})
        assert answer.status_code == 206
        assert answer.headers["access-control-allow-origin"] in ("*", origin)
