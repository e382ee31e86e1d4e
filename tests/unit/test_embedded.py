"""What a data directory keeps, how the supervisor is told, and whose processes are ended."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from supervisor.options import ServerOptions

from mediaproc.commands import up
from mediaproc.embedded import data_dir, orphans, postgres, servers
from mediaproc.runtime.supervisor import Program, render
from testing.waits import PATIENCE_SECONDS


def test_secrets_are_made_once_for_their_owner_alone(tmp_path: Path) -> None:
    first = data_dir.secrets_of(tmp_path)
    assert data_dir.secrets_of(tmp_path) == first
    assert len({first.jwt_secret, first.valkey_password, first.s3_access_key, first.s3_secret_key}) == 4
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_ports_stay_the_same_from_start_to_start(tmp_path: Path) -> None:
    assert data_dir.ports_of(tmp_path, count=5) == data_dir.ports_of(tmp_path, count=5)


def test_only_a_port_that_was_taken_meanwhile_is_replaced(tmp_path: Path) -> None:
    before = data_dir.ports_of(tmp_path, count=5)
    with socket.create_server(("127.0.0.1", before[2])):
        after = data_dir.ports_of(tmp_path, count=5)
    assert [old == new for old, new in zip(before, after, strict=True)] == [True, True, False, True, True]
    assert len(set(after)) == 5


@pytest.mark.parametrize("broken", ["", "[4000, 40", "{}", '["a"]', "[4000, -1]", "[true]", "\x00\x00", "7"])
def test_ports_that_a_crash_cut_short_are_chosen_anew(tmp_path: Path, broken: str) -> None:
    (tmp_path / "ports.json").write_text(broken)
    ports = data_dir.ports_of(tmp_path, count=5)
    assert len(set(ports)) == 5
    assert data_dir.ports_of(tmp_path, count=5) == ports


@pytest.mark.parametrize("broken", ["", '{"jwt_secret": "a', "[]", '{"jwt_secret": "a"}', "null", "\x00\x00"])
def test_broken_secrets_are_said_and_kept_as_they_are(tmp_path: Path, broken: str) -> None:
    (tmp_path / "secrets.json").write_text(broken)
    with pytest.raises(data_dir.DataDirDamaged, match=r"secrets\.json is damaged"):
        data_dir.secrets_of(tmp_path)
    assert (tmp_path / "secrets.json").read_text() == broken


def test_what_is_kept_is_there_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = data_dir.ports_of(tmp_path, count=5)

    def power_goes(_: int) -> None:
        raise OSError("the power goes")

    with monkeypatch.context() as cut:
        cut.setattr(os, "fsync", power_goes)
        with pytest.raises(OSError, match="power"):
            data_dir.ports_of(tmp_path, count=6)
        with pytest.raises(OSError, match="power"):
            data_dir.secrets_of(tmp_path)
    assert not (tmp_path / "secrets.json").exists()
    assert data_dir.ports_of(tmp_path, count=5) == before


def test_sockets_of_a_deep_data_directory_get_a_short_path(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 100)
    folder = servers.sockets_dir(deep)
    try:
        assert len(str(folder)) < 80
        assert folder == servers.sockets_dir(deep)
        assert folder != servers.sockets_dir(tmp_path)
        assert folder.stat().st_mode & 0o777 == 0o700
    finally:
        folder.rmdir()


@pytest.fixture
def read_back(tmp_path: Path) -> Any:
    """The supervisor's own reading of what we write for it, in a folder with odd characters."""
    folder = tmp_path / "100% odd 'folder"
    folder.mkdir()
    programs = [
        Program(name="store", command=("/bin/echo", "50%", "two words"), group="servers", priority=1),
        Program(name="web", command=("/bin/true",), autostart=False, stop_signal="INT", stop_seconds=7),
    ]
    config = tmp_path / "supervisord.conf"
    config.write_text(render(programs, directory=folder, logs=folder, socket=tmp_path / "s.sock"))
    options = ServerOptions()
    options.realize(["--nodaemon", "--configuration", str(config)])
    return options


