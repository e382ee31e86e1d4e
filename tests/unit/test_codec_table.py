"""The codec table: a codec is one row, and nothing outside of the table names one."""

from __future__ import annotations

import ast
import re
import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from mediaproc.commands import doctor
from mediaproc.components import preset_fields
from mediaproc.media import chunks, codecs, crf_search, ladder, plan
from mediaproc.media.codecs import Codec
from mediaproc.media.commands import remux, source_copy
from mediaproc.media.mp4 import faststart
from mediaproc.media.plan import NAMELESS
from mediaproc.media.preset_request import Recipe
from mediaproc.media.presets import SOURCE_COPY
from mediaproc.operations.views import RenditionView
from mediaproc.state import details, labels
from testing import ROOT
from tests.unit.test_command import INFO, values
from tests.unit.test_page_parts import ID, make_view
from tests.unit.test_remux import INFO as PLAYABLE

ASKED: dict[str, Any] = {"title": "Trailer", "codec": "xvc", "rungs": [{"height": 720}]}

BEFORE = codecs.CODECS

XVC = Codec(
    name="xvc",
    label="XVC",
    note="for the day after tomorrow",
    encoder="libxvc",
    encoder_preset="faster",
    encoder_options=lambda rung, _preset, threads: {"xvc-params": f"threads={threads}:rate={rung.frame_rate}"},
    crf=31,
    crf_bounds=(20, 50),
    full_hd_bitrate_bps=3_000_000,
    bit_depths=(8, 10),
    smallest_side=32,
    sample_entry=b"xvc1",
    configuration_box=b"xvcC",
    codec_string=lambda _init, record: f"xvc1.{record[0]}",
    profiles=frozenset({"Main 10"}),
    copy_options={"tag:v": "xvc1"},
    reorders=True,
    browser_type='video/mp4; codecs="xvc1.1.L51.CQA"',
)


@pytest.fixture(autouse=True)
def _one_more_codec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codecs, "CODECS", (*codecs.CODECS, XVC))


def test_a_new_row_is_validated() -> None:
    assert Recipe.model_validate(ASKED | {"bit_depth": 10}).codec == "xvc"
    assert Recipe.model_json_schema()["properties"]["codec"]["enum"] == [*(each.name for each in BEFORE), "xvc"]
    with pytest.raises(ValidationError, match="The CRF of xvc is a number from 20 to 50"):
        Recipe.model_validate(ASKED | {"rungs": [{"height": 720, "crf": 19}]})
    with pytest.raises(ValidationError, match="or 'xvc'"):
        Recipe.model_validate(ASKED | {"codec": "vp6"})
    with pytest.raises(ValidationError, match=r"take .* or XVC"):
        Recipe.model_validate(ASKED | {"codec": "h264", "bit_depth": 10})


def test_a_new_row_is_planned() -> None:
    preset = Recipe.model_validate(ASKED).preset(name="trailer", version=1)
    (rung,) = ladder.rungs_for(INFO, preset)
    assert (rung.crf, rung.max_bitrate_bps) == (31, 1_633_000)
    whole = chunks.chunk_of(0, start_seconds=0, length_seconds=10, last=True, segment_seconds=2)
    made = plan.plan_of(INFO, source=NAMELESS, preset=preset, chunks=(whole,), threads=2)
    (encode,) = [step.command for step in made.steps if step.name == "Encode"]
    assert values(encode.split(), "-c:v")[-1] == "libxvc"
    assert values(encode.split(), "-preset:v") == ["faster"]
    assert values(encode.split(), "-xvc-params") == ["threads=2:rate=25"]
    search = crf_search.search_for(rung, preset, 93)
    assert (search.first, search.lowest, search.highest) == (31, 20, 50)
    small = replace(INFO, video=replace(INFO.video, width=24, height=24, display_width=24, display_height=24))
    with pytest.raises(Exception, match="too small for XVC: 24×24; the minimum is 32×32"):
        ladder.rungs_for(small, preset)


