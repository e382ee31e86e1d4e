"""What holds for every answer: problems, ids, headers, origins, and logs that keep secrets."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable
from typing import Any

import pytest
import redis
from fastapi import FastAPI
from fastapi.testclient import TestClient

from mediaproc import database
from mediaproc.api import health
from mediaproc.domain.webhooks import WebhookEvent
from mediaproc.operations import videos
from tests.integration.conftest import ORIGIN, PASSWORD, Account

Accounts = Callable[[], Account]


def check_problem(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The answer is a problem of this code."""
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    problem = answer.json()
    assert {"type", "title", "status", "detail", "code"} <= set(problem)
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"{ORIGIN}/api/problems/{code}"
    return problem


# Problems ---------------------------------------------------------------------------------------------------


def test_where_there_is_nothing_is_a_problem_too(api: TestClient) -> None:
    for path in ("/api/v1/nothing", "/api/", "/api/v2/videos"):
        check_problem(api.get(path), 404, "not_found")
    refused = api.put("/api/v1/auth/login", json={})
    check_problem(refused, 405, "method_not_allowed")
    assert refused.headers["allow"] == "POST"


def test_an_address_outside_the_api_is_left_to_the_page(api_app: FastAPI) -> None:
    from starlette.applications import Starlette
    from starlette.responses import PlainTextResponse
    from starlette.routing import Route

    from mediaproc.api.app import create_api

    whole = create_api()
    page = Starlette(routes=[Route("/{path:path}", lambda request: PlainTextResponse("the page"))])
    whole.mount("", page)
    client = TestClient(whole, base_url=ORIGIN)
    for path in ("/", "/sign-in", "/videos/1", "/auth", "/assets/x.js"):
        assert client.get(path).text == "the page", path
    check_problem(client.get("/api/v1/nothing"), 404, "not_found")
    assert client.get("/livez").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"content": b"{nonsense"}, ""),
        ({"json": {"email": "a@b.example"}}, "password"),
        ({"json": {"email": 1, "password": "x"}}, "email"),
        ({"json": []}, ""),
    ],
)
def test_a_request_that_does_not_validate_names_the_fields(api: TestClient, body: dict[str, Any], field: str) -> None:
    headers = {"Content-Type": "application/json"}
    problem = check_problem(api.post("/api/v1/auth/login", headers=headers, **body), 422, "invalid")
    assert set(problem["errors"][0]) == {"field", "message"}
    if field:
        assert problem["errors"][0]["field"] == field


def test_an_id_that_is_none_is_invalid(account: Accounts) -> None:
    problem = check_problem(account().client.get("/api/v1/videos/1"), 422, "invalid")
    assert problem["errors"][0]["field"] == "id"


def test_a_surprise_says_nothing_and_is_logged_with_its_request(
    account: Accounts, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    mine = account()

    def surprise(*_: Any, **__: Any) -> None:
        raise RuntimeError("the secret inside")

    with monkeypatch.context() as broken:
        broken.setattr(videos, "page", surprise)
        answer = mine.client.get("/api/v1/videos", headers={"X-Request-ID": "req-7"})
    check_problem(answer, 500, "internal_error")
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] == "req-7"
    [record] = [each for each in caplog.records if "unexpected_error" in str(each.msg)]
    assert record.msg["request_id"] == "req-7"  # type: ignore[index]
    assert "the secret inside" in record.msg["exception"]  # type: ignore[index]


