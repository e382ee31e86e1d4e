"""The life of an account, over HTTP."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from mediaproc import database
from mediaproc.domain.tables import Membership, RefreshToken, Team, User
from mediaproc.operations import passwords
from mediaproc.operations.rate_limits import sign_ins
from mediaproc.settings import settings
from tests.integration.conftest import ORIGIN, PASSWORD, Account

Accounts = Callable[[], Account]
OURS = {"Origin": ORIGIN}


def _email() -> str:
    return f"{secrets.token_hex(6)}@example.com"


def _register(api: TestClient, email: str) -> Any:
    return api.post("/api/v1/auth/register", json={"email": email, "password": PASSWORD})


@pytest.fixture
def real_cost(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hash passwords as slowly as outside of tests."""
    monkeypatch.setattr(passwords, "COST", 12)
    passwords._nobody.cache_clear()
    yield
    passwords._nobody.cache_clear()


@pytest.mark.usefixtures("real_cost")
def test_registering_signs_in_and_makes_a_personal_team(api: TestClient) -> None:
    email = _email()
    done = _register(api, f"  {email.upper()} ")
    assert done.status_code == 201
    body = done.json()
    assert set(body) == {"user", "access_token", "token_type", "expires_in"}
    assert set(body["user"]) == {"id", "email", "created_at"}
    assert body["user"]["email"] == email
    assert body["token_type"] == "bearer"
    assert body["expires_in"] == 900
    assert api.get("/api/v1/auth/me").json() == body["user"]
    with database.transaction() as session:
        query = select(Team, User).select_from(User).join(Membership).join(Team).where(User.email == email)
        team, user = session.exec(query).one()
    assert team.personal
    assert user.password_hash.startswith("$2b$12$")


def test_cookies_are_http_only_and_lax(api: TestClient) -> None:
    cookies = _register(api, _email()).headers.get_list("set-cookie")
    assert len(cookies) == 2
    for cookie in cookies:
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Secure" not in cookie
    assert "Max-Age=900" in cookies[0]
    assert "Max-Age=2592000" in cookies[1]


def test_an_email_is_taken_once_whatever_its_case(api: TestClient) -> None:
    email = _email()
    _register(api, email)
    again = _register(api, email.upper())
    assert again.status_code == 409
    assert again.headers["content-type"] == "application/problem+json"
    assert again.json()["code"] == "email_taken"


def test_two_registrations_at_once_make_one_account(api: TestClient) -> None:
    email = _email()
    with ThreadPoolExecutor(4) as pool:
        statuses = sorted(done.status_code for done in pool.map(lambda _: _register(api, email), range(4)))
    assert statuses == [201, 409, 409, 409]


@pytest.mark.parametrize(
    ("email", "password", "fields"),
    [
        ("nobody", PASSWORD, ["email"]),
        ("a@b.example", "short", ["password"]),
        ("a@b.example", "aaaaaaaaaaaa", ["password"]),
        ("nobody", "short", ["email", "password"]),
    ],
)
def test_what_is_wrong_with_a_registration_is_said_of_each_field(
    api: TestClient, email: str, password: str, fields: list[str]
) -> None:
    done = api.post("/api/v1/auth/register", json={"email": email, "password": password})
    assert done.status_code == 422
    assert done.json()["code"] == "invalid"
    assert [each["field"] for each in done.json()["errors"]] == fields


def test_a_password_counts_beyond_the_72_bytes_of_bcrypt(api: TestClient) -> None:
    email, long = _email(), "correct horse battery staple, then rather more than 72 letters of it, counted "
    assert api.post("/api/v1/auth/register", json={"email": email, "password": long + "a"}).status_code == 201
    assert api.post("/api/v1/auth/login", json={"email": email, "password": long + "b"}).status_code == 401
    assert api.post("/api/v1/auth/login", json={"email": email, "password": long + "a"}).status_code == 200


