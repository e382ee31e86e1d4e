"""Numbers and times as text."""

from __future__ import annotations

import pytest

from mediaproc.state import formatting


@pytest.mark.parametrize(
    ("size_bytes", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (999.6, "1 kB"),
        (1_500, "2 kB"),
        (509_868, "510 kB"),
        (999_600, "1.0 MB"),
        (8_437_140, "8.4 MB"),
        (842_000_000, "842 MB"),
        (1_204_657_027, "1.2 GB"),
        (50 * 1024**3, "53.7 GB"),
        (5e15, "5000 TB"),
    ],
)
def test_sizes(size_bytes: float, said: str) -> None:
    assert formatting.size(size_bytes) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(None, ""), (0, "0:00"), (5.28, "0:05"), (59.7, "1:00"), (596, "9:56"), (3723, "1:02:03")]
)
def test_clocks(seconds: float | None, said: str) -> None:
    assert formatting.clock(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(None, ""), (2, "almost done"), (17, "15 s left"), (54, "55 s left"), (80, "1 min left"),
     (200, "3 min left"), (3569, "59 min left"), (3600, "1 h left"), (9000, "2.5 h left")],
)  # fmt: skip
def test_time_left_is_coarser_the_farther_away(seconds: float | None, said: str) -> None:
    assert formatting.time_left(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.31, "0.3 s"), (22.4, "22 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (-1, "0.0 s")]
)
def test_how_long_it_took(seconds: float, said: str) -> None:
    assert formatting.elapsed(seconds) == said


@pytest.mark.parametrize(
    ("height", "width", "said"), [(None, None, ""), (1080, 1920, "1080p"), (1920, 1080, "1080p"), (480, None, "480p")]
)
def test_pictures_are_named_by_their_shorter_side(height: int | None, width: int | None, said: str) -> None:
    assert formatting.resolution(height, width=width) == said


def test_bitrates() -> None:
    assert formatting.bitrate(4_800_000) == "4.8 Mbit/s"
    assert formatting.bitrate(717_400) == "717 kbit/s"