def test_a_database_that_does_not_answer_is_503(account: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy import create_engine

    mine = account()
    with monkeypatch.context() as broken:
        away = create_engine("postgresql+psycopg://nobody@127.0.0.1:1/none")
        broken.setattr(database, "engine", lambda: away)
        answer = mine.client.get("/api/v1/videos")
    check_problem(answer, 503, "service_unavailable")
    assert answer.headers["retry-after"]


def test_the_type_of_a_problem_explains_it(api: TestClient) -> None:
    found = api.get("/api/problems/upload_incomplete").json()
    assert (found["code"], found["status"]) == ("upload_incomplete", 409)
    check_problem(api.get("/api/problems/no_such_code"), 404, "not_found")


# Headers ----------------------------------------------------------------------------------------------------


def test_every_answer_has_an_id_and_protects_the_browser(api: TestClient) -> None:
    for path in ("/livez", "/api/v1/auth/me", "/api/v1/nothing", "/api/openapi.json"):
        headers = api.get(path).headers
        assert headers["x-request-id"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'")


def test_a_harmful_request_id_is_not_taken_over(api: TestClient) -> None:
    assert api.get("/livez", headers={"X-Request-ID": "a.B-9_"}).headers["x-request-id"] == "a.B-9_"
    for harmful in ("x" * 65, 'a"b', "a b", ""):
        given = api.get("/livez", headers={"X-Request-ID": harmful}).headers["x-request-id"]
        assert given != harmful
        assert len(given) == 32


def test_only_our_own_origins_may_read_with_cookies(api: TestClient) -> None:
    ours = api.get("/api/v1/auth/me", headers={"Origin": ORIGIN}).headers
    assert (ours["access-control-allow-origin"], ours["access-control-allow-credentials"]) == (ORIGIN, "true")
    for other in ("http://evil.example", "null", f"{ORIGIN}.evil.example"):
        theirs = api.get("/api/v1/auth/me", headers={"Origin": other}).headers
        assert "access-control-allow-origin" not in theirs
        asked = {"Origin": other, "Access-Control-Request-Method": "POST"}
        assert api.options("/api/v1/auth/login", headers=asked).status_code == 400


# Health -----------------------------------------------------------------------------------------------------


def test_a_healthy_process_is_ready(api: TestClient) -> None:
    assert api.get("/livez").json() == {"status": "ok"}
    assert api.get("/readyz").json() == {"status": "ok"}


def test_readiness_says_which_service_does_not_answer(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()

    def hang() -> None:
        answered.wait()

    def refuse() -> None:
        redis.Redis(port=1).ping()

    with monkeypatch.context() as broken:
        broken.setattr(health, "TIMEOUT_SECONDS", 1)
        broken.setattr(health, "CHECKS", {"postgres": lambda: None, "s3": hang, "redis": refuse})
        try:
            problem = check_problem(api.get("/readyz"), 503, "service_unavailable")
        finally:
            answered.set()
    assert problem["failing"] == ["redis", "s3"]
    assert "redis" in problem["detail"]
    assert api.get("/livez").status_code == 200


# Logs -------------------------------------------------------------------------------------------------------


def test_no_secret_and_no_signed_address_reaches_the_log(
    account: Accounts, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG, logger="mediaproc"):
        mine = account()
        client = mine.client
        upload = client.post("/api/v1/uploads", json={"filename": "a.mp4", "size_bytes": 5}).json()
        signed = client.post(f"/api/v1/uploads/{upload['id']}/parts", json={"part_numbers": [1]}).json()
        client.get(f"/api/v1/videos/{upload['video_id']}/hls/master.m3u8?token={mine.access_token}")
        client.post("/api/v1/auth/login", json={"email": mine.email, "password": "the wrong password"})
        client.post("/api/v1/auth/refresh", json={"refresh_token": "a-refresh-token-to-hide"})
    written = caplog.text + "".join(capfd.readouterr())
    assert "/api/v1/auth/login" in written
    secrets = [upload["parts"][0]["url"], signed["parts"][0]["url"], mine.access_token, PASSWORD]
    for secret in [*secrets, "the wrong password", "a-refresh-token-to-hide", "X-Amz-Signature", "token="]:
        assert secret not in written


def test_a_body_that_is_too_large_is_refused(api: TestClient) -> None:
    large = {"email": "a@b.example", "password": "x" * 2**21}
    check_problem(api.post("/api/v1/auth/login", json=large), 413, "content_too_large")
    form = {"email": "a", "password": "x" * 20_000}
    check_problem(api.post("/auth/sign-in", data=form, headers={"Origin": ORIGIN}), 413, "content_too_large")


# OpenAPI ----------------------------------------------------------------------------------------------------


def test_the_readable_page_needs_nobody_elses_server(api: TestClient) -> None:
    page = api.get("/api/docs")
    assert page.status_code == 200
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(addresses) >= 2
    for address in addresses:
        assert address.startswith("/api/docs/static/")
        assert api.get(address).status_code == 200


def test_the_document_says_what_programs_need(api: TestClient) -> None:
    document = api.get("/api/openapi.json").json()
    schemes = document["components"]["securitySchemes"]
    assert (schemes["bearer"]["scheme"], schemes["cookie"]["name"]) == ("bearer", "mp_access")
    assert not {"HTTPValidationError", "ValidationError"} & set(document["components"]["schemas"])
    ids: set[str] = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            assert operation["description"], (method, path)
            assert operation["operationId"] not in ids
            ids.add(operation["operationId"])
            for status, response in operation["responses"].items():
                if status >= "400":
                    assert list(response["content"]) == ["application/problem+json"], (method, path, status)
    assert "/auth/sign-in" not in document["paths"]


def test_the_document_is_made_for_generators(api: TestClient) -> None:
    """tests/clients lets linters and generators read it."""
    document = api.get("/api/openapi.json").json()
    operations = {each["operationId"]: each for path in document["paths"].values() for each in path.values()}
    assert [id for id in operations if not re.fullmatch(r"[a-z]+(_[a-z]+){0,3}", id) or "api_v" in id] == []
    assert (document["info"]["license"]["identifier"], document["servers"][0]["url"]) == ("MIT", "/")
    open_routes = {id for id, each in operations.items() if each["security"] == []}
    assert open_routes == {
        "register", "login", "refresh_session", "get_liveness", "get_readiness", "explain_problem"
    }  # fmt: skip
    assert {"playback": []} in operations["get_media_playlist"]["security"]
    assert set(document["webhooks"]) == {each.value for each in WebhookEvent}
    png = operations["upload_image"]["requestBody"]["content"]["image/png"]["schema"]
    assert png["format"] == "binary"
    assert list(operations["get_dash_manifest"]["responses"]["200"]["content"]) == ["application/dash+xml"]
