"""CRF search: finds the CRF with a target VMAF by encoding samples, with as few tries as possible.

VMAF falls with the CRF, nearly linearly between neighbours, so that two tries on either side of the target tell the
rest (ab-av1 and Av1an search in the same way).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import ceil

from mediaproc.media import codecs, layout, vmaf
from mediaproc.media.chunks import Chunk
from mediaproc.media.commands import encode
from mediaproc.media.edits import NO_EDITS
from mediaproc.media.ladder import Rung
from mediaproc.media.presets import ChosenCrf, Preset
from mediaproc.media.probe import MediaInfo, VideoTrack
from mediaproc.media.sources import Source

SAMPLES = 3
MAX_TRIES = 4

_CLOSE = 0.5
"""Points of VMAF above the target that are accepted: the difference is invisible."""

_USUAL_SLOPE = 0.8
"""Points of VMAF that one step of the CRF costs, until two tries have shown it."""

_MIN_SLOPE = 0.2
_MAX_STEP = 12


@dataclass(frozen=True)
class Search:
    """State of the search for one rung. `known` maps each CRF that was tried to its VMAF."""

    target: float
    first: int
    lowest: int
    highest: int
    known: Mapping[int, float] = field(default_factory=dict[int, float])

    def with_try(self, crf: int, vmaf: float) -> Search:
        """Return the search after one more try."""
        return replace(self, known={**self.known, crf: vmaf})

    def next_crf(self) -> int | None:
        """Return the CRF to try next, or None when enough is known."""
        reached, missed = self._reached, self._missed
        if reached is None and missed is None:
            return min(max(self.first, self.lowest), self.highest)
        if len(self.known) >= MAX_TRIES or (reached is not None and self.known[reached] - self.target <= _CLOSE):
            return None
        if reached is None:
            return self._finer(missed or self.lowest)
        if missed is None:
            return self._coarser(reached)
        return min(max(self._between(reached, missed), reached + 1), missed - 1) if missed - reached > 1 else None

    def result(self) -> tuple[int, float]:
        """Return the coarsest CRF that reaches the target, and its VMAF, measured or interpolated between two tries."""
        reached, missed = self._reached, self._missed
        if reached is None or missed is None:
            best = missed if reached is None else reached
            return (self.first, 0.0) if best is None else (best, self.known[best])
        crf = self._between(reached, missed)
        share = (crf - reached) / (missed - reached)
        return crf, self.known[reached] + share * (self.known[missed] - self.known[reached])

    @property
    def _reached(self) -> int | None:
        """Coarsest CRF that reached the target, finer than every one that did not."""
        missed = self._missed
        return max((crf for crf in self.known if missed is None or crf < missed), default=None)

    @property
    def _missed(self) -> int | None:
        """Finest CRF that did not reach the target."""
        return min((crf for crf, vmaf in self.known.items() if vmaf < self.target), default=None)

    def _between(self, reached: int, missed: int) -> int:
        high, low = self.known[reached], self.known[missed]
        return reached + int((missed - reached) * (high - self.target) / (high - low))

    def _finer(self, missed: int) -> int | None:
        step = ceil((self.target - self.known[missed]) / self._slope)
        return max(self.lowest, missed - min(step, _MAX_STEP)) if missed > self.lowest else None

    def _coarser(self, reached: int) -> int | None:
        step = max(1, round((self.known[reached] - self.target) / self._slope))
        return min(self.highest, reached + min(step, _MAX_STEP)) if reached < self.highest else None

    @property
    def _slope(self) -> float:
        if len(self.known) < 2:
            return _USUAL_SLOPE
        (fine, high), (coarse, low) = min(self.known.items()), max(self.known.items())
        return max(_MIN_SLOPE, (high - low) / (coarse - fine))


def search_for(rung: Rung, preset: Preset, target: float) -> Search:
    """Return the search for a rung. It begins with the rung's own CRF."""
    lowest, highest = codecs.of(preset.codec).crf_bounds
    return Search(target=target, first=rung.crf, lowest=lowest, highest=highest)


def chosen(rung: Rung, search: Search) -> ChosenCrf:
    """Return the result for a rung."""
    crf, vmaf = search.result()
    return ChosenCrf(rung=rung.name, crf=crf, vmaf=round(vmaf, 1))


def sample_info(largest: Rung) -> MediaInfo:
    """Describe a sample that was cut out in the size of the largest rung."""
    video = VideoTrack(
        index=0,
        codec=vmaf.SAMPLE_CODEC.name,
        width=largest.width,
        height=largest.height,
        display_width=largest.width,
        display_height=largest.height,
        frame_rate=Fraction(largest.frame_rate),
        pixel_format="yuv420p",
        bit_depth=8,
        rotation=0,
        interlaced=False,
        hdr=False,
    )
    return MediaInfo(container="mp4", duration_seconds=0.0, size_bytes=0, bitrate_bps=0, video=video)


def of_samples(preset: Preset) -> Preset:
    """Return the preset for samples, which are edited already."""
    return replace(preset, edits=NO_EDITS)


def encode_arguments(info: MediaInfo, *, preset: Preset, rungs: Sequence[Rung], number: int, threads: int) -> list[str]:
    """Return a command that encodes a sample in each rung, exactly as a chunk is encoded."""
    return encode.encode_arguments(
        info, source=Source(layout.sample(number)), preset=preset, rungs=rungs, threads=threads, chunk=_MIDDLE
    )


_MIDDLE = Chunk(number=1, start_seconds=0.0, end_seconds=None, length_seconds=0.0, first_segment=0, segments=None)
"""A chunk other than the first, which has more keyframes at its beginning."""
