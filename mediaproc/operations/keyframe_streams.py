"""I-frame streams of HLS: which renditions have one, and their bit rates, from the rows of their segments."""

from __future__ import annotations

import math
from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import Session, col, select

from mediaproc.domain.tables import Rendition, Segment
from mediaproc.media.hls import KeyframeStream

_SHORTEST_SECONDS = 1.0
"""A shorter last segment does not make the peak."""


def of(session: Session, pictures: Sequence[Rendition], *, query: str) -> list[KeyframeStream]:
    """Return the I-frame streams of finished video renditions. Those of older videos have none.

    `query` is appended to the address, which is relative to the multivariant playlist.
    """
    finished = [each for each in pictures if each.finished]
    rates = _rates(session, finished)
    return [_stream(each, *rates[each.id], query) for each in finished if each.id in rates]


def _rates(session: Session, pictures: Sequence[Rendition]) -> dict[object, tuple[int, int]]:
    """Average and peak bit rate of the first frames of each rendition whose segments all tell their size."""
    if not pictures:
        return {}
    seconds, size = col(Segment.duration_seconds), col(Segment.keyframe_bytes)
    peak = func.max(size / func.greatest(seconds, _SHORTEST_SECONDS))
    rows = (
        select(Segment.rendition_id, func.sum(size) / func.sum(seconds), peak)
        .where(col(Segment.rendition_id).in_([each.id for each in pictures]))
        .group_by(col(Segment.rendition_id))
        .having(func.count() == func.count(size))
        .having(func.sum(seconds) > 0)
    )
    return {id: (math.ceil(8 * average), math.ceil(8 * most)) for id, average, most in session.exec(rows)}


def _stream(rendition: Rendition, average_bps: int, peak_bps: int, query: str) -> KeyframeStream:
    return KeyframeStream(
        uri=f"{rendition.name}/iframes.m3u8{query}",
        width=rendition.width,
        height=rendition.height,
        codecs=rendition.codecs,
        bitrate_bps=average_bps,
        peak_bitrate_bps=peak_bps,
        video_range=rendition.video_range,
    )
