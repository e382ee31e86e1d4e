"""VMAF: how close a picture comes to its source for whoever watches it full screen, told by a few short samples.

0 is bad, 100 is the source. The model was made from people before a screen of 1080 lines (Netflix, "VMAF: The Journey
Continues"), so both sides are brought to that size, as Netflix and ab-av1 do: the rendition scaled up, bicubic.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, cast

import ffmpeg

from mediaproc.media import ladder, layout
from mediaproc.media.commands.encode import GLOBAL_ARGUMENTS, OWN_DEMUXERS, filter_threads
from mediaproc.media.edits import Edits
from mediaproc.media.filters import scale as scale_module
from mediaproc.media.ladder import Rung
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source, input_options, location

MODEL = "vmaf_v0.6.1"
SAMPLES = 4
SAMPLE_SECONDS = 2.0
"""So many samples of so many seconds: a whole film costs no more than a clip of eight seconds."""

_SCREEN_LONG_SIDE, _SCREEN_SHORT_SIDE = 1920, 1080
_MEASURED_FRAME_RATE = 6
"""About so many frames of each second are measured; neighbours score alike, and each costs 80 ms of a processor."""


class NothingMeasured(Exception):
    """Not one frame could be compared."""


@dataclass(frozen=True)
class Sample:
    """A short part of a video, in seconds from the beginning of what is made of it."""

    number: int
    start_seconds: float
    length_seconds: float

    @property
    def end_seconds(self) -> float:
        """Where it ends."""
        return self.start_seconds + self.length_seconds


@dataclass(frozen=True)
class Size:
    """A picture's size in pixels."""

    width: int
    height: int


@dataclass(frozen=True)
class Pair:
    """A picture and what it should be, as streams of a graph, and the size in which they are compared."""

    name: str
    made: Any
    reference: Any
    size: Size


def samples_for(duration_seconds: float, *, count: int = SAMPLES) -> tuple[Sample, ...]:
    """Samples spread evenly over a video; one of all of it where it is not longer than they are."""
    together = count * SAMPLE_SECONDS
    if duration_seconds <= together:
        return (Sample(0, 0.0, duration_seconds or together),)
    step = duration_seconds / count
    return tuple(Sample(n, round(step * (n + 0.5) - SAMPLE_SECONDS / 2, 3), SAMPLE_SECONDS) for n in range(count))


def screen(width: int, height: int) -> Size:
    """A picture of this shape that fills a screen of 1080 lines, lying or upright."""
    scale = min(_SCREEN_LONG_SIDE / max(width, height), _SCREEN_SHORT_SIDE / min(width, height))
    return Size(max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2))


