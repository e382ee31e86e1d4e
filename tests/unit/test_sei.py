"""Private data of H.264 and HEVC: positions are overwritten; frames, captions and encoders' settings stay."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from mediaproc.media.mp4 import boxes, sei
from testing import clips

UUID = "01234567-89ab-cdef-0123-456789abcdef"
PLACE = b"+48.8584+002.2945/"
X264 = bytes.fromhex("dc45e9bde6d948b7962cd820d923eeef")


def message(kind: int, payload: bytes) -> bytes:
    sizes = b"\xff" * (len(payload) // 255) + bytes([len(payload) % 255])
    return bytes([kind]) + sizes + payload


def unit(codec: str, *messages: bytes, kind: int | None = None) -> bytes:
    head = bytes([6 if kind is None else kind]) if codec == "h264" else bytes([(39 if kind is None else kind) << 1, 1])
    body = head + escaped(b"".join(messages)) + b"\x80"
    return struct.pack(">I", len(body)) + body


def escaped(payload: bytes) -> bytes:
    """With emulation prevention: no two zeros before a byte of 3 or less."""
    found = bytearray()
    for byte in payload:
        if byte <= 3 and bytes(found[-2:]) == b"\0\0":
            found.append(3)
        found.append(byte)
    return bytes(found)


def segment(*units: bytes) -> bytes:
    body = b"".join(units)
    return struct.pack(">I4s", 8, b"moof") + struct.pack(">I4s", 8 + len(body), b"mdat") + body


def cleaned(data: bytes, codec: str) -> bytes:
    found = sei.blanked(data, sei.private_bytes(data, codec))
    assert len(found) == len(data)
    return found


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("length", [0, 300, 600])
def test_positions_vanish_and_the_rest_stays(codec: str, length: int) -> None:
    place = unit(codec, message(1, b"\x01\x02"), message(5, bytes(range(16)) + PLACE + b"x" * length))
    frame = unit(codec, b"\x05" + PLACE, kind=1)
    found = cleaned(segment(place, frame), codec)
    assert found.count(PLACE) == 1, "the frame itself is not looked into"
    assert found.endswith(frame)
    assert message(1, b"\x01\x02") in found


def test_units_beside_the_samples_are_read_too() -> None:
    body = unit("hevc", message(5, bytes(range(16)) + PLACE))[4:]
    config = bytes(22) + bytes([1, 39]) + struct.pack(">HH", 1, len(body)) + body
    init = struct.pack(">I4s", 8, b"ftyp") + struct.pack(">I4s", 8 + len(config), b"hvcC") + config
    assert PLACE not in cleaned(init, "hevc")


@pytest.mark.parametrize(
    "public",
    [
        message(5, X264 + b"x264 - core 164"),
        message(4, b"\xb5\x00\x31GA94\x03captions"),
        message(4, b"\xb5\x00\x3c\x00\x01\x04HDR10+"),
        message(6, b"\x00"),
    ],
)
def test_what_is_public_stays(public: bytes) -> None:
    data = segment(unit("h264", public))
    assert cleaned(data, "h264") == data


def test_other_registered_data_is_private() -> None:
    assert PLACE not in cleaned(segment(unit("hevc", message(4, b"\xb5\x99\x99" + PLACE), kind=40)), "hevc")


def test_zeros_that_are_escaped_leave_the_unit_readable() -> None:
    payload = bytes(16) + b"\0\0\1" + PLACE + b"\0\0\0\0"
    data = segment(unit("h264", message(5, payload), message(1, b"\x01\x02")))
    found = cleaned(data, "h264")
    assert PLACE not in found
    assert cleaned(found, "h264").count(b"\x01\x02\x01") == data.count(b"\x01\x02\x01")
    start, end = 20, len(found)
    rbsp = bytes(found[at] for at in sei._payload_offsets(found, start + 1, end)[0])  # pyright: ignore[reportPrivateUsage]
    assert len(rbsp) == len(message(5, payload)) + len(message(1, b"\x01\x02")) + 1
    assert rbsp.endswith(message(1, b"\x01\x02") + b"\x80")


def test_damaged_units_raise_nothing() -> None:
    for cut in range(1, 60):
        data = segment(unit("h264", message(5, bytes(range(16)) + PLACE)))[:-cut]
        sei.private_bytes(data[: len(data) // 2 * 2], "h264")
    assert sei.private_bytes(segment(b"\xff\xff\xff\xff\x06\x05"), "h264") == []
    assert sei.private_bytes(segment(unit("av1", message(5, PLACE))), "av1") == []


def test_a_copied_stream_decodes_as_before(tmp_path: Path) -> None:
    plain, noted = tmp_path / "plain.mp4", tmp_path / "noted.mp4"
    clips.make(plain, seconds=1, size="64x48", audio=None)
    note = f"h264_metadata=sei_user_data={UUID}+{PLACE.decode().strip('/+').replace('+', ' ')}"
    fragments = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof")
    clips.ffmpeg("-i", str(plain), "-c", "copy", "-bsf:v", note, *fragments, str(noted))
    data = noted.read_bytes()
    assert b"48.8584" in data
    noted.write_bytes(found := cleaned(data, "h264"))
    assert b"48.8584" not in found
    assert b"x264 - core" in found
    assert boxes.locate(found, "moov") == boxes.locate(data, "moov")
    frames = [clips.ffmpeg("-i", str(path), "-f", "framemd5", "-") for path in (plain, noted)]
    hashes = [[line.rpartition(",")[2] for line in text.splitlines() if not line.startswith("#")] for text in frames]
    assert hashes[0] == hashes[1] != []
