"""Text tracks as WebVTT: what FFmpeg makes of each kind, and what of it is served."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from mediaproc.media import tracks
from mediaproc.media.chunks import chunks_for
from mediaproc.media.commands import subtitles
from mediaproc.media.edits import Edits
from mediaproc.media.plan import NAMELESS, plan_of
from mediaproc.media.presets import WEB, Preset
from mediaproc.media.sources import Source
from testing import clips

SRT = """1
00:00:00,200 --> 00:00:00,900
<i>Hello</i> <script>alert(1)</script> a --> b

2
00:00:01,000 --> 00:00:01,800
Grüß
Gott
"""

SILENT = b"1\n00:00:00,200 --> 00:00:00,900\n \n"


def source(folder: Path, codec: str, suffix: str, *texts: bytes) -> Path:
    """Two seconds of a picture with these texts beside it, written with a codec."""
    files = [folder / f"{place}.srt" for place in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_bytes(text)
    path = folder / f"source.{suffix}"
    clips.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=size=64x36:rate=5:duration=2"),
        *(word for file in files for word in ("-i", str(file))),
        *(word for place in range(len(files) + 1) for word in ("-map", str(place))),
        *("-c:v", "mpeg4", "-c:s", codec, str(path)),
    )
    return path


def extracted(path: Path, preset: Preset = WEB) -> list[str | None]:
    """What is served of each text track of a file."""
    info = clips.probed(path)
    arguments = subtitles.arguments(info, source=Source(str(path)), preset=preset)
    subprocess.run([clips.FFMPEG, *arguments], cwd=path.parent, check=True, capture_output=True)
    return [
        subtitles.served_vtt((path.parent / f"{kept.rendition}.vtt").read_bytes())
        for kept in tracks.selected_subtitles(info)
    ]


@pytest.mark.parametrize(
    ("codec", "suffix"), [("subrip", "mkv"), ("ass", "mkv"), ("webvtt", "mkv"), ("mov_text", "mp4")]
)
def test_each_kind_of_text_becomes_webvtt(tmp_path: Path, codec: str, suffix: str) -> None:
    (text,) = extracted(source(tmp_path, codec, suffix, SRT.encode()))
    assert text is not None
    lines = text.splitlines()
    assert lines[:4] == ["WEBVTT", "X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0", "", "00:00.200 --> 00:00.900"]
    assert lines[5:] == ["", "00:01.000 --> 00:01.800", "Grüß", "Gott"]
    assert "Hello" in lines[4]
    assert "-->" not in lines[4], "an arrow would end the text"
    assert "<script" not in text
    assert subtitles.end_seconds(text) == 1.8


def test_one_that_is_wrong_costs_the_others_nothing(tmp_path: Path) -> None:
    """In Latin-1, which Matroska does not allow; and without any text."""
    texts = extracted(source(tmp_path, "copy", "mkv", SRT.encode("latin-1"), SRT.encode(), SILENT))
    assert texts[0] is not None
    assert ("Hello" in texts[0], "Gott" in texts[0]) == (True, False)
    assert "Grüß" in (texts[1] or "")
    assert texts[2:] == [None]


def test_of_a_part_of_a_video_the_texts_are_in_step(tmp_path: Path) -> None:
    trimmed = replace(WEB, edits=Edits(start_seconds=0.5, end_seconds=1.5))
    (text,) = extracted(source(tmp_path, "subrip", "mkv", SRT.encode()), trimmed)
    assert text is not None
    starts = [line for line in text.splitlines() if " --> " in line]
    assert starts == ["00:00.000 --> 00:00.400", "00:00.500 --> 00:01.300"]


def test_what_nobody_could_read_is_not_served() -> None:
    cue = "00:00.000 --> 00:01.000\nWord\n\n"
    assert subtitles.served_vtt(f"WEBVTT\n\n{cue}".encode()) is not None
    assert subtitles.served_vtt(("WEBVTT\n\n" + cue * 200_000).encode()) is None
    assert subtitles.served_vtt(b"WEBVTT\n\n") is None
    assert subtitles.served_vtt(b"<html>00:00.000 --> 00:01.000") is None
    assert subtitles.served_vtt(b"") is None


def test_the_plan_shows_the_command(tmp_path: Path) -> None:
    info = clips.probed(source(tmp_path, "subrip", "mkv", SRT.encode()))
    steps = plan_of(info, source=NAMELESS, preset=WEB, chunks=chunks_for(info, WEB, []), threads=1).steps
    (step,) = [each for each in steps if each.name == "Subtitles"]
    assert step.command.endswith("subtitles.vtt")
    assert '-i "$SOURCE" ' in step.command
