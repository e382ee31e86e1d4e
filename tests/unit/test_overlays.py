"""What lies over a picture: where a watermark stands, and what is drawn of subtitles that are burnt in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mediaproc.media import edits
from mediaproc.media.chunks import chunk_of
from mediaproc.media.commands import encode
from mediaproc.media.edits import Corner, Edits, Watermark
from mediaproc.media.filters import burn_in, overlay
from mediaproc.media.ladder import rungs_for
from mediaproc.media.plan import plan_of
from mediaproc.media.presets import WEB
from mediaproc.media.probe import MediaInfo, TextTrack
from mediaproc.media.sources import Source
from tests.unit.test_command import INFO

MARK = Watermark("0" * 64)
SOURCE = Source("clip.mp4")


def texts(*found: tuple[str, str]) -> MediaInfo:
    tracks = [TextTrack(index=2 + n, codec=codec, language=language) for n, (codec, language) in enumerate(found)]
    return replace(INFO, text=tuple(tracks))


@pytest.mark.parametrize(
    ("corner", "x", "y"),
    [
        (Corner.TOP_LEFT, "32", "32"),
        (Corner.TOP_RIGHT, "W-w-32", "32"),
        (Corner.BOTTOM_LEFT, "32", "H-h-32"),
        (Corner.BOTTOM_RIGHT, "W-w-32", "H-h-32"),
    ],
)
def test_a_watermark_keeps_a_margin_to_its_corner(corner: Corner, x: str, y: str) -> None:
    assert overlay.position(replace(MARK, corner=corner), 1920, 1080) == {"x": x, "y": y}
    assert overlay.position(replace(MARK, corner=corner), 1080, 1920) == {"x": x, "y": y}


def test_a_watermark_is_fitted_into_its_part_of_the_picture() -> None:
    filters = {
        each.name: each.options for each in overlay.watermark_filters(replace(MARK, size=0.1, opacity=0.5), 1920, 1080)
    }
    assert (filters["scale"]["w"], filters["scale"]["h"]) == (192, 108)
    assert filters["colorchannelmixer"]["aa"] == "0.5"


def test_all_rungs_have_it_from_the_largest() -> None:
    preset = replace(WEB, edits=Edits(watermark=MARK, burn_in=True))
    info = edits.edited(texts(("subrip", "ger")), preset.edits)
    words = encode.encode_arguments(info, source=SOURCE, preset=preset, rungs=rungs_for(info, preset), threads=2)
    graph = words[words.index("-filter_complex") + 1]
    assert (graph.count("overlay="), graph.count("subtitles="), words.count("file:watermark.png")) == (1, 1, 1)
    assert words[words.index("file:watermark.png") - 3 :][:2] == ["png_pipe", "-i"] or "png_pipe" in words
    assert not preset.edits.leaves_video


@pytest.mark.parametrize(
    ("found", "language", "index"),
    [
        ([("subrip", "eng"), ("ass", "ger")], "", 2),
        ([("subrip", "eng"), ("ass", "ger")], "de", 3),
        ([("subrip", "eng"), ("ass", "ger")], "fr", 2),
        ([("subrip", "pt-pt"), ("subrip", "pt-br")], "pt-BR", 3),
        ([("hdmv_pgs_subtitle", "eng"), ("mov_text", "eng")], "", 3),
    ],
)
def test_one_track_is_burnt_in(found: list[tuple[str, str]], language: str, index: int) -> None:
    kept = edits.edited(texts(*found), Edits(burn_in=True, subtitle_language=language))
    assert [track.index for track in kept.text] == [index]
    words = burn_in.arguments(kept, source=SOURCE, edits=Edits(burn_in=True))
    assert words[words.index("-map") + 1] == f"0:{index}"


def test_pictures_of_subtitles_are_not_burnt_in() -> None:
    asked = Edits(burn_in=True)
    assert not overlay.burns_in(edits.edited(texts(("hdmv_pgs_subtitle", "eng")), asked), asked)


SCRIPT = """[Script Info]
PlayResY: 288

[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,16,&Hffffff
[Fonts]
fontname: evil_0.ttf
M0!!!
[Events]
Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\fnComic Sans\\i1}Hello
"""


def test_a_script_is_drawn_in_one_font_and_brings_none() -> None:
    made = burn_in.cleaned_script(SCRIPT.encode(), texts(("subrip", "eng")))
    assert "Style: Default,Noto Sans,20,&Hffffff" in made
    assert "{\\i1}Hello" in made
    assert "evil" not in made and "Fonts]" not in made


def test_text_is_as_large_on_an_upright_picture() -> None:
    upright = replace(INFO.video, display_width=1080, display_height=1920)
    assert "Noto Sans,11," in burn_in.cleaned_script(SCRIPT.encode(), replace(texts(("subrip", "eng")), video=upright))
    assert "Noto Sans,16," in burn_in.cleaned_script(SCRIPT.encode(), replace(texts(("ass", "eng")), video=upright)), (
        "its own size"
    )


def test_a_plan_shows_how_subtitles_are_burnt_in() -> None:
    preset = replace(WEB, edits=Edits(watermark=MARK, burn_in=True))
    info = edits.edited(texts(("subrip", "ger")), preset.edits)
    chunks = [
        chunk_of(n, start_seconds=30.0 * n, length_seconds=30.0, last=n == 1, segment_seconds=4) for n in range(2)
    ]
    steps = plan_of(info, source=SOURCE, preset=preset, chunks=chunks, threads=2).steps
    assert [step.name for step in steps][:4] == ["Subtitles", "Audio", "Chunk 1", "Chunk 2"]
    assert "cp -R watermark.png chunk-1/ && cp -R burnt.ass chunk-1/ && cp -R fonts chunk-1/" in steps[2].command
    assert "Subtitles" not in [step.name for step in steps[4:]]
    (poster,) = (step for step in steps if step.name == "Poster")
    assert "overlay=" in poster.command and "subtitles=" not in poster.command
