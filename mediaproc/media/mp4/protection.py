"""Protection of an MP4 or MOV: encrypted tracks (DRM), and files that end before their data does."""

from __future__ import annotations

from mediaproc.media.mp4 import boxes
from mediaproc.media.mp4.boxes import Read

_ENCRYPTED_ENTRIES = frozenset({b"encv", b"enca", b"drmi", b"drms", b"drmt"})
"""Sample entries of Common Encryption (ISO/IEC 14496-12, 8.12: cenc, cbcs and their kin) and of Apple's FairPlay."""

_FIRST_BOXES = frozenset({"ftyp", "moov", "mdat", "wide", "free", "skip", "pnot"})
_MAX_BOXES = 100_000


def encrypted_tracks(moov: bytes) -> frozenset[int]:
    """Return the places, from 0, of the tracks whose samples are encrypted; empty if the tables are damaged."""
    try:
        inside = boxes.boxes(moov, 8, len(moov))
        traks = [moov[each.offset : each.end] for each in inside if each.kind == "trak"]
    except boxes.MALFORMED:
        return frozenset()
    return frozenset(place for place, trak in enumerate(traks) if _is_encrypted(trak))


def _is_encrypted(trak: bytes) -> bool:
    try:
        entries = boxes.find(boxes.sample_table(trak), "stbl", "stsd")
    except boxes.MALFORMED:
        return False
    return entries[12:16] in _ENCRYPTED_ENTRIES


def missing_bytes(read: Read, size_bytes: int) -> int:
    """Return how many bytes the last top-level box of a file lacks; 0 if it is whole or not an MP4."""
    offset = 0
    for _ in range(_MAX_BOXES):
        try:
            box = boxes.box_at(read, offset)
        except ValueError:
            return 0
        if box is None or (offset == 0 and box.kind not in _FIRST_BOXES):
            return 0
        if box.end >= size_bytes:
            return box.end - size_bytes
        offset = box.end
    return 0


def is_cut_off(read: Read, size_bytes: int) -> bool:
    """True if a file begins as an MP4 or MOV, and its index (`moov`) is missing or cut off."""
    return read(4, 4).decode("latin-1") in _FIRST_BOXES and boxes.find_moov(read, size_bytes) is None


def begins_beyond(moov: bytes, *, track: int, size_bytes: int) -> bool:
    """True if even the first sample of a video track lies behind the end of the file."""
    try:
        table = boxes.sample_table(boxes.track_box(moov, track, handler=b"vide"))
    except boxes.MALFORMED:
        return False
    for kind, code in (("stco", ">I"), ("co64", ">Q")):
        try:
            rows = boxes.rows(boxes.find(table, "stbl", kind), code)
        except boxes.MALFORMED:
            continue
        return bool(rows) and min(rows)[0] >= size_bytes
    return False
