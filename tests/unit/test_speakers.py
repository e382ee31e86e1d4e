"""Unusual channel layouts come out as audio that is heard, by the real FFmpeg."""

from __future__ import annotations

import re
import subprocess

import pytest

from mediaproc.media.filters import downmix, graph, speakers
from testing import clips


def levels(source: str, channels: int, layout: str, target: int, *, loud: int) -> list[float]:
    """Peak of each channel that comes out, in dBFS, of a source with a tone of −6 dBFS on one channel."""
    tones = "|".join("0.5*sin(2*PI*1000*t)" if place == loud else "0" for place in range(channels))
    named = f":c={source}" if source else ""
    opened = graph.open_input(f"aevalsrc={tones}:s=48000:d=0.3{named}", f="lavfi")
    mixed = graph.apply(opened["0"], downmix.filters(channels, target, layout=layout))
    arguments = graph.output(
        mixed.filter("astats", measure_overall="none", measure_perchannel="Peak_level"), "-", format="null", ac=target
    ).get_args()
    done = subprocess.run([clips.FFMPEG, "-nostdin", *arguments], capture_output=True, text=True, check=True)
    return [float(each) for each in re.findall(r"Peak level dB: (\S+)", done.stderr)]


@pytest.mark.parametrize(
    ("source", "channels", "layout", "loud"),
    [
        ("7.1.4", 12, "7.1.4", 8),
        ("5.1.4", 10, "5.1.4", 9),
        ("22.2", 24, "22.2", 11),
        ("", 9, "", 6),
        ("", 16, "16 channels", 15),
        ("FL+LFE", 2, "2 channels (FL+LFE)", 0),
        ("LFE+LFE2", 2, "2 channels (LFE+LFE2)", 1),
        ("BL+BR", 2, "2 channels (BL+BR)", 1),
        ("FL+FR+TC", 3, "3 channels (FL+FR+TC)", 2),
        ("binaural", 2, "binaural", 0),
        ("FL", 1, "1 channels (FL)", 0),
    ],
)
@pytest.mark.parametrize("target", [2, 6])
def test_every_channel_is_heard(source: str, channels: int, layout: str, loud: int, target: int) -> None:
    found = levels(source, channels, layout, min(target, channels) if channels == 1 else target, loud=loud)
    assert max(found) > -24, found
    assert max(found) <= 0


def test_ambisonic_audio_is_heard_from_its_side() -> None:
    both = speakers.pan_of(4, "ambisonic 1", "stereo")
    assert both == "stereo|FL=0.707*c0+0.707*c1|FR=0.707*c0+-0.707*c1"
    stereo_beside = speakers.pan_of(6, "ambisonic 1+stereo", "stereo")
    assert stereo_beside == "stereo|FL=0.707*c0+0.707*c1+0.999*c4|FR=0.707*c0+-0.707*c1+0.999*c5"


def test_left_stays_left() -> None:
    left, right = levels("7.1.4", 12, "7.1.4", 2, loud=8)
    assert left > -12
    assert right < -60


@pytest.mark.parametrize("layout", ["mono", "stereo", "5.1", "5.1(side)", "7.1", "quad", "2.1", ""])
def test_layouts_that_ffmpeg_mixes_are_left_to_it(layout: str) -> None:
    assert not speakers.needs_placing(6, layout)