def test_a_new_row_is_copied() -> None:
    source = replace(PLAYABLE, video=replace(PLAYABLE.video, codec="xvc", profile="Main 10"))
    assert source_copy.obstacle(source, []) is None
    arguments = source_copy.copy_arguments(source, source=NAMELESS, preset=SOURCE_COPY)
    assert values(arguments, "-tag:v") == ["xvc1"]
    assert not remux.plays_as_it_is(source, [0.0])  # not in every browser
    assert "and XVC can be kept" in str(
        source_copy.obstacle(replace(source, video=replace(source.video, codec="vp8")), [])
    )
    described = struct.pack(">II", 0, 1) + struct.pack(">I4s", 16, b"xvc1")
    assert faststart._is_playable(described)


def test_a_new_row_is_named_in_playlists() -> None:
    assert codecs.of_init_segment(b"stsd....xvcC\x07") == "xvc1.7"


def test_a_new_row_is_on_the_page() -> None:
    assert labels.codec("xvc") == "XVC"
    assert preset_fields.codec_choices()[-1] == ("xvc", "XVC – for the day after tomorrow")
    form = str(preset_fields.preset_fields())
    assert "for the day after tomorrow" in form
    assert "and XVC only" in form
    made = RenditionView(
        id=ID, name="720p", height=720, width=1280, codec="xvc", suffix=None, bitrate_bps=1, size_bytes=1
    )
    shown = details.details_of(make_view(renditions=[made]))
    assert (shown.codec, shown.codec_type) == ("XVC", XVC.browser_type)


def test_a_new_row_is_checked_by_doctor(tmp_path: Path) -> None:
    path = tmp_path / "ffmpeg"
    path.write_text("#!/bin/sh\necho libx264 aac libx265\n")
    path.chmod(0o755)
    seen = doctor._features(path, "Set FFMPEG_PATH").seen
    assert "libxvc (XVC encoding)" in seen
    assert "libx265" not in seen


# No codec outside of the table ------------------------------------------------------------------------------

_NAMED = re.compile(
    r"(?<![\w-])(h264|hevc|h265|av1|libx26[45]|libsvtav1|libaom-av1|librav1e"
    r"|avc[1-3C]|av01|av1C|hvc1|hev1|hvcC|libvvenc|vvc1?)(?![\w-])"
)
ALLOWED: dict[str, str] = {
    "mediaproc/media/codecs.py": "the table",
    "mediaproc/media/mp4/sei.py": "the NAL units of a source's codec, which no encoder of ours decides",
}
"""Files that may name a codec, each with the reason."""


def _constants(path: Path) -> Iterator[str]:
    """String and byte constants of a module that are not docstrings; the text of a script."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield text
        return
    tree = ast.parse(text)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            value = node.value
            yield value.decode("latin-1") if isinstance(value, bytes) else value if isinstance(value, str) else ""


def _named(path: Path) -> list[str]:
    return [found for constant in _constants(path) for found in _NAMED.findall(constant)]


def test_codecs_are_named_in_the_table_alone() -> None:
    paths = [
        path
        for package in ("mediaproc", "mediaproc_worker")
        for pattern in ("*.py", "*.js", "*.jsx")
        for path in (ROOT / package).rglob(pattern)
    ]
    found = {path.relative_to(ROOT).as_posix(): names for path in paths if (names := _named(path))}
    assert found.keys() == ALLOWED.keys(), found


def test_a_codec_outside_of_the_table_is_noticed(tmp_path: Path) -> None:
    module, script = tmp_path / "a.py", tmp_path / "a.jsx"
    module.write_text('"""Of h264."""\nX = {"c:v": "libx264"}\ny = b"hvc1"\nz = f"{X} of av1 {y}"\n"web-hevc"\n')
    script.write_text("const TYPE = 'video/mp4; codecs=\"av01.0\"';\n")
    assert sorted(_named(module) + _named(script)) == ["av01", "av1", "hvc1", "libx264"]
