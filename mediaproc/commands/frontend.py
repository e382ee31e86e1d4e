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
from importlib import metadata
from pathlib import Path

from mediaproc.commands import project

_SERVED = ("build/client", "backend", "routes.json")
_PACKAGE_SOURCES = ("**/*.py", "components/*.js*")
_PROJECT_SOURCES = ("assets/**/*", "reflex.lock/**/*", "rxconfig.py")
_NOT_SOURCES = ("assets/external/", f"{project.BUNDLE}/")
"""Made by the build itself, and the copy of the project folder that a wheel carries."""
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
    build_dir = _build_dir()
    with _only_one(build_dir):
        if _stamp(build_dir) != wanted:
            with _same_lock_file():
                _build()
            (build_dir / _STAMP).write_text(wanted)
        _copy(build_dir, folder)


def sources_hash() -> str:
    """Hash of everything that the build depends on."""
    total = hashlib.sha256(metadata.version("reflex").encode())
    for name, path in sorted(_source_files()):
        total.update(name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _source_files() -> Iterable[tuple[str, Path]]:
    """Each file with a name that does not depend on where the package is installed."""
    for root, patterns in ((project.PACKAGE, _PACKAGE_SOURCES), (project.project_dir(), _PROJECT_SOURCES)):
        for name, path in ((str(path.relative_to(root)), path) for each in patterns for path in root.glob(each)):
            if path.is_file() and not name.startswith(_NOT_SOURCES):
                yield name, path


def _build_dir() -> Path:
    """Reflex's own working folder; what is served is copied from it."""
    return project.project_dir() / ".web"


def _build() -> None:
    command = [sys.executable, "-m", "reflex", "export", "--frontend-only", "--no-zip", "--env", "prod"]
    result = subprocess.run(
        command,
        cwd=project.project_dir(),
        env=_build_environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode or not is_built(_build_dir()):
        raise BuildFailed(result.stdout[-4000:])


@contextlib.contextmanager
def _same_lock_file() -> Generator[None]:
    """Restore the lock file if only its layout changed: Reflex writes the same dependencies on one line or on many."""
    path = project.project_dir() / "reflex.lock" / "package.json"
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
    return environment | _QUIET | {"REFLEX_WEB_WORKDIR": str(_build_dir())}


def _configured_registry() -> str | None:
    """The user's npm registry, if configured: npm's variable in lower case, or an `.npmrc`."""
    if chosen := os.environ.get("npm_config_registry"):  # noqa: SIM112  # npm's own spelling
        return chosen
    for path in (project.project_dir() / ".npmrc", Path.home() / ".npmrc"):
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
