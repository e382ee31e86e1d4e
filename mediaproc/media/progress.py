"""Parser of FFmpeg's `-progress` output: position, speed and time left."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

T = TypeVar("T", int, float)

_SMOOTHING = 0.15
"""Weight of the newest speed in the smoothed one: at five reports a second it forgets in about 1.5 s."""


@dataclass(frozen=True)
class Progress:
    """One block of `-progress`. What FFmpeg did not know (N/A) is None. `ended` stands in the last block."""

    out_time_seconds: float | None = None
    frame: int | None = None
    fps: float | None = None
    speed: float | None = None
    ended: bool = False


def parse_blocks(lines: Iterable[str]) -> Iterator[Progress]:
    """The blocks of a running FFmpeg's `-progress pipe:`, each as soon as its last line is there."""
    block: dict[str, str] = {}
    for line in lines:
        name, _, value = line.strip().partition("=")
        block[name] = value.strip()
        if name == "progress":
            yield parse_block(block)
            block = {}


def parse_block(block: dict[str, str]) -> Progress:
    """One block. FFmpeg's `out_time_ms` is in microseconds, as is `out_time_us`, which says so."""
    microseconds = _number(block.get("out_time_us"), float)
    return Progress(
        out_time_seconds=None if microseconds is None else max(0.0, microseconds / 1_000_000),
        frame=_number(block.get("frame"), int),
        fps=_number(block.get("fps"), float),
        speed=_number(block.get("speed", "").rstrip("x"), float),
        ended=block.get("progress") == "end",
    )


@dataclass
class Estimate:
    """Percent and time left of one FFmpeg run over `duration_seconds` of video, from its progress so far.

    0 means that the duration is unknown: then there is no percentage and no time left.
    """

    duration_seconds: float
    percent: float = 0.0
    eta_seconds: float | None = None
    _speed: float | None = field(default=None, repr=False)

    def update(self, progress: Progress) -> None:
        """Take in a block. The percentage stays within 0–100 and never falls."""
        done = progress.out_time_seconds
        if done is None or self.duration_seconds <= 0:
            return
        self.percent = max(self.percent, min(100.0, 100.0 * done / self.duration_seconds))
        self._smooth(progress.speed)
        if self._speed:
            self.eta_seconds = max(0.0, self.duration_seconds - done) / self._speed

    def _smooth(self, speed: float | None) -> None:
        if speed is None or speed <= 0:
            return
        before = self._speed
        self._speed = speed if before is None else before + _SMOOTHING * (speed - before)


def _number(text: str | None, kind: Callable[[str], T]) -> T | None:
    try:
        return kind((text or "").strip())
    except ValueError:
        return None
