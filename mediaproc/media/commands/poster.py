"""Which picture may stand for a video: one that shows something."""

from __future__ import annotations

import re
from dataclasses import dataclass

POSITIONS = (0.1, 0.3, 0.5, 0.8)
"""Parts of the duration that are tried in turn until a picture shows something."""

_DARK = 28
_FLAT = 12


@dataclass(frozen=True)
class Stats:
    """Luma of a picture in full range, 0–255: its mean, and what nine tenths are above and below."""

    mean: float = 0.0
    low: float = 0.0
    high: float = 0.0

    @property
    def shows_something(self) -> bool:
        """Neither black nor all of one colour."""
        return self.mean >= _DARK and self.high - self.low >= _FLAT


def parse_stats(output: str) -> Stats:
    """What `signalstats,metadata=print` wrote for one frame."""
    found = {name: float(value) for name, value in re.findall(r"lavfi\.signalstats\.(\w+)=(-?[0-9.]+)", output)}
    return Stats(mean=found.get("YAVG", 0.0), low=found.get("YLOW", 0.0), high=found.get("YHIGH", 0.0))
