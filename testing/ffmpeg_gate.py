"""FFmpeg behind a gate: a program that holds or slows down video encodes, so that a test can act before they end."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from testing import clips

_SCRIPT = """#!/bin/sh
case "$*" in *force_key_frames*)
    while [ -e "{held}" ]; do sleep 0.05; done
    [ -e "{slow}" ] && exec "{ffmpeg}" -readrate "$(cat "{slow}")" "$@" ;;
esac
exec "{ffmpeg}" "$@"
"""


class FfmpegGate:
    """The gate in a folder of its own. It is open; `program` is the value of FFMPEG_PATH that leads through it."""

    def __init__(self, folder: Path) -> None:
        self.program = folder / "ffmpeg"
        self._held, self._slow = folder / "held", folder / "slow"
        self.program.write_text(_SCRIPT.format(held=self._held, slow=self._slow, ffmpeg=clips.FFMPEG))
        self.program.chmod(0o755)

    @contextmanager
    def closed(self) -> Generator[None]:
        """Hold video encodes that start within `with`, until its end or `open`."""
        self._held.touch()
        try:
            yield
        finally:
            self.open()

    def open(self) -> None:
        """Let video encodes begin."""
        self._held.unlink(missing_ok=True)

    def slow_down(self, rate: float) -> None:
        """Slow down video encodes that start from now on to `rate` seconds of video a second."""
        self._slow.write_text(str(rate))

    def speed_up(self) -> None:
        """Run video encodes that start from now on at full speed."""
        self._slow.unlink(missing_ok=True)
