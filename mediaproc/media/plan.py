"""Plan: what would be done with a source, as data: rungs, chunks, and every FFmpeg command, ready to be pasted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from mediaproc.media import ladder, plan_steps, probe
from mediaproc.media.chunks import Chunk
from mediaproc.media.commands import audio, source_copy
from mediaproc.media.ladder import Rung
from mediaproc.media.plan_steps import PlanContext, Step
from mediaproc.media.presets import PRESETS, Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source

NAMELESS = Source("https://source")
"""A source whose address is private: in commands it appears as "$SOURCE"."""


@dataclass(frozen=True)
class Plan:
    """Everything that is done with a source, in order. Sizes are in pixels, frame rates in frames per second."""

    preset: str
    preset_version: int
    duration_seconds: float
    width: int
    height: int
    frame_rate: float
    video_codec: str
    audio_codec: str | None
    rungs: tuple[Rung, ...]
    chunks: tuple[Chunk, ...]
    steps: tuple[Step, ...]
    reused: tuple[str, ...] = ()
    """Names of renditions that were made before."""

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON values."""
        rungs = [asdict(rung) | {"frame_rate": round(float(rung.frame_rate), 3)} for rung in self.rungs]
        return asdict(self) | {
            "rungs": rungs,
            "reused": list(self.reused),
            "chunks": [asdict(chunk) for chunk in self.chunks],
            "steps": [asdict(step) for step in self.steps],
        }


def obstacle(info: MediaInfo, preset: Preset, keyframes: Sequence[float]) -> str | None:
    """Return why a preset can't process a source, as a clause for people, or None if it can.

    `keyframes` are their times in seconds; empty if unknown.
    """
    if preset.copies:
        return source_copy.obstacle(info, keyframes)
    if preset.audio_files:
        return None if audio.main_track(info) else "it has no audio"
    return None if info.video.shown else "it has no video"


def unfit(info: MediaInfo, preset: Preset) -> str | None:
    """Return why a preset would fail on a source, as far as that is known before its keyframes are read."""
    try:
        if preset.rungs and info.video.shown:
            ladder.rungs_for(info, preset)
    except probe.Refused as refused:
        return str(refused)
    return obstacle(info, preset, ())


def preset_for(info: MediaInfo, asked: Preset) -> Preset:
    """Return the preset that a source is processed with: `audio` where a ladder was asked for and there is no video."""
    needs_video = bool(asked.rungs) or asked.copies
    return PRESETS["audio"] if needs_video and info.audio and not info.video.shown else asked


def plan_of(
    info: MediaInfo,
    *,
    source: Source,
    preset: Preset,
    chunks: Sequence[Chunk],
    threads: int,
    instant: bool = False,
    measured: bool = False,
    reused: Collection[str] = (),
) -> Plan:
    """Return the plan of a source that is cut into these chunks, on workers that encode with this many threads.

    A copied source has no chunks, and a preset that makes only files has no rungs either. `instant`: the source's own
    video is played until the rungs are ready. `measured`: the VMAF of renditions is measured. Renditions in `reused`,
    by name, are not made again. Raises `refusals.BeyondLimits`.
    """
    rungs = ladder.rungs_for(info, preset) if preset.copies or preset.rungs else ()
    main, video = audio.main_track(info), info.video
    source = replace(source, probe_bytes=info.probe_bytes)
    context = PlanContext(info, source, preset, rungs, tuple(chunks), threads, frozenset(reused))
    return Plan(
        preset=preset.name,
        preset_version=preset.version,
        duration_seconds=info.duration_seconds,
        width=video.display_width,
        height=video.display_height,
        frame_rate=round(float(video.frame_rate), 3),
        video_codec=video.codec,
        audio_codec=main.codec if main else None,
        rungs=rungs,
        chunks=context.chunks if context.missing_rungs else (),
        steps=tuple(_steps(context, instant=instant, measured=measured)),
        reused=tuple(sorted(reused)),
    )


def _steps(context: PlanContext, *, instant: bool, measured: bool) -> list[Step]:
    preset = context.preset
    if preset.loop is not None:
        return [*plan_steps.make_loop(context), *plan_steps.take_poster(context)]
    if not context.rungs:
        return [*plan_steps.make_audio_files(context), *plan_steps.take_poster(context)]
    return [
        *plan_steps.burn_in(context),
        *(plan_steps.copy(context) if preset.copies else plan_steps.encode(context, instant=instant)),
        *plan_steps.write_subtitles(context),
        *plan_steps.take_poster(context),
        *plan_steps.package_downloads(context),
        *plan_steps.draw_storyboard(context),
        *(plan_steps.measure(context) if measured and not preset.copies else []),
    ]
