"""Storage that goes away while FFmpeg reads: FFmpeg calls that the end and exits with 0; the worker must not."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mediaproc.domain.errors import SourceMissing, StorageFailed
from mediaproc.media import ladder, presets
from mediaproc.media.commands.encode import encode_arguments
from mediaproc.media.sources import Source
from mediaproc_worker import ffmpeg_errors
from testing import clips

SILENT = ("-c:v", "libx264", "-preset", "ultrafast", "-b:v", "4M", "-movflags", "+faststart")


@contextmanager
def storage(data: bytes, *, status_behind: int, after: int) -> Generator[str]:
    """Serves ranges as S3 does, but answers `status_behind` for bytes from `after` on."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "bytes=0-"))
            assert asked is not None
            start, end = int(asked[1]), min(int(asked[2] or len(data)), len(data) - 1)
            status = 416 if start >= len(data) else status_behind if end >= after else 206
            body = data[start : end + 1] if status == 206 else b""
            self.send_response(status)
            if status == 206:
                self.send_header("Content-Range", f"bytes {start}-{end}/{len(data)}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/clip.mp4"
    server.shutdown()
    server.server_close()
    thread.join()


def encode(whole: Path, address: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What FFmpeg makes of a source that was whole when it was probed."""
    info = clips.probed(whole)
    rungs = ladder.rungs_for(info, presets.WEB)
    arguments = encode_arguments(info, source=Source(address), preset=presets.WEB, rungs=rungs, threads=2)
    return subprocess.run([clips.FFMPEG, *arguments], cwd=folder, capture_output=True, text=True, timeout=60)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clips.make(tmp_path_factory.mktemp("clip") / "whole.mp4", seconds=12, audio=None, encode=SILENT)


@pytest.mark.parametrize(("status", "error"), [(403, StorageFailed), (404, SourceMissing)])
def test_reading_that_ends_early_is_no_success(
    tmp_path: Path, whole: Path, status: int, error: type[Exception]
) -> None:  # fmt: skip
    data = whole.read_bytes()
    assert len(data) > 4_500_000, "the clip must be longer than two requests"
    with storage(data, status_behind=status, after=len(data) // 2) as address:
        done = encode(whole, address, tmp_path)
    assert done.returncode == 0
    assert isinstance(ffmpeg_errors.cut_short(done.stderr), error)


def test_a_file_that_is_itself_cut_off_is_read_to_its_end(tmp_path: Path, whole: Path) -> None:
    data = whole.read_bytes()[: whole.stat().st_size // 2]
    with storage(data, status_behind=206, after=0) as address:
        done = encode(whole, address, tmp_path)
    assert done.returncode == 0
    assert ffmpeg_errors.cut_short(done.stderr) is None


def test_a_whole_file_is_read_to_its_end(tmp_path: Path, whole: Path) -> None:
    data = whole.read_bytes()
    with storage(data, status_behind=206, after=0) as address:
        done = encode(whole, address, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert clips.decode(tmp_path / "360p.cmaf").frames == 300
