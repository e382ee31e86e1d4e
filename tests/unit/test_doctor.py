"""What ./dev doctor thinks of the programs that it finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediaproc.commands import doctor
from mediaproc.runtime import ffmpeg

COPYRIGHT = "Copyright (c) 2000-2026 the FFmpeg developers"


@pytest.mark.parametrize(
    ("version", "new"),
    [
        ("8.0", True),
        ("8.1.2-static https://johnvansickle.com/ffmpeg/", True),
        ("10.0.1", True),
        ("n8.0", True),
        ("n9.0.2-17-g1234abcd5f-20260101", True),
        ("8.0-3ubuntu1", True),
        ("N-1234-g0123456789", True),
        ("N-71064-gd5e603ddc0-static", True),
        ("git-2026-01-05-22bd1b8", True),
        ("2026-01-05-git-22bd1b8-full_build", True),
        ("7.1.1-1+b1", False),
        ("5.1.8-0+deb12u1", False),
        ("n7.1-184-gdc07f98934", False),
        ("4.4.2-0ubuntu0.22.04.1", False),
        ("0.8.17-6:0.8.17-1", False),
        ("of somebody", False),
    ],
)
def test_ffmpeg_has_to_be_of_version_8(version: str, new: bool) -> None:
    assert doctor.is_new_enough(f"ffmpeg version {version} {COPYRIGHT}") is new


def _ffmpeg(path: Path, version: str) -> Path:
    """A program that says it is FFmpeg of this version, with everything that one needs."""
    path.write_text(f"#!/bin/sh\necho 'ffmpeg version {version} {COPYRIGHT}'\necho libx264 aac\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(("version", "good"), [("7.1.1", False), ("8.0", True)])
def test_an_old_ffmpeg_is_bad_and_it_says_how_to_mend_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str, good: bool
) -> None:
    path = _ffmpeg(tmp_path / "ffmpeg", version)
    monkeypatch.setattr(ffmpeg, "ffmpeg_path", lambda: path)
    monkeypatch.setattr(ffmpeg, "ffprobe_path", lambda: path)
    finding = next(each for each in doctor.program_findings() if each.what == "FFmpeg")
    assert finding.needed
    assert version in finding.seen
    assert (finding.fix == "") is good
    assert good or ("8 or newer" in finding.fix and "FFMPEG_PATH" in finding.fix)
