"""The pure parts of the API: cookies, cursors, tokens, file names, origins, headers."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from fastapi import Response
from pydantic import SecretStr

from mediaproc.api import cookies, dependencies, problems
from mediaproc.api.forms import local_path
from mediaproc.api.middleware import security_headers
from mediaproc.domain.errors import Detail, Invalid, NotFound, NotSignedIn, OriginRejected
from mediaproc.domain.roles import SCOPES_OF_ROLE, Role
from mediaproc.operations import cursors, filenames, idempotency, passwords, tokens, uploads
from mediaproc.operations.accounts import SignIn
from mediaproc.operations.idempotency import IdempotentRequest
from mediaproc.operations.tenancy import Principal
from mediaproc.settings import Settings
from mediaproc.storage import presign

MIB = 1024**2
LONG = "".join(random.Random(1).choices("abcdefghij 0123456789", k=2000))


def made(**changes: Any) -> Settings:
    given: dict[str, Any] = {
        "database_url": "postgresql://x/y",
        "redis_url": "redis://x",
        "jwt_secret": SecretStr("s" * 32),
        "public_url": "http://localhost:8000",
        "s3_endpoint_url": "http://127.0.0.1:8333",
        "aws_access_key_id": "key",
        "aws_secret_access_key": SecretStr("secret"),
    }
    return Settings(**given | changes)


@pytest.fixture(autouse=True)
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Settings of this test alone; call it to change them."""

    def use(**changes: Any) -> None:
        chosen = made(**changes)
        for module in (dependencies, cookies, security_headers, problems, tokens, uploads, presign):
            monkeypatch.setattr(module, "settings", lambda: chosen)

    use()
    yield use


# Cookies ----------------------------------------------------------------------------------------------------


def _cookies() -> list[str]:
    response = Response()
    user: Any = SimpleNamespace(id=uuid4())
    cookies.give(response, SignIn(user=user, access_token="a", refresh_token="r", expires_in=900))
    return response.headers.getlist("set-cookie")


def test_cookies_are_secure_behind_https_only(configured: Any) -> None:
    assert not any("Secure" in cookie for cookie in _cookies())
    configured(public_url="https://video.example")
    assert all("Secure" in cookie and "HttpOnly" in cookie and "SameSite=lax" in cookie for cookie in _cookies())


def test_taken_cookies_expire_at_once() -> None:
    response = Response()
    cookies.take(response)
    assert all("Max-Age=0" in cookie for cookie in response.headers.getlist("set-cookie"))


# Cursors ----------------------------------------------------------------------------------------------------


def test_a_cursor_leads_back_to_its_row_and_shows_nothing_of_it() -> None:
    id = uuid4()
    cursor = cursors.after(id)
    assert cursors.read(cursor) == id
    assert str(id) not in cursor
    assert cursor.isascii() and "=" not in cursor and "/" not in cursor


@pytest.mark.parametrize("cursor", ["", "x", "é", "AAAA", "A" * 23, "A" * 200, str(UUID(int=1))])
def test_what_is_no_cursor_is_invalid(cursor: str) -> None:
    with pytest.raises(Invalid):
        cursors.read(cursor)


# Tokens -----------------------------------------------------------------------------------------------------


def test_an_access_token_says_who_and_by_which_session() -> None:
    user_id, session_id = uuid4(), uuid4()
    claims = tokens.read_access(tokens.access(user_id=user_id, session_id=session_id))
    assert (claims.user_id, claims.session_id) == (user_id, session_id)


def _forged(**changes: Any) -> str:
    claims = {"iss": "mediaproc", "aud": "access-token", "sub": str(uuid4()), "sid": str(uuid4()),
              "exp": int(time.time()) + 60}  # fmt: skip
    options = {"key": made().derived_secret("access-token"), "algorithm": "HS256", "typ": "at+jwt"}
    options |= {name: changes.pop(name) for name in tuple(changes) if name in options}
    payload = {name: value for name, value in {**claims, **changes}.items() if value is not None}
    return jwt.encode(payload, options["key"], algorithm=options["algorithm"], headers={"typ": options["typ"]})


def test_the_forger_of_these_tests_can_make_a_good_token() -> None:
    tokens.read_access(_forged())


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": int(time.time()) - 1},
        {"exp": None},
        {"aud": "playback"},
        {"iss": "another"},
        {"sid": None},
        {"sub": "me"},
        {"typ": "JWT"},
        {"key": "k" * 64},
        {"key": "", "algorithm": "none"},
        {"algorithm": "HS512"},
    ],
)
def test_no_other_token_is_an_access_token(changes: dict[str, Any]) -> None:
    with pytest.raises(NotSignedIn):
        tokens.read_access(_forged(**changes))


