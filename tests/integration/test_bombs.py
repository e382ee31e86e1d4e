"""Small files that ask for much: each ends within the limits, and if it fails, with a word from the error tree."""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from mediaproc.domain.errors import BeyondLimits, DamagedSource, IncompleteSource, NotAVideo, ProcessingError, TimedOut
from mediaproc.media import ladder, presets
from mediaproc.media.commands import encode
from mediaproc.media.mp4 import keyframes
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source
from mediaproc_worker import ffmpeg_errors, sandboxed_process
from mediaproc_worker.sandboxed_process import Limits, ProcessFailed, ProcessTimedOut
from mediaproc_worker.source import Bytes, examined
from testing import clips

pytestmark = pytest.mark.usefixtures("services")  # for the settings

SECONDS = 4
"""What each may take here; an attempt has hours, for honest videos."""

LIMITS = Limits(wall_seconds=SECONDS, cpu_seconds=2 * SECONDS, file_bytes=2 * 1024**2, memory_bytes=1024**3)


def box(kind: bytes, *content: bytes) -> bytes:
    return struct.pack(">I", 8 + sum(map(len, content))) + kind + b"".join(content)


FTYP = box(b"ftyp", b"isom\0\0\2\0isomiso2mp41")
GIBIBYTE = 1024**3


