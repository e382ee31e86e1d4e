"""No secret reaches the log, whoever wrote the line."""

from __future__ import annotations

import json
import logging
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
import structlog

from mediaproc import logs

SECRET = "s3cr3t-Value_0123456789abcdef"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"
PRESIGNED = (
    "http://127.0.0.1:9000/mediaproc/a/b.mp4?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAEXAMPLE%2F2026"
    f"&X-Amz-Date=20260101T000000Z&X-Amz-Expires=900&X-Amz-Signature={SECRET}"
)

LEAKS = [
    PRESIGNED,
    PRESIGNED.replace("&", "&amp;"),
    PRESIGNED.replace("&", "\\u0026"),
    f"http://s3/b/k?AWSAccessKeyId=AKIA&Expires=1&Signature={SECRET}",
    f"/videos/1/hls/index.m3u8?token={SECRET}",
    f"Authorization: Bearer {SECRET}",
    f"authorization: bearer {SECRET}",
    f"{{'Authorization': 'Bearer {SECRET}'}}",
    f"{{'Authorization': 'Basic {SECRET}'}}",
    f"redis://:{SECRET}@127.0.0.1:6379/1",
    f"rediss://user:{SECRET}@host/0",
    f"postgresql+psycopg://app:{SECRET}@db:5432/mediaproc",
    f"postgresql://app:{SECRET}/with/slash@db/mediaproc",
    f"postgresql://app:{SECRET}p@ss@db/mediaproc",
    f"https://{SECRET}@example.com/private",
    f"host=db user=app password={SECRET} dbname=x",
    f"host=db password='{SECRET} with blanks' user=app",
    f'{{"password": "{SECRET}", "email": "a@b.c"}}',
    f"{{'password': '{SECRET}'}}",
    f"{{'refresh_token': '{SECRET}'}}",
    f"Cookie: mp_access={SECRET}; mp_refresh={SECRET}",
    f"Set-Cookie: mp_refresh={SECRET}; HttpOnly",
    f"JWT_SECRET={SECRET}",
    f"AWS_SECRET_ACCESS_KEY={SECRET} ffmpeg -i x",
    f"key mp_{SECRET.replace('-', '_')} was used",
    f"ffmpeg -i '{PRESIGNED}' -f null -",
]
"""Lines as other libraries, tracebacks and FFmpeg write them."""

HARMLESS = [
    "frame=  240 fps=118 time=00:00:08.00 bitrate=N/A speed=3.9x",
    "http://127.0.0.1:8000/videos/0199?page=2&token_count=3",
    "postgresql://db:5432/mediaproc",
    "user a@example.com opened https://example.com/a@b",
    "The session has ended; please sign in again",
    "Bearer token missing",
    "mp_access and mp_refresh are cookies",
]


@contextmanager
def configured(**how: Any) -> Generator[StringIO]:
    root, raising = logging.getLogger(), logging.raiseExceptions
    level = root.level
    logs.configure(**how)
    (ours,) = root.handlers
    assert isinstance(ours, logging.StreamHandler)
    written = StringIO()
    ours.setStream(written)
    try:
        yield written
    finally:
        root.removeHandler(ours)
        root.level, logging.raiseExceptions = level, raising
        structlog.reset_defaults()


@pytest.fixture(params=["json", "console"])
def lines(request: pytest.FixtureRequest) -> Iterator[Any]:
    """What has been written so far, in each of the two formats."""
    with configured(level="DEBUG", format=request.param) as written:
        yield written.getvalue


def clean(text: str) -> bool:
    return SECRET not in text and SECRET.replace("-", "_") not in text and "c2lnbmF0dXJl" not in text


@pytest.mark.parametrize("leak", [*LEAKS, f"token {JWT} rejected"])
def test_no_secret_is_left_in_a_text(leak: str) -> None:
    text = logs.redact(leak)
    assert clean(text), text
    assert "[redacted]" in text


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text: str) -> None:
    assert logs.redact(text) == text


def test_what_is_not_secret_of_an_address_stays() -> None:
    text = logs.redact(PRESIGNED)
    assert text.startswith("http://127.0.0.1:9000/mediaproc/a/b.mp4?")
    assert logs.redact(f"redis://:{SECRET}@127.0.0.1:6379/1") == "redis://:[redacted]@127.0.0.1:6379/1"


@pytest.mark.parametrize("leak", LEAKS)
def test_other_libraries_lines_are_redacted(lines: Any, leak: str) -> None:
    logging.getLogger("botocore.foreign").warning("asked %s", leak)
    logging.getLogger("urllib3.foreign").warning("asked %(url)s", {"url": leak})
    logging.getLogger("foreign").warning("asked", extra={"url": leak})
    written = lines()
    assert "asked" in written
    assert clean(written), written


@pytest.mark.parametrize("leak", LEAKS)
def test_tracebacks_are_redacted(lines: Any, leak: str) -> None:
    for logger in (logging.getLogger("foreign"), logs.get_logger("ours")):
        try:
            try:
                raise ValueError(leak)
            except ValueError as cause:
                raise RuntimeError(f"could not open {leak}") from cause
        except RuntimeError:
            logger.exception("failed")
    written = lines()
    assert written.count("RuntimeError") >= 2
    assert clean(written), written


def test_values_are_redacted_by_their_names_however_deep(lines: Any) -> None:
    logs.get_logger("ours").info(
        "made",
        password=SECRET,
        jwt_secret=SECRET,
        request={"headers": {"Authorization": SECRET, "Cookie": SECRET}, "parts": [{"url": PRESIGNED}]},
        pair=(PRESIGNED, 1),
        token_bytes=SECRET.encode(),
        urls={PRESIGNED},
        error=ValueError(PRESIGNED),
        filename="a.mp4",
    )
    written = lines()
    assert clean(written), written
    assert "a.mp4" in written


def test_bound_ids_stand_in_every_line_and_secrets_bound_do_not(lines: Any) -> None:
    with structlog.contextvars.bound_contextvars(job_id="the-job", url=PRESIGNED):
        logging.getLogger("foreign").warning("one")
        logs.get_logger("ours").warning("two")
    written = lines()
    assert written.count("the-job") == 2
    assert clean(written), written


def test_warnings_from_python_go_through_the_same_chain(lines: Any) -> None:
    import warnings

    logging.captureWarnings(True)
    try:
        warnings.warn(f"opened {PRESIGNED}", UserWarning, stacklevel=1)
    finally:
        logging.captureWarnings(False)
    assert "UserWarning: opened" in lines()
    assert clean(lines())


def test_a_line_is_one_json_object() -> None:
    with configured(format="json") as written:
        logs.get_logger("ours").info("first\nsecond", video_id="v")
    line = json.loads(written.getvalue())
    assert line["event"] == "first\nsecond"
    assert line["video_id"] == "v"
    assert line["level"] == "info"
    assert line["logger"] == "ours"
