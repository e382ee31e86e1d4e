"""Every FFmpeg command that workers run for a source, as lines to be pasted into a shell, one after another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mediaproc.media import crf_search, layout, loudness, storyboard, tracks, vmaf
from mediaproc.media.chunks import Chunk
from mediaproc.media.commands import files, poster, remux, source_copy, subtitles
from mediaproc.media.commands.encode import (
    encode_arguments,
    poster_arguments,
    remux_arguments,
    shell_line,
    sound_arguments,
)
from mediaproc.media.filters import burn_in as burn_in_module
from mediaproc.media.filters import hdr, overlay
from mediaproc.media.ladder import Rung
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source
from mediaproc.media.vmaf import Sample, Size


@dataclass(frozen=True)
class Step:
    """One command. `note` says what the command alone does not."""

    name: str
    command: str
    note: str = ""


@dataclass(frozen=True)
class Given:
    """What all steps go by. Each encode has so many `threads`; renditions that are `reused` were made before."""

    info: MediaInfo
    source: Source
    preset: Preset
    rungs: tuple[Rung, ...]
    chunks: tuple[Chunk, ...]
    threads: int
    reused: frozenset[str] = frozenset()

    @property
    def left(self) -> tuple[Rung, ...]:
        """The rungs that have to be made."""
        return tuple(rung for rung in self.rungs if rung.name not in self.reused)


# A ladder ---------------------------------------------------------------------------------------------------


def burn_in(given: Given) -> list[Step]:
    """Write down the subtitles that are drawn on the pictures, if there are any."""
    if not overlay.burns_in(given.info, given.preset.edits):
        return []
    arguments = burn_in_module.arguments(given.info, source=given.source, edits=given.preset.edits)
    return [
        _step(given, "Subtitles", arguments, f"To be burnt in, with the font {burn_in_module.FONT} in {layout.FONTS}")
    ]


def copy(given: Given) -> list[Step]:
    """Keep the source's own picture."""
    if not given.left:
        return []
    arguments = source_copy.copy_arguments(given.info, source=given.source, preset=given.preset)
    return [_step(given, "Copy", arguments, "Picture as CMAF, not encoded, cut while it grows")]


def encode(given: Given, *, instant: bool) -> list[Step]:
    """What is played first, the CRFs if they are to be found, and each chunk in every rung."""
    tuned = given.preset.target_vmaf is None or given.preset.chosen
    return [
        *(_instant(given) if instant else _sound(given)),
        *([] if tuned else _tune(given)),
        *(_chunk(given, chunk) for chunk in given.chunks if given.left),
    ]


def _instant(given: Given) -> list[Step]:
    arguments = remux.copy_arguments(given.info, source=given.source, preset=given.preset)
    heard = "; and the sound of all rungs" if tracks.sounds(given.info) else ""
    note = f"The source's own picture, not encoded, which is played until the rungs are made{heard}"
    return [_step(given, "Instant", arguments, note)]


def _sound(given: Given) -> list[Step]:
    if all(kept.rendition in given.reused for kept in tracks.sounds(given.info)):
        return []
    arguments = sound_arguments(given.info, source=given.source, preset=given.preset)
    return [_step(given, "Sound", arguments, "Whole, so that no seam is heard")]


def _chunk(given: Given, chunk: Chunk) -> Step:
    """Each of several in a folder of its own, since they write files of the same names."""
    arguments = encode_arguments(
        given.info,
        source=given.source,
        preset=given.preset,
        rungs=given.left,
        threads=given.threads,
        chunk=chunk,
    )
    if len(given.chunks) == 1:
        return _step(given, "Encode", arguments, "Each rung as CMAF, cut while it grows")
    folder = _folder(chunk)
    laid_over = [f"cp -R {each} {folder}/" for each in _laid_over(given)]
    line = " && ".join(
        [f"mkdir -p {folder}", *laid_over, f"(cd {folder} && {shell_line(arguments, source=given.source)})"]
    )
    end = "the end" if chunk.end_seconds is None else f"{chunk.end_seconds:g} s"
    return Step(f"Chunk {chunk.number + 1}", line, f"From {chunk.start_seconds:g} s to {end}")


def _folder(chunk: Chunk) -> str:
    return f"chunk-{chunk.number + 1}"


def _laid_over(given: Given) -> list[str]:
    """The files beside the source that an encode reads."""
    mark = [layout.WATERMARK] if given.preset.edits.watermark else []
    burnt = overlay.burns_in(given.info, given.preset.edits)
    return [*mark, *([layout.BURNT, layout.FONTS] if burnt else [])]


def write_subtitles(given: Given) -> list[Step]:
    """Each text track as a file of its own, where they are not drawn on the pictures."""
    if not tracks.texts(given.info) or given.preset.edits.burn_in:
        return []
    arguments = subtitles.arguments(given.info, source=given.source, preset=given.preset)
    return [_step(given, "Subtitles", arguments, "Each text track as WebVTT")]


def take_poster(given: Given) -> list[Step]:
    """The first picture that is tried."""
    if not given.info.video.shown:
        return []
    arguments = poster_arguments(
        given.info, source=given.source, at_fraction=poster.POSITIONS[0], threads=1, edits=given.preset.edits
    )
    return [_step(given, "Poster", arguments, "Tried further on while the picture is black or of one colour")]


