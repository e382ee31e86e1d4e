"""Files that name other files, dressed up as videos: nothing of this host or network is read for them."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from mediaproc.media import ffprobe, ladder, presets, probe, refusals
from mediaproc.media.commands import encode, poster
from mediaproc.media.probe import AudioTrack, MediaInfo, VideoTrack
from mediaproc.media.sources import Source
from testing import clips
from testing.waits import PATIENCE_SECONDS

PRETENDED = MediaInfo(
    container="mp4", duration_seconds=1, size_bytes=1, bitrate_bps=1,
    video=VideoTrack(
        index=0, codec="h264", width=320, height=180, display_width=320, display_height=180, frame_rate=Fraction(25),
        pixel_format="yuv420p", bit_depth=8, rotation=0, interlaced=False, hdr=False,
    ),
    audio=(AudioTrack(index=1, codec="aac", channels=2, sample_rate_hz=48000),),
)  # fmt: skip
"""What a probe would have to say for FFmpeg to be started: the second wall is tested as if the first had fallen."""


@dataclass
class Trap:
    """A server on loopback that serves one file, and remembers whatever else is asked for."""

    url: str
    folder: Path
    served: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def secret(self) -> Path:
        """A real video that only this host should see."""
        return self.folder / "secret.ts"


@pytest.fixture
def trap(tmp_path: Path) -> Iterator[Trap]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path not in made.served:
                made.asked.append(self.path)
            body = made.served.get(self.path, made.secret.read_bytes())
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Trap(url=f"http://127.0.0.1:{server.server_address[1]}", folder=tmp_path)
    clips.make(made.secret, seconds=1, size="320x180")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()


DISGUISES = {
    "hls_network": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{url}/segment.ts\n#EXT-X-ENDLIST\n",
    "hls_file": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n",
    "hls_key": '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-KEY:METHOD=AES-128,URI="{url}/key"\n#EXTINF:1,\n{url}/s.ts\n',
    "hls_concat": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nconcat:{url}/a|file://{secret}\n#EXT-X-ENDLIST\n",
    "hls_variants": "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{url}/variant.m3u8\n",
    "ffconcat": "ffconcat version 1.0\nfile {secret}\n",
    "ffconcat_network": "ffconcat version 1.0\nfile {url}/clip.ts\n",
    "concat": "file '{secret}'\nfile '{url}/clip.ts'\n",
    "svg": '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" xmlns:x="http://www.w3.org/1999/xlink" '
    'width="32" height="32"><image x:href="{url}/image.png" width="32" height="32"/>'
    '<image x:href="file://{secret}" width="32" height="32"/></svg>',
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"
    "a=rtpmap:96 H264/90000\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT1S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" '
    'bandwidth="1"><BaseURL>{url}/dash.mp4</BaseURL></Representation></AdaptationSet></Period></MPD>',
    "smooth": "[playlist]\nFile1={url}/x.ts\n",
    "srt": "1\n00:00:00,000 --> 00:00:01,000\n<img src='{url}/x'>\n",
    "webvtt": "WEBVTT\n\n00:00.000 --> 00:01.000\n{url}/x\n",
    "rtsp": "rtsptext\n{url}/x\n",
    "ass": "[Script Info]\nScriptType: v4.00+\n[Events]\nFormat: Start, Text\nDialogue: 0:00:00.00,{url}\n",
    "imf": '<?xml version="1.0"?><AssetMap xmlns="http://www.smpte-ra.org/schemas/429-9/2007/AM"><AssetList>'
    "<Asset><ChunkList><Chunk><Path>{secret}</Path></Chunk></ChunkList></Asset></AssetList></AssetMap>",
    "ffmetadata": ";FFMETADATA1\ntitle={url}\n",
}
SUFFIXES = ("mp4", "mkv", "m3u8")


def disguised(trap: Trap, kind: str, suffix: str) -> Path:
    path = trap.folder / f"upload.{suffix}"
    path.write_text(DISGUISES[kind].format(url=trap.url, secret=trap.secret))
    return path


def sources(trap: Trap, path: Path) -> list[Source]:
    """The file as the worker may find it: on disk, or behind an address."""
    trap.served[f"/{path.name}"] = path.read_bytes()
    return [Source(str(path)), Source(f"{trap.url}/{path.name}")]


def run(program: str, arguments: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *arguments], cwd=folder, capture_output=True, text=True, timeout=PATIENCE_SECONDS, env={}
    )


@pytest.mark.parametrize("kind", DISGUISES)
def test_a_file_that_names_others_is_no_video(trap: Trap, kind: str) -> None:
    for suffix in SUFFIXES:
        for source in sources(trap, disguised(trap, kind, suffix)):
            done = run(clips.FFPROBE, ffprobe.ffprobe_arguments(source), trap.folder)
            with pytest.raises(refusals.NotMedia):
                probe.parse_ffprobe(done.stdout)
    assert trap.asked == []


@pytest.mark.parametrize("kind", DISGUISES)
def test_ffmpeg_reads_nothing_else_even_if_it_is_started(trap: Trap, kind: str) -> None:
    rungs = ladder.rungs_for(PRETENDED, presets.WEB)
    for source in sources(trap, disguised(trap, kind, "mp4")):
        for arguments in (
            encode.encode_arguments(PRETENDED, source=source, preset=presets.WEB, rungs=rungs, threads=1),
            poster.arguments(PRETENDED, source=source, at_fraction=0, threads=1),
        ):
            assert run(clips.FFMPEG, arguments, trap.folder).returncode != 0
    assert trap.asked == []
    assert not list(trap.folder.glob("*.jpg"))
    assert all(file.stat().st_size == 0 for file in trap.folder.glob("*.cmaf"))


def test_a_numbered_name_is_one_file(trap: Trap) -> None:
    """`%03d` in a name makes FFmpeg's image reader look for other files."""
    picture = trap.folder / "frame001.png"
    clips.ffmpeg("-f", "lavfi", "-i", "color=red:size=64x64", "-frames:v", "1", str(picture))
    for source in (Source(str(trap.folder / "frame%03d.png")), Source(str(picture))):
        done = run(clips.FFPROBE, ffprobe.ffprobe_arguments(source), trap.folder)
        with pytest.raises(refusals.NotMedia):
            probe.parse_ffprobe(done.stdout)


