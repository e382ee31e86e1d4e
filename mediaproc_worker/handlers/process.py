"""Process: probes a video, plans its output, and splits the work into jobs for any worker. It uses no encode slot."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from mediaproc.domain.states import JobKind, Stage
from mediaproc.media import audio_copy, edits, ladder, plan, tracks
from mediaproc.media import chunks as chunk_rules
from mediaproc.media.chunks import Chunk, chunks_for
from mediaproc.media.commands import audio, encode, remux, source_copy
from mediaproc.media.commands.arguments import shell_line
from mediaproc.media.ladder import Rung
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.source_index import SourceIndex
from mediaproc.operations.jobs import execution as jobs
from mediaproc.settings import settings
from mediaproc_worker import audio_check, ffmpeg_errors, overlays, rendition_reuse
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.handlers.output_reuse import taken_over
from mediaproc_worker.handlers.source_copy import check_copyable
from mediaproc_worker.source import index_of, probed


def process(context: AttemptContext) -> None:
    """Perform one attempt of a job of kind `process`. Raises a ProcessingError that the attempt records."""
    if taken_over(context):
        return
    context.report(Stage.PROBE, 0.0)
    preset, found = _accepted(context, context.preset)
    index = index_of(context, found)
    index.info = _edited(_checked(context, index), preset)
    info = index.describe(preset)
    _record(context, info)
    overlays.store_burn_in(context, info)
    context.report(Stage.PROBE, jobs.PLANNED)
    if preset.copies:
        check_copyable(info, index.keyframes)
        _note(context, source_copy.copy_arguments(info, source=context.source, preset=preset))
        context.write(jobs.split, [jobs.Part(JobKind.COPY)])
        return
    if not preset.rungs:
        context.write(jobs.split, [jobs.Part(JobKind.FILES)])
        return
    rungs = _rungs(info, preset)
    keyframes = _keyframes(context, info, index)
    chunks = chunks_for(info, preset, [] if context.claim.job.undivided else keyframes)
    instant = _instant(context, info, preset, keyframes)
    reused = rendition_reuse.reused(context, info, preset, chunks, audio_alone=not instant)
    left = [rung for rung in rungs if rung.name not in reused]
    _note_first(context, info, preset, left, chunks[0])
    instant = instant and not reused  # reused renditions are playable at once too
    context.log(_summary(chunks, left, instant=instant))
    if any(audio_copy.is_copied(tracks.source_track(info, each), preset) for each in tracks.selected_audio(info)):
        context.log("The audio is copied without encoding")
    context.write(jobs.split, _parts(info, preset, chunks if left else (), instant=instant, reused=reused))


def _instant(context: AttemptContext, info: MediaInfo, preset: Preset, keyframes: list[float]) -> bool:
    """Return whether the source itself is played until the rungs are complete: not if an earlier output is shown."""
    claim = context.claim
    fresh = claim.video.ready_at is None and not claim.job.undivided
    return fresh and preset.edits.leaves_video and remux.plays_as_it_is(info, keyframes)


def _checked(context: AttemptContext, index: SourceIndex) -> MediaInfo:
    """Return the source without what can't be processed. Raises EncryptedSource and IncompleteSource.

    After parts have failed on the source, audio that can't be decoded is found by decoding all of it.
    """
    with ffmpeg_errors.refusing():
        info = index.checked()
    return audio_check.without_broken_audio(context, info) if _failed_before(context) else info


def _failed_before(context: AttemptContext) -> bool:
    if not context.claim.job.undivided:
        return False
    with context.transaction() as session:
        return jobs.failed_on_source(session, context.claim.job_id) > 0


def _accepted(context: AttemptContext, asked: Preset) -> tuple[Preset, MediaInfo]:
    """Return the probed source with the preset that it is processed with: for audio without video not the ladder that
    was asked for. Raises NoVideoTrack for a loop without video.
    """
    found = probed(context, video_needed=asked.loop is not None, audio_suffices=bool(asked.audio_files))
    preset = plan.preset_for(found, asked)
    if preset is not asked:
        context.write(jobs.switch_preset, preset)
        context.log(f"No video track: processed with the preset {preset.title} instead of {asked.title}")
    return preset, found


def _edited(info: MediaInfo, preset: Preset) -> MediaInfo:
    """Return the source as the preset edits it, which the plan and the encodes go by."""
    with ffmpeg_errors.refusing():
        return edits.edited(info, preset.edits)


def _rungs(info: MediaInfo, preset: Preset) -> tuple[Rung, ...]:
    with ffmpeg_errors.refusing():
        return ladder.rungs_for(info, preset)


def _record(context: AttemptContext, info: MediaInfo) -> None:
    video = info.video
    context.write(
        jobs.set_media_info,
        info.to_json(),
        duration_seconds=info.duration_seconds or None,
        width=video.display_width or None,
        height=video.display_height or None,
        frame_rate=float(video.frame_rate) or None,
    )
    main = audio.main_track(info)
    size = f"{video.display_width}×{video.display_height}, {float(video.frame_rate):.3f} fps"
    shown = f"{video.codec} {size}" if video.shown else "no video"
    heard = f"{main.codec} with {main.channels} channels" if main else "no audio"
    more = f", {len(info.audio)} audio tracks" if len(info.audio) > 1 else ""
    context.log(f"Source: {shown}, {info.duration_seconds:.1f} s, {heard}{more}")
    for sentence in tracks.left_out(info):
        context.log(sentence)


# Split ------------------------------------------------------------------------------------------------------


def _keyframes(context: AttemptContext, info: MediaInfo, index: SourceIndex) -> list[float]:
    """Return the source's keyframes in seconds; empty if the plan does not depend on them."""
    alone = context.claim.job.undivided or (
        info.duration_seconds <= chunk_rules.LONGEST_ALONE_SECONDS and not remux.plays_as_it_is(info, ())
    )
    return [] if alone else index.keyframes


