"""Front end of the web app: built once per state of the sources, then served from a folder of its own.

Every name that is internal to Reflex is in this module, so that a new version is checked in one place.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterable
from pathlib import Path

from mediaproc.commands import ROOT

BUILD_DIR = ROOT / ".web"
_SERVED = ("build/client", "backend", "routes.json")
_SOURCES = (
    "mediaproc/**/*.py",
    "mediaproc/components/*.js*",
    "assets/**/*",
    "reflex.lock/**/*",
    "rxconfig.py",
    "requirements-runtime.txt",
)
_LINKED = ROOT / "assets" / "external"  # made by the build itself
_STAMP = "mediaproc-build"
_NPM = "https://registry.npmjs.org"


class BuildFailed(Exception):
    """The front end could not be built. The message is the build's output."""


def serve_environment(folder: Path) -> dict[str, str]:
    """Environment in which `mediaproc.app` serves the front end in `folder` without compiling anything."""
    return {
        "REFLEX_ENV_MODE": "prod",
        "REFLEX_WEB_WORKDIR": str(folder),
        "__REFLEX_SKIP_COMPILE": "true",
        "__REFLEX_MOUNT_FRONTEND_COMPILED_APP": "true",
        **_QUIET,
    }


def is_built(folder: Path) -> bool:
    """Return True if `folder` contains a front end, built from any sources."""
    return (folder / "build" / "client" / "index.html").exists()


def is_published(folder: Path) -> bool:
    """Return True if `folder` contains the front end of the current sources."""
    return _stamp(folder) == sources_hash()


def publish(folder: Path) -> None:
    """Publish the front end of the current sources to `folder`, building it if needed. Raises `BuildFailed`.

    A running server keeps the folder it serves: only the copy under its own data directory is replaced.
    """
    wanted = sources_hash()
    with _only_one(BUILD_DIR):
        if _stamp(BUILD_DIR) != wanted:
            with _same_lock_file():
                _build()
            (BUILD_DIR / _STAMP).write_text(wanted)
        _copy(BUILD_DIR, folder)


def sources_hash() -> str:
    """Hash of everything that the build depends on."""
    total = hashlib.sha256()
    for path in sorted(_source_files()):
        total.update(str(path.relative_to(ROOT)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _source_files() -> Iterable[Path]:
    for pattern in _SOURCES:
        yield from (path for path in ROOT.glob(pattern) if path.is_file() and not path.is_relative_to(_LINKED))


def _build() -> None:
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip", "--env", "prod"]
    result = subprocess.run(
        command,
        cwd=ROOT,
        env=_build_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode or not is_built(BUILD_DIR):
        raise BuildFailed(result.stdout[-4000:])


@contextlib.contextmanager
def _same_lock_file() -> Generator[None]:
    """Compare lock files without their layout: Reflex writes the same dependencies on one line or on many."""
    path = ROOT / "reflex.lock" / "package.json"
    before = path.read_text()
    yield
    if json.loads(path.read_text()) == json.loads(before):
        path.write_text(before)


def _build_environment() -> dict[str, str]:
    """Environment of the build. Has no settings, so that nothing machine-specific enters the build; the wheel's Bun
    comes first.
    """
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment.get('PATH', os.defpath)}"
    environment.setdefault("NPM_CONFIG_REGISTRY", _configured_registry() or _NPM)
    return environment | _QUIET | {"REFLEX_WEB_WORKDIR": str(BUILD_DIR)}


def _configured_registry() -> str | None:
    """The user's npm registry, if configured: npm's variable in lower case, or an `.npmrc`."""
    if chosen := os.environ.get("npm_config_registry"):  # noqa: SIM112  # npm's own spelling
        return chosen
    for path in (ROOT / ".npmrc", Path.home() / ".npmrc"):
        for line in path.read_text().splitlines() if path.is_file() else ():
            name, _, value = line.partition("=")
            if name.strip() == "registry" and value.strip():
                return value.strip()
    return None


def _copy(source: Path, folder: Path) -> None:
    fresh = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name in _SERVED:
        if (source / name).is_dir():
            shutil.copytree(source / name, fresh / name)
        elif (source / name).exists():
            shutil.copy2(source / name, fresh / name)
    shutil.copy2(source / _STAMP, fresh / _STAMP)
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def _stamp(folder: Path) -> str | None:
    path = folder / _STAMP
    return path.read_text() if path.exists() else None


@contextlib.contextmanager
def _only_one(folder: Path) -> Generator[None]:
    """Lock that serializes builds of two copies that start at the same time."""
    folder.mkdir(exist_ok=True)
    with (folder / "mediaproc-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


_QUIET = {"REFLEX_TELEMETRY_ENABLED": "false", "REFLEX_CHECK_LATEST_VERSION": "false"}
