"""Real clips, mutated: whatever they have become, probing and planning end with a plan or a word of the error tree."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from mediaproc.domain.errors import ProcessingError, TimedOut
from mediaproc.media import chunks, ladder, presets, probe, refusals
from mediaproc.media.commands import poster
from mediaproc.media.commands.arguments import shell_line
from mediaproc.media.commands.encode import encode_arguments
from mediaproc.media.presets import WEB
from mediaproc.media.probe import MediaInfo
from mediaproc.media.source_index import SourceIndex
from mediaproc.media.sources import Source
from mediaproc_worker import ffmpeg_errors, source
from testing import clips

pytestmark = pytest.mark.usefixtures("services")  # for the settings

SEED = 20261124
OF_BYTES = 300
"""Mutations of a file's bytes, each read by a real ffprobe."""
OF_ANSWERS = 400
"""Mutations of what ffprobe said, which take no process."""

CONTAINERS = {
    "mp4": ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"),
    "mkv": ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "libopus"),
    "ts": ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"),
    "webm": ("-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"),
    "avi": ("-c:v", "mpeg4", "-c:a", "mp3"),
}


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, bytes]]:
    """A small clip in each container, and the beginning of a real one."""
    folder = tmp_path_factory.mktemp("originals")
    made = [
        (suffix, clips.make(folder / f"clip.{suffix}", seconds=1, size="128x72", encode=encode).read_bytes())
        for suffix, encode in CONTAINERS.items()
    ]
    return [*made, ("mp4", clips.bunny().read_bytes()[:100_000])]


def test_mutated_files_end_with_a_plan_or_a_word(originals: list[tuple[str, bytes]], tmp_path: Path) -> None:
    def one(number: int) -> str:
        seed = SEED + number
        dice = random.Random(seed)
        suffix, original = originals[number % len(originals)]
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / f"clip.{suffix}").write_bytes(_mutated(dice, original))
        return _word(seed, lambda: _examine(folder / f"clip.{suffix}"))

    with ThreadPoolExecutor(4) as pool:
        words = list(pool.map(one, range(OF_BYTES)))
    assert TimedOut.code not in words
    assert {"planned", "not_a_video"} <= set(words), "some live, some don't, or the mutations test nothing"


def test_the_originals_have_keyframes_to_be_read(originals: list[tuple[str, bytes]], tmp_path: Path) -> None:
    for suffix, data in originals[:-1]:  # the real one is cut off
        path = tmp_path / f"clip.{suffix}"
        path.write_bytes(data)
        assert bool(_keyframes(data, clips.probed(path))) == (suffix in {"mp4", "mkv", "webm"}), suffix


