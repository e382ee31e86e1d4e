"""First frame of a segment as a segment of its own: a keyframe that can be fetched and decoded without the rest.

The frame keeps its time. The code knows boxes only, no codec (ISO/IEC 14496-12, 8.8.7 and 8.8.8).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from mediaproc.media.mp4 import boxes, trun
from mediaproc.media.mp4.trun import TrackRun

_MDAT_HEADER_BYTES = 8


@dataclass(frozen=True)
class FirstFrame:
    """Byte range of a segment's first frame within the segment, and a `moof` that describes only this frame."""

    moof: bytes
    offset: int
    size_bytes: int

    @property
    def end(self) -> int:
        """Number of bytes of the segment that have to be read."""
        return self.offset + self.size_bytes

    def alone(self, segment: bytes) -> bytes:
        """Return the frame as a segment, from a segment that was read up to `end`."""
        frame = segment[self.offset : self.end]
        return self.moof + struct.pack(">I4s", _MDAT_HEADER_BYTES + len(frame), b"mdat") + frame


def first_frame(head: bytes) -> FirstFrame:
    """Locate the first frame of a segment whose first bytes are `head`.

    Raises ValueError if the `moof` is not complete in them, or gives no place or size of the frame.
    """
    moof = boxes.locate(head, "moof")
    if moof.end > len(head):
        raise ValueError("moof is cut off")
    run = trun.run_of(head)
    if run.data_offset is None or not run.samples:
        raise ValueError("trun has no offset")
    size = run.samples[0].size
    size = trun.defaults_of(head).size if size is None else size
    if size is None:
        raise ValueError("no size of a frame")
    return FirstFrame(_one_sample_moof(head[moof.offset : moof.end], run), moof.offset + run.data_offset, size)


def end_of_first_frame(segment: bytes) -> int | None:
    """Return how many bytes of a segment hold its first frame, from its beginning; None if it does not say."""
    try:
        end = first_frame(segment).end
    except boxes.MALFORMED:
        return None
    return end if end <= len(segment) else None


def _one_sample_moof(moof: bytes, run: TrackRun) -> bytes:
    """Return the `moof` with only the first row in its `trun`, and the frame directly behind it."""
    alone = replace(run, samples=run.samples[:1])
    size = len(trun.with_run(moof, alone))
    return trun.with_run(moof, replace(alone, data_offset=size + _MDAT_HEADER_BYTES))
