"""VMAF: how close a rendition looks to its source on a full screen, measured with a few short samples.

0 is bad, 100 is the source. The model was trained with people before a 1080-line screen (Netflix, "VMAF: The Journey
Continues"), so both sides are scaled to that size, as Netflix and ab-av1 do: the rendition scaled up, bicubic.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mediaproc.media import clocks, codecs, ladder, layout
from mediaproc.media.commands.arguments import GLOBAL_ARGUMENTS, OWN_DEMUXERS, filter_threads
from mediaproc.media.edits import Edits
from mediaproc.media.filters import graph, scale
from mediaproc.media.filters.graph import Stream
from mediaproc.media.ladder import Rung
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source, input_options, location

MODEL = "vmaf_v0.6.1"
SAMPLES = 4
SAMPLE_SECONDS = 2.0
"""Samples per video and their length: measuring a whole film costs no more than a clip of eight seconds."""

_SCREEN_LONG_SIDE, _SCREEN_SHORT_SIDE = 1920, 1080
_MEASURED_FRAME_RATE = 6
"""Frames measured per second, about; neighbours score alike, and each costs 80 ms of CPU."""


class NothingMeasured(Exception):
    """Not one frame could be compared."""


@dataclass(frozen=True)
class Sample:
    """A short part of a video, in seconds from the beginning of the edited video."""

    number: int
    start_seconds: float
    length_seconds: float

    @property
    def end_seconds(self) -> float:
        """When the sample ends."""
        return self.start_seconds + self.length_seconds


@dataclass(frozen=True)
class Size:
    """Width and height in pixels."""

    width: int
    height: int


@dataclass(frozen=True)
class Pair:
    """A rendition's video and its reference, as streams of a graph, and the size in which they are compared."""

    name: str
    made: Stream
    reference: Stream
    size: Size


def samples_for(duration_seconds: float, *, count: int = SAMPLES) -> tuple[Sample, ...]:
    """Return samples spread evenly over a video; one of the whole video if it is no longer than they are."""
    together = count * SAMPLE_SECONDS
    if duration_seconds <= together:
        return (Sample(0, 0.0, duration_seconds or together),)
    step = duration_seconds / count
    return tuple(Sample(n, round(step * (n + 0.5) - SAMPLE_SECONDS / 2, 3), SAMPLE_SECONDS) for n in range(count))


def screen_size(width: int, height: int) -> Size:
    """Return the size of this shape that fills a 1080-line screen, landscape or portrait."""
    factor = min(_SCREEN_LONG_SIDE / max(width, height), _SCREEN_SHORT_SIDE / min(width, height))
    return Size(max(2, round(width * factor / 2) * 2), max(2, round(height * factor / 2) * 2))


