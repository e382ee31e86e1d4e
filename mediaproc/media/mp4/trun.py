"""Track runs (`trun`): the rows of a fragment's samples, parsed and written for every user of fragments.

ISO/IEC 14496-12, 8.8.7 (`tfhd`, the defaults) and 8.8.8 (`trun`). Durations and offsets are in ticks, sizes in bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, repeat

from mediaproc.media.mp4 import boxes

_DATA_OFFSET, _FIRST_SAMPLE_FLAGS = 0x1, 0x4
_FIELDS = {"duration": 0x100, "size": 0x200, "flags": 0x400, "offset": 0x800}
_BASE_OFFSET, _DESCRIPTION, _DEFAULT_DURATION, _DEFAULT_SIZE = 0x1, 0x2, 0x8, 0x10

_MAX_SAMPLES = 1_000_000
"""A run without fields may claim any count; FFmpeg's fragments here hold a few hundred samples."""


@dataclass(frozen=True)
class Sample:
    """One row. None stands for the fragment's default; `offset` is from decode time to presentation time."""

    duration: int | None = None
    size: int | None = None
    flags: int | None = None
    offset: int | None = None


@dataclass(frozen=True)
class TrackRun:
    """The content of one `trun`. Offsets of its samples are signed from version 1 on."""

    version: int
    data_offset: int | None
    first_sample_flags: int | None
    samples: tuple[Sample, ...]

    def to_box(self) -> bytes:
        """Serialize the run as a whole box. Every row has the fields that the first one has."""
        fields = [name for name in _FIELDS if self.samples and getattr(self.samples[0], name) is not None]
        flags = sum(_FIELDS[name] for name in fields)
        head = b""
        if self.data_offset is not None:
            flags, head = flags | _DATA_OFFSET, head + struct.pack(">i", self.data_offset)
        if self.first_sample_flags is not None:
            flags, head = flags | _FIRST_SAMPLE_FLAGS, head + struct.pack(">I", self.first_sample_flags)
        row = struct.Struct(_row_code(fields, self.version))
        rows = b"".join(row.pack(*(getattr(each, name) for name in fields)) for each in self.samples)
        words = struct.pack(">II", self.version << 24 | flags, len(self.samples))
        return struct.pack(">I4s", 8 + len(words) + len(head) + len(rows), b"trun") + words + head + rows


@dataclass(frozen=True)
class Defaults:
    """Defaults of a fragment's samples (`tfhd`); None where the fragment has none."""

    duration: int | None
    size: int | None


def parse(body: bytes) -> TrackRun:
    """Parse the content of a `trun`. Raises ValueError or struct.error if it is cut off."""
    word, count = struct.unpack_from(">II", body)
    version, flags, at = word >> 24, word & 0xFFFFFF, 8
    data_offset = first_sample_flags = None
    if flags & _DATA_OFFSET:
        (data_offset,), at = struct.unpack_from(">i", body, at), at + 4
    if flags & _FIRST_SAMPLE_FLAGS:
        (first_sample_flags,), at = struct.unpack_from(">I", body, at), at + 4
    fields = [name for name, bit in _FIELDS.items() if flags & bit]
    samples = tuple(_samples(body, at, count, fields, version))
    return TrackRun(version, data_offset, first_sample_flags, samples)


def run_of(segment: bytes) -> TrackRun:
    """Parse the first `trun` of a segment. Raises ValueError if there is none."""
    return parse(boxes.find(segment, "moof", "traf", "trun"))


def defaults_of(segment: bytes) -> Defaults:
    """Parse the defaults of a segment's first fragment. Raises ValueError if it has no `tfhd`."""
    tfhd = boxes.find(segment, "moof", "traf", "tfhd")
    flags = int(struct.unpack_from(">I", tfhd)[0])
    at = 8 + 8 * bool(flags & _BASE_OFFSET) + 4 * bool(flags & _DESCRIPTION)
    duration = size = None
    if flags & _DEFAULT_DURATION:
        (duration,), at = struct.unpack_from(">I", tfhd, at), at + 4
    if flags & _DEFAULT_SIZE:
        (size,) = struct.unpack_from(">I", tfhd, at)
    return Defaults(duration, size)


def durations(run: TrackRun, default: int) -> list[int]:
    """Return the duration of each sample."""
    return [default if each.duration is None else each.duration for each in run.samples]


def default_duration(moof: bytes, of_track: int) -> int:
    """Return the duration of a fragment's samples that have none: its own default, else the track's."""
    own = defaults_of(moof).duration
    return of_track if own is None else own


def presentation_times(samples: Sequence[Sample], lasting: Sequence[int], start: int) -> list[int]:
    """Return when each sample is shown, of a run whose first one is decoded at `start`."""
    starts = accumulate(lasting[:-1], initial=start)
    return [at + (sample.offset or 0) for at, sample in zip(starts, samples, strict=True)]


def with_run(segment: bytes, run: TrackRun) -> bytes:
    """Replace the first `trun` of a segment and adjust the sizes of the boxes around it."""
    old, new = boxes.locate(segment, "moof", "traf", "trun"), run.to_box()
    data = bytearray(segment[: old.offset] + new + segment[old.end :])
    for path in (("moof",), ("moof", "traf")):
        box = boxes.locate(segment, *path)
        struct.pack_into(">I", data, box.offset, box.size + len(new) - old.size)
    return bytes(data)


def _samples(body: bytes, at: int, count: int, fields: list[str], version: int) -> Iterator[Sample]:
    if count > _MAX_SAMPLES:
        raise ValueError("too many samples")
    code = _row_code(fields, version)
    end = at + count * struct.calcsize(code)
    if end > len(body):
        raise ValueError("trun is cut off")
    rows: Iterable[tuple[int, ...]] = struct.iter_unpack(code, body[at:end]) if fields else repeat((), count)
    for row in rows:
        yield Sample(**dict(zip(fields, row, strict=True)))


def _row_code(fields: list[str], version: int) -> str:
    return ">" + "".join("i" if name == "offset" and version else "I" for name in fields)
