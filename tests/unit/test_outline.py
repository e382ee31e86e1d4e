"""The outline of a source: every command, ready to be run, and the command that prints it."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mediaproc.__main__ import cli
from mediaproc.commands.plan import CannotPlan, plan_file
from mediaproc.media import keyframes, plan
from mediaproc.media.outline import NAMELESS, outline_of
from mediaproc.media.presets import WEB, RungTarget
from tests import clips


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clips.make(tmp_path_factory.mktemp("plan") / "a clip.mp4", seconds=1, size="320x180")


def test_the_commands_of_a_short_file_run_as_they_stand(clip: Path, tmp_path: Path) -> None:
    """Pasted one after another into a shell, but for the storyboard, whose frames Python cuts out."""
    steps = plan_file(clip, preset="web")["steps"]
    assert [step["name"] for step in steps] == ["Encode", "Poster", "MP4 180p", "Storyboard"]
    environment = {"PATH": str(tmp_path)}
    (tmp_path / "ffmpeg").symlink_to(clips.FFMPEG)
    for step in steps[:-1]:
        subprocess.run(step["command"], shell=True, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert clips.decode(tmp_path / "180p.mp4").frames == 25
    assert (tmp_path / "poster.jpg").stat().st_size > 1000


def test_the_plan_of_a_file_that_is_kept_encodes_nothing(clip: Path, tmp_path: Path) -> None:
    planned = plan_file(clip, preset="source-copy")
    assert ([step["name"] for step in planned["steps"]], planned["chunks"]) == (
        ["Copy", "Poster", "MP4 180p", "Storyboard"], []
    )  # fmt: skip
    for step in (planned["steps"][0], planned["steps"][2]):
        line = step["command"].replace("ffmpeg", clips.FFMPEG, 1)
        subprocess.run(line, shell=True, cwd=tmp_path, check=True, capture_output=True)
    assert clips.decode(tmp_path / "180p.mp4").frames == 25
    assert "as it is" in CliRunner().invoke(cli, ["plan", str(clip), "--preset", "source-copy"]).stdout
    other = clips.make(tmp_path / "old.mp4", seconds=0.2, size="64x48", audio=None, encode=("-c:v", "mpeg4"))
    with pytest.raises(CannotPlan, match="source-copy makes nothing of this file: its picture is MPEG-4 Part 2"):
        plan_file(other, preset="source-copy")


def test_a_long_file_is_planned_in_chunks_whose_source_has_no_name(tmp_path: Path) -> None:
    encode = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "10", "-c:a", "aac")
    clip = clips.make(tmp_path / "long.mp4", seconds=60, size="64x36", rate="5", encode=encode)
    known = plan_file(clip, preset="web")
    assert len(known["chunks"]) == 2
    info = clips.probed(clip)
    with clip.open("rb") as file:
        found = keyframes.of_source(info, lambda at, size: (file.seek(at), file.read(size))[1], clip.stat().st_size)
    chunks = plan.chunks_for(info, WEB, found)
    steps = outline_of(info, source=NAMELESS, preset=WEB, chunks=chunks, threads=2).steps
    assert [step.name for step in steps[:4]] == ["Sound", "Chunk 1", "Chunk 2", "Poster"]
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
        ([str(tmp_path / "none.mp4")], "There is no file"),
        ([str(clip), "--preset", "none"], "There is no preset called none"),
    ):
        failed = run(cli, ["plan", *arguments])
        assert failed.exit_code == 1
        assert sentence in failed.output


def test_what_was_encoded_before_is_not_in_the_commands(clip: Path) -> None:
    info = clips.probed(clip)
    two = replace(WEB, rungs=(RungTarget("180p", 320, 180, 24, 800_000), RungTarget("144p", 256, 144, 24, 500_000)))

    def planned(*reused: str) -> tuple[list[str], str, int]:
        chunks = plan.chunks_for(info, two, [])
        made = outline_of(info, source=NAMELESS, preset=two, chunks=chunks, threads=2, reused=reused).to_json()
        assert made["reused"] == sorted(reused)
        encodes = [step for step in made["steps"] if step["name"] in ("Sound", "Encode", "Chunk 1")]
        written = [word for step in encodes for word in step["command"].split() if word.endswith((".cmaf", ".cmaf)"))]
        return [step["name"] for step in encodes], " ".join(written), len(made["chunks"])

    assert planned() == (["Encode"], "180p.cmaf 144p.cmaf audio.cmaf", 1)
    assert planned("180p", "audio") == (["Chunk 1"], "144p.cmaf)", 1)
    assert planned("180p") == (["Sound", "Chunk 1"], "audio.cmaf 144p.cmaf)", 1)
    assert planned("180p", "144p") == (["Sound"], "audio.cmaf", 0)
    assert planned("180p", "144p", "audio") == ([], "", 0)
