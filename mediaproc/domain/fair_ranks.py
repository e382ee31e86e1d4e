"""Fair ranks: the order in which a team's videos share the encoding slots, as start-time fair queueing gives it.

A video that begins gets the next rank of its team; its chunk `n` stands `3·n` ranks behind. The lowest rank goes first,
and of equal ones the oldest. So while a chunk waits, at most three newer videos begin, however many there are; and a
new video begins before all but a few chunks of a long one. A rank is given once and never changes.

P. Goyal, H. Vin, H. Cheng: Start-time Fair Queueing, SIGCOMM 1996.
"""

from __future__ import annotations

FIRST_CHUNKS_AHEAD = 3
"""Newer videos that may begin while a chunk of a begun video waits."""


def next_start(*, started: int, served: int) -> int:
    """Rank of a video that begins now. `started`: the last one that began; `served`: the highest rank taken so far.

    Never below what was served, so that a team's new video does not make up for the time in which it had none.
    """
    return max(started, served) + 1


def rank_of(start: int, chunk: int | None) -> int:
    """Rank of a chunk, counted from 0, of the video that began at `start`. Other work ranks as the first chunk."""
    return start + FIRST_CHUNKS_AHEAD * (chunk or 0)
