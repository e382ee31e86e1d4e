"""When segments begin."""

from __future__ import annotations

import math

import pytest

from mediaproc.media import segment_edges


@pytest.mark.parametrize(
    ("at", "edge"), [(0, 1), (0.5, 1), (1, 2), (1.003, 2), (2, 4), (3.9, 4), (4, 8), (4.012, 8), (3601, 3604)]
)  # fmt: skip
def test_next_edge(at: float, edge: float) -> None:
    assert segment_edges.next_edge(at, 4) == edge


def test_a_segment_length_of_one_second_has_no_double_edges() -> None:
    assert [segment_edges.next_edge(at, 1) for at in (0, 1, 2, 3)] == [1, 2, 3, 4]


def keyframes(times: list[float], segment_seconds: int = 4, *, from_start: bool = True) -> list[float]:
    """What FFmpeg makes of the expression, evaluated here by its own names."""
    found, prev = [], math.nan
    functions = {
        "floor": lambda value: 0 if math.isnan(value) else math.floor(value), "isnan": math.isnan,
        "gt": lambda a, b: a > b, "gte": lambda a, b: a >= b,
        "choose": lambda test, yes, no: yes if test else no,
    }  # fmt: skip
    text = segment_edges.keyframe_expression(segment_seconds, from_start=from_start).replace("if(", "choose(", 1)
    for time in times:
        if eval(text, functions, {"t": time - times[0], "prev_forced_t": prev}):
            found.append(time)
            prev = time - times[0]
    return found


def test_keyframes_stand_at_the_first_frame_of_each_edge() -> None:
    assert keyframes([number / 25 for number in range(25 * 14)]) == [0, 1, 2, 4, 8, 12]
    ntsc = keyframes([number * 1001 / 30000 for number in range(300)])
    assert ntsc == pytest.approx([0, 1.001, 2.002, 4.004, 8.008], abs=0.0001)


def test_a_gap_over_several_edges_makes_one_keyframe() -> None:
    assert keyframes([0, 0.04, 9.5, 9.54, 9.58, 12.1, 12.2]) == [0, 9.5, 12.1]


def test_a_chunk_from_the_middle_has_the_same_keyframes() -> None:
    times = [number / 25 for number in range(25 * 20)]
    assert keyframes([time for time in times if time >= 8], from_start=False) == [
        time for time in keyframes(times) if time >= 8
    ]
