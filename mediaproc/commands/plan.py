"""`plan FILE`: the processing plan of a local file. Needs no service and changes nothing."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

from mediaproc.commands.doctor import MADE_BY_UP
from mediaproc.media import chunks, ffprobe, plan, probe, refusals, sniff
from mediaproc.media.commands import remux
from mediaproc.media.plan import Plan
from mediaproc.media.presets import PRESETS, Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.source_index import SourceIndex
from mediaproc.media.sources import Source
from mediaproc.runtime.ffmpeg import decoders, ffprobe_path
from mediaproc.settings import settings

_PROBE_SECONDS = 60


class CannotPlan(Exception):
    """The file would not be processed. The message is the reason."""


def plan_file(path: Path, *, preset: str) -> dict[str, Any]:
    """Processing plan of a file. Raises CannotPlan."""
    if preset not in PRESETS:
        raise CannotPlan(f"Unknown preset {preset}. Available presets: {', '.join(PRESETS)}")
    for variable, made_by_up in MADE_BY_UP.items():
        os.environ.setdefault(variable, made_by_up)
    try:
        return _outline(path.resolve(), PRESETS[preset]).to_json()
    except refusals.Refused as refused:
        raise CannotPlan(str(refused)) from refused


def _outline(path: Path, preset: Preset) -> Plan:
    info = _probed(path, preset)
    preset = plan.preset_for(info, preset)
    index = index_of(path, info)
    index.info = index.checked()
    info, found = index.describe(preset), index.keyframes if info.video.shown else []
    if (obstacle := plan.obstacle(info, preset, found)) is not None:
        raise CannotPlan(f"Preset {preset.name} can't process this file: {obstacle}")
    return plan.plan_of(
        info,
        source=Source(str(path)),
        preset=preset,
        chunks=chunks.chunks_for(info, preset, found) if preset.rungs else (),
        threads=settings().threads_per_encode,
        instant=bool(preset.rungs) and preset.edits.leaves_video and remux.plays_as_it_is(info, found),
        measured=settings().measure_vmaf,
    )


def _probed(path: Path, preset: Preset) -> MediaInfo:
    with path.open("rb") as file:
        content_type = sniff.content_type_of(file.read(sniff.HEAD_BYTES))
    command = [str(ffprobe_path()), *ffprobe.ffprobe_arguments(Source(str(path)))]
    try:
        done = subprocess.run(
            command, capture_output=True, timeout=_PROBE_SECONDS, stdin=subprocess.DEVNULL, check=True, env={}
        )
    except subprocess.SubprocessError as error:
        raise refusals.NotMedia(content_type) from error
    output = done.stdout.decode(errors="replace")
    return probe.parse_ffprobe(
        output,
        content_type=content_type,
        video_needed=preset.loop is not None,
        audio_suffices=bool(preset.audio_files),
        decoders=decoders(),
    )


def index_of(path: Path, info: MediaInfo) -> SourceIndex:
    """Index of a file's container: keyframes and track tables."""

    def read(offset: int, size: int) -> bytes:
        with path.open("rb") as file:
            return os.pread(file.fileno(), size, offset)

    return SourceIndex(info, read, path.stat().st_size)
