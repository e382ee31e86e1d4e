"""The command line against a real server: answers, JSON, exit codes, and what it keeps."""

from __future__ import annotations

import json
import os
import pty
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from mediaproc.__main__ import cli
from mediaproc.cli.exit_codes import Exit
from mediaproc.domain.errors import WrongCredentials
from mediaproc.events.messages import EventType
from mediaproc.media.presets import PRESETS
from testing.waits import PATIENCE_SECONDS
from testing.web_server import Web
from tests.integration.conftest import PASSWORD, Account
from tests.integration.test_api_events import finish, publish, video_of
from tests.integration.test_api_keys import make_key
from tests.integration.test_api_videos import completed, failed

Accounts = Callable[[], Account]
ROOT = Path(__file__).parents[2]
MIB = 1024**2


@pytest.fixture
def home(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configuration folder of this test's own, and a server to speak to."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("MEDIAPROC_URL", web.url)
    monkeypatch.delenv("MEDIAPROC_API_KEY", raising=False)
    return tmp_path / "config" / "mediaproc"


@pytest.fixture
def me(home: Path, account: Accounts, monkeypatch: pytest.MonkeyPatch) -> Account:
    """Someone whose key is in the environment."""
    account_ = account()
    monkeypatch.setenv("MEDIAPROC_API_KEY", make_key(account_, "admin")["key"])
    return account_


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "clip.mov"
    path.write_bytes(os.urandom(9 * MIB))
    return path


def run(*arguments: str, expect: Exit = Exit.OK, **named: Any) -> Result:
    done = CliRunner().invoke(cli, [*arguments], **named)
    assert done.exit_code == expect, (done.output, done.exception)
    return done


def answer(*arguments: str, **named: Any) -> Any:
    return json.loads(run(*arguments, "--json", **named).stdout)


# Signing in -------------------------------------------------------------------------------------------------


def test_signing_in_keeps_a_key_that_only_the_user_can_read(home: Path, account: Accounts) -> None:
    me = account()
    told = answer("login", "--email", me.email, "--password-stdin", input=f"{PASSWORD}\n")
    kept = home / "sign-in.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert PASSWORD not in kept.read_text()
    assert json.loads(kept.read_text())["api_key"] not in json.dumps(told)
    assert [key["id"] for key in answer("keys")] == [told["key_id"]]
    run("logout")
    assert not kept.exists()
    assert me.client.get("/api/v1/api-keys").json()["items"] == []
    run("logout")
    run("videos", expect=Exit.NOT_ALLOWED)


def test_signing_in_again_leaves_no_key_behind(home: Path, account: Accounts) -> None:
    me = account()
    for _ in range(2):
        run("login", "--email", me.email, input=f"{PASSWORD}\n")
    assert len(me.client.get("/api/v1/api-keys").json()["items"]) == 1


def test_a_wrong_password_is_said(home: Path, account: Accounts) -> None:
    arguments = ("login", "--email", account().email, "--password-stdin")
    done = run(*arguments, input="not the password\n", expect=Exit.NOT_ALLOWED)
    assert WrongCredentials.title in done.stderr
    assert not home.exists()


def test_a_key_is_never_sent_to_another_server(
    home: Path, web: Web, account: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("login", "--email", account().email, "--password-stdin", input=f"{PASSWORD}\n")
    run("videos")
    monkeypatch.setenv("MEDIAPROC_URL", web.url.replace("127.0.0.1", "localhost"))
    run("videos", expect=Exit.NOT_ALLOWED)
    monkeypatch.delenv("MEDIAPROC_URL")
    run("videos")


# Videos -----------------------------------------------------------------------------------------------------


def test_videos_are_listed_for_people_and_for_scripts(me: Account) -> None:
    id = str(completed(me, title="my clip"))
    other = str(failed(me))
    assert [video["id"] for video in answer("videos")] == [other, id]
    assert [video["id"] for video in answer("videos", "--limit", "1")] == [other]
    assert [video["id"] for video in answer("videos", "--sort", "created_at")] == [id, other]
    assert [video["title"] for video in answer("videos", "-q", "my c")] == ["my clip"]
    assert [video["id"] for video in answer("videos", "--status", "failed")] == [other]
    assert run("videos", "--status", "completed").stdout == f"{id}\tcompleted\t100 %\t\tmy clip\n"
    assert [preset["name"] for preset in answer("presets")] == list(PRESETS)


def test_a_file_is_sent_and_forgotten_when_it_is_done(me: Account, home: Path, file: Path) -> None:
    done = run("upload", str(file), str(file), "--priority", "batch", "--json")
    sent = [json.loads(line) for line in done.stdout.splitlines()]
    assert [video["priority"] for video in sent] == ["batch", "batch"]
    assert [video["status"] for video in sent] == ["queued", "queued"]
    assert list((home / "uploads").iterdir()) == []
    assert answer("cancel", sent[0]["id"])["status"] == "cancelled"
    assert answer("retry", sent[0]["id"])["status"] == "queued"
    assert answer("delete", "--yes", sent[0]["id"]) == {"deleted": sent[0]["id"]}
    assert [video["id"] for video in answer("videos")] == [sent[1]["id"]]


def test_whoever_looks_sees_bars(me: Account, file: Path) -> None:
    told = _on_a_terminal("upload", str(file))
    assert "clip.mov" in told and "9.4/9.4 MB" in told and "queued" in told
    video = video_of(me, progress=45.0)
    finish(video)
    assert "completed" in _on_a_terminal("watch", str(video.id))


def _on_a_terminal(*arguments: str) -> str:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "mediaproc", *arguments]
    environment = {**os.environ, "COLUMNS": "120", "TERM": "xterm"}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=theirs, stderr=theirs)
    os.close(theirs)
    told = b""
    with suppress(OSError):  # a terminal whose other end is closed
        while chunk := os.read(ours, 4096):
            told += chunk
    os.close(ours)
    assert process.wait(PATIENCE_SECONDS) == Exit.OK, told
    return told.decode()