def test_a_mov_that_refers_to_another_file_does_not_get_it(trap: Trap) -> None:
    """A QuickTime data reference (`alis`) to a file beside it: FFmpeg follows those only if told to."""
    plain = clips.make(trap.folder / "plain.mov", seconds=1, audio=None)
    other = trap.folder / "other.mov"
    data = plain.read_bytes()
    assert data.count(b"url \0\0\0\1") == 1
    other.write_bytes(data)
    plain.write_bytes(data.replace(b"url \0\0\0\1", b"url \0\0\0\0"))
    done = run(clips.FFPROBE, ffprobe.ffprobe_arguments(Source(str(plain))), trap.folder)
    assert "other.mov" not in done.stdout


def test_storage_can_not_send_the_reader_elsewhere(trap: Trap) -> None:
    """A redirect to a service of the network behind is not followed."""
    inner = trap.url.replace("127.0.0.1", "localhost")

    class Redirect(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302)
            self.send_header("Location", f"{inner}/inner.ts")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Redirect)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    source = Source(f"http://127.0.0.1:{server.server_address[1]}/clip.ts")
    try:
        done = run(clips.FFPROBE, ffprobe.ffprobe_arguments(source), trap.folder)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
    assert done.returncode != 0
    assert trap.asked == []


def test_the_trap_catches_a_reader_without_guards(trap: Trap) -> None:
    """Else the tests above could not fail."""
    playlist = disguised(trap, "hls_network", "m3u8")
    run(clips.FFPROBE, ["-protocol_whitelist", "file,http,tcp", "-extension_picky", "0", str(playlist)], trap.folder)
    assert "/segment.ts" in trap.asked
    shown = run(clips.FFPROBE, ["-f", "concat", "-safe", "0", str(disguised(trap, "ffconcat", "mp4"))], trap.folder)
    assert "Video: h264" in shown.stderr
