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
from mediaproc.media.webvtt import extracted as text_tracks
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
    info, edits = clips.probed(path), preset.edits
    arguments = subtitles.arguments(info, source=Source(str(path)), preset=preset)
    subprocess.run([clips.FFMPEG, *arguments], cwd=path.parent, check=True, capture_output=True)
    served: list[str | None] = []
    for kept in tracks.selected_subtitles(info):
        raw = (path.parent / subtitles.file_name(info, kept)).read_bytes()
        track = text_tracks.extracted(raw, subtitles.codec_of(info, kept), language=kept.label.language)
        served.append(text_tracks.served_text(track, start=edits.start_seconds, end=edits.end_seconds))
    return served


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
    assert "alert(1)" in lines[4], "text never vanishes"


def test_one_that_is_wrong_costs_the_others_nothing(tmp_path: Path) -> None:
    """In Latin-1, which Matroska does not allow; and without any text."""
    texts = extracted(source(tmp_path, "copy", "mkv", SRT.encode("latin-1"), SRT.encode(), SILENT))
    assert texts[0] is not None
    assert "Grüß\nGott" in texts[0]
    assert "Grüß" in (texts[1] or "")
    assert texts[2:] == [None]


def test_of_a_part_of_a_video_the_texts_are_in_step(tmp_path: Path) -> None:
    trimmed = replace(WEB, edits=Edits(start_seconds=0.5, end_seconds=1.5))
    (text,) = extracted(source(tmp_path, "subrip", "mkv", SRT.encode()), trimmed)
    assert text is not None
    starts = [line for line in text.splitlines() if " --> " in line]
    assert starts == ["00:00.000 --> 00:00.400", "00:00.500 --> 00:01.000"]


def served(written: bytes, codec: str = "webvtt") -> str | None:
    return text_tracks.served_text(text_tracks.extracted(written, codec), start=0, end=None)


def test_what_nobody_could_read_is_not_served() -> None:
    cue = "{0:02}:{1:02}.000 --> {0:02}:{1:02}.900\nWord\n\n"
    assert served(("WEBVTT\n\n" + cue.format(0, 0)).encode()) is not None
    many = "".join(
        f"{n}\n{n // 3600:02}:{n // 60 % 60:02}:{n % 60:02},000 --> 99:00:00,000\n{'x' * 60}\n\n" for n in range(50_000)
    )
    assert served(many.encode(), "subrip") is None
    assert served(b"WEBVTT\n\n") is None
    assert served(b"WEBVTT\n\n00:00.000 --> 00:01.000\n \n") is None
    assert served(b"") is None


def test_the_plan_shows_the_command(tmp_path: Path) -> None:
    info = clips.probed(source(tmp_path, "subrip", "mkv", SRT.encode()))
    steps = plan_of(info, source=NAMELESS, preset=WEB, chunks=chunks_for(info, WEB, []), threads=1).steps
    (step,) = [each for each in steps if each.name == "Subtitles"]
    assert step.command.endswith("subtitles.srt")
    assert '-i "$SOURCE" ' in step.command