def test_a_playback_token_opens_one_video_and_nothing_else() -> None:
    video_id = uuid4()
    token = tokens.playback(video_id, expires_at=int(time.time()) + 60)
    tokens.check_playback(token, video_id)
    assert token == tokens.playback(video_id, expires_at=int(time.time()) + 60)
    with pytest.raises(NotFound):
        tokens.check_playback(token, uuid4())
    with pytest.raises(NotSignedIn):
        tokens.read_access(token)
    with pytest.raises(NotFound):
        tokens.check_playback(tokens.access(user_id=video_id, session_id=video_id), video_id)
    with pytest.raises(NotFound):
        tokens.check_playback(tokens.playback(video_id, expires_at=int(time.time()) - 1), video_id)


# Passwords --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("password", "good"),
    [("nine char", False), ("ten chars.", True), ("a" * 40, False), (LONG[:1024], True), (LONG[:1025], False)],
)
def test_length_makes_a_password(password: str, good: bool) -> None:
    assert (passwords.check_strength(password) == []) is good


@pytest.mark.parametrize(
    "password", ["password123", "qwertyuiop", "ada.lovelace@example.com", "lovelace12", "p@ssw0rd2024"]
)
def test_common_passwords_and_ones_own_address_are_refused(password: str) -> None:
    (problem,) = passwords.check_strength(password, email="ada.lovelace@example.com")
    assert problem == {"field": "password", "message": Detail.PASSWORD_COMMON}


def test_while_the_secret_is_rotated_tokens_of_both_are_good(configured: Any) -> None:
    user, session = uuid4(), uuid4()
    old = tokens.access(user_id=user, session_id=session)
    new_secret, previous = SecretStr("n" * 32), SecretStr("s" * 32)
    configured(jwt_secret=new_secret, jwt_secret_previous=previous)
    new = tokens.access(user_id=user, session_id=session)
    assert {tokens.read_access(each).session_id for each in (old, new)} == {session}
    assert jwt.get_unverified_header(old)["kid"] != jwt.get_unverified_header(new)["kid"]
    configured(jwt_secret=new_secret)
    assert tokens.read_access(new).user_id == user
    with pytest.raises(NotSignedIn):
        tokens.read_access(old)


def test_devices_are_refused_and_other_windows_kept_apart() -> None:
    headers = security_headers.security_headers("/")
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert "Strict-Transport-Security" not in headers


def test_behind_https_browsers_stay_with_https(configured: Any) -> None:
    configured(public_url="https://video.example")
    assert security_headers.security_headers("/")["Strict-Transport-Security"] == "max-age=31536000"


def test_half_a_surrogate_pair_is_a_password_like_any_other() -> None:
    assert passwords.matches("\ud800 and more", passwords.hash_of("\ud800 and more"))


# File names -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("holiday.mov", "holiday.mov"),
        ("C:\\Users\\me\\clip.mp4", "clip.mp4"),
        ("../../etc/passwd", "passwd"),
        ("a\x00b\nc\td.mp4", "abcd.mp4"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("Cafe\u0301.mp4", "Café.mp4"),
        ("👨\u200d👩\u200d👧.mp4", "👨\u200d👩\u200d👧.mp4"),
        ("", "video"),
        ("///", "video"),
        ("..", "video"),
        (".hidden", "hidden"),
        ("x" * 300 + ".mp4", "x" * 251 + ".mp4"),
    ],
)
def test_a_file_name_is_made_harmless(given: str, kept: str) -> None:
    assert filenames.clean(given) == kept


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a b.mp4", "attachment; filename=\"a b.mp4\"; filename*=UTF-8''a%20b.mp4"),
        ('q"\\.mp4', "attachment; filename=\"q__.mp4\"; filename*=UTF-8''q%22%5C.mp4"),
        ("é.mp4", "attachment; filename=\"e.mp4\"; filename*=UTF-8''%C3%A9.mp4"),
        ("日本", "attachment; filename=\"RiBen\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC"),
        ("x\r\nSet-Cookie: a", "attachment; filename=\"x__Set-Cookie_ a\"; filename*=UTF-8''x%0D%0ASet-Cookie%3A%20a"),
    ],
)
def test_a_download_header_is_rfc_6266(name: str, header: str) -> None:
    assert filenames.attachment(name) == header


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("日本語の動画", "RiBenYunoDongHua-180p.mp4"),
        ("مرحبا بالعالم", "mrhb bl_lm-180p.mp4"),
        ("Привет, мир", "Privet, mir-180p.mp4"),
        ("한국어", "HanGugEo-180p.mp4"),
        ("नमस्ते", "nmste-180p.mp4"),
        ("😀", "_grinning_-180p.mp4"),
        ("\u200d", "video-180p.mp4"),
        ("-rf", "video-rf-180p.mp4"),
        ("…", "video...-180p.mp4"),
        ("a<b>:c|d?", "a_b__c_d_-180p.mp4"),
    ],
)
def test_old_clients_save_under_a_transliterated_name(title: str, plain: str) -> None:
    header = filenames.attachment(filenames.of_rendition(title, "180p", "180p.mp4"))
    assert header.startswith(f'attachment; filename="{plain}"; ')


