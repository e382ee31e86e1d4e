"""FFmpeg's progress blocks, with the values it does not know and those that are too large."""

from __future__ import annotations

import pytest

from mediaproc.media.commands import encode
from mediaproc.media.progress import Estimate, Progress, parse_block, parse_blocks
from mediaproc.state import live
from mediaproc_worker import reporter

BLOCK = """frame=250
fps=48.21
stream_0_0_q=29.0
bitrate=N/A
total_size=N/A
out_time_us=10010000
out_time_ms=10010000
out_time=00:00:10.010000
dup_frames=0
drop_frames=0
speed=1.93x
progress=continue
"""


def test_a_block_is_read() -> None:
    (found,) = parse_blocks(BLOCK.splitlines(keepends=True))
    assert found == Progress(out_time_seconds=10.01, frame=250, fps=48.21, speed=1.93)


def test_a_block_cut_short_is_not_told() -> None:
    assert list(parse_blocks((BLOCK + "frame=300\nfps=4").splitlines())) == [
        Progress(out_time_seconds=10.01, frame=250, fps=48.21, speed=1.93)
    ]


def test_the_last_block_says_so() -> None:
    assert [block.ended for block in parse_blocks((BLOCK + "progress=end\n").splitlines())] == [False, True]


@pytest.mark.parametrize("value", ["N/A", "", "N/Ax", "nonsense"])
def test_what_ffmpeg_does_not_know_is_none(value: str) -> None:
    block = {"out_time_us": value, "frame": value, "fps": value, "speed": value, "progress": "continue"}
    assert parse_block(block) == Progress()


def test_a_negative_time_is_the_start() -> None:
    assert parse_block({"out_time_us": "-21333"}).out_time_seconds == 0.0


def test_the_percentage_stays_within_bounds_and_never_falls() -> None:
    estimate = Estimate(duration_seconds=10)
    seen = []
    for seconds in (0.0, 2.5, 1.0, None, 5.0, 10.01):
        estimate.update(Progress(out_time_seconds=seconds, speed=2.0))
        seen.append(estimate.percent)
    assert seen == [0.0, 25.0, 25.0, 25.0, 50.0, 100.0]
    assert estimate.eta_seconds == 0.0


def test_the_time_left_follows_the_speed_smoothly() -> None:
    estimate = Estimate(duration_seconds=100)
    estimate.update(Progress(out_time_seconds=20, speed=2.0))
    assert estimate.eta_seconds == pytest.approx(40)
    estimate.update(Progress(out_time_seconds=20, speed=0.5))
    assert 40 < (estimate.eta_seconds or 0) < 50
    estimate.update(Progress(out_time_seconds=20, speed=None))
    assert 40 < (estimate.eta_seconds or 0) < 50


def test_an_unknown_duration_has_no_percentage_and_no_time_left() -> None:
    estimate = Estimate(duration_seconds=0)
    estimate.update(Progress(out_time_seconds=5, speed=1.0))
    assert (estimate.percent, estimate.eta_seconds) == (0.0, None)


def test_what_ffmpeg_reports_waits_for_nothing_on_its_way_to_the_page() -> None:
    """Worker and page let a first number through at once; the next one must come after they are ready again."""
    arguments = encode.PROGRESS_ARGUMENTS
    period = float(arguments[arguments.index("-stats_period") + 1])
    assert period >= 1.5 * max(reporter.INTERVAL_SECONDS, live.UPDATE_SECONDS)
    assert reporter.INTERVAL_SECONDS + live.UPDATE_SECONDS <= 0.2
    assert 0.1 <= period <= 0.25