def test_the_supervisor_understands_its_configuration(read_back: Any) -> None:
    programs = {each.name: each for group in read_back.process_group_configs for each in group.process_configs}
    assert programs["store"].command == "/bin/echo 50% 'two words'"
    assert programs["store"].stdout_logfile == f"{programs['store'].directory or read_back.directory}/store.log"
    assert programs["store"].autostart and not programs["web"].autostart
    assert (programs["web"].stopwaitsecs, programs["web"].stopsignal) == (7, 2)


def test_servers_end_after_the_app_that_uses_them(read_back: Any) -> None:
    priorities = {group.name: group.priority for group in read_back.process_group_configs}
    assert priorities["servers"] < priorities["app"], "the highest priority is ended first"


def test_the_supervisor_may_remove_its_pid_file(read_back: Any, tmp_path: Path) -> None:
    assert Path(read_back.pidfile) == tmp_path / "supervisord.pid"


@pytest.fixture
def sleepers(tmp_path: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Processes that differ only in the data directory that they carry."""
    command = [sys.executable, "-c", "import time; time.sleep(60)"]
    carried = {"ours": tmp_path, "other": tmp_path / "other", "none": None}
    started = {
        name: subprocess.Popen(command, env=os.environ | ({orphans.MARK: str(folder)} if folder else {}))
        for name, folder in carried.items()
    }
    yield started
    for each in started.values():
        each.kill()
        each.wait()


def test_only_processes_of_the_data_directory_are_ended(
    tmp_path: Path, sleepers: dict[str, subprocess.Popen[bytes]]
) -> None:
    assert orphans.end(tmp_path, seconds=PATIENCE_SECONDS) == 1
    assert sleepers["ours"].poll() is not None
    assert sleepers["other"].poll() is None
    assert sleepers["none"].poll() is None


def test_a_process_never_ends_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil.Process, "environ", lambda _: {orphans.MARK: str(tmp_path)})
    spared = {os.getpid(), *(each.pid for each in psutil.Process().parents())}
    assert not spared & {each.pid for each in orphans.of(tmp_path)}


def test_a_first_making_of_the_database_that_was_cut_off_begins_anew(tmp_path: Path) -> None:
    directory = tmp_path / "postgres"
    with pytest.raises(KeyboardInterrupt), postgres.whole_or_not_at_all(directory):
        (directory / "global").mkdir(parents=True)
        (directory / "PG_VERSION").touch()
        raise KeyboardInterrupt
    with postgres.whole_or_not_at_all(directory):
        assert not directory.exists()


def test_a_whole_database_is_never_removed(tmp_path: Path) -> None:
    directory = tmp_path / "postgres"
    for _ in range(2):
        with postgres.whole_or_not_at_all(directory):
            directory.mkdir(exist_ok=True)
            (directory / "PG_VERSION").touch()
    with pytest.raises(KeyboardInterrupt), postgres.whole_or_not_at_all(directory):
        raise KeyboardInterrupt
    with postgres.whole_or_not_at_all(directory):
        assert (directory / "PG_VERSION").exists()


@pytest.mark.parametrize("first_line", ["1\n", "-4711\n", f"{2**22}\n", ""], ids=["init", "single", "nobody", "empty"])
def test_a_pid_of_another_process_is_not_taken_for_postgres(tmp_path: Path, first_line: str) -> None:
    (tmp_path / "postmaster.pid").write_text(first_line and f"{first_line}{tmp_path}\n")
    (tmp_path / ".handle_pids.json").write_text("[4711]")
    postgres.forget_the_dead(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_second_start_does_not_blot_out_who_runs(tmp_path: Path) -> None:
    """`./dev down` asks whoever the lock names to stop."""
    (tmp_path / "run").mkdir()
    with up._only_up(tmp_path):
        with pytest.raises(up.CannotStart), up._only_up(tmp_path):
            pass
        assert (tmp_path / "run" / "up.lock").read_text() == str(os.getpid())