def remux_downloads(given: Given) -> list[Step]:
    """Each rung with its sound as one MP4."""
    return [_remuxed(given, rung) for rung in given.rungs]


def _remuxed(given: Given, rung: Rung) -> Step:
    sounds = [(kept.rendition, kept.label) for kept in tracks.sounds(given.info)]
    line = shell_line(remux_arguments(rung.name, sounds=sounds), source=Source(layout.whole(rung.name)))
    whole, note = layout.whole(rung.name), "Of the segments that HLS plays, not encoded again"
    if rung.name in given.reused:
        note = f"{whole}: what was made before; with the same sound its MP4 is used again too"
    elif len(given.chunks) > 1:
        line = f"cat {' '.join(f'{_folder(chunk)}/{whole}' for chunk in given.chunks)} > {whole} && {line}"
    if given.preset.copies:
        note = "Of a large MP4 storage copies the media by itself, behind an index like this one"
    return Step(f"MP4 {rung.name}", line, note)


def draw_storyboard(given: Given) -> list[Step]:
    """Of a video with evenly spaced frames; the real one goes by the segments that there are."""
    count = max(1, round(given.info.duration_seconds / given.preset.segment_seconds) + 2)
    smallest = given.rungs[-1]
    seconds = [float(given.preset.segment_seconds)] * count
    board = storyboard.storyboard_for(smallest.width, smallest.height, seconds)
    arguments = storyboard.arguments(board, video_range=hdr.video_range(given.info.video, given.preset.bit_depth))
    return [_step(given, "Storyboard", arguments, f"{layout.STILLS}: the first frames of segments of {smallest.name}")]


# Quality ----------------------------------------------------------------------------------------------------


def _tune(given: Given) -> list[Step]:
    """The first try: further ones differ by their CRFs, as the chunks do from what stands here."""
    size = Size(given.rungs[0].width, given.rungs[0].height)
    info, preset = crf_search.sample_info(given.rungs[0]), crf_search.of_samples(given.preset)
    steps: list[Step] = []
    for sample in vmaf.samples_for(given.info.duration_seconds, count=crf_search.SAMPLES):
        arguments = [
            _sample(given, sample, size),
            *(
                of_try(info, preset=preset, rungs=given.rungs, number=sample.number, threads=given.threads)
                for of_try in (crf_search.encode_arguments, vmaf.probe_arguments)
            ),
        ]
        line = " && ".join(shell_line(each, source=given.source) for each in arguments)
        note = f"Tried with other CRFs until it is {given.preset.target_vmaf:g}; chunks have those that were found"
        steps.append(Step(f"VMAF at {sample.start_seconds:g} s", line, note))
    return steps


def measure(given: Given) -> list[Step]:
    """How good each rung came out, by samples; nothing where VMAF says nothing."""
    video = given.info.video
    if hdr.kept(video, given.preset.bit_depth):
        return []
    return [_measured(given, sample) for sample in vmaf.samples_for(given.info.duration_seconds)]


def _measured(given: Given, sample: Sample) -> Step:
    video = given.info.video
    arguments = vmaf.measure_arguments(
        [(rung.name, Source(layout.download(rung.name))) for rung in given.rungs],
        sample=sample,
        size=vmaf.screen(video.display_width, video.display_height),
        frame_rate=given.rungs[0].frame_rate,
        threads=given.threads,
    )
    cut = _sample(given, sample, vmaf.kept(video.display_width, video.display_height))
    line = " && ".join(shell_line(each, source=given.source) for each in (cut, arguments))
    return Step(f"VMAF at {sample.start_seconds:g} s", line, "How good each rung came out, when all is done")


def _sample(given: Given, sample: Sample, size: Size) -> list[str]:
    return vmaf.sample_arguments(
        given.info, source=given.source, preset=given.preset, sample=sample, size=size, threads=given.threads
    )


# Files alone ------------------------------------------------------------------------------------------------


def make_loop(given: Given) -> list[Step]:
    """A short silent loop in every format."""
    assert given.preset.loop is not None
    arguments = files.loop_arguments(given.info, source=given.source, loop=given.preset.loop, threads=given.threads)
    return [_step(given, "Loop", arguments, "Every format in one go")]


def make_sounds(given: Given) -> list[Step]:
    """The sound in every format: how loud it is, then the files, brought to one loudness."""
    measured, first = None, list[Step]()
    if given.preset.audio.loudness_lufs is not None:
        measuring = files.measure_arguments(given.info, source=given.source, preset=given.preset)
        first.append(_step(given, "Loudness", measuring, f"Written to {layout.LOUDNESS}"))
        measured = loudness.UNKNOWN
    arguments = files.sound_arguments(given.info, source=given.source, preset=given.preset, measured=measured)
    line = shell_line(arguments, source=given.source)
    if measured is not None:
        line = f"{loudness.READ_IN_SHELL} && {loudness.with_variables(line)}"
    return [
        *first,
        Step("Sound", line, "As CMAF and in every other format, in one go"),
        _step(given, "M4A", files.m4a_arguments(), "Of the segments that HLS plays, not encoded again"),
    ]


def _step(given: Given, name: str, arguments: Sequence[str], note: str) -> Step:
    return Step(name, shell_line(arguments, source=given.source), note)
