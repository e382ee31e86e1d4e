"""One FFmpeg process: its limits, its end, and what is left of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from mediaproc.runtime import sandbox
from mediaproc.runtime.sandbox import MOST_PROCESSES
from mediaproc_worker import sandboxed_process
from mediaproc_worker.sandboxed_process import Limits, ProcessCancelled, ProcessFailed, ProcessTimedOut
from testing import clips
from testing.waits import eventually

FFMPEG = Path(clips.FFMPEG)
LIMITS = Limits(wall_seconds=120, cpu_seconds=30)
ENDLESS = [
    *("-nostdin", "-re", "-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25"),
    *("-progress", "pipe:1", "-stats_period", "0.1", "-f", "null", "-"),
]


def shell(script: str, folder: Path, *, limits: Limits = LIMITS, cancelled: threading.Event | None = None) -> str:
    """Run a shell script as FFmpeg would be run."""
    return sandboxed_process.run(
        Path("/bin/sh"), ["-c", script], directory=folder, cancelled=cancelled or threading.Event(), limits=limits
    )  # fmt: skip


def test_it_returns_what_it_wrote(tmp_path: Path) -> None:
    assert shell("echo out; echo err >&2", tmp_path) == "out\n"
    assert (tmp_path / "ffmpeg.log").read_text() == "err\n"


def test_it_has_no_environment_no_input_and_its_own_session(tmp_path: Path) -> None:
    os.environ["MEDIAPROC_TEST_SECRET"] = "do not tell"
    try:
        printed = shell("/usr/bin/env; /bin/cat; echo end", tmp_path)
    finally:
        del os.environ["MEDIAPROC_TEST_SECRET"]
    assert "MEDIAPROC_TEST_SECRET" not in printed
    assert "PATH=/" not in printed
    assert printed.endswith("end\n")
    pid, session = shell("echo $$; /usr/bin/cut -d' ' -f6 /proc/$$/stat", tmp_path).split()
    assert session == pid


def test_it_stands_back_for_others_where_it_is_told_to(tmp_path: Path) -> None:
    usual, polite = shell("nice", tmp_path), shell("nice", tmp_path, limits=replace(LIMITS, nice=10))
    assert int(polite) == min(19, int(usual) + 10)


def test_it_stands_back_later_with_all_its_threads(tmp_path: Path) -> None:
    cancelled = threading.Event()
    usual: list[int] = []
    polite: list[int] = []
    with (
        pytest.raises(ProcessCancelled),
        sandboxed_process.running(FFMPEG, ENDLESS, directory=tmp_path, cancelled=cancelled, limits=LIMITS) as ffmpeg,
    ):
        next(ffmpeg.lines())
        usual = _priorities(ffmpeg.pid)
        ffmpeg.lower_priority(10)
        polite = _priorities(ffmpeg.pid)
        cancelled.set()
    own = os.getpriority(os.PRIO_PROCESS, 0)
    assert len(usual) > 1
    assert set(usual) == {own}
    assert set(polite) == {min(19, own + 10)}


def test_silence_is_told_while_it_lasts(tmp_path: Path) -> None:
    silences: list[int] = []

    def in_silence() -> None:
        silences.append(1)
        if len(silences) == 3:
            (tmp_path / "go-on").touch()

    with sandboxed_process.running(
        Path("/bin/sh"), ["-c", "echo one; until [ -e go-on ]; do sleep 0.01; done; printf two"],
        directory=tmp_path, cancelled=threading.Event(), limits=LIMITS,
    ) as talker:  # fmt: skip
        said = list(talker.lines(in_silence=in_silence))
    assert said == ["one\n", "two"]


def test_a_failure_carries_its_exit_code_and_the_end_of_the_log(tmp_path: Path) -> None:
    with pytest.raises(ProcessFailed) as failed:
        shell("for i in 1 2 3; do echo line $i >&2; done; exit 7", tmp_path)
    assert failed.value.exit_code == 7
    assert failed.value.log_tail.endswith("line 3\n")
    assert str(failed.value) == "line 3"


def test_a_long_log_is_cut_to_its_end(tmp_path: Path) -> None:
    with pytest.raises(ProcessFailed) as failed:
        shell("i=0; while [ $i -lt 5000 ]; do echo some line $i >&2; i=$((i+1)); done; exit 1", tmp_path)
    assert len(failed.value.log_tail) <= 8192
    assert failed.value.log_tail.endswith("some line 4999\n")


def test_cancel_ends_ffmpeg(tmp_path: Path) -> None:
    cancelled = threading.Event()
    pids: list[int] = []
    with (
        pytest.raises(ProcessCancelled),
        sandboxed_process.running(FFMPEG, ENDLESS, directory=tmp_path, cancelled=cancelled, limits=LIMITS) as ffmpeg,
    ):
        pids.append(ffmpeg.pid)
        for line in ffmpeg.lines():
            if line.startswith("progress="):
                cancelled.set()
    assert not psutil.pid_exists(pids[0])


def test_what_does_not_heed_a_signal_is_killed_with_its_children(tmp_path: Path) -> None:
    cancelled = threading.Event()
    threading.Thread(target=lambda: eventually(lambda: _text(tmp_path / "child")) and cancelled.set()).start()
    with pytest.raises(ProcessCancelled):
        shell("trap '' TERM; /bin/sleep 300 & echo $! > child; wait; /bin/sleep 300", tmp_path, cancelled=cancelled)
    child = int((tmp_path / "child").read_text())
    _gone(child)


def test_a_reader_that_raises_leaves_no_process(tmp_path: Path) -> None:
    pids: list[int] = []
    with (
        pytest.raises(ZeroDivisionError),
        sandboxed_process.running(
            FFMPEG, ENDLESS, directory=tmp_path, cancelled=threading.Event(), limits=LIMITS
        ) as ffmpeg,
    ):
        pids.append(ffmpeg.pid)
        for _ in ffmpeg.lines():
            raise ZeroDivisionError
    assert not psutil.pid_exists(pids[0])


def test_wall_time_is_limited(tmp_path: Path) -> None:
    with pytest.raises(ProcessTimedOut):
        shell("/bin/sleep 300", tmp_path, limits=Limits(wall_seconds=0.3, cpu_seconds=30))


def test_processor_time_is_limited(tmp_path: Path) -> None:
    with pytest.raises(ProcessTimedOut):
        shell("while :; do :; done", tmp_path, limits=Limits(wall_seconds=30, cpu_seconds=1))


def test_file_size_memory_and_core_dumps_are_limited(tmp_path: Path) -> None:
    limits = Limits(wall_seconds=30, cpu_seconds=30, file_bytes=4096, memory_bytes=256 * 1024**2, open_files=64)
    with pytest.raises(ProcessFailed):
        shell("/bin/dd if=/dev/zero of=big bs=1024 count=64", tmp_path, limits=limits)
    assert (tmp_path / "big").stat().st_size == 4096
    assert shell("ulimit -c; ulimit -n", tmp_path, limits=limits).split() == ["0", "64"]
    hungry = [sys.executable, "-c", "x = bytearray(1024 ** 3)"]
    with pytest.raises(ProcessFailed, match="MemoryError"):
        sandboxed_process.run(
            Path(hungry[0]), hungry[1:], directory=tmp_path, cancelled=threading.Event(), limits=limits
        )


def test_it_has_no_rights_over_the_host_and_few_processes(tmp_path: Path) -> None:
    """Where the kernel gives user namespaces. Set-user-ID programs give it no rights anywhere."""
    status = dict(line.split(":", 1) for line in shell("/bin/cat /proc/$$/status", tmp_path).splitlines())
    assert status["NoNewPrivs"].strip() == "1"
    if not sandbox.available():
        pytest.skip("this kernel gives no user namespace")
    assert os.readlink("/proc/self/ns/user") != shell("/bin/readlink /proc/$$/ns/user", tmp_path).strip()
    assert shell("/bin/cat /proc/$$/uid_map", tmp_path).split() == [str(os.geteuid()), str(os.geteuid()), "1"]
    (most,) = [line for line in shell("/bin/cat /proc/$$/limits", tmp_path).splitlines() if "Max processes" in line]
    assert int(most.split()[2]) <= MOST_PROCESSES
    with pytest.raises(ProcessFailed, match="not permitted"):
        shell("/bin/mknod device c 1 3", tmp_path)  # root of the host could


def test_it_dies_with_the_worker(tmp_path: Path) -> None:
    """A worker that is killed leaves no FFmpeg behind."""
    script = (
        "import threading; from pathlib import Path; from mediaproc_worker import sandboxed_process as process\n"
        f"with process.running(Path({str(FFMPEG)!r}), {ENDLESS!r}, directory=Path({str(tmp_path)!r}),"
        " cancelled=threading.Event(), limits=process.Limits(wall_seconds=60, cpu_seconds=60)) as ffmpeg:\n"
        "    print(ffmpeg.pid, flush=True)\n    list(ffmpeg.lines())\n"
    )
    root = Path(__file__).parents[2]
    worker = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=root)
    assert worker.stdout is not None
    pid = int(worker.stdout.readline())
    assert psutil.pid_exists(pid)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    _gone(pid)


def _gone(pid: int) -> None:
    """Wait until a process has ended; whoever adopted it may be slow to take note."""
    eventually(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _priorities(pid: int) -> list[int]:
    return [os.getpriority(os.PRIO_PROCESS, thread.id) for thread in psutil.Process(pid).threads()]
