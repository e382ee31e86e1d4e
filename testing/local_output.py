"""Local output: a file made into segments and an MP4 by the commands and uploaders of production, without services."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast
from uuid import UUID, uuid4

import pytest

from mediaproc.commands.plan import index_of
from mediaproc.domain.tables import Job, Video
from mediaproc.media import chunks as chunk_rules
from mediaproc.media import hls, ladder, layout, tracks
from mediaproc.media.chunks import Chunk
from mediaproc.media.commands import audio, download, encode, remux, source_copy
from mediaproc.media.mp4 import boxes
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source
from mediaproc.operations.jobs.lease import Claim
from mediaproc_worker import frame_holds, renditions, segment_uploader
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.frame_holds import Holds
from mediaproc_worker.segment_uploader import Outbox
from testing import clips


@dataclass(frozen=True)
class LocalRendition:
    """One rendition: its init segment, its segments and their durations in seconds, and its number of frames."""

    init: bytes
    segments: list[bytes]
    durations: list[float]
    frames: int

    @property
    def starts(self) -> list[float]:
        """When each segment begins, as it says itself (`tfdt`), in seconds."""
        timescale = boxes.timescale_of(self.init[boxes.locate(self.init, "moov").offset :])
        return [boxes.decode_time_of(each) / timescale for each in self.segments]

    @property
    def end(self) -> float:
        """When the last segment ends."""
        return self.starts[0] + sum(self.durations)


@dataclass(frozen=True)
class LocalOutput:
    """Output of a source. `video` is the largest rung, `playlist` the HLS of it and the audio, `mp4` the download."""

    info: MediaInfo
    folder: Path
    video: LocalRendition
    audio: list[LocalRendition]
    playlist: Path
    mp4: Path


class _Context:
    """The part of an attempt's context that uploaders use: it writes nothing down."""

    def __init__(self, info: MediaInfo, preset: Preset, source: Source, folder: Path) -> None:
        self.info, self.preset, self.source, self.workspace = info, preset, source, folder
        video = Video(id=uuid4(), team_id=uuid4(), filename="", title="", source_key="", size_bytes=1)
        job = Job(id=uuid4(), team_id=video.team_id, video_id=video.id, preset=preset.name, attempt=1)
        self.claim = Claim(job=job, video=video, attempt=1, worker="test")

    def write(self, *_: object, **__: object) -> UUID:
        return uuid4()


def process(
    path: Path,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    preset: Preset,
    instant: bool = False,
    chunks: Sequence[Chunk] | None = None,
) -> LocalOutput:
    """Make an output of a file as workers do. `instant`: the source's own video that is played until it is there."""
    folder.mkdir(exist_ok=True)
    stored: dict[str, bytes] = {}

    def put_bytes(body: bytes, key: str, *, content_type: str) -> None:
        assert content_type
        stored[key] = body

    monkeypatch.setattr(segment_uploader, "put_bytes", put_bytes)
    index = index_of(path, clips.probed(path))
    info = index.describe(preset)
    context = cast(AttemptContext, _Context(info, preset, Source(str(path)), folder))
    with ThreadPoolExecutor(2) as pool:
        if instant or preset.copies:
            made = _copied(context, pool, instant=instant)
        else:
            cut = chunks or chunk_rules.chunks_for(info, preset, index.keyframes)
            made = _encoded(context, pool, cut, stored)
    return _written(context, made, stored)


def _copied(context: AttemptContext, pool: ThreadPoolExecutor, *, instant: bool) -> list[Outbox]:
    info, preset, source = context.info, context.preset, context.source
    name = layout.INSTANT if instant else ladder.rungs_for(info, preset)[0].name
    commands = remux if instant else source_copy
    _run(context, commands.copy_arguments(info, source=source, preset=preset))
    video, cuts = renditions.copied_outbox(context, pool, name=name)
    outboxes = [video, *renditions.audio_outboxes(context, pool, tracks.selected_audio(info), beside=cuts)]
    renditions.finish_all(outboxes)
    made = renditions.all_arrived(outboxes)
    frame_holds.hold_in_file(context.workspace / layout.whole(name), cuts)
    return made


