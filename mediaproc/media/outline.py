"""What would be done with a source, as data: rungs, chunks, and every FFmpeg command, ready to be pasted."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from mediaproc.media import (
    burning,
    command,
    copying,
    ladder,
    layout,
    overlays,
    poster,
    storyboard,
    subtitles,
    tone,
    tracks,
)
from mediaproc.media.ladder import Rung
from mediaproc.media.plan import Chunk
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source

NAMELESS = Source("https://source")
"""A source whose address is nobody's business: in commands it stands as "$SOURCE"."""


@dataclass(frozen=True)
class Step:
    """One command. `note` says what the command alone does not."""

    name: str
    command: str
    note: str = ""


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


def outline_of(
    info: MediaInfo,
    *,
    source: Source,
    preset: Preset,
    chunks: Sequence[Chunk],
    threads: int,
    reused: Collection[str] = (),
) -> Outline:
    """The outline of a source that is cut into these chunks, on workers that encode with so many threads.

    A source that is kept as it is has no chunks. Renditions that are `reused`, by their names, are not encoded.
    """
    rungs, sound, video = ladder.rungs_for(info, preset), command.main_audio(info), info.video
    encode = _copy if preset.copies else _encode if len(chunks) == 1 and not reused else _encode_chunks
    left = [rung for rung in rungs if rung.name not in reused]
    chunks = chunks if left else ()
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
        chunks=tuple(chunks),
        steps=(
            *_burnt(info, source, preset),
            *encode(info, source, preset, left, chunks, threads, reused),
            *_subtitles(info, source, preset),
            _poster(info, source, preset),
            *(_remux(rung, info, note=_note(rung, preset, chunks, reused)) for rung in rungs),
            _storyboard(info, preset, rungs[-1]),
        ),
        reused=tuple(sorted(reused)),
    )


def _copy(
    info: MediaInfo,
    source: Source,
    preset: Preset,
    rungs: Sequence[Rung],
    _chunks: Sequence[Chunk],
    _threads: int,
    _reused: Collection[str],
) -> list[Step]:
    if not rungs:
        return []
    line = command.shell_line(copying.copy_arguments(info, source=source, preset=preset), source=source)
    return [Step("Copy", line, "Picture as CMAF, not encoded, cut while it grows")]


def _encode(
    info: MediaInfo,
    source: Source,
    preset: Preset,
    rungs: Sequence[Rung],
    _chunks: Sequence[Chunk],
    threads: int,
    _reused: Collection[str],
) -> list[Step]:
    arguments = command.encode_arguments(info, source=source, preset=preset, rungs=rungs, threads=threads)
    return [Step("Encode", command.shell_line(arguments, source=source), "Each rung as CMAF, cut while it grows")]


def _encode_chunks(
    info: MediaInfo,
    source: Source,
    preset: Preset,
    rungs: Sequence[Rung],
    chunks: Sequence[Chunk],
    threads: int,
    reused: Collection[str],
) -> list[Step]:
    """The sound whole, and the chunks, each in a folder of its own: they write files of the same names."""
    steps: list[Step] = []
    if any(kept.rendition not in reused for kept in tracks.sounds(info)):
        arguments = command.sound_arguments(info, source=source, preset=preset)
        steps.append(Step("Sound", command.shell_line(arguments, source=source), "Whole, so that no seam is heard"))
    for chunk in chunks:
        arguments = command.encode_arguments(
            info, source=source, preset=preset, rungs=rungs, threads=threads, chunk=chunk
        )
        line, folder = command.shell_line(arguments, source=source), f"chunk-{chunk.number + 1}"
        made = " && ".join([f"mkdir -p {folder}", *(f"cp -R {each} {folder}/" for each in _laid_over(info, preset))])
        steps.append(Step(f"Chunk {chunk.number + 1}", f"{made} && (cd {folder} && {line})", _span(chunk)))
    return steps


def _laid_over(info: MediaInfo, preset: Preset) -> list[str]:
    """The files beside the source that an encode reads."""
    mark = [layout.WATERMARK] if preset.edits.watermark else []
    return [*mark, *([layout.BURNT, layout.FONTS] if overlays.burns_in(info, preset.edits) else [])]


def _burnt(info: MediaInfo, source: Source, preset: Preset) -> list[Step]:
    if not overlays.burns_in(info, preset.edits):
        return []
    line = command.shell_line(burning.arguments(info, source=source, edits=preset.edits), source=source)
    return [Step("Subtitles", line, f"To be burnt in, with the font {burning.FONT} in {layout.FONTS}")]


def _span(chunk: Chunk) -> str:
    end = "the end" if chunk.end_seconds is None else f"{chunk.end_seconds:g} s"
    return f"From {chunk.start_seconds:g} s to {end}"


def _subtitles(info: MediaInfo, source: Source, preset: Preset) -> list[Step]:
    if not tracks.texts(info) or preset.edits.burn_in:
        return []
    line = command.shell_line(subtitles.arguments(info, source=source, preset=preset), source=source)
    return [Step("Subtitles", line, "Each text track as WebVTT")]


def _poster(info: MediaInfo, source: Source, preset: Preset) -> Step:
    arguments = command.poster_arguments(
        info, source=source, at_fraction=poster.POSITIONS[0], threads=1, edits=preset.edits
    )
    note = "Tried further on while the picture is black or of one colour"
    return Step("Poster", command.shell_line(arguments, source=source), note)


def _remux(rung: Rung, info: MediaInfo, *, note: str) -> Step:
    sounds = [(kept.rendition, kept.label) for kept in tracks.sounds(info)]
    line = command.shell_line(command.remux_arguments(rung.name, sounds=sounds), source=Source(layout.whole(rung.name)))
    return Step(f"MP4 {rung.name}", line, note)


def _note(rung: Rung, preset: Preset, chunks: Sequence[Chunk], reused: Collection[str]) -> str:
    """Where the bits of an MP4 come from."""
    if preset.copies:
        return "Of a large MP4 storage copies the media by itself, behind an index like this one"
    if rung.name in reused:
        return f"{layout.whole(rung.name)}: what was encoded before; with the same sound its MP4 is used again too"
    return f"{layout.whole(rung.name)}: the segments of all chunks, one after another" if len(chunks) > 1 else ""


def _storyboard(info: MediaInfo, preset: Preset, smallest: Rung) -> Step:
    """Of a video with evenly spaced frames; the real one goes by the segments that there are."""
    count = max(1, round(info.duration_seconds / preset.segment_seconds) + 2)
    board = storyboard.storyboard_for(smallest.width, smallest.height, [float(preset.segment_seconds)] * count)
    video_range = tone.video_range(info.video, preset.bit_depth)
    line = command.shell_line(storyboard.arguments(board, video_range=video_range), source=Source(layout.STILLS))
    return Step("Storyboard", line, f"{layout.STILLS}: the first frames of segments of {smallest.name}")
