"""Damaged input for parsers: shortened boxes, runs of zeros, flipped bits, missing ends."""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator

from mediaproc.media.mp4 import boxes

_PARENTS = {"moov", "trak", "mdia", "minf", "stbl", "mvex", "edts", "dinf", "moof", "traf"}
_LONGEST = 40


def boxes_cut_short(data: bytes) -> Iterator[bytes]:
    """Variants of an MP4 in which one box is shortened, byte by byte down to empty, with all sizes adjusted."""
    for box in boxes.boxes(data, 0, len(data)):
        before, behind = data[: box.offset], data[box.end :]
        content = data[box.offset + box.header : box.end]
        for shorter in _shorter(box.kind, content):
            yield before + struct.pack(">I4s", 8 + len(shorter), box.kind.encode("latin-1")) + shorter + behind


def _shorter(kind: str, content: bytes) -> Iterator[bytes]:
    yield from (content[:length] for length in range(min(len(content), _LONGEST)))
    if kind in _PARENTS:
        yield from boxes_cut_short(content)


def damaged(data: bytes, dice: random.Random, *, times: int, near: int | None = None) -> Iterator[bytes]:
    """`times` randomly damaged copies. With `near`, only the first and last `near` bytes are damaged."""
    for _ in range(times):
        made = bytearray(data)
        for _ in range(dice.randint(1, 4)):
            dice.choice([_flip, _zero, _fill, _cut])(made, _place(made, dice, near), dice)
        yield bytes(made)


def _place(data: bytearray, dice: random.Random, near: int | None) -> int:
    at = dice.randrange(min(near or len(data), len(data) - 1))
    return len(data) - 1 - at if near and dice.random() < 0.5 else at


def _flip(data: bytearray, at: int, dice: random.Random) -> None:
    data[at] ^= 1 << dice.randrange(8)


def _zero(data: bytearray, at: int, dice: random.Random) -> None:
    end = min(len(data), at + dice.choice([1, 4, 8, 32]))
    data[at:end] = bytes(end - at)


def _fill(data: bytearray, at: int, dice: random.Random) -> None:
    end = min(len(data), at + dice.choice([1, 4, 8]))
    data[at:end] = b"\xff" * (end - at)


def _cut(data: bytearray, at: int, _dice: random.Random) -> None:
    del data[max(2, at) :]
