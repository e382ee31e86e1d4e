"""Test lanes: tests that need more than Python and Chromium, or more time than `./dev test` may take.

Each lane names the programs it uses. What is missing is printed with the package that has it; the tests that need it
are skipped. With `LANES=required`, as CI sets it, a missing program fails the lane.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from mediaproc.commands import ROOT

_SYSTEM_FOLDERS = ("/usr/sbin", "/sbin", "/usr/local/sbin")


@dataclass(frozen=True)
class Program:
    """A program outside the Python environment, and the Debian package that has it."""

    name: str
    package: str

    @property
    def path(self) -> str | None:
        """Path on this machine, including the administrators' folders. None if not installed."""
        found = shutil.which(self.name, path=os.pathsep.join((os.environ.get("PATH", ""), *_SYSTEM_FOLDERS)))
        return found or shutil.which(self.name, path=str(Path(sys.executable).parent))

    def __str__(self) -> str:
        return f"{self.name} is not installed (Debian: apt install {self.package})"


@dataclass(frozen=True)
class GstreamerPlugin(Program):
    """A plugin of GStreamer, which WebKitGTK plays video with: the file `name`."""

    @property
    def path(self) -> str | None:
        """Path on this machine. None if not installed."""
        folders = (each for pattern in ("lib*", "lib/*") for each in Path("/usr").glob(pattern))
        files = (each / "gstreamer-1.0" / self.name for each in folders)
        return next((str(each) for each in files if each.exists()), None)


@dataclass(frozen=True)
class Lane:
    """Tests of one folder under tests/, and the programs that all of them together use."""

    programs: tuple[Program, ...] = ()

    @property
    def missing(self) -> list[Program]:
        """The programs that this machine lacks."""
        return [each for each in self.programs if each.path is None]


FIREFOX = Program("firefox-esr", "firefox-esr")
WEBKIT = Program("WebKitWebDriver", "webkit2gtk-driver")
XVFB = Program("Xvfb", "xvfb")
PLUGINS = (
    GstreamerPlugin("libgstlibav.so", "gstreamer1.0-libav"),  # decodes H.264 and AAC
    GstreamerPlugin("libgstisomp4.so", "gstreamer1.0-plugins-good"),
    GstreamerPlugin("libgstvideoparsersbad.so", "gstreamer1.0-plugins-bad"),
)

LANES = {
    "browsers": Lane((FIREFOX, WEBKIT, XVFB, *PLUGINS)),
    "s3": Lane(),
    "package": Lane(),
    "faults": Lane(),
    "clients": Lane(),
}


def run(name: str, options: list[str]) -> int:
    """Run a lane's tests with options for pytest. Returns the exit status."""
    lane = LANES[name]
    for program in lane.missing:
        print(program, file=sys.stderr)
    command = [sys.executable, "-m", "pytest", f"tests/{name}", *options]
    status = subprocess.run(command, cwd=ROOT, check=False).returncode
    return max(abs(status), int(bool(lane.missing) and is_required()))


def is_required() -> bool:
    """True where a missing program is a failure."""
    return os.environ.get("LANES") == "required"