def sample_size(width: int, height: int) -> Size:
    """Return the size in which a source's sample is stored: its own, or the screen's if that is smaller."""
    full = screen_size(width, height)
    return full if full.width < width else Size(max(2, width // 2 * 2), max(2, height // 2 * 2))


def sample_arguments(
    info: MediaInfo, *, source: Source, preset: Preset, sample: Sample, size: Size, threads: int
) -> list[str]:
    """Return a command that cuts a sample out of the source: the frames that the preset encodes, lossless.

    The sample's time begins at 0.
    """
    entry = _entry(info, preset.edits, sample)
    options = scale.decode_options(info, source)
    opened = graph.open_input(location(source), threads=threads, **options, **entry)
    video = scale.edited(
        opened[str(info.video.index)],
        info,
        preset,
        ladder.capped_frame_rate(info.video, preset),
        start_seconds=sample.start_seconds,
        end_seconds=sample.end_seconds,
    )
    video = _from_start(scale.with_overlays(video, info, preset, size.width, size.height), sample)
    made = graph.output(video, layout.sample(sample.number), threads=threads, **_LOSSLESS)
    return [*GLOBAL_ARGUMENTS, *filter_threads(threads), *made.get_args()]


def measure_arguments(
    renditions: Sequence[tuple[str, Source]], *, sample: Sample, size: Size, frame_rate: Fraction, threads: int
) -> list[str]:
    """Return a command that compares a stored sample with the same part of renditions, given as (name, MP4)."""
    references = _copies(_open(layout.sample(sample.number)), len(renditions))
    pairs: list[Pair] = []
    for (name, source), reference in zip(renditions, references, strict=True):
        entry = {"seek_timestamp": 1, "noaccurate_seek": None, "ss": f"{sample.start_seconds:.3f}"}
        options = input_options(source, demuxers=OWN_DEMUXERS)
        opened = graph.open_input(location(source), copyts=None, threads=threads, **options, **entry)
        made = scale.within(opened["v:0"], sample.start_seconds, sample.end_seconds)
        pairs.append(Pair(name, _from_start(made, sample), reference, size))
    return _compare(pairs, frame_rate=frame_rate, threads=threads)


def probe_arguments(info: MediaInfo, *, preset: Preset, rungs: Sequence[Rung], number: int, threads: int) -> list[str]:
    """Return a command that compares sample `number`, scaled to each rung, with what the encoders made of it.

    It measures what encoding takes away, not what a smaller size does. `info` describes the sample, whose own size
    fills the screen; smaller sizes fill a part of it: scaled up they would need more bits than they are meant for.
    """
    sizes = scale.cascade(_open(layout.sample(number)), info, preset, rungs, None)
    pairs = [
        Pair(rung.name, _from_first(_open(layout.whole(rung.name))), _from_first(reference), _in_proportion(rung, info))
        for rung, reference in zip(rungs, sizes, strict=True)
    ]
    return _compare(pairs, frame_rate=info.video.frame_rate, threads=threads)


def parse(text: str) -> float:
    """Return the mean over the frames of one sample from libvmaf's JSON. Raises NothingMeasured."""
    try:
        return float(json.loads(text)["pooled_metrics"]["vmaf"]["mean"])
    except (ValueError, KeyError, TypeError) as error:
        raise NothingMeasured from error


def mean(scores: Sequence[float]) -> float:
    """Return the mean of a video's samples, to one decimal."""
    return round(sum(scores) / len(scores), 1)


def _entry(info: MediaInfo, edits: Edits, sample: Sample) -> dict[str, Any]:
    """Return input options that enter the source at the keyframe before a sample, in the edited video's times."""
    # Where a clock may restart FFmpeg counts from the first frame of the video, since it reads nothing else here.
    late = (info.video.start_seconds if clocks.restarts(info) else 0.0) - edits.start_seconds
    moved = {"itsoffset": f"{late:.3f}"} if late else {}
    at = edits.start_seconds + sample.start_seconds
    return {"copyts": None, "start_at_zero": None, "noaccurate_seek": None, "ss": f"{at:.3f}", **moved}


def _open(file: str) -> Stream:
    """Return the video of a file that was made here, in its own times."""
    source = Source(file)
    return graph.open_input(location(source), copyts=None, **input_options(source, demuxers=OWN_DEMUXERS))["v:0"]


def _from_start(video: Stream, sample: Sample) -> Stream:
    """Count time from the sample's beginning, with a clock that is fine enough for it."""
    return video.filter("settb", "AVTB").filter("setpts", f"PTS-{sample.start_seconds:.3f}/TB")


def _from_first(video: Stream) -> Stream:
    """Count time from the first frame: both sides have exactly the same frames."""
    return video.filter("setpts", "PTS-STARTPTS")


def _copies(video: Stream, count: int) -> list[Stream]:
    return [video] if count == 1 else graph.split(video, count)


def _in_proportion(rung: Rung, info: MediaInfo) -> Size:
    """Return a rung's size where the sample's fills the screen."""
    full = screen_size(info.video.display_width, info.video.display_height)
    factor = full.width / info.video.display_width
    return Size(round(rung.width * factor / 2) * 2, round(rung.height * factor / 2) * 2)


def _compare(pairs: Sequence[Pair], *, frame_rate: Fraction, threads: int) -> list[str]:
    """Return a command with one comparison per pair; libvmaf writes its result to the file of that name."""
    outputs = [
        graph.output(
            graph.joined(
                [_on_screen(pair.made, pair.size), _on_screen(pair.reference, pair.size)],
                "libvmaf",
                model=f"version={MODEL}",
                n_threads=threads,
                n_subsample=_stride(frame_rate),
                log_fmt="json",
                log_path=layout.vmaf(pair.name),
                ts_sync_mode="nearest",  # clocks differ between containers, by less than half a frame
                shortest=1,  # a frame that only one side has says nothing
            ),
            "-",
            format="null",
        )
        for pair in pairs
    ]
    return [*GLOBAL_ARGUMENTS, *filter_threads(threads), *graph.arguments(outputs)]


def _stride(frame_rate: Fraction) -> int:
    """Return the distance of measured frames: odd, or they would always be the same type of B-frame."""
    return 1 + 2 * max(0, round((frame_rate / _MEASURED_FRAME_RATE - 1) / 2))


def _on_screen(video: Stream, size: Size) -> Stream:
    return (
        video.filter("scale", size.width, size.height, flags="bicubic")
        .filter("setsar", "1")
        .filter("format", "yuv420p")
    )


SAMPLE_CODEC = codecs.H264
"""Samples are stored in it, without loss."""

_LOSSLESS: dict[str, Any] = {
    "c:v": SAMPLE_CODEC.encoder,
    "preset:v": "ultrafast",
    "qp": 0,
    "fps_mode": "vfr",  # each frame keeps its time…
    "enc_time_base": "filter",  # …in the source's own clock
    "map_metadata": -1,
    "map_chapters": -1,
    "format": "mp4",
}
