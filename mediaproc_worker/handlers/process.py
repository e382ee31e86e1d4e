"""Process a video: probe it, plan, and share it out to parts on any worker. It takes no slot for encoding."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mediaproc.domain.states import JobKind, Stage
from mediaproc.media import audio_copy, edits, ladder, tracks
from mediaproc.media import chunks as chunk_rules
from mediaproc.media.chunks import Chunk, chunks_for
from mediaproc.media.commands import audio, encode, remux, source_copy
from mediaproc.media.commands.arguments import shell_line
from mediaproc.media.ladder import Rung
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.source_index import SourceIndex
from mediaproc.media.sources import Source
from mediaproc.operations.jobs import execution as jobs
from mediaproc.settings import settings
from mediaproc_worker import ffmpeg, ffmpeg_errors, overlays, rendition_reuse
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.handlers.output_reuse import taken_over
from mediaproc_worker.handlers.source_copy import check_copyable
from mediaproc_worker.source import index_of, probed, source_of


def process(context: AttemptContext) -> None:
    """Perform one attempt of a job of kind `process`. Raises the expected errors; the attempt writes them down."""
    if taken_over(context):
        return
    preset = ffmpeg.preset_of(context)
    context.report(Stage.PROBE, 0.0)
    source = source_of(context)
    info = _edited(probed(context, source, video_needed=not preset.audio_files), preset)
    index = index_of(context, info)
    info = index.describe(preset)
    _write_down(context, info)
    overlays.keep_text(context, info, source, preset.edits)
    context.report(Stage.PROBE, jobs.PLANNED)
    if preset.copies:
        check_copyable(info, index.keyframes)
        _note(context, source, source_copy.copy_arguments(info, source=source, preset=preset))
        context.write(jobs.split, [jobs.Part(JobKind.COPY)])
        return
    if not preset.rungs:
        context.write(jobs.split, [jobs.Part(JobKind.FILES)])
        return
    rungs = _rungs(info, preset)
    keyframes = _keyframes(context, info, index)
    chunks = chunks_for(info, preset, [] if context.claim.job.undivided else keyframes)
    instant = _instant(context, info, preset, keyframes)
    before = rendition_reuse.reused(context, info, preset, chunks, sound_alone=not instant)
    left = [rung for rung in rungs if rung.name not in before]
    _note_first(context, info, source, preset, left, chunks[0])
    instant = instant and not before  # what was made before plays at once too
    context.log(_said(chunks, left, instant=instant))
    if any(audio_copy.is_copied(tracks.source_track(info, each), preset) for each in tracks.selected_audio(info)):
        context.log("Its sound is kept as it is")
    context.write(jobs.split, _parts(info, preset, chunks if left else (), instant=instant, before=before))


def _instant(context: AttemptContext, info: MediaInfo, preset: Preset, keyframes: list[float]) -> bool:
    """Return whether the source itself is played until the rungs are complete: not if something is shown already."""
    claim = context.claim
    fresh = claim.video.ready_at is None and not claim.job.undivided
    return fresh and preset.edits.leaves_video and remux.plays_as_it_is(info, keyframes)


def _edited(info: MediaInfo, preset: Preset) -> MediaInfo:
    """The source as the preset edits it: what is planned, encoded and shown goes by that."""
    with ffmpeg_errors.refusing():
        return edits.edited(info, preset.edits)


def _rungs(info: MediaInfo, preset: Preset) -> tuple[Rung, ...]:
    with ffmpeg_errors.refusing():
        return ladder.rungs_for(info, preset)


def _write_down(context: AttemptContext, info: MediaInfo) -> None:
    video = info.video
    context.write(
        jobs.set_media_info,
        info.to_json(),
        duration_seconds=info.duration_seconds or None,
        width=video.display_width or None,
        height=video.display_height or None,
        frame_rate=float(video.frame_rate) or None,
    )
    sound = audio.main_track(info)
    size = f"{video.display_width}×{video.display_height}, {float(video.frame_rate):.3f} fps"
    picture = f"{video.codec} {size}" if video.shown else "no picture"
    heard = f"{sound.codec} with {sound.channels} channels" if sound else "no sound"
    more = f", {len(info.audio)} sound tracks" if len(info.audio) > 1 else ""
    context.log(f"Source: {picture}, {info.duration_seconds:.1f} s, {heard}{more}")
    for sentence in tracks.left_out(info):
        context.log(sentence)


# Share out --------------------------------------------------------------------------------------------------


def _keyframes(context: AttemptContext, info: MediaInfo, index: SourceIndex) -> list[float]:
    """The source's keyframes, where they may matter."""
    alone = context.claim.job.undivided or (
        info.duration_seconds <= chunk_rules.LONGEST_ALONE_SECONDS and not remux.plays_as_it_is(info, ())
    )
    return [] if alone else index.keyframes


def _parts(
    info: MediaInfo, preset: Preset, chunks: tuple[Chunk, ...], *, instant: bool, before: Collection[str]
) -> list[jobs.Part]:
    """Parts in order: what can be played at once, otherwise the audio, without which nothing can, beside the first
    chunk.

    If the CRF is searched for a VMAF target, chunks wait for that.
    """
    tuned = preset.target_vmaf is None or bool(preset.chosen)
    heard = [kept for kept in tracks.selected_audio(info) if kept.rendition not in before]
    pictures = [_part(each, held=not tuned) for each in chunks]
    tune = [] if tuned else [jobs.Part(JobKind.TUNE)]
    sound = [jobs.Part(JobKind.AUDIO)] if heard else []
    first = [jobs.Part(JobKind.REMUX)] if instant else sound
    text = [jobs.Part(JobKind.SUBTITLES)] if tracks.selected_subtitles(info) and not preset.edits.burn_in else []
    return [*first, *tune, *text, *pictures, jobs.Part(JobKind.POSTER)]


def _part(chunk: Chunk, *, held: bool) -> jobs.Part:
    return jobs.Part(
        JobKind.ENCODE,
        chunk=chunk.number,
        start_seconds=chunk.start_seconds,
        length_seconds=chunk.length_seconds,
        held=held,
    )


def _said(chunks: tuple[Chunk, ...], rungs: Sequence[Rung], *, instant: bool) -> str:
    if not rungs:
        return "No picture has to be encoded"
    names = ", ".join(rung.name for rung in rungs)
    shared = f" in {len(chunks)} chunks of about {chunks[0].length_seconds:.0f} s" if len(chunks) > 1 else ""
    return f"Encoding {names}{shared}{'; until then the source itself is played' if instant else ''}"


def _note_first(
    context: AttemptContext, info: MediaInfo, source: Source, preset: Preset, rungs: Sequence[Rung], chunk: Chunk
) -> None:
    """The page shows the whole's command: that of its first chunk, which stands for all."""
    if not rungs:
        return
    threads = settings().threads_per_encode
    arguments = encode.encode_arguments(info, source=source, preset=preset, rungs=rungs, threads=threads, chunk=chunk)
    _note(context, source, arguments)


def _note(context: AttemptContext, source: Source, arguments: list[str]) -> None:
    context.write(jobs.note, command=shell_line(arguments, source=source))
