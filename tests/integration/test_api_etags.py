"""`ETag` and `If-None-Match` on everything that the API reads."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest
from fastapi.testclient import TestClient

from mediaproc.api.middleware import etag
from tests.integration.conftest import ORIGIN, Account
from tests.integration.test_api_videos import begin_output, claim, make_video

Accounts = Callable[[], Account]


def paths_of(mine: Account) -> list[str]:
    begun = mine.client.post("/api/v1/uploads", json={"filename": "clip.mov", "size_bytes": 7}).json()
    video = f"/api/v1/videos/{begun['video_id']}"
    lists = ["/api/v1/videos", "/api/v1/presets", "/api/v1/api-keys", "/api/v1/auth/me"]
    return [*lists, video, f"{video}/jobs", f"/api/v1/uploads/{begun['id']}"]


def test_what_has_not_changed_is_not_sent_again(account: Accounts) -> None:
    mine = account()
    for path in paths_of(mine):
        read = mine.client.get(path)
        tag = read.headers["etag"]
        for asked in (tag, f'"another", W/{tag}', "*"):
            again = mine.client.get(path, headers={"If-None-Match": asked})
            assert (again.status_code, again.content) == (304, b""), (path, asked)
            assert again.headers["etag"] == tag
            assert "content-type" not in again.headers and "content-length" not in again.headers
            assert again.headers["x-request-id"] and again.headers["ratelimit-remaining"]
        assert mine.client.get(path, headers={"If-None-Match": '"another"'}).json() == read.json()


def test_a_change_is_seen(account: Accounts) -> None:
    mine = account()
    path = f"/api/v1/videos/{make_video(mine)}"
    tags = {address: mine.client.get(address).headers["etag"] for address in (path, "/api/v1/videos")}
    mine.client.patch(path, json={"title": "another"})
    for address, tag in tags.items():
        changed = mine.client.get(address, headers={"If-None-Match": tag})
        assert changed.status_code == 200
        assert changed.headers["etag"] != tag


def test_an_answer_is_kept_for_its_caller_only_and_never_used_unasked(account: Accounts) -> None:
    mine = account()
    for known in ({}, {"If-None-Match": "*"}):
        headers = mine.client.get("/api/v1/videos", headers={"Origin": ORIGIN, **known}).headers
        assert headers["cache-control"] == "private, no-cache"
        assert {"Authorization", "Cookie", "Origin"} <= {name.strip() for name in headers["vary"].split(",")}
        assert "ETag" in headers["access-control-expose-headers"]


def test_nobody_and_a_stranger_learn_nothing_by_a_validator(account: Accounts, api: TestClient) -> None:
    path = f"/api/v1/videos/{make_video(account())}"
    for client, status in ((api, 401), (account().client, 404)):
        asked = client.get(path, headers={"If-None-Match": "*"})
        assert asked.status_code == status
        assert "etag" not in asked.headers


def test_head_has_the_same_validator(account: Accounts) -> None:
    client = account().client
    tag = client.get("/api/v1/presets").headers["etag"]
    assert client.head("/api/v1/presets").headers["etag"] == tag
    assert client.head("/api/v1/presets", headers={"If-None-Match": tag}).status_code == 304


def test_playlists_redirects_and_what_changes_something_have_none(account: Accounts) -> None:
    mine = account()
    video_id = make_video(mine)
    begin_output(claim(video_id))
    path = f"/api/v1/videos/{video_id}"
    playlist = httpx.URL(mine.client.get(path).json()["playback"]["hls_url"]).raw_path.decode()
    answers = [mine.client.get(playlist, headers={"If-None-Match": "*"}), mine.client.patch(path, json={"title": "x"})]
    answers.append(mine.client.get(f"{path}/download?rendition=source", headers={"If-None-Match": "*"}))
    assert [answer.status_code for answer in answers] == [200, 200, 302]
    for answer in answers:
        assert "etag" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("asked", ["", "abc", '"', "W/", '"ab', ", ,", '"abc"x'])
def test_a_validator_that_is_none_names_nothing_else(asked: str) -> None:
    assert not etag.names([asked], '"right"')


def test_the_openapi_has_it_on_each_read(api: TestClient) -> None:
    operations = {
        (method, path): operation
        for path, each in api.get("/api/openapi.json").json()["paths"].items()
        for method, operation in each.items()
    }
    marked = {key for key, operation in operations.items() if "304" in operation["responses"]}
    read = {
        key
        for key, operation in operations.items()
        if key[0] == "get"
        and key[1].startswith("/api/v1/")
        and "application/json" in operation["responses"].get("200", {}).get("content", {})
    }
    assert marked == read and len(read) >= 7
    for key in marked:
        assert "ETag" in operations[key]["responses"]["200"]["headers"]
        assert "If-None-Match" in [each["name"] for each in operations[key]["parameters"]]
