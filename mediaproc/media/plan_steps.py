"""Plan steps: every FFmpeg command that workers run for a source, as lines to be pasted into a shell in this order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mediaproc.media import crf_search, layout, loudness, storyboard, tracks, vmaf
from mediaproc.media.chunks import Chunk
from mediaproc.media.commands import audio, download, loop, poster, remux, source_copy, subtitles
from mediaproc.media.commands.arguments import shell_line
from mediaproc.media.commands.encode import encode_arguments
from mediaproc.media.filters import burn_in as burn_in_module
from mediaproc.media.filters import hdr, overlay
from mediaproc.media.ladder import Rung
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source
from mediaproc.media.vmaf import Sample, Size


@dataclass(frozen=True)
class Step:
    """One command. `note` explains what the command alone does not show."""

    name: str
    command: str
    note: str = ""


@dataclass(frozen=True)
class PlanContext:
    """Input of all steps. Each encode has `threads`; renditions in `reused` were made before."""

    info: MediaInfo
    source: Source
    preset: Preset
    rungs: tuple[Rung, ...]
    chunks: tuple[Chunk, ...]
    threads: int
    reused: frozenset[str] = frozenset()

    @property
    def missing_rungs(self) -> tuple[Rung, ...]:
        """The rungs that have to be made."""
        return tuple(rung for rung in self.rungs if rung.name not in self.reused)


# A ladder ---------------------------------------------------------------------------------------------------


def burn_in(context: PlanContext) -> list[Step]:
    """Extract the subtitles that are burnt in, if there are any."""
    if not overlay.burns_in(context.info, context.preset.edits):
        return []
    arguments = burn_in_module.arguments(context.info, source=context.source, edits=context.preset.edits)
    note = f"To be burnt in, with the font {burn_in_module.FONT} in {layout.FONTS}"
    return [_step(context, "Subtitles", arguments, note)]


def copy(context: PlanContext) -> list[Step]:
    """Copy the source's own video."""
    if not context.missing_rungs:
        return []
    arguments = source_copy.copy_arguments(context.info, source=context.source, preset=context.preset)
    return [_step(context, "Copy", arguments, "Video as CMAF, not encoded, cut into segments while it grows")]


def encode(context: PlanContext, *, instant: bool) -> list[Step]:
    """Make what is played first, search the CRFs if a VMAF is the target, and encode each chunk in every rung."""
    crf_known = context.preset.target_vmaf is None or context.preset.chosen
    return [
        *(_instant(context) if instant else _audio(context)),
        *([] if crf_known else _crf_search(context)),
        *(_chunk(context, chunk) for chunk in context.chunks if context.missing_rungs),
    ]


def _instant(context: PlanContext) -> list[Step]:
    arguments = remux.copy_arguments(context.info, source=context.source, preset=context.preset)
    audible = "; and the audio of all rungs" if tracks.selected_audio(context.info) else ""
    note = f"The source's own video, not encoded, which is played until the rungs are ready{audible}"
    return [_step(context, "Instant", arguments, note)]


def _audio(context: PlanContext) -> list[Step]:
    if all(track.rendition in context.reused for track in tracks.selected_audio(context.info)):
        return []
    arguments = audio.arguments(context.info, source=context.source, preset=context.preset)
    return [_step(context, "Audio", arguments, "Whole, so that no seam is heard")]


def _chunk(context: PlanContext, chunk: Chunk) -> Step:
    """Encode one chunk. Each of several has a folder of its own, since all write files of the same names."""
    arguments = encode_arguments(
        context.info,
        source=context.source,
        preset=context.preset,
        rungs=context.missing_rungs,
        threads=context.threads,
        chunk=chunk,
    )
    if len(context.chunks) == 1:
        return _step(context, "Encode", arguments, "Each rung as CMAF, cut into segments while it grows")
    folder = _folder(chunk)
    copies = [f"cp -R {each} {folder}/" for each in _overlay_files(context)]
    line = " && ".join(
        [f"mkdir -p {folder}", *copies, f"(cd {folder} && {shell_line(arguments, source=context.source)})"]
    )
    end = "the end" if chunk.end_seconds is None else f"{chunk.end_seconds:g} s"
    return Step(f"Chunk {chunk.number + 1}", line, f"From {chunk.start_seconds:g} s to {end}")


def _folder(chunk: Chunk) -> str:
    return f"chunk-{chunk.number + 1}"


def _overlay_files(context: PlanContext) -> list[str]:
    """Return the files beside the source that an encode reads."""
    mark = [layout.WATERMARK] if context.preset.edits.watermark else []
    burnt = overlay.burns_in(context.info, context.preset.edits)
    return [*mark, *([layout.BURNT, layout.FONTS] if burnt else [])]


def write_subtitles(context: PlanContext) -> list[Step]:
    """Write each text track as a file of its own, unless subtitles are burnt in."""
    if not tracks.selected_subtitles(context.info) or context.preset.edits.burn_in:
        return []
    arguments = subtitles.arguments(context.info, source=context.source, preset=context.preset)
    return [_step(context, "Subtitles", arguments, "Each text track as WebVTT")]


def take_poster(context: PlanContext) -> list[Step]:
    """Take the poster at the first position that is tried."""
    if not context.info.video.shown:
        return []
    arguments = poster.arguments(
        context.info, source=context.source, at_fraction=poster.POSITIONS[0], threads=1, edits=context.preset.edits
    )
    return [_step(context, "Poster", arguments, "Tried at later positions while the frame is black or of one colour")]


