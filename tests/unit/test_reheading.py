"""Which MP4s get a new head before media that stay where they are, and what that head says."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from mediaproc.media.mp4 import boxes, faststart
from testing import clips


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Picture and sound, the index at the end, with a name."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    encode = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-metadata", "title=Garden")
    return clips.make(path, size="64x48", seconds=0.5, encode=encode).read_bytes()


def made_of(data: bytes, *, tracks: int = 2) -> faststart.FaststartFile | None:
    return faststart.faststart_file(lambda offset, size: data[offset : offset + size], len(data), tracks=tracks)


def test_the_same_samples_stand_behind_a_clean_index(clip: bytes, tmp_path: Path) -> None:
    made = made_of(clip)
    assert made is not None
    file, source = tmp_path / "made.mp4", tmp_path / "source.mp4"
    file.write_bytes(made.head + clip[made.start : made.end])
    source.write_bytes(clip)
    assert file.stat().st_size == made.size_bytes
    assert clips.box_order(file) == ["ftyp", "moov", "mdat"]
    assert (b"Garden" in clip, b"Garden" in file.read_bytes()) == (True, False)
    entries = ("-show_entries", "packet=pts,dts,size,flags,data_hash", "-show_data_hash", "md5")
    assert clips.ffprobe(file, *entries)["packets"] == clips.ffprobe(source, *entries)["packets"]


def test_long_offsets_are_kept_long(clip: bytes) -> None:
    """What is larger than 4 GiB names its media by eight bytes."""
    moov = boxes.find(clip, "moov")
    short = boxes.find(moov, "trak", "mdia", "minf", "stbl", "stco")
    count = struct.unpack_from(">I", short, 4)[0]
    places = struct.unpack_from(f">{count}I", short, 8)
    long = short[:8] + struct.pack(f">{count}Q", *places)
    assert faststart._moved(long, ">Q", (0, len(clip)), 2**33)[8:16] == struct.pack(">Q", places[0] + 2**33)


def _swapped(before: bytes, after: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data.replace(before, after, 1)


def _media_elsewhere(data: bytes) -> bytes:
    at = data.index(b"stco") + 12
    return data[:at] + struct.pack(">I", len(data) - 1) + data[at + 4 :]


def _countless(data: bytes) -> bytes:
    at = data.index(b"stco") + 8
    return data[:at] + b"\xff\xff\xff\xff" + data[at + 4 :]


@pytest.mark.parametrize(
    "other",
    [
        _swapped(b"ftypisom", b"ftypqt  "),
        _swapped(b"avc1\0\0\0\0\0\0\0\x01", b"avc3\0\0\0\0\0\0\0\x01"),
        _swapped(b"moov", b"free"),
        _media_elsewhere,
        _countless,
        lambda data: data + struct.pack(">I4s", 8, b"mdat"),
        lambda data: data[:-1],
        lambda data: data[:200],
        lambda data: b"",
    ],
)
def test_others_are_remuxed(clip: bytes, other: Callable[[bytes], bytes]) -> None:
    assert other(clip) != clip
    assert made_of(other(clip)) is None


def test_tracks_that_are_not_kept_would_stay_in_the_media(clip: bytes) -> None:
    assert made_of(clip, tracks=1) is None