@pytest.mark.usefixtures("real_cost")
def test_an_unknown_email_gets_the_words_and_the_work_of_a_wrong_password(
    api: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time of an answer is that of its bcrypt checks: as many for one email as for the other, of the same cost."""
    email = _email()
    _register(api, email)
    _failed_login(api, _email())  # makes the hash that unknown emails share
    costs: list[bytes] = []
    checkpw, hashpw = passwords.bcrypt.checkpw, passwords.bcrypt.hashpw

    def work(salt: bytes) -> None:
        costs.append(salt[:7])

    monkeypatch.setattr(passwords.bcrypt, "checkpw", lambda word, hashed: (work(hashed), checkpw(word, hashed))[1])
    monkeypatch.setattr(passwords.bcrypt, "hashpw", lambda word, salt: (work(salt), hashpw(word, salt))[1])
    known = _failed_login(api, email)
    assert costs == [b"$2b$12$"]
    unknown = _failed_login(api, _email())
    assert costs == [b"$2b$12$"] * 2
    assert known == unknown
    assert known["code"] == "wrong_credentials"


@pytest.mark.parametrize("email", ["", "nobody", "nul\0@example.com", "a@b@c", "x" * 320])
def test_what_is_no_email_is_wrong_like_any_other(api: TestClient, email: str) -> None:
    done = api.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD})
    assert (done.status_code, done.json()["code"]) == (401, "wrong_credentials")


def _failed_login(api: TestClient, email: str) -> dict[str, Any]:
    done = api.post("/api/v1/auth/login", json={"email": email, "password": "not the password"})
    assert done.status_code == 401
    assert done.headers["www-authenticate"].startswith("Bearer")
    return done.json()


def test_repeated_failures_must_wait_and_a_success_forgives(api: TestClient) -> None:
    email = _email()
    _register(api, email)
    wrong = {"email": email, "password": "not the password"}
    for _ in range(5):
        assert api.post("/api/v1/auth/login", json=wrong).status_code == 401
    assert api.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD}).status_code == 200
    statuses = [api.post("/api/v1/auth/login", json=wrong).status_code for _ in range(11)]
    assert statuses == [401] * 10 + [429]
    stopped = api.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD})
    assert stopped.json()["code"] == "too_many_requests"
    assert 0 < int(stopped.headers["retry-after"]) <= 900


def test_signing_in_goes_on_when_redis_is_away(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    email = _email()
    _register(api, email)
    away = settings().model_copy(update={"events_redis_url": "redis://127.0.0.1:1/1"})
    with monkeypatch.context() as broken:
        broken.setattr(sign_ins, "settings", lambda: away)
        sign_ins._limiter.cache_clear()
        done = api.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD})
        assert done.status_code == 200
    sign_ins._limiter.cache_clear()


def test_refreshing_rotates_the_cookies(api: TestClient) -> None:
    _register(api, _email())
    before = dict(api.cookies)
    done = api.post("/api/v1/auth/refresh", headers=OURS)
    assert done.status_code == 200
    assert "refresh_token" not in done.json()
    assert api.cookies["mp_refresh"] != before["mp_refresh"]
    assert api.get("/api/v1/auth/me").status_code == 200


def test_a_refresh_token_used_twice_ends_the_whole_session(api: TestClient) -> None:
    _register(api, _email())
    stolen = api.cookies["mp_refresh"]
    api.post("/api/v1/auth/refresh", headers=OURS)
    newest = dict(api.cookies)
    api.cookies.clear()
    again = api.post("/api/v1/auth/refresh", json={"refresh_token": stolen})
    assert (again.status_code, again.json()["code"]) == (401, "refresh_rejected")
    assert api.post("/api/v1/auth/refresh", json={"refresh_token": newest["mp_refresh"]}).status_code == 401
    assert api.get("/api/v1/auth/me", headers=_bearer(newest["mp_access"])).status_code == 401


def test_of_two_refreshes_at_once_one_gets_through(api: TestClient) -> None:
    _register(api, _email())
    token = {"refresh_token": api.cookies["mp_refresh"]}
    api.cookies.clear()
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: api.post("/api/v1/auth/refresh", json=token), range(4)))
    assert sorted(each.status_code for each in done) == [200, 401, 401, 401]


def test_refresh_tokens_are_kept_only_as_hashes(api: TestClient) -> None:
    _register(api, _email())
    with database.transaction() as session:
        assert not session.exec(select(RefreshToken).where(RefreshToken.token_hash == api.cookies["mp_refresh"])).all()


def test_signing_out_ends_access_at_once(api: TestClient) -> None:
    _register(api, _email())
    kept = dict(api.cookies)
    assert api.post("/api/v1/auth/logout", headers=OURS).status_code == 204
    assert not api.cookies
    assert api.get("/api/v1/auth/me", headers=_bearer(kept["mp_access"])).status_code == 401
    assert api.post("/api/v1/auth/refresh", json={"refresh_token": kept["mp_refresh"]}).status_code == 401
    assert api.post("/api/v1/auth/logout").status_code == 204


def test_signing_out_with_an_expired_access_token_still_ends_the_session(api: TestClient) -> None:
    _register(api, _email())
    kept = dict(api.cookies)
    del api.cookies["mp_access"]
    assert api.post("/api/v1/auth/logout", headers=OURS).status_code == 204
    assert api.get("/api/v1/auth/me", headers=_bearer(kept["mp_access"])).status_code == 401


@pytest.mark.parametrize("origin", [{}, {"Origin": "http://evil.example"}, {"Origin": "null"}])
def test_a_cookie_from_another_site_changes_nothing(api: TestClient, origin: dict[str, str]) -> None:
    _register(api, _email())
    for path in ("/api/v1/auth/refresh", "/api/v1/auth/logout", "/auth/sign-out"):
        done = api.post(path, headers=origin)
        assert (done.status_code, done.json()["code"]) == (403, "origin_rejected"), path
    assert api.get("/api/v1/auth/me").status_code == 200


def test_another_site_can_not_sign_a_browser_in(api: TestClient) -> None:
    email = _email()
    _register(api, email)
    credentials = {"email": email, "password": PASSWORD}
    other = {"Origin": "http://evil.example"}
    assert api.post("/api/v1/auth/login", json=credentials, headers=other).status_code == 403
    assert api.post("/auth/sign-in", data=credentials, headers=other).status_code == 403
    assert api.post("/auth/sign-in", data=credentials).status_code == 403


def test_a_bearer_needs_no_origin(account: Accounts) -> None:
    assert account().client.post("/api/v1/auth/logout").status_code == 204


@pytest.mark.parametrize("token", ["", "x", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0."])
def test_a_wrong_token_is_told_how_to_sign_in(api: TestClient, token: str) -> None:
    done = api.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"} if token else {})
    assert done.status_code == 401
    assert done.json()["code"] == "not_signed_in"
    assert done.headers["www-authenticate"].startswith("Bearer")


# The page's forms -------------------------------------------------------------------------------------------


def test_the_forms_register_sign_out_and_sign_in(api: TestClient) -> None:
    form = {"email": _email(), "password": PASSWORD}
    done = api.post("/auth/register", data=form, headers=OURS)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert api.get("/api/v1/auth/me").json()["email"] == form["email"]
    out = api.post("/auth/sign-out", headers=OURS)
    assert (out.status_code, out.headers["location"]) == (303, "/sign-in")
    assert not api.cookies
    back = api.post("/auth/sign-in", data={**form, "next": "/videos/1?x=2"}, headers=OURS)
    assert (back.status_code, back.headers["location"]) == (303, "/videos/1?x=2")
    assert api.get("/api/v1/auth/me").status_code == 200


def test_a_failed_form_goes_back_and_says_why(api: TestClient) -> None:
    wrong = api.post("/auth/sign-in", data={"email": "a+b@example.com", "password": "x"}, headers=OURS)
    assert wrong.status_code == 303
    assert wrong.headers["location"] == "/sign-in?error=wrong_credentials&email=a%2Bb%40example.com"
    weak = api.post("/auth/register", data={"email": "a@example.com", "password": "x"}, headers=OURS)
    assert weak.headers["location"] == "/register?error=invalid&field=password&email=a%40example.com"


@pytest.mark.parametrize("next", ["//evil.example", "https://evil.example", "/\\evil.example", "/\tx", "javascript:x"])
def test_next_never_leads_to_another_site(api: TestClient, next: str) -> None:
    form = {"email": _email(), "password": PASSWORD, "next": next}
    assert api.post("/auth/register", data=form, headers=OURS).headers["location"] == "/"


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