def test_mutated_answers_end_with_a_plan_or_a_word(originals: list[tuple[str, bytes]], tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(originals[0][1])
    answer = clips.ffprobe(path)

    def one(number: int) -> str:
        seed = SEED + number
        mutated = json.dumps(_mutated_json(random.Random(seed), json.loads(json.dumps(answer))))
        return _word(seed, lambda: _plan(_parsed(mutated), []))

    assert {"planned", "no_video_track", "beyond_limits"} <= {one(number) for number in range(OF_ANSWERS)}


def _word(seed: int, work: Any) -> str:
    try:
        work()
        return "planned"
    except ProcessingError as error:
        assert error.detail
        return error.code
    except Exception as error:
        raise AssertionError(f"seed {seed}: {error!r}") from error


def _examine(path: Path) -> None:
    data = path.read_bytes()
    info = source.examined(
        Source(str(path)),
        data=source.Bytes(lambda at, size: data[at : at + size], len(data)),
        directory=path.parent,
        cancelled=threading.Event(),
    )
    _plan(info, _keyframes(data, info))


def _keyframes(data: bytes, info: MediaInfo) -> list[float]:
    index = SourceIndex(info, lambda offset, size: data[offset : offset + size], len(data))
    index.describe(WEB)
    return index.keyframes


def _parsed(output: str) -> MediaInfo:
    try:
        return probe.parse_ffprobe(output)
    except refusals.Refused as refused:
        raise ffmpeg_errors.refusal(refused) from refused


def _plan(info: MediaInfo, cuts: list[float]) -> None:
    """Everything that is decided before FFmpeg is started; and what is written down can be read again."""
    assert MediaInfo.from_json(json.loads(json.dumps(info.to_json()))) == info
    rungs = ladder.rungs_for(info, presets.WEB)
    for chunk in (None, *chunks.chunks_for(info, presets.WEB, cuts)):
        arguments = encode_arguments(info, source=Source("x"), preset=presets.WEB, rungs=rungs, threads=1, chunk=chunk)
        shell_line(arguments, source=Source("x"))
    poster.arguments(info, source=Source("x"), at_fraction=0.1, threads=1)


# Mutations --------------------------------------------------------------------------------------------------


def _mutated(dice: random.Random, data: bytes) -> bytes:
    mutated = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        dice.choice([_flip, _overwrite, _cut_off, _cut_out, _double, _spoil_header])(dice, mutated)
    return bytes(mutated)


def _flip(dice: random.Random, data: bytearray) -> None:
    for _ in range(dice.randint(1, 200)):
        data[dice.randrange(len(data))] ^= 1 << dice.randrange(8)


def _overwrite(dice: random.Random, data: bytearray) -> None:
    at = dice.randrange(len(data))
    data[at : at + dice.randint(1, 64)] = dice.randbytes(16) if dice.random() < 0.5 else b"\xff" * 8


def _cut_off(dice: random.Random, data: bytearray) -> None:
    del data[dice.randint(16, len(data)) :]


def _cut_out(dice: random.Random, data: bytearray) -> None:
    at = dice.randrange(len(data))
    del data[at : min(at + dice.randint(1, 2000), len(data) - 16)]


def _double(dice: random.Random, data: bytearray) -> None:
    at = dice.randrange(len(data))
    data[at:at] = data[at : at + dice.randint(1, 5000)]


_EBML = bytes.fromhex("1A45DFA3")
_TABLES = {
    False: [b"moov", b"stsd", b"stts", b"stsz", b"stco", b"mdhd", b"tkhd", b"elst"],
    True: [bytes.fromhex(id) for id in ("1C53BB6B", "114D9B74", "1549A966", "1654AE6B", "18538067")],
}
"""By whether it is a Matroska: its Cues, its table of contents, what it and its tracks are."""


def _spoil_header(dice: random.Random, data: bytearray) -> None:
    """Where lengths and counts stand: an MP4's tables and Matroska's index, wherever they are."""
    at = data.find(dice.choice(_TABLES[bytes(data[:4]) == _EBML]))
    at = at + dice.randint(-4, 24) if at > 4 else dice.randrange(min(64, len(data) - 4))
    data[at : at + 4] = dice.choice([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", dice.randbytes(4)])


_WORDS = (
    *(
        "",
        "N/A",
        "0/0",
        "1/0",
        "-1",
        "0",
        str(2**63),
        "1e308",
        "nan",
        "inf",
        "-inf",
        "1e400",
        "9" * 400,
        "x" * 300,
        "ünï",
    ),
    *("16384", "100000:1", "1:100000", "-5/7", "1/1000000007", "video", "audio", "subtitle", "smpte2084", "tb", "pal8"),
)
_NUMBERS = (-(2**31), -1, 0, 1, 3, 90, 255, 8193, 16384, 2**31 - 1, 2**63)


def _mutated_json(dice: random.Random, answer: Any) -> Any:
    """Another text for a text, another number for a number: ffprobe keeps its own shape, whatever it has read."""
    for _ in range(dice.randint(1, 3)):
        holder, key = dice.choice(list(_leaves(answer)))
        if dice.random() < 0.2 and key != "index":
            del holder[key]
        else:
            holder[key] = dice.choice(_WORDS if isinstance(holder[key], str) else _NUMBERS)
    return answer


def _leaves(value: Any) -> Iterator[tuple[Any, Any]]:
    for key in list(value) if isinstance(value, dict) else range(len(value)):
        if isinstance(value[key], dict | list):
            yield from _leaves(value[key])
        else:
            yield value, key
