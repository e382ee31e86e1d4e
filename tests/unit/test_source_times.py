"""The length, the origin and the exact rate of a source, from what ffprobe says."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from mediaproc.media import clocks, source_times
from mediaproc.media.source_times import exact_rate, start_seconds, steps_per_frame
from tests.unit.test_command import INFO, VIDEO

LONGEST = 48 * 3600


def length(about: dict[str, Any], *streams: dict[str, Any]) -> float:
    return source_times.duration_seconds(about, streams, longest=LONGEST)


def track(kind: str, **said: Any) -> dict[str, Any]:
    return {"codec_type": kind, **said}


MKV = "matroska,webm"
TAGS = {"DURATION": "00:00:08.000000000"}
ENGLISH = {"DURATION-eng": "00:00:08.021000000"}


@pytest.mark.parametrize(
    ("about", "streams", "seconds"),
    [
        ({"duration": "8.02"}, [track("video", duration="8"), track("audio", duration="8.02")], 8.02),
        ({"duration": "200"}, [track("video", duration="8"), track("audio", duration="8.02")], 200),
        ({"duration": "200"}, [track("video", duration="8"), track("audio"), track("subtitle")], 200),
        (
            {"duration": "200", "format_name": MKV},
            [track("video", tags=TAGS), track("audio", tags=ENGLISH), track("subtitle")],
            8.021,
        ),
        (
            {"duration": "200", "start_time": "1.0"},
            [track("video", duration="8", start_time="1.5"), track("subtitle", duration="199")],
            8.5,
        ),
        ({"duration": "8.3"}, [track("video", duration="8"), track("subtitle")], 8.3),
        ({"duration": "1.8e13", "format_name": MKV}, [track("video", tags=TAGS), track("audio"), track("subtitle")], 8),
        ({"duration": "1.8e13", "format_name": MKV}, [track("video"), track("subtitle")], 0),
        ({"format_name": MKV}, [track("video"), track("audio")], 0),
        ({"duration": "0"}, [track("video", duration="5")], 5),
        ({"duration": "9", "start_time": "1", "format_name": MKV}, [track("video")], 8),
        ({"duration": "N/A"}, [track("video", tags={"DURATION": "soon"}), track("subtitle")], 0),
    ],
)
def test_the_length_is_that_of_video_and_audio(
    about: dict[str, Any], streams: list[dict[str, Any]], seconds: float
) -> None:
    assert length(about, *streams) == seconds


def test_a_length_of_centuries_without_subtitles_is_still_refused_as_too_long() -> None:
    assert length({"duration": "1.8e13"}, track("video")) > LONGEST


@pytest.mark.parametrize(
    ("video", "others", "seconds"),
    [
        ("2.3", ["1.4"], 0.9),
        ("1.4", ["2.3", "1.5"], 0.0),
        ("0.0", ["-0.021"], 0.021),
        (None, ["1"], 0.0),
        ("3", [], 0.0),
    ],
)
def test_the_origin_is_the_start_of_the_first_track(video: str | None, others: list[str], seconds: float) -> None:
    found = start_seconds({"start_time": video}, [{"start_time": each} for each in others])
    assert found == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("average", "nominal", "exact"),
    [
        ("24000/1001", "24000/1001", "24000/1001"),
        ("2997/125", "24000/1001", "24000/1001"),
        ("2397/100", "1000", "24000/1001"),
        ("25", "25", "25"),
        ("59.94", "60000/1001", "60000/1001"),
        ("14.3", "1000", "14.3"),
        ("0", "30", "30"),
    ],
)
def test_a_rate_that_is_nearly_a_standard_one_is_meant_to_be_it(average: str, nominal: str, exact: str) -> None:
    assert exact_rate(Fraction(average), Fraction(nominal)) == Fraction(exact)


@pytest.mark.parametrize(
    ("rate", "time_base", "steps"),
    [
        ("24000/1001", "1/1000", 8),
        ("60", "1/1000", 8),
        ("25", "1/1000", 0),  # 40 ms
        ("24000/1001", "1/90000", 0),
        ("30000/1001", "1/30000", 0),
        ("120", "1/1000", 0),
        ("0", "1/1000", 0),
    ],
)
def test_only_a_coarse_clock_gets_a_grid(rate: str, time_base: str, steps: int) -> None:
    assert steps_per_frame(Fraction(rate), Fraction(time_base)) == steps


@pytest.mark.parametrize(
    ("runs", "rate", "even"),
    [
        ([(1, 0.033), (1, 0.034), (1, 0.033), (97, 1 / 30), (1, 0.05)], "30", "30"),
        ([(2, 0.042), (1, 0.041)] * 40, "2397/100", "24"),  # 41.67 ms, whatever the container says
        ([(50, 1 / 30), (1, 0.5), (50, 1 / 30)], "30", None),
        ([(50, 1 / 30), (50, 1 / 15)], "20", None),
        ([(1, 0.04)], "25", None),
        ([], "25", None),
    ],
)
def test_a_table_shows_a_rate_that_is_nearly_constant(
    runs: list[tuple[int, float]], rate: str, even: str | None
) -> None:
    found = source_times.even_rate(runs, Fraction(rate))
    assert found == (None if even is None else pytest.approx(float(Fraction(even)), rel=1e-3))


def test_the_grid_begins_with_the_first_frame() -> None:
    rate = Fraction(24000, 1001)
    on_time = replace(VIDEO, frame_rate=rate, steps_per_frame=8)
    late = replace(on_time, start_seconds=0.021)
    assert [str(each) for each in clocks.filters(on_time)] == ["settb=1001/192000"]
    assert [str(each) for each in clocks.filters(late)] == [
        "setpts=PTS-0.021000/TB", "settb=1001/192000", "setpts=PTS+4",
    ]  # fmt: skip
    assert clocks.copy_options(on_time) == {"bsf:v": "setts=pts=PTS:dts=DTS:time_base=1001/192000"}
    assert clocks.copy_options(late)["bsf:v"].endswith(",setts=pts=PTS+4:dts=DTS+4")
    assert clocks.filters(VIDEO) == [] and clocks.copy_options(VIDEO) == {}


def test_clocks_that_restart_are_those_of_broadcasts_and_ogg() -> None:
    assert {name for name in ("mpegts", "mpeg", "ogg", "mov,mp4", MKV, "flv") if _restarts(name)} == {
        "mpegts", "mpeg", "ogg",
    }  # fmt: skip


def _restarts(container: str) -> bool:
    return clocks.restarts(replace(INFO, container=container))
