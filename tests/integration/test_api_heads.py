"""HEAD, as download managers, players and probes ask it."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from fastapi.testclient import TestClient

from mediaproc.storage import keys
from tests.integration.conftest import Account
from tests.integration.test_api_videos import begin_output, claim, make_video, put

Accounts = Callable[[], Account]


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/api/openapi.json", "/api/v1/presets", "/api/v1/videos"])
def test_head_answers_as_get_does_without_a_body(account: Accounts, path: str) -> None:
    client = account().client
    got, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert head.headers["content-type"] == got.headers["content-type"]
    assert head.headers["x-request-id"]


def test_head_needs_the_same_right_as_get(api: TestClient, account: Accounts) -> None:
    assert api.head("/api/v1/videos").status_code == 401
    video_id = make_video(account())
    assert account().client.head(f"/api/v1/videos/{video_id}").status_code == 404


def test_head_counts_as_a_request(account: Accounts) -> None:
    client = account().client
    asked = (client.head("/api/v1/videos"), client.get("/api/v1/videos"))
    left = [int(answer.headers["ratelimit-remaining"]) for answer in asked]
    assert left[0] == left[1] + 1


def test_a_download_manager_learns_size_and_name_beforehand(account: Accounts) -> None:
    mine = account()
    video_id = make_video(mine)
    put(keys.source(video_id, "clip.mov"), b"the source")
    there = mine.client.head(f"/api/v1/videos/{video_id}/download", params={"rendition": "source"})
    assert there.status_code == 302
    found = httpx.head(there.headers["location"])
    assert (found.status_code, found.headers["content-length"]) == (200, "10")
    assert "clip.mov" in found.headers["content-disposition"]


def test_a_player_may_ask_for_the_head_of_a_playlist(account: Accounts, api: TestClient) -> None:
    mine = account()
    video_id = make_video(mine)
    begin_output(claim(video_id))
    address = httpx.URL(mine.client.get(f"/api/v1/videos/{video_id}").json()["playback"]["hls_url"])
    head = api.head(address.raw_path.decode())
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-type"] == "application/vnd.apple.mpegurl"


def test_head_is_refused_where_there_is_no_get_and_for_what_never_ends(account: Accounts) -> None:
    client = account().client
    refused = client.head("/api/v1/auth/login")
    assert (refused.status_code, refused.headers["allow"]) == (405, "POST")
    assert client.head("/api/v1/events").status_code == 405
    assert client.put("/api/v1/auth/me").headers["allow"] == "GET, HEAD"
