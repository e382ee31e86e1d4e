"""Samples for VMAF: which parts, in which size, and what FFmpeg is asked."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from mediaproc.media import presets, vmaf
from mediaproc.media.edits import Crop, Edits
from mediaproc.media.sources import Source
from mediaproc.media.vmaf import NothingMeasured, Sample, Size
from tests.unit.test_command import INFO, REMOTE, values


def cut(preset: presets.Preset, sample: Sample) -> list[str]:
    return vmaf.sample_arguments(
        INFO, source=REMOTE, preset=preset, sample=sample, size=vmaf.sample_size(1920, 1080), threads=2
    )  # fmt: skip


def compared(names: list[str], frame_rate: Fraction) -> list[str]:
    renditions = [(name, Source(f"http://127.0.0.1/{name}.mp4")) for name in names]
    return vmaf.measure_arguments(
        renditions, sample=Sample(0, 10, 2), size=Size(1920, 1080), frame_rate=frame_rate, threads=2
    )  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "count", "starts", "together"),
    [
        (0, 4, [0], 8),
        (3, 4, [0], 3),
        (8, 4, [0], 8),
        (80, 4, [9, 29, 49, 69], 8),
        (7200, 3, [1199, 3599, 5999], 6),
    ],
)
def test_samples_are_spread_and_cost_the_same_at_any_length(
    seconds: float, count: int, starts: list[float], together: float
) -> None:
    found = vmaf.samples_for(seconds, count=count)
    assert [each.start_seconds for each in found] == starts
    assert sum(each.length_seconds for each in found) == together


@pytest.mark.parametrize(
    ("size", "kept", "screen"),
    [
        ((1920, 1080), (1920, 1080), (1920, 1080)),
        ((3840, 2160), (1920, 1080), (1920, 1080)),
        ((641, 361), (640, 360), (1918, 1080)),
        ((720, 1280), (720, 1280), (1080, 1920)),
        ((1, 1), (2, 2), (1080, 1080)),
    ],
)
def test_sizes(size: tuple[int, int], kept: tuple[int, int], screen: tuple[int, int]) -> None:
    assert (vmaf.sample_size(*size), vmaf.screen_size(*size)) == (Size(*kept), Size(*screen))


def test_a_sample_is_edited_as_the_video_was() -> None:
    preset = replace(presets.WEB, frame_rate_cap=10, edits=Edits(start_seconds=5, rotate=90, crop=Crop(left=0.5)))
    made = cut(preset, Sample(0, 10, 2))
    (graph,) = values(made, "-filter_complex")
    order = [graph.index(name) for name in ("select=", "trim=", "crop=", "transpose=", "scale=", "settb=")]
    assert order == sorted(order)
    assert "trim=end=11.999600:start=9.999600" in graph
    assert (values(made, "-ss"), values(made, "-itsoffset"), values(made, "-qp")) == (["15.000"], ["-5.000"], ["0"])


def test_all_renditions_are_compared_in_one_go() -> None:
    made = compared(["1080p", "720p"], Fraction(25))
    (graph,) = values(made, "-filter_complex")
    assert graph.count("libvmaf=") == 2
    assert "split=2" in graph
    assert values(made, "-ss") == ["10.000", "10.000"]
    assert len(values(made, "-i")) == 3
    assert "split" not in values(compared(["1080p"], Fraction(25)), "-filter_complex")[0]


@pytest.mark.parametrize(("frame_rate", "stride"), [(0, 1), (10, 1), (24, 5), (25, 5), (30, 5), (60, 9), (120, 21)])
def test_about_six_frames_of_a_second_are_measured_an_odd_number_apart(frame_rate: int, stride: int) -> None:
    assert f"n_subsample={stride}:" in values(compared(["a"], Fraction(frame_rate)), "-filter_complex")[0]


def test_what_libvmaf_says() -> None:
    assert vmaf.parse('{"pooled_metrics": {"vmaf": {"min": 90, "mean": 93.456}}}') == 93.456
    assert vmaf.mean([93.456, 90.1]) == 91.8
    for nothing in ("", "{}", '{"pooled_metrics": {}}', '{"pooled_metrics": {"vmaf": {"mean": null}}}'):
        with pytest.raises(NothingMeasured):
            vmaf.parse(nothing)
