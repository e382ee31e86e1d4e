"""The client's pure parts, and that starting its command line stays quick."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from mediaproc.cli import exit_codes
from mediaproc.cli.exit_codes import MEANINGS, Exit
from mediaproc.client import ApiError, FileChanged, NotReachable, UnexpectedAnswer, retry
from mediaproc.client.events import EventParser
from mediaproc.client.models import Event
from mediaproc.client.operations import Operations
from mediaproc.client.request import Repeat

ROOT = Path(__file__).parents[2]
STREAM = (
    b"retry: 2000\n: still here\nid: 1-0\n: still here\nevent: status\ndata: {\"status\": \"queued\"}\n\n"
    b'id: 2-0\r\nevent: progress\r\ndata: {"progress": 45,\r\ndata: "text": "a\xe2\x80\xa8b"}\r\n\r\n'
    b": one\n\nretry: 1\n\nid: 3-0\n\nevent: log\ndata:{}\n\nid: 4-0\nevent: log\ndata: {\"cut\": "
)  # fmt: skip
EVENTS = [
    Event("1-0", "status", {"status": "queued"}),
    Event("2-0", "progress", {"progress": 45, "text": "a\u2028b"}),
    Event("3-0", "log", {}),
]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_events_are_read_however_the_bytes_come(size: int) -> None:
    chunks = [STREAM[at : at + size] for at in range(0, len(STREAM), size)]
    parser = EventParser()
    assert [event for chunk in chunks for event in parser.feed(chunk)] == EVENTS


@pytest.mark.parametrize(
    ("event", "final"),
    [
        (Event("", "status", {"status": "completed"}), True),
        (Event("", "status", {"status": "failed"}), True),
        (Event("", "status", {"status": "cancelled"}), True),
        (Event("", "removed", {}), True),
        (Event("", "status", {"status": "queued", "next_attempt_at": "2026-01-01T00:00:00Z"}), False),
        (Event("", "progress", {"progress": 100, "status": "completed"}), False),
    ],
)
def test_a_final_event_is_known(event: Event, final: bool) -> None:
    assert event.final is final


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ApiError(401, {}), 3), (ApiError(403, {}), 3), (ApiError(404, {}), 4), (ApiError(409, {}), 5),
        (ApiError(422, {}), 2), (ApiError(503, {}), 6), (ApiError(500, {}), 1), (ApiError(429, {}), 1),
        (NotReachable(), 6), (FileChanged(), 1),
    ],
)  # fmt: skip
def test_exit_codes_stay_what_they_are(error: Exception, code: int) -> None:
    assert exit_codes.code_of(error) == code  # type: ignore[arg-type]


def test_every_exit_code_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Exit)
    assert [code.value for code in Exit] == [0, 1, 2, 3, 4, 5, 6, 7, 130]


def test_a_client_command_loads_nothing_of_the_server() -> None:
    """It would take seconds, and fail where only the client's needs are installed."""
    program = (
        "import sys; from mediaproc.__main__ import cli; from mediaproc.client import retry\n"
        "retry.ATTEMPTS = 1\n"
        "try: cli(['videos'])\n"
        "except SystemExit as end: assert end.code == 6, end.code\n"
        "heavy = {'reflex', 'boto3', 'fastapi', 'sqlmodel', 'sqlalchemy', 'redis', 'huey', 'structlog'}\n"
        "print(sorted(heavy & set(sys.modules)), [m for m in sys.modules if m.startswith('mediaproc.settings')])"
    )
    environment = {"MEDIAPROC_URL": "http://127.0.0.1:9", "PATH": "", "HOME": "/nonexistent"}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.stdout == "[] []\n", done.stderr


@pytest.mark.parametrize(
    ("repeat", "outcome", "again"),
    [
        (Repeat.SAFE, httpx.Response(200), False), (Repeat.SAFE, httpx.Response(503), True),
        (Repeat.SAFE, httpx.Response(404), False), (Repeat.SAFE, httpx.Response(500), False),
        (Repeat.SAFE, httpx.ReadError("reset"), True), (Repeat.WITH_KEY, httpx.ReadError("reset"), True),
        (Repeat.NEVER, httpx.ReadError("reset"), False), (Repeat.NEVER, httpx.ConnectError("refused"), True),
        (Repeat.NEVER, httpx.Response(503), False), (Repeat.NEVER, httpx.Response(429), True),
        (Repeat.SAFE, httpx.Response(429, headers={"Retry-After": "20"}), True),
        (Repeat.SAFE, httpx.Response(429, headers={"Retry-After": "21"}), False),
    ],
)  # fmt: skip
def test_a_request_is_repeated_only_where_that_is_safe(repeat: Repeat, outcome: retry.Outcome, again: bool) -> None:
    assert (retry.pause_before_next(repeat, outcome, 1) is not None) is again
    assert retry.pause_before_next(repeat, outcome, retry.ATTEMPTS) is None


def test_pauses_double_and_end_at_twenty_seconds() -> None:
    longest = [0.5, 1, 2, 4, 8, 16, 20, 20]
    assert all(most / 2 <= retry.pause_seconds(n + 1) <= most for n, most in enumerate(longest))


def test_a_request_keeps_its_key_and_names_nothing_outside_its_path() -> None:
    with httpx.Client(base_url="http://server") as http:
        sent = Operations.retry.request("../a?b").build(http)
        listed = Operations.videos.request(status=["failed", "queued"]).page("next").build(http)
    assert sent.url.raw_path == b"/api/v1/videos/..%2Fa%3Fb/retry"
    assert len(sent.headers["Idempotency-Key"]) == 32
    assert listed.url.query == b"status=failed&status=queued&limit=100&cursor=next"


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b'{"id": 1}'])
def test_a_response_of_another_program_is_unexpected(body: bytes) -> None:
    response = httpx.Response(200, content=body, request=httpx.Request("GET", "http://server/api/v1/auth/me"))
    with pytest.raises(UnexpectedAnswer, match="http://server/api/v1/auth/me"):
        Operations.me.request().parse(response)