def huge_picture(width: int, height: int) -> Callable[[Path], None]:
    """A picture of 64×64 that says of itself, in both of its headers, that it is larger."""

    def write(path: Path) -> None:
        picture = ("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=1", "-frames:v", "1")
        clips.ffmpeg(*picture, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p", str(path))
        data = path.read_bytes()
        sample, frame = b"\xff\xc0\0\x11\x08", struct.pack(">HH", 64, 64)
        at, within = data.index(sample + frame) + len(sample), data.index(frame, data.index(b"jpeg"))
        for place, sides in ((at, (height, width)), (within, (width, height))):
            data = data[:place] + struct.pack(">HH", *sides) + data[place + 4 :]
        path.write_bytes(data)

    return write


def million_frames(path: Path) -> None:
    """1×1, and tables that say a million frames where there are ten."""
    picture = ("-f", "lavfi", "-i", "color=size=1x1:rate=25", "-frames:v", "10")
    clips.ffmpeg(*picture, "-c:v", "rawvideo", "-pix_fmt", "gray", str(path))
    data = path.read_bytes()
    for kind, place in ((b"stts", 12), (b"stsz", 12), (b"stsc", 16)):
        at = data.index(kind) + place
        assert struct.unpack_from(">I", data, at) == (10,), kind
        data = data[:at] + struct.pack(">I", 1_000_000) + data[at + 4 :]
    path.write_bytes(data)


def declared_atom(kind: bytes) -> Callable[[Path], None]:
    """An atom that says it is a gibibyte long, in a kibibyte."""

    def write(path: Path) -> None:
        path.write_bytes((FTYP + struct.pack(">I", GIBIBYTE) + kind).ljust(1024, b"\0"))

    return write


def declared_table(path: Path) -> None:
    """A real clip whose table of sizes says that it has 2^28 samples: a gibibyte of them."""
    clips.make(path, seconds=1, size="64x64", audio=None)
    data = path.read_bytes()
    at = data.index(b"stsz") + 12
    path.write_bytes(data[:at] + struct.pack(">I", 1 << 28) + data[at + 4 :])


def nested(path: Path) -> None:
    """Two hundred boxes in each other."""
    content = b""
    for _ in range(200):
        content = box(b"moov", content)
    path.write_bytes(FTYP + content)


BOMBS: dict[str, tuple[str, Callable[[Path], None], tuple[type[ProcessingError], ...]]] = {
    "a picture of 16384×16384": ("mov", huge_picture(16384, 16384), (BeyondLimits,)),
    "a picture of 16000×8000": ("mov", huge_picture(16000, 8000), (BeyondLimits,)),
    "a million frames of 1×1": ("mov", million_frames, (DamagedSource, NotAVideo)),
    "a moov of 1 GiB in 1 KiB": ("mp4", declared_atom(b"moov"), (IncompleteSource,)),
    "a mdat of 1 GiB in 1 KiB": ("mp4", declared_atom(b"mdat"), (IncompleteSource,)),
    "a sample table of 1 GiB": ("mp4", declared_table, (DamagedSource, NotAVideo)),
    "200 boxes in each other": ("mp4", nested, (NotAVideo,)),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_ends_within_the_limits(name: str, tmp_path: Path) -> None:
    suffix, make, expected = BOMBS[name]
    path = tmp_path / f"bomb.{suffix}"
    make(path)
    assert path.stat().st_size < 4 * 1024**2
    ended = _processed(Source(str(path)), path.read_bytes(), tmp_path)
    assert ended is None or isinstance(ended, expected), repr(ended)


def test_a_stream_without_an_end_is_ended(tmp_path: Path) -> None:
    """It is probed by its beginning; then the file that it makes, or the time, comes to its limit."""
    clips.make(tmp_path / "clip.ts", seconds=1, size="64x64")
    clip = (tmp_path / "clip.ts").read_bytes()
    with_end = threading.Event()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _endless(clip, with_end))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        source = Source(f"http://127.0.0.1:{server.server_address[1]}/endless.ts")
        limits = Limits(wall_seconds=1, cpu_seconds=4, file_bytes=LIMITS.file_bytes)
        ended = _processed(source, clip, tmp_path, limits=limits)
    finally:
        with_end.set()
        server.shutdown()
        server.server_close()
        thread.join()
    assert isinstance(ended, TimedOut | BeyondLimits), repr(ended)


def test_a_table_of_millions_of_keyframes_costs_the_worker_little() -> None:
    """The worker reads this table itself, and has no limits: 20 million samples in 300 bytes, each a keyframe."""
    full = struct.pack(">I", 0)
    stbl = box(
        b"stbl",
        box(b"stts", full, struct.pack(">III", 1, 20_000_000, 1)),
        box(b"stco", full, struct.pack(">II", 1, 100)),
    )
    mdhd = box(b"mdhd", full, struct.pack(">IIII", 0, 0, 1000, 20_000_000), b"\0" * 4)
    trak = box(b"trak", box(b"mdia", mdhd, box(b"hdlr", full, b"\0\0\0\0vide", b"\0" * 13), box(b"minf", stbl)))
    before = psutil.Process().memory_info().rss
    found = keyframes.keyframe_seconds(box(b"moov", trak), track=0, size_bytes=1024)
    assert 100_000 <= len(found) < 200_000
    assert (found[0], found[-1] > 19_000) == (0.0, True)
    assert psutil.Process().memory_info().rss - before < 64 * 1024**2


def _processed(source: Source, data: bytes, folder: Path, *, limits: Limits = LIMITS) -> ProcessingError | None:
    """Probe it and encode it, as a worker does; how it ended."""
    try:
        readable = Bytes(lambda at, size: data[at : at + size], len(data))
        info = examined(source, data=readable, directory=folder, cancelled=threading.Event())
        _encode(info, source, folder, limits)
    except ProcessingError as error:
        return error
    return None


def _encode(info: MediaInfo, source: Source, folder: Path, limits: Limits) -> None:
    rungs = ladder.rungs_for(info, presets.WEB)
    arguments = encode.encode_arguments(info, source=source, preset=presets.WEB, rungs=rungs, threads=1)
    try:
        sandboxed_process.run(
            Path(clips.FFMPEG), arguments, directory=folder, cancelled=threading.Event(), limits=limits
        )
    except (ProcessFailed, ProcessTimedOut) as failure:
        raise ffmpeg_errors.reason_of(failure) from failure


def _endless(clip: bytes, with_end: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Endless(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            for piece in _again(clip, with_end):
                try:
                    self.wfile.write(piece)
                except OSError:
                    return

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Endless


def _again(clip: bytes, with_end: threading.Event) -> Iterator[bytes]:
    while not with_end.is_set():
        yield clip