def test_one_bad_file_does_not_keep_back_the_others(me: Account, file: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty.mov"
    empty.touch()
    done = run("upload", str(empty), str(file), "--json", expect=Exit.USAGE)
    assert json.loads(done.stderr)["code"] == "empty_file"
    assert json.loads(done.stdout)["filename"] == "clip.mov"


def test_an_upload_that_was_killed_goes_on(me: Account, home: Path, tmp_path: Path) -> None:
    large = tmp_path / "large.mov"
    large.write_bytes(os.urandom(MIB) * 160)
    command = [sys.executable, "-m", "mediaproc", "upload", str(large), "--parallel", "1"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    path = _wait_for_parts(me, home, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    earlier = json.loads(path.read_text())["upload_id"]
    before = len(me.client.get(f"/api/v1/uploads/{earlier}").json()["uploaded_parts"])
    assert 0 < before < 20
    video = answer("upload", str(large))
    assert video["id"] == me.client.get(f"/api/v1/uploads/{earlier}").json()["video_id"]
    assert [each["id"] for each in answer("videos")] == [video["id"]]


def _wait_for_parts(me: Account, home: Path, process: subprocess.Popen[bytes]) -> Path:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        for path in (home / "uploads").glob("[!.]*.json"):
            id = json.loads(path.read_text())["upload_id"]
            if me.client.get(f"/api/v1/uploads/{id}").json()["uploaded_parts"]:
                return path
    raise AssertionError("it was too fast, or did not begin")


def test_a_download_lands_where_one_wants(me: Account, tmp_path: Path) -> None:
    id = str(completed(me, title="my clip"))
    told = answer("download", id, "--output", str(tmp_path))
    assert Path(told["path"]).name == "my clip-1080p.mp4"
    assert told["size_bytes"] == 12
    target = tmp_path / "small.mp4"
    assert run("download", id, "-o", str(target), "--rendition", "480p").stdout == f"{target}\n"
    assert target.read_bytes() == b"mp4 of 480p"
    run("download", id, "--rendition", "144p", expect=Exit.NOT_FOUND)


def test_watching_tells_each_event_and_the_end_by_the_exit_code(me: Account) -> None:
    video = video_of(me)
    command = [sys.executable, "-m", "mediaproc", "watch", str(video.id), "--json"]
    watching = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert watching.stdout is not None
    told = [json.loads(watching.stdout.readline()) for _ in range(2)]
    publish(video, EventType.PROGRESS, progress=45, stage="encode")
    told.append(json.loads(watching.stdout.readline()))
    finish(video)
    told += [json.loads(line) for line in watching.stdout]
    assert watching.wait(PATIENCE_SECONDS) == Exit.OK
    assert [each["event"] for each in told] == ["status", "progress", "progress", "status"]
    assert told[2]["data"]["progress"] == 45
    assert run("watch", str(failed(me)), expect=Exit.UNSUCCESSFUL).stdout.startswith("failed")
    assert run("watch", str(video.id), "--last-event-id", told[-1]["id"]).stdout == ""


def test_ctrl_c_is_130(me: Account) -> None:
    command = [sys.executable, "-m", "mediaproc", "watch", str(video_of(me).id)]
    listening = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731  # a test in the background has it off
    watching = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, preexec_fn=listening)
    assert watching.stdout is not None and watching.stdout.readline() == "processing\n"
    watching.send_signal(signal.SIGINT)
    assert watching.wait(PATIENCE_SECONDS) == Exit.INTERRUPTED


# Keys, and the codes ------------------------------------------------------------------------------------------


def test_keys_are_made_listed_and_revoked(me: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    key = run("keys", "create", "nightly", "--days", "3", "--scope", "videos:read").stdout.strip()
    (made,) = [each for each in answer("keys") if each["name"] == "nightly"]
    assert answer("keys", "list") == answer("keys")
    assert key.startswith(made["prefix"])
    assert made["scopes"] == ["videos:read"]
    monkeypatch.setenv("MEDIAPROC_API_KEY", key)
    run("videos")
    refused = run("keys", "--json", expect=Exit.NOT_ALLOWED)
    assert json.loads(refused.stderr)["code"] == "insufficient_scope"
    monkeypatch.setenv("MEDIAPROC_API_KEY", make_key(me, "admin")["key"])
    run("keys", "revoke", made["id"])
    monkeypatch.setenv("MEDIAPROC_API_KEY", key)
    run("videos", expect=Exit.NOT_ALLOWED)


def test_every_kind_of_trouble_has_its_code(me: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = "00000000-0000-7000-8000-000000000000"
    run("watch", nothing, expect=Exit.NOT_FOUND)
    run("retry", str(completed(me)), expect=Exit.CONFLICT)
    run("videos", "--status", "no-such", expect=Exit.USAGE)
    run("upload", "/no/such/file", expect=Exit.USAGE)
    monkeypatch.setattr("mediaproc.client.retry.pause_seconds", lambda tries: 0)
    monkeypatch.setenv("MEDIAPROC_URL", "http://127.0.0.1:9")
    away = run("videos", "--json", expect=Exit.NOT_REACHABLE)
    assert json.loads(away.stderr)["code"] == "not_reachable"