def package_downloads(context: PlanContext) -> list[Step]:
    """Put each rung with its audio into one MP4."""
    return [_download(context, rung) for rung in context.rungs]


def _download(context: PlanContext, rung: Rung) -> Step:
    labels = [(track.rendition, track.label) for track in tracks.selected_audio(context.info)]
    line = shell_line(download.mp4_arguments(rung.name, audio=labels), source=Source(layout.whole(rung.name)))
    whole, note = layout.whole(rung.name), "From the segments that HLS plays, not encoded again"
    if rung.name in context.reused:
        note = f"{whole}: made before; with the same audio its MP4 is reused too"
    elif len(context.chunks) > 1:
        line = f"cat {' '.join(f'{_folder(chunk)}/{whole}' for chunk in context.chunks)} > {whole} && {line}"
    if context.preset.copies:
        note = "For a large MP4 storage itself copies the media, behind an index like this one"
    return Step(f"MP4 {rung.name}", line, note)


def draw_storyboard(context: PlanContext) -> list[Step]:
    """Draw the storyboard of a video with evenly spaced frames; the real one follows the segments that exist."""
    count = max(1, round(context.info.duration_seconds / context.preset.segment_seconds) + 2)
    smallest = context.rungs[-1]
    seconds = [float(context.preset.segment_seconds)] * count
    board = storyboard.storyboard_for(smallest.width, smallest.height, seconds)
    range = hdr.video_range(context.info.video, context.preset.bit_depth)
    arguments = storyboard.arguments(board, video_range=range)
    return [
        _step(context, "Storyboard", arguments, f"{layout.STILLS}: first frames of the segments of {smallest.name}")
    ]


# Quality ----------------------------------------------------------------------------------------------------


def _crf_search(context: PlanContext) -> list[Step]:
    """Make the first try of each sample; later tries have other CRFs, and so have the chunks."""
    size = Size(context.rungs[0].width, context.rungs[0].height)
    info, preset = crf_search.sample_info(context.rungs[0]), crf_search.of_samples(context.preset)
    steps: list[Step] = []
    for sample in vmaf.samples_for(context.info.duration_seconds, count=crf_search.SAMPLES):
        commands = [
            _sample(context, sample, size),
            *(
                of_try(info, preset=preset, rungs=context.rungs, number=sample.number, threads=context.threads)
                for of_try in (crf_search.encode_arguments, vmaf.probe_arguments)
            ),
        ]
        line = " && ".join(shell_line(each, source=context.source) for each in commands)
        note = f"Repeated with other CRFs until the VMAF is {context.preset.target_vmaf:g}; chunks use the result"
        steps.append(Step(f"VMAF at {sample.start_seconds:g} s", line, note))
    return steps


def measure(context: PlanContext) -> list[Step]:
    """Measure the quality of each rung with samples; no steps for HDR, for which VMAF has no model."""
    if hdr.is_preserved(context.info.video, context.preset.bit_depth):
        return []
    return [_measured(context, sample) for sample in vmaf.samples_for(context.info.duration_seconds)]


def _measured(context: PlanContext, sample: Sample) -> Step:
    video = context.info.video
    arguments = vmaf.measure_arguments(
        [(rung.name, Source(layout.download(rung.name))) for rung in context.rungs],
        sample=sample,
        size=vmaf.screen_size(video.display_width, video.display_height),
        frame_rate=context.rungs[0].frame_rate,
        threads=context.threads,
    )
    cut = _sample(context, sample, vmaf.sample_size(video.display_width, video.display_height))
    line = " && ".join(shell_line(each, source=context.source) for each in (cut, arguments))
    return Step(f"VMAF at {sample.start_seconds:g} s", line, "Quality of each rung, measured when all is done")


def _sample(context: PlanContext, sample: Sample, size: Size) -> list[str]:
    return vmaf.sample_arguments(
        context.info, source=context.source, preset=context.preset, sample=sample, size=size, threads=context.threads
    )


# Files ------------------------------------------------------------------------------------------------------


def make_loop(context: PlanContext) -> list[Step]:
    """Make a short silent loop in every format."""
    assert context.preset.loop is not None
    arguments = loop.arguments(context.info, source=context.source, loop=context.preset.loop, threads=context.threads)
    return [_step(context, "Loop", arguments, "Every format in one go")]


def make_audio_files(context: PlanContext) -> list[Step]:
    """Measure the loudness, then make the audio in every format with that loudness normalized."""
    info, preset = context.info, context.preset
    measured, first = None, list[Step]()
    if preset.audio.loudness_lufs is not None:
        measuring = audio.loudness_arguments(info, source=context.source, preset=preset)
        first.append(_step(context, "Loudness", measuring, f"Written to {layout.LOUDNESS}"))
        measured = loudness.UNKNOWN
    arguments = audio.file_arguments(info, source=context.source, preset=preset, measured=measured)
    line = shell_line(arguments, source=context.source)
    if measured is not None:
        line = f"{loudness.READ_IN_SHELL} && {loudness.with_variables(line)}"
    return [
        *first,
        Step("Audio", line, "As CMAF and in every other format, in one go"),
        _step(context, "M4A", download.m4a_arguments(), "From the segments that HLS plays, not encoded again"),
    ]


def _step(context: PlanContext, name: str, arguments: Sequence[str], note: str) -> Step:
    return Step(name, shell_line(arguments, source=context.source), note)
