"""What would be done with a source, as data: rungs, chunks, and every FFmpeg command, ready to be pasted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mediaproc.media import ladder, plan_steps
from mediaproc.media.chunks import Chunk
from mediaproc.media.commands import encode, source_copy
from mediaproc.media.ladder import Rung
from mediaproc.media.plan_steps import Step
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source

NAMELESS = Source("https://source")
"""A source whose address is nobody's business: in commands it stands as "$SOURCE"."""


@dataclass(frozen=True)
class Outline:
    """Everything that is done with a source, in order."""

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
    """Names of rungs and sounds that were made before."""

    def to_json(self) -> dict[str, Any]:
        """The same for programs."""
        rungs = [asdict(rung) | {"frame_rate": round(float(rung.frame_rate), 3)} for rung in self.rungs]
        return asdict(self) | {
            "rungs": rungs,
            "reused": list(self.reused),
            "chunks": [asdict(chunk) for chunk in self.chunks],
            "steps": [asdict(step) for step in self.steps],
        }


def obstacle(info: MediaInfo, preset: Preset, keyframes: Sequence[float]) -> str | None:
    """Why a preset makes nothing of a source, as a clause for people, or None.

    `keyframes` are its times in seconds, where they are known.
    """
    if preset.copies:
        return source_copy.obstacle(info, keyframes)
    if preset.sounds:
        return None if encode.main_audio(info) else "it has no sound"
    return None if info.video.shown else "it has no picture"


def outline_of(
    info: MediaInfo,
    *,
    source: Source,
    preset: Preset,
    chunks: Sequence[Chunk],
    threads: int,
    instant: bool = False,
    measured: bool = False,
    reused: Collection[str] = (),
) -> Outline:
    """The outline of a source that is cut into these chunks, on workers that encode with so many threads.

    A source that is kept as it is has no chunks, and a preset that makes files alone no rungs either. `instant`: the
    source itself is played until the rungs are made. `measured`: the quality of renditions is told. Renditions that
    are `reused`, by their names, are not made. Raises `probe.BeyondLimits`.
    """
    rungs = ladder.rungs_for(info, preset) if preset.copies or preset.rungs else ()
    sound, video = encode.main_audio(info), info.video
    given = plan_steps.Given(info, source, preset, rungs, tuple(chunks), threads, frozenset(reused))
    return Outline(
        preset=preset.name,
        preset_version=preset.version,
        duration_seconds=info.duration_seconds,
        width=video.display_width,
        height=video.display_height,
        frame_rate=round(float(video.frame_rate), 3),
        video_codec=video.codec,
        audio_codec=sound.codec if sound else None,
        rungs=rungs,
        chunks=given.chunks if given.left else (),
        steps=tuple(_steps(given, instant=instant, measured=measured)),
        reused=tuple(sorted(reused)),
    )


def _steps(given: plan_steps.Given, *, instant: bool, measured: bool) -> list[Step]:
    preset = given.preset
    if preset.loop is not None:
        return [*plan_steps.make_loop(given), *plan_steps.take_poster(given)]
    if not given.rungs:
        return [*plan_steps.make_sounds(given), *plan_steps.take_poster(given)]
    return [
        *plan_steps.burn_in(given),
        *(plan_steps.copy(given) if preset.copies else plan_steps.encode(given, instant=instant)),
        *plan_steps.write_subtitles(given),
        *plan_steps.take_poster(given),
        *plan_steps.remux_downloads(given),
        *plan_steps.draw_storyboard(given),
        *(plan_steps.measure(given) if measured and not preset.copies else []),
    ]
