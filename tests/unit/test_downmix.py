"""Channel mixing: no channels are too loud together, and one is not too quiet."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from mediaproc.media.commands import audio
from mediaproc.media.filters import downmix
from mediaproc.media.presets import MP4_SMALL, WEB, Preset
from mediaproc.media.sources import Source
from testing import clips

CLIPPING_DBFS = 0.0


def tones(path: Path, layout: str, level: float, *encode: str) -> Path:
    """One second of a video with a tone of its own on each channel."""
    count = {"mono": 1, "stereo": 2, "3.0": 3, "quad": 4, "5.1": 6, "7.1": 8}[layout]
    channels = "|".join(f"{level}*sin(2*PI*{300 + 110 * number}*t)" for number in range(count))
    clips.ffmpeg(
        *("-f", "lavfi", "-i", "color=black:size=64x36:rate=5:duration=1"),
        *("-f", "lavfi", "-i", f"aevalsrc='{channels}':s=48000:d=1:c={layout}"),
        *("-c:v", "mpeg4", *encode, str(path)),
    )
    return path


def levels(path: Path, *mix: str) -> tuple[float, float]:
    """Peak and RMS level of a file's audio, in dBFS."""
    chain = ",".join(
        [*mix, "aformat=sample_fmts=flt,astats=measure_overall=Peak_level+RMS_level:measure_perchannel=none"]
    )
    command = [clips.FFMPEG, "-nostdin", "-i", str(path), "-vn", "-af", chain, "-f", "null", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    peak, rms = (float(re.findall(rf"{name} level dB: (\S+)", told)[-1]) for name in ("Peak", "RMS"))
    return peak, rms


def made(path: Path, preset: Preset = WEB) -> Path:
    """The audio that a preset makes of a file."""
    arguments = audio.arguments(clips.probed(path), source=Source(str(path)), preset=preset)
    subprocess.run([clips.FFMPEG, *arguments], cwd=path.parent, check=True, capture_output=True)
    return path.parent / "audio.cmaf"


@pytest.mark.parametrize("preset", [WEB, MP4_SMALL], ids=["web", "mp4-small"])
@pytest.mark.parametrize(
    ("layout", "encode"),
    [
        ("5.1", ("-c:a", "ac3", "-b:a", "640k")),
        ("5.1", ("-c:a", "pcm_s16le")),
        ("7.1", ("-c:a", "pcm_s24le")),
        ("quad", ("-c:a", "flac")),
        ("3.0", ("-c:a", "pcm_s16le")),
    ],
)
def test_loud_channels_are_mixed_without_clipping(
    tmp_path: Path, layout: str, encode: tuple[str, ...], preset: Preset
) -> None:
    mixed = made(tones(tmp_path / "loud.mkv", layout, 0.95, *encode), preset)
    assert levels(mixed)[0] < CLIPPING_DBFS


@pytest.mark.parametrize(("layout", "encode"), [("5.1", ("-c:a", "pcm_s16le")), ("7.1", ("-c:a", "ac3", "-ac", "6"))])
def test_a_mix_that_does_not_clip_is_as_loud_as_ffmpegs(tmp_path: Path, layout: str, encode: tuple[str, ...]) -> None:
    source = tones(tmp_path / "quiet.mkv", layout, 0.1, *encode)
    plain = levels(source, "aformat=sample_fmts=fltp:channel_layouts=stereo")
    assert levels(made(source))[1] == pytest.approx(plain[1], abs=0.3)


def test_one_channel_is_as_loud_on_both_sides(tmp_path: Path) -> None:
    source = tones(tmp_path / "mono.mkv", "mono", 0.5, "-c:a", "pcm_s16le")
    mixed = made(source)
    assert levels(mixed) == pytest.approx(levels(source), abs=0.3)
    (track,) = clips.ffprobe(mixed)["streams"]
    assert track["channels"] == 2


def test_the_limiter_delays_nothing(tmp_path: Path) -> None:
    source = tones(tmp_path / "click.mkv", "5.1", 0.95, "-c:a", "pcm_s16le")
    mix = [str(each) for each in downmix.filters(6, 2)]
    counts = "aformat=sample_fmts=s16,ashowinfo"
    for chain in ([*mix, counts], [counts]):
        command = [clips.FFMPEG, "-nostdin", "-i", str(source), "-vn", "-af", ",".join(chain), "-f", "null", "-"]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
        assert sum(int(each) for each in re.findall(r"nb_samples:(\d+)", told)) == 48_000


def test_stereo_is_left_alone() -> None:
    assert downmix.filters(2, 2) == downmix.filters(1, 1) == downmix.filters(6, 6) == downmix.filters(0, 2) == []