def _parts(
    info: MediaInfo, preset: Preset, chunks: tuple[Chunk, ...], *, instant: bool, reused: Collection[str]
) -> list[jobs.Part]:
    """Return the jobs of a video in order. First comes the instant rung or, without one, the audio: with the first
    chunk it makes the video playable.

    If the CRF is searched for a VMAF target, chunks wait for that.
    """
    tuned = preset.target_vmaf is None or bool(preset.chosen)
    missing = [track for track in tracks.selected_audio(info) if track.rendition not in reused]
    encodes = [_part(each, held=not tuned) for each in chunks]
    tune = [] if tuned else [jobs.Part(JobKind.TUNE)]
    heard = [jobs.Part(JobKind.AUDIO)] if missing else []
    first = [jobs.Part(JobKind.REMUX)] if instant else heard
    text = [jobs.Part(JobKind.SUBTITLES)] if tracks.selected_subtitles(info) and not preset.edits.burn_in else []
    return [*first, *tune, *text, *encodes, jobs.Part(JobKind.POSTER)]


def _part(chunk: Chunk, *, held: bool) -> jobs.Part:
    return jobs.Part(
        JobKind.ENCODE,
        chunk=chunk.number,
        start_seconds=chunk.start_seconds,
        length_seconds=chunk.length_seconds,
        held=held,
    )


def _summary(chunks: tuple[Chunk, ...], rungs: Sequence[Rung], *, instant: bool) -> str:
    if not rungs:
        return "No video has to be encoded"
    names = ", ".join(rung.name for rung in rungs)
    shared = f" in {len(chunks)} chunks of about {chunks[0].length_seconds:.0f} s" if len(chunks) > 1 else ""
    return f"Encoding {names}{shared}{'; until then the source itself is played' if instant else ''}"


def _note_first(context: AttemptContext, info: MediaInfo, preset: Preset, rungs: Sequence[Rung], chunk: Chunk) -> None:
    """Record the command of the first chunk, which the page shows for the whole video."""
    if not rungs:
        return
    arguments = encode.encode_arguments(
        info,
        source=context.source,
        preset=preset,
        rungs=rungs,
        threads=settings().threads_per_encode,
        chunk=chunk,
    )
    _note(context, arguments)


def _note(context: AttemptContext, arguments: list[str]) -> None:
    context.write(jobs.note, command=shell_line(arguments, source=context.source))