def test_a_plain_name_is_no_longer_than_file_systems_take() -> None:
    plain = filenames.attachment("日" * 251 + ".mp4").split('"')[1]
    assert (len(plain), plain[-4:]) == (255, ".mp4")


# Origins and paths ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("origin", "good"),
    [
        ("http://localhost:8000", True),
        ("https://second.example", True),
        (None, False),
        ("null", False),
        ("http://localhost", False),
        ("https://localhost:8000", False),
        ("http://localhost:8000.evil.example", False),
    ],
)
def test_an_origin_is_ours_exactly_or_not_at_all(configured: Any, origin: str | None, good: bool) -> None:
    configured(extra_origins="https://second.example/")
    request: Any = SimpleNamespace(headers={"Origin": origin} if origin else {})
    if good:
        dependencies.require_our_origin(request)
    else:
        with pytest.raises(OriginRejected):
            dependencies.require_our_origin(request)


@pytest.mark.parametrize(
    ("next", "path"),
    [
        ("/videos/1?a=b#c", "/videos/1?a=b#c"),
        ("", "/"),
        ("videos", "/"),
        ("//evil.example", "/"),
        ("///evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\nb", "/"),
        ("/sign-in?next=/sign-in", "/"),
        ("/register/", "/"),
        (" /a", "/"),
    ],
)
def test_next_is_a_path_here_or_the_library(next: str, path: str) -> None:
    assert local_path(next) == path


@pytest.mark.parametrize(
    ("path", "no_store"),
    [
        ("/api/v1/videos", True),
        ("/auth/sign-in", True),
        ("/videos/1/events", True),
        ("/videos/1/hls/master.m3u8", True),
        ("/readyz", True),
        ("/", False),
        ("/videos/1", False),
        ("/assets/app.js", False),
        ("/apiary", False),
    ],
)
def test_only_answers_of_the_api_stay_out_of_caches(path: str, no_store: bool) -> None:
    headers = security_headers.security_headers(path)
    assert ("Cache-Control" in headers) is no_store
    assert headers["X-Content-Type-Options"] == "nosniff"


# Uploads and addresses --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size_bytes", "part_bytes"),
    [
        (1, 8 * MIB), (512 * MIB, 8 * MIB), (512 * MIB + 1, 9 * MIB), (1024 * MIB, 16 * MIB),
        (160_000 * MIB, 16 * MIB), (160_000 * MIB + 1, 17 * MIB), (5 * 1024**4, 525 * MIB),
    ],
)  # fmt: skip
def test_parts_are_8_to_16_mib_or_as_large_as_10_000_parts_need(size_bytes: int, part_bytes: int) -> None:
    assert uploads.part_size_for(size_bytes) == part_bytes
    assert -(-size_bytes // part_bytes) <= 10_000


def test_a_stable_address_is_the_same_for_an_hour(configured: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from mediaproc.storage import client

    monkeypatch.setattr(client, "settings", made)
    client.signing_client.cache_clear()
    presign._bucket_address.cache_clear()
    presign._stable_get.cache_clear()
    hour = 1_790_000_000 // 3600 * 3600
    monkeypatch.setattr(presign.time, "time", lambda: clock[0])
    clock = [hour]
    first = presign.stable_get("videos/1/poster.jpg", seconds=600)
    clock = [hour + 3599.9]
    assert presign.stable_get("videos/1/poster.jpg", seconds=600) == first
    assert "X-Amz-Expires=4200" in first
    assert first.startswith("http://127.0.0.1:8333/mediaproc/videos/1/poster.jpg?X-Amz-")
    clock = [hour + 3600]
    assert presign.stable_get("videos/1/poster.jpg", seconds=600) != first
    client.signing_client.cache_clear()
    presign._bucket_address.cache_clear()
    presign._stable_get.cache_clear()


def test_keys_of_different_callers_and_routes_are_different_locks() -> None:
    def lock(**changes: Any) -> int:
        principal = Principal(
            user_id=UUID(int=1),
            team_id=changes.pop("team", UUID(int=2)),
            email="",
            credential_id=UUID(int=3),
            scopes=SCOPES_OF_ROLE[Role.OWNER],
        )
        request = IdempotentRequest(principal, **{"route": "POST /x", "key": "k", "body_hash": "h"} | changes)
        return idempotency._lock_number(request)

    assert lock() == lock(body_hash="other")
    assert len({lock(), lock(team=UUID(int=9)), lock(route="POST /y"), lock(key="l")}) == 4
    assert -(2**63) <= lock() < 2**63


# Problems ---------------------------------------------------------------------------------------------------


def test_every_kind_of_error_has_a_code_and_words_of_its_own() -> None:
    kinds = list(problems.kinds())
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert all(
        kind.title and kind.title != "Something went wrong" for kind in kinds if kind.__name__ != "ProcessingError"
    )
    assert all(400 <= kind.status < 600 for kind in kinds)
