"""The outline of a source: every command, ready to be run, and the command that prints it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mediaproc.__main__ import cli
from mediaproc.commands.plan import CannotPlan, plan_file
from mediaproc.media import layout, loudness, vmaf
from mediaproc.media.chunks import chunks_for
from mediaproc.media.plan import NAMELESS, plan_of
from mediaproc.media.presets import WEB, RungTarget
from mediaproc.media.sources import Source
from mediaproc.settings import settings
from testing import clips
from tests.unit.test_command import INFO


@pytest.fixture(autouse=True)
def _measured(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MEASURE_VMAF", "1")
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clips.make(tmp_path_factory.mktemp("plan") / "a clip.mp4", seconds=1, size="320x180")


def pasted(steps: Sequence[Mapping[str, str]], folder: Path) -> None:
    """All into one shell, but for the storyboard, whose frames Python cuts out."""
    folder.mkdir(exist_ok=True)
    lines = [step["command"] for step in steps if step["name"] != "Storyboard"]
    script = "\n".join(["set -e", f'ffmpeg() {{ "{clips.FFMPEG}" "$@"; }}', *lines])
    done = subprocess.run(["sh", "-c", script], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def names(steps: Sequence[Mapping[str, str]]) -> list[str]:
    return [step["name"] for step in steps]


def test_the_commands_of_a_short_file_run_as_they_stand(clip: Path, tmp_path: Path) -> None:
    steps = plan_file(clip, preset="web")["steps"]
    assert names(steps) == ["Instant", "Encode", "Poster", "MP4 180p", "Storyboard", "VMAF at 0 s"]
    pasted(steps, tmp_path)
    assert clips.decode(tmp_path / "180p.mp4").frames == 25
    assert clips.decode(tmp_path / "instant.cmaf").frames == 25
    assert (tmp_path / "poster.jpg").stat().st_size > 1000
    assert vmaf.parse((tmp_path / "180p.vmaf.json").read_text()) > 80


def test_the_commands_of_presets_that_make_files_run_as_they_stand(clip: Path, tmp_path: Path) -> None:
    audio, preview = (plan_file(clip, preset=preset) for preset in ("audio", "preview"))
    assert names(audio["steps"]) == ["Loudness", "Audio", "M4A", "Poster"]
    assert (audio["rungs"], audio["chunks"]) == ([], [])
    pasted(audio["steps"], tmp_path / "audio")
    made = plan_file(tmp_path / "audio/audio.m4a", preset="audio")["steps"]
    pasted(made[:1], tmp_path)
    assert loudness.parse((tmp_path / layout.LOUDNESS).read_text()).integrated == pytest.approx(-16, abs=1)
    assert names(preview["steps"]) == ["Loop", "Poster"]
    pasted(preview["steps"], tmp_path / "preview")
    assert clips.probed(tmp_path / "preview/preview.mp4").video.codec == "h264"
    silent = clips.make(tmp_path / "silent.mp4", seconds=0.2, size="64x48", audio=None)
    with pytest.raises(CannotPlan, match="Preset audio can't process this file: it has no audio"):
        plan_file(silent, preset="audio")
    assert "Loudness" in CliRunner().invoke(cli, ["plan", str(clip), "--preset", "audio"]).stdout


def test_the_first_tries_for_a_vmaf_run_as_they_stand(clip: Path, tmp_path: Path) -> None:
    preset = replace(WEB, target_vmaf=90.0)
    info = clips.probed(clip)
    made = plan_of(info, source=Source(str(clip)), preset=preset, chunks=chunks_for(info, preset, ()), threads=2)
    steps = made.to_json()["steps"]
    assert names(steps) == ["Audio", "VMAF at 0 s", "Encode", "Poster", "MP4 180p", "Storyboard"]
    pasted(steps[:2], tmp_path)
    assert vmaf.parse((tmp_path / "180p.vmaf.json").read_text()) > 80


def test_the_plan_of_a_file_that_is_kept_encodes_nothing(clip: Path, tmp_path: Path) -> None:
    planned = plan_file(clip, preset="source-copy")
    assert (names(planned["steps"]), planned["chunks"]) == (["Copy", "Poster", "MP4 180p", "Storyboard"], [])
    pasted(planned["steps"], tmp_path)
    assert clips.decode(tmp_path / "180p.mp4").frames == 25
    assert "original" in CliRunner().invoke(cli, ["plan", str(clip), "--preset", "source-copy"]).stdout
    other = clips.make(tmp_path / "old.mp4", seconds=0.2, size="64x48", audio=None, encode=("-c:v", "mpeg4"))
    with pytest.raises(CannotPlan, match="Preset source-copy can't process this file: its picture is MPEG-4 Part 2"):
        plan_file(other, preset="source-copy")


def test_a_long_file_is_planned_in_chunks_that_join_to_what_one_encode_makes(tmp_path: Path) -> None:
    encode = ("-c:v", "mpeg4", "-bf", "2", "-g", "10", "-c:a", "aac")
    clip = clips.make(tmp_path / "long.mp4", seconds=60, size="64x36", rate="5", encode=encode)
    planned = plan_file(clip, preset="web")
    assert len(planned["chunks"]) == 2
    assert names(planned["steps"])[:5] == ["Audio", "Chunk 1", "Chunk 2", "Poster", "MP4 36p"]
    pasted(planned["steps"][:5], tmp_path)
    assert clips.decode(tmp_path / "36p.mp4").frames == 300


def test_the_source_of_a_video_has_no_name() -> None:
    info = replace(INFO, duration_seconds=60.0)
    chunks = chunks_for(info, WEB, [0.0, 28.0, 50.0])
    steps = plan_of(info, source=NAMELESS, preset=WEB, chunks=chunks, threads=2, instant=True, measured=True).steps
    assert [step.name for step in steps[:4]] == ["Instant", "Chunk 1", "Chunk 2", "Poster"]
    assert steps[2].command.startswith("mkdir -p chunk-2 && (cd chunk-2 && ffmpeg ")
    assert all('-i "$SOURCE"' in step.command for step in steps[:4])
    assert "https://" not in "".join(step.command for step in steps)


def test_the_command_line_plans_a_file_without_a_server(clip: Path, tmp_path: Path) -> None:
    run = CliRunner().invoke
    told = json.loads(run(cli, ["plan", str(clip), "--json"]).stdout)
    assert [rung["name"] for rung in told["rungs"]] == ["180p"]
    assert told["steps"] == plan_file(clip, preset="web")["steps"]
    shown = run(cli, ["plan", str(clip)]).stdout
    assert "320×180" in shown
    assert all(step["command"] in shown.splitlines() for step in told["steps"])
    notes = tmp_path / "notes.mp4"
    notes.write_text("only words")
    for arguments, sentence in (
        ([str(notes)], "This file is not a video (text/plain)"),
        ([str(tmp_path / "none.mp4")], "File not found"),
        ([str(clip), "--preset", "none"], "Unknown preset none"),
    ):
        failed = run(cli, ["plan", *arguments])
        assert failed.exit_code == 1
        assert sentence in failed.output


def test_what_was_encoded_before_is_not_in_the_commands(clip: Path) -> None:
    info = clips.probed(clip)
    two = replace(WEB, rungs=(RungTarget("180p", 320, 180, 24, 800_000), RungTarget("144p", 256, 144, 24, 500_000)))

    def planned(*reused: str) -> tuple[list[str], str, int]:
        chunks = chunks_for(info, two, [])
        made = plan_of(info, source=NAMELESS, preset=two, chunks=chunks, threads=2, reused=reused).to_json()
        assert made["reused"] == sorted(reused)
        encodes = [step for step in made["steps"] if step["name"] in ("Audio", "Encode")]
        written = [word for step in encodes for word in step["command"].split() if word.endswith(".cmaf")]
        return [step["name"] for step in encodes], " ".join(written), len(made["chunks"])

    assert planned() == (["Audio", "Encode"], "audio.cmaf 180p.cmaf 144p.cmaf", 1)
    assert planned("180p", "audio") == (["Encode"], "144p.cmaf", 1)
    assert planned("180p") == (["Audio", "Encode"], "audio.cmaf 144p.cmaf", 1)
    assert planned("180p", "144p") == (["Audio"], "audio.cmaf", 0)
    assert planned("180p", "144p", "audio") == ([], "", 0)
