"""Who may do what: every route of the OpenAPI × everyone who may come, on a real server.

The scope of a route is read from docs/reference/api/index.md, so a new route fails here until it stands there.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

import httpx
import pytest

from mediaproc import database
from mediaproc.api.app import create_api
from mediaproc.domain.tables import ApiKey, now
from testing import clips, documentation
from testing.web_server import Web, start_web
from tests.integration.conftest import Account
from tests.integration.test_api_keys import make_key
from tests.integration.test_api_videos import make_video

TAKES = {route: takes for route, (takes, _) in documentation.routes().items()}
"""The scope of each route, as docs/reference/api/index.md says."""

BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/api/v1/uploads"): {"filename": "a.mp4", "size_bytes": 5},
    ("POST", "/api/v1/uploads/{id}/parts"): {"part_numbers": [1]},
    ("PATCH", "/api/v1/videos/{id}"): {"title": "another"},
    ("POST", "/api/v1/videos/{id}/reprocess"): {"preset": "web"},
    ("POST", "/api/v1/presets"): {"name": "web", "title": "Taken", "rungs": [{"height": 480}]},
    ("PATCH", "/api/v1/presets/{name}"): {"title": "another"},
    ("POST", "/api/v1/api-keys"): {"name": "n", "scopes": ["videos:read"]},
    ("POST", "/api/v1/webhooks"): {"url": "https://example.com/", "events": ["video.completed"]},
    ("PATCH", "/api/v1/webhooks/{id}"): {"description": "another"},
}
OF_NO_VIDEO = {404}
"""What an owner is told of playlists where there is nothing to play yet."""

ACTORS = (
    "nobody", "a stranger's session", "a stranger's key", "a read key", "a write key", "a webhook key", "an admin key",
    "the owner", "an expired key", "a revoked key",
)  # fmt: skip


@lru_cache(maxsize=1)
def routes() -> list[tuple[str, str]]:
    document = create_api().openapi()
    return [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]


def guarded() -> list[tuple[str, str]]:
    """All but the routes that ask nobody; what is not on the page fails."""
    return [route for route in routes() if TAKES.get(route) != "nobody"]


@dataclass(frozen=True)
class World:
    """A server, two accounts, and the credential of everyone who comes."""

    web: Web
    owner: Account
    http: httpx.Client
    tokens: dict[str, str | None]


@pytest.fixture(scope="module")
def world(connected: dict[str, str], api_app: Any) -> Iterator[World]:
    web = start_web()
    owner, stranger = _account(web), _account(web)
    ended = [make_key(owner, "admin") for _ in range(2)]
    with database.transaction() as session:
        session.get_one(ApiKey, UUID(ended[0]["id"])).expires_at = now() - timedelta(seconds=1)
        session.get_one(ApiKey, UUID(ended[1]["id"])).revoked_at = now()
    values = (
        None, stranger.access_token, make_key(stranger, "admin")["key"], make_key(owner, "videos:read")["key"],
        make_key(owner, "videos:write")["key"], make_key(owner, "webhooks:write")["key"],
        make_key(owner, "admin")["key"], owner.access_token, ended[0]["key"], ended[1]["key"],
    )  # fmt: skip
    with httpx.Client(base_url=web.url) as http:
        yield World(web, owner, http, dict(zip(ACTORS, values, strict=True)))
    web.stop()


def _account(web: Web) -> Account:
    email = f"{secrets.token_hex(6)}@example.com"
    client: Any = httpx.Client(base_url=web.url)
    done = client.post("/api/v1/auth/register", json={"email": email, "password": "a long enough password"})
    client.cookies.clear()
    token = done.json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    return Account(email=email, access_token=token, client=client)


def _thing(world: World, path: str) -> str:
    """The id of a thing of the owner's, of the sort that the route is about."""
    if "/uploads/" in path:
        return world.owner.client.post("/api/v1/uploads", json={"filename": "a.mp4", "size_bytes": 5}).json()["id"]
    if "/presets/" in path:
        body = {"name": f"own-{secrets.token_hex(4)}", "title": "Own", "rungs": [{"height": 480}]}
        return world.owner.client.post("/api/v1/presets", json=body).json()["name"]
    if "/images/" in path:
        return world.owner.client.post("/api/v1/images", content=clips.PNG + secrets.token_bytes(8)).json()[
            "id"
        ]  # of the owner alone
    if "/api-keys/" in path:
        return make_key(world.owner)["id"]
    if "/webhooks/" in path:
        return _webhook(world)["id"]
    return str(make_video(world.owner))


def _webhook(world: World) -> dict[str, Any]:
    """A webhook of the owner's, without the one before: there may only be so many."""
    client = world.owner.client
    for each in client.get("/api/v1/webhooks").json()["items"]:
        client.delete(f"/api/v1/webhooks/{each['id']}")
    return client.post("/api/v1/webhooks", json=BODIES["POST", "/api/v1/webhooks"]).json()


def status_of(world: World, route: tuple[str, str], actor: str) -> int:
    method, path = route
    url = re.sub(r"{(id|name)}", _thing(world, path), path) if re.search(r"{(id|name)}", path) else path
    url = url.replace("{rendition}", "480p").replace("{place}", "0")
    if "{delivery_id}" in url:
        test = world.owner.client.post(f"{url.partition('/deliveries/')[0]}/test").json()
        url = url.replace("{delivery_id}", test["id"])
    token = world.tokens[actor]
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    body: dict[str, Any] = (
        {"content": clips.PNG} if route == ("POST", "/api/v1/images") else {"json": BODIES.get(route)}
    )
    with world.http.stream(method, url, headers=headers, **body) as answer:
        return answer.status_code


def expected(route: tuple[str, str], actor: str) -> str:
    """`in`, or the status that keeps this one out."""
    need, about_one = TAKES[route], "{id}" in route[1] or "{name}" in route[1]
    granted = {"a read key": {"videos:read"}, "a write key": {"videos:write"}, "a webhook key": {"webhooks:write"}}
    if actor in ("nobody", "an expired key", "a revoked key"):
        return "401"
    if actor in granted and need not in granted[actor]:
        return "403"
    return "404" if about_one and "stranger" in actor else "in"


@pytest.mark.parametrize("route", guarded(), ids=" ".join)
def test_every_route_lets_in_whom_it_should_and_nobody_else(world: World, route: tuple[str, str]) -> None:
    got = {actor: status_of(world, route, actor) for actor in ACTORS}
    let_in = {200, 201, 202, 204, 302, 409} | (OF_NO_VIDEO if "/hls/" in route[1] or "/dash/" in route[1] else set())
    for actor, status in got.items():
        want = expected(route, actor)
        assert status in let_in if want == "in" else status == int(want), (actor, want, got)


@pytest.mark.parametrize("route", sorted(set(TAKES) - set(guarded())), ids=" ".join)
def test_a_route_for_everybody_is_there_and_asks_nobody(world: World, route: tuple[str, str]) -> None:
    assert status_of(world, (route[0], route[1].replace("{code}", "not_found")), "nobody") in {200, 204, 401, 422}


def test_the_table_has_no_route_that_there_is_not() -> None:
    assert set(BODIES) <= set(routes())