def _encoded(
    context: AttemptContext, pool: ThreadPoolExecutor, chunks: Sequence[Chunk], stored: dict[str, bytes]
) -> list[Outbox]:
    info, preset, source = context.info, context.preset, context.source
    sounds = list[Outbox]()
    if tracks.selected_audio(info):
        _run(context, audio.arguments(info, source=source, preset=preset))
        sounds = renditions.audio_outboxes(context, pool, tracks.selected_audio(info))
        renditions.finish_all(sounds)
        sounds = renditions.all_arrived(sounds)
    rungs, parts = ladder.rungs_for(info, preset)[:1], list[Outbox]()
    for chunk in chunks:
        _run(
            context,
            encode.encode_arguments(info, source=source, preset=preset, rungs=rungs, threads=2, chunk=chunk),
        )
        (part,) = renditions.rung_outboxes(context, pool, rungs, chunk=chunk)
        renditions.finish_all([part])
        parts += renditions.all_arrived([part])
    video = parts[0]
    assert {part.row.init_key for part in parts} == {video.row.init_key}
    video.frames = sum(part.frames for part in parts)
    video.arrived = [segment for part in parts for segment in part.arrived]
    holds = Holds(max((each.end_seconds for each in sounds), default=0.0))
    init, bodies = stored[video.row.init_key], [stored[each.object_key] for each in video.arrived]
    for joint in holds.joints(init[boxes.locate(init, "moov").offset :], bodies):
        segment = video.arrived[joint.place]
        stored[segment.object_key] = joint.body
        if joint.seconds is not None:
            video.arrived[joint.place] = replace(segment, duration_seconds=joint.seconds)
    for each in [video, *sounds]:
        whole = stored[each.row.init_key] + b"".join(stored[segment.object_key] for segment in each.arrived)
        (context.workspace / layout.whole(each.name)).write_bytes(whole)
    return [video, *sounds]


def _written(context: AttemptContext, made: list[Outbox], stored: dict[str, bytes]) -> LocalOutput:
    folder = context.workspace
    for each in made:
        listed = list[hls.MediaSegment]()
        (folder / f"{each.name}.init.mp4").write_bytes(stored[each.row.init_key])
        for place, segment in enumerate(each.arrived):
            (folder / f"{each.name}.{place}.m4s").write_bytes(stored[segment.object_key])
            listed.append(hls.MediaSegment(f"{each.name}.{place}.m4s", segment.duration_seconds))
        text = hls.media_playlist(listed, init_uri=f"{each.name}.init.mp4", finished=True)
        (folder / f"{each.name}.m3u8").write_text(text)
    video, *sounds = made
    row = video.row
    variant = hls.Variant(f"{video.name}.m3u8", row.width, row.height, row.frame_rate, row.codecs, 500_000, 600_000)
    heard = [hls.AudioRendition(f"{each.name}.m3u8", each.row.codecs, 128_000, 130_000) for each in sounds[:1]]
    (folder / "top.m3u8").write_text(hls.multivariant_playlist([variant], audio=heard))
    labels = [(each.rendition, each.label) for each in tracks.selected_audio(context.info)[: len(sounds)]]
    _run(context, download.mp4_arguments(video.name, audio=labels))
    return LocalOutput(
        info=context.info,
        folder=folder,
        video=_rendition(video, stored),
        audio=[_rendition(each, stored) for each in sounds],
        playlist=folder / "top.m3u8",
        mp4=folder / layout.download(video.name),
    )


def _rendition(outbox: Outbox, stored: dict[str, bytes]) -> LocalRendition:
    return LocalRendition(
        init=stored[outbox.row.init_key],
        segments=[stored[each.object_key] for each in outbox.arrived],
        durations=[each.duration_seconds for each in outbox.arrived],
        frames=outbox.frames,
    )


def _run(context: AttemptContext, arguments: Sequence[str]) -> None:
    done = subprocess.run(
        [clips.FFMPEG, *arguments], cwd=context.workspace, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
