"""Numbers and times as text."""

from __future__ import annotations

import pytest

from mediaproc.state import formatting


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, ""), (0, "0:00"), (5.28, "0:05"), (59.7, "1:00"), (596, "9:56"), (3723, "1:02:03")]
)
def test_clocks(seconds: float | None, text: str) -> None:
    assert formatting.clock(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.31, "0.3 s"), (22.4, "22 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (-1, "0.0 s")]
)
def test_elapsed(seconds: float, text: str) -> None:
    assert formatting.elapsed(seconds) == text


@pytest.mark.parametrize(
    ("height", "width", "text"), [(None, None, ""), (1080, 1920, "1080p"), (1920, 1080, "1080p"), (480, None, "480p")]
)
def test_a_resolution_is_named_by_the_shorter_side(height: int | None, width: int | None, text: str) -> None:
    assert formatting.resolution(height, width=width) == text


def test_bitrates() -> None:
    assert formatting.bitrate(4_800_000) == "4.8 Mbit/s"
    assert formatting.bitrate(717_400) == "717 kbit/s"
