"""Plan a local file: what would be done with it, without any service, without changing anything."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from mediaproc.commands.doctor import MADE_BY_UP
from mediaproc.embedded.ffmpeg import ffprobe_path
from mediaproc.media import copying, keyframes, plan, probe, sniff
from mediaproc.media.outline import outline_of
from mediaproc.media.plan import Chunk
from mediaproc.media.presets import PRESETS, Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source
from mediaproc.settings import settings

_PROBE_SECONDS = 60


class CannotPlan(Exception):
    """Nothing would be done with this file; the message says why."""


def plan_file(path: Path, *, preset: str) -> dict[str, Any]:
    """The outline of a file, for programs. Raises CannotPlan."""
    if preset not in PRESETS:
        raise CannotPlan(f"There is no preset called {preset}; there is {', '.join(PRESETS)}")
    if not PRESETS[preset].rungs and not PRESETS[preset].copies:
        raise CannotPlan(f"{preset} makes files alone, in one piece: there is nothing to plan")
    for variable, made_by_up in MADE_BY_UP.items():
        os.environ.setdefault(variable, made_by_up)
    path, recipe = path.resolve(), PRESETS[preset]
    try:
        info = _probed(path)
    except probe.Refused as refused:
        raise CannotPlan(str(refused)) from refused
    return outline_of(
        info,
        source=Source(str(path)),
        preset=recipe,
        chunks=_chunks(path, info, recipe),
        threads=settings().threads_per_encode,
    ).to_json()


def _chunks(path: Path, info: MediaInfo, recipe: Preset) -> tuple[Chunk, ...]:
    """Into what it is cut: nothing where it is kept as it is. Raises CannotPlan where it can't be."""
    long = info.duration_seconds > plan.LONGEST_ALONE_SECONDS
    found = keyframes_of(path, info) if long or recipe.copies else []
    if not recipe.copies:
        return plan.chunks_for(info, recipe, found)
    if (obstacle := copying.obstacle(info, found)) is not None:
        raise CannotPlan(f"{recipe.name} makes nothing of this file: {obstacle}")
    return ()


def _probed(path: Path) -> MediaInfo:
    with path.open("rb") as file:
        content_type = sniff.content_type_of(file.read(sniff.HEAD_BYTES))
    command = [str(ffprobe_path()), *probe.ffprobe_arguments(Source(str(path)))]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=_PROBE_SECONDS, stdin=subprocess.DEVNULL, check=True
        )
    except subprocess.SubprocessError as error:
        raise probe.NotMedia(content_type) from error
    return probe.parse_ffprobe(done.stdout.decode(errors="replace"), content_type=content_type)


def keyframes_of(path: Path, info: MediaInfo) -> list[float]:
    """The times in seconds of a file's keyframes, as its index tells them."""
    with path.open("rb") as file:

        def read(offset: int, size: int) -> bytes:
            file.seek(offset)
            return file.read(size)

        return keyframes.of_source(info, read, path.stat().st_size)