def kept(width: int, height: int) -> Size:
    """The size in which a sample of a source is kept: its own, or the screen's if that is smaller."""
    full = screen(width, height)
    return full if full.width < width else Size(max(2, width // 2 * 2), max(2, height // 2 * 2))


def sample_arguments(
    info: MediaInfo, *, source: Source, preset: Preset, sample: Sample, size: Size, threads: int
) -> list[str]:
    """Cut a sample out of the source: the frames that the preset encodes, in this size, without loss.

    Its time begins with the sample's.
    """
    entry = _entry(preset.edits, sample)
    reading = scale_module.reading(info, source)
    opened = ffmpeg.input(location(source), threads=threads, **reading, **entry)
    picture = scale_module.edited(
        opened[str(info.video.index)],
        info,
        preset,
        ladder.capped_frame_rate(info.video, preset),
        start_seconds=sample.start_seconds,
        end_seconds=sample.end_seconds,
    )
    picture = _from(scale_module.marked(picture, info, preset, size.width, size.height), sample)
    made = ffmpeg.output(picture, layout.sample(sample.number), threads=threads, **_LOSSLESS)
    return [*GLOBAL_ARGUMENTS, *filter_threads(threads), *cast("list[str]", made.get_args())]


def measure_arguments(
    renditions: Sequence[tuple[str, Source]], *, sample: Sample, size: Size, frame_rate: Fraction, threads: int
) -> list[str]:
    """Compare a sample, which was cut out, with the same part of finished renditions (their names and MP4s)."""
    references = _split(_opened(layout.sample(sample.number)), len(renditions))
    pairs: list[Pair] = []
    for (name, source), reference in zip(renditions, references, strict=True):
        entry = {"seek_timestamp": 1, "noaccurate_seek": None, "ss": f"{sample.start_seconds:.3f}"}
        options = input_options(source, demuxers=OWN_DEMUXERS)
        opened = ffmpeg.input(location(source), copyts=None, threads=threads, **options, **entry)
        made = scale_module.within(opened["v:0"], sample.start_seconds, sample.end_seconds)
        pairs.append(Pair(name, _from(made, sample), reference, size))
    return _compared(pairs, frame_rate=frame_rate, threads=threads)


def probe_arguments(info: MediaInfo, *, preset: Preset, rungs: Sequence[Rung], number: int, threads: int) -> list[str]:
    """Compare a sample of this `info`, in the size of each rung, with what encoders have made of it there.

    So this tells what encoding takes away, not what a smaller size does. The sample's own size fills the screen, and
    smaller ones a part of it: blown up they would need more bits than they are for.
    """
    sizes = scale_module.cascade(_opened(layout.sample(number)), info, preset, rungs, None)
    pairs = [
        Pair(
            rung.name, _from_first(_opened(layout.whole(rung.name))), _from_first(reference), _in_proportion(rung, info)
        )
        for rung, reference in zip(rungs, sizes, strict=True)
    ]
    return _compared(pairs, frame_rate=info.video.frame_rate, threads=threads)


def parse(text: str) -> float:
    """The mean over the frames of one sample. Raises NothingMeasured."""
    try:
        return float(json.loads(text)["pooled_metrics"]["vmaf"]["mean"])
    except (ValueError, KeyError, TypeError) as error:
        raise NothingMeasured from error


def mean(scores: Sequence[float]) -> float:
    """Of a video's samples, as it is shown."""
    return round(sum(scores) / len(scores), 1)


def _entry(edits: Edits, sample: Sample) -> dict[str, Any]:
    """Enter the source at the keyframe before a sample, in the times of what is kept of it (as `command` does)."""
    moved = {"itsoffset": f"{-edits.start_seconds:.3f}"} if edits.start_seconds else {}
    at = edits.start_seconds + sample.start_seconds
    return {"copyts": None, "start_at_zero": None, "noaccurate_seek": None, "ss": f"{at:.3f}", **moved}


def _opened(file: str) -> Any:
    """The picture of a file that was made here, in its own times."""
    source = Source(file)
    return ffmpeg.input(location(source), copyts=None, **input_options(source, demuxers=OWN_DEMUXERS))["v:0"]


def _from(picture: Any, sample: Sample) -> Any:
    """Time counted from the sample's beginning, by a clock fine enough for that."""
    return picture.filter("settb", "AVTB").filter("setpts", f"PTS-{sample.start_seconds:.3f}/TB")


def _from_first(picture: Any) -> Any:
    """Both sides have the very same frames."""
    return picture.filter("setpts", "PTS-STARTPTS")


def _split(picture: Any, count: int) -> list[Any]:
    if count == 1:
        return [picture]
    several = picture.filter_multi_output("split", count)
    return [several[number] for number in range(count)]


def _in_proportion(rung: Rung, info: MediaInfo) -> Size:
    """A rung's size where the sample's fills the screen."""
    full = screen(info.video.display_width, info.video.display_height)
    scale = full.width / info.video.display_width
    return Size(round(rung.width * scale / 2) * 2, round(rung.height * scale / 2) * 2)


def _compared(pairs: Sequence[Pair], *, frame_rate: Fraction, threads: int) -> list[str]:
    """One comparison for each pair; libvmaf writes down what it finds under its name."""
    outputs = [
        ffmpeg.output(
            ffmpeg.filter(
                [_on_screen(pair.made, pair.size), _on_screen(pair.reference, pair.size)],
                "libvmaf",
                model=f"version={MODEL}",
                n_threads=threads,
                n_subsample=_stride(frame_rate),
                log_fmt="json",
                log_path=layout.vmaf(pair.name),
                ts_sync_mode="nearest",  # clocks differ from container to container, by less than half a frame
                shortest=1,  # a frame that only one side has says nothing
            ),
            "-",
            format="null",
        )
        for pair in pairs
    ]
    built = cast("list[str]", ffmpeg.merge_outputs(*outputs).get_args())
    return [*GLOBAL_ARGUMENTS, *filter_threads(threads), *built]


def _stride(frame_rate: Fraction) -> int:
    """Each so manieth frame is measured: odd, or it would always meet the same sort of B-frame."""
    return 1 + 2 * max(0, round((frame_rate / _MEASURED_FRAME_RATE - 1) / 2))


def _on_screen(picture: Any, size: Size) -> Any:
    return (
        picture.filter("scale", size.width, size.height, flags="bicubic")
        .filter("setsar", "1")
        .filter("format", "yuv420p")
    )


_LOSSLESS: dict[str, Any] = {
    "c:v": "libx264",
    "preset:v": "ultrafast",
    "qp": 0,
    "fps_mode": "vfr",  # each frame keeps its time…
    "enc_time_base": "filter",  # …in the source's own clock
    "map_metadata": -1,
    "map_chapters": -1,
    "format": "mp4",
}
