"""API keys, over HTTP: made once, kept as a hash, good for their scopes until they end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.testclient import TestClient

from mediaproc import database
from mediaproc.domain.errors import Detail
from mediaproc.domain.roles import Scope
from mediaproc.domain.tables import ApiKey, now
from mediaproc.operations import api_keys, event_snapshots
from tests.integration.conftest import Account

Accounts = Callable[[], Account]
KEYS = "/api/v1/api-keys"


def make_key(account: Account, *scopes: str, **more: Any) -> dict[str, Any]:
    """A key of this account, as the API answers it."""
    body = {"name": "a program", "scopes": scopes or ("videos:read", "videos:write"), **more}
    done = account.client.post(KEYS, json=body)
    assert done.status_code == 201, done.text
    return done.json()


def get(api: TestClient, path: str, key: str) -> httpx.Response:
    return api.get(path, headers={"Authorization": f"Bearer {key}"})


def age(id: str, **changes: Any) -> None:
    """Change a key's row, as time does."""
    with database.transaction() as session:
        session.get_one(ApiKey, UUID(id)).sqlmodel_update(changes)


def row_of(id: str) -> ApiKey:
    with database.transaction() as session:
        return session.get_one(ApiKey, UUID(id))


def test_a_key_is_shown_once_and_kept_as_a_hash(account: Accounts) -> None:
    me = account()
    made = make_key(me, "videos:read", name="  my \n program ")
    key = made.pop("key")
    assert key.startswith("mp_") and len(key) == 46
    assert key.startswith(made["prefix"]) and len(made["prefix"]) < 10
    assert made["name"] == "my program"
    assert made["scopes"] == ["videos:read"]
    assert (made["expires_at"], made["last_used_at"]) == (None, None)
    listed = me.client.get(KEYS).json()
    assert listed == {"items": [made], "next_cursor": None}
    assert key not in str(row_of(made["id"]).model_dump())


def test_a_key_lets_a_program_in_for_the_team_that_made_it(account: Accounts, api: TestClient) -> None:
    me = account()
    made = make_key(me)
    assert get(api, "/api/v1/auth/me", made["key"]).json()["email"] == me.email
    begun = api.post(
        "/api/v1/uploads",
        json={"filename": "a.mp4", "size_bytes": 5},
        headers={"Authorization": f"Bearer {made['key']}", "Idempotency-Key": "k"},
    )
    assert begun.status_code == 201
    assert me.client.get(f"/api/v1/videos/{begun.json()['video_id']}").status_code == 200


def test_a_revoked_key_is_worth_nothing_at_once(account: Accounts, api: TestClient) -> None:
    me = account()
    made = make_key(me)
    for _ in range(2):
        assert me.client.delete(f"{KEYS}/{made['id']}").status_code == 204
    refused = get(api, "/api/v1/videos", made["key"])
    assert (refused.status_code, refused.json()["code"]) == (401, "not_signed_in")
    assert refused.json()["detail"] == Detail.API_KEY_REVOKED
    assert refused.headers["www-authenticate"].startswith("Bearer")
    assert me.client.get(KEYS).json()["items"] == []


def test_a_key_ends_at_its_time(account: Accounts, api: TestClient) -> None:
    made = make_key(account(), expires_at=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    assert get(api, "/api/v1/videos", made["key"]).status_code == 200
    age(made["id"], expires_at=now() - timedelta(seconds=1))
    refused = get(api, "/api/v1/videos", made["key"])
    assert (refused.status_code, refused.json()["detail"]) == (401, Detail.API_KEY_EXPIRED)


@pytest.mark.parametrize("key", ["mp_", "mp_" + "x" * 43, "MP_" + "x" * 43, "mp_\xe9"])
def test_what_is_no_key_of_ours_is_401(api: TestClient, key: str) -> None:
    refused = api.get("/api/v1/videos", headers={b"Authorization": f"Bearer {key}".encode("latin-1")})
    assert refused.status_code == 401


def test_a_key_is_no_cookie(account: Accounts, api: TestClient) -> None:
    api.cookies.set("mp_access", make_key(account())["key"])
    assert api.get("/api/v1/videos").status_code == 401


def test_the_last_use_is_written_at_most_once_a_minute(account: Accounts, api: TestClient) -> None:
    made = make_key(account())
    get(api, "/api/v1/videos", made["key"])
    first = row_of(made["id"]).last_used_at
    get(api, "/api/v1/videos", made["key"])
    assert first is not None and row_of(made["id"]).last_used_at == first
    age(made["id"], last_used_at=now() - timedelta(seconds=61))
    get(api, "/api/v1/videos", made["key"])
    again = row_of(made["id"]).last_used_at
    assert again is not None and again >= first


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": " \n"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes.0"),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_at"),
        ({"expires_at": "2099-01-01T00:00:00"}, "expires_at"),
    ],
)
def test_what_can_not_be_a_key_is_refused(account: Accounts, changes: dict[str, Any], field: str) -> None:
    body = {"name": "n", "scopes": ["videos:read"], **changes}
    done = account().client.post(KEYS, json=body)
    assert (done.status_code, done.json()["errors"][0]["field"]) == (422, field)


def test_a_key_needs_the_scope_and_is_told_which(account: Accounts, api: TestClient) -> None:
    me = account()
    reader = make_key(me, "videos:read")["key"]
    begun = api.post("/api/v1/uploads", json={}, headers={"Authorization": f"Bearer {reader}"})
    assert (begun.status_code, begun.json()["code"]) == (403, "insufficient_scope")
    assert begun.json()["required_scope"] == "videos:write"
    assert get(api, KEYS, reader).json()["required_scope"] == "admin"
    assert get(api, KEYS, make_key(me, "admin")["key"]).status_code == 200


def test_keys_are_paged_newest_first_and_ones_own(account: Accounts) -> None:
    me, other = account(), account()
    made = [make_key(me, name=f"key {number}")["id"] for number in range(5)]
    first = me.client.get(KEYS, params={"limit": 2}).json()
    make_key(me)
    rest = me.client.get(KEYS, params={"cursor": first["next_cursor"]}).json()
    assert [each["id"] for each in first["items"] + rest["items"]] == made[::-1]
    assert rest["next_cursor"] is None
    assert other.client.get(KEYS).json()["items"] == []
    assert other.client.delete(f"{KEYS}/{made[0]}").status_code == 404


def test_a_stream_of_an_ended_key_is_found(account: Accounts) -> None:
    me = account()
    good, revoked, expired = (make_key(me) for _ in range(3))
    age(revoked["id"], revoked_at=now())
    age(expired["id"], expires_at=now() - timedelta(seconds=1))
    ids = [UUID(each["id"]) for each in (good, revoked, expired)]
    session_id = me.principal.credential_id
    with database.transaction() as session:
        standing = event_snapshots.standing(session, video_ids=[], credential_ids=[*ids, session_id, uuid4()])
    assert standing.credentials == {ids[0], session_id}


def test_admin_holds_every_scope_and_writing_does_not_hold_reading(account: Accounts) -> None:
    me = account()
    with database.transaction() as session:
        admin = api_keys.principal_of(session, key=make_key(me, "admin")["key"])
        writer = api_keys.principal_of(session, key=make_key(me, "videos:write")["key"])
    for scope in Scope:
        admin.require(scope)
    assert writer.scopes == {Scope.VIDEOS_WRITE}
