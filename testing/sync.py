"""Sync: clips that flash and beep together for a fifth of every odd second, and when a file shows and sounds them."""

from __future__ import annotations

import re
import struct
import subprocess
from itertools import pairwise
from pathlib import Path

from testing import clips

FLASH = (
    "color=c=0x202020:s=320x180:r={rate}:d={seconds},"
    "drawbox=enable='between(mod(t,2),1,1.199)':color=white:t=fill{more}"
)
BEEP = "aevalsrc='if(between(mod(t,2),1,1.2),0.7*sin(2*PI*1000*t),0.002*sin(2*PI*200*t))':s=48000:d={seconds}"
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")

_BRIGHT = 180
_LOUD = 3000
_RATE_HZ, _WINDOW = 8000, 40
_SILENCE_WINDOWS = 20


def make(
    path: Path,
    *encode: str,
    seconds: float = 8,
    rate: str = "25",
    audio_seconds: float | None = None,
    more: str = "",
    before_video: tuple[str, ...] = (),
    before_audio: tuple[str, ...] = (),
) -> Path:
    """Make a clip with options of `encode`. `more` are further video filters; no `audio_seconds` means as long as the
    video, 0 means none.
    """
    audio = seconds if audio_seconds is None else audio_seconds
    video_input = (*before_video, "-f", "lavfi", "-i", FLASH.format(rate=rate, seconds=seconds, more=more))
    audio_input = (*before_audio, "-f", "lavfi", "-i", BEEP.format(seconds=audio)) if audio else ()
    clips.ffmpeg(*video_input, *audio_input, *(encode or X264), str(path))
    return path


def joined(path: Path, *parts: Path) -> Path:
    """Join files byte by byte, as `cat` does."""
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def frame_times(path: Path) -> list[float]:
    """Presentation time of every frame, in seconds."""
    return [at for at, _ in _luma(path)]


def flashes(path: Path) -> list[float]:
    """When a video turns bright, in seconds. `path` may be a playlist."""
    found = _luma(path)
    return [now for (_, before), (now, luma) in pairwise(found) if luma > _BRIGHT >= before]


def beeps(path: Path) -> list[float]:
    """When the first audio track gets loud after a tenth of a second of silence, in seconds."""
    options = ("-af", f"aresample={_RATE_HZ}:async=1:first_pts=0", "-ac", "1", "-f", "s16le", "-")
    raw = _output("-copyts", "-i", str(path), "-map", "0:a:0", *options)
    samples = struct.unpack(f"<{len(raw) // 2}h", raw[: len(raw) // 2 * 2])
    peaks = [max(map(abs, samples[at : at + _WINDOW])) for at in range(0, len(samples), _WINDOW)]
    return [
        number * _WINDOW / _RATE_HZ
        for number, peak in enumerate(peaks)
        if number and peak > _LOUD and max(peaks[max(0, number - _SILENCE_WINDOWS) : number]) <= _LOUD
    ]


def offset_seconds(path: Path) -> float:
    """The largest distance from a flash to the nearest beep. There must be one of each."""
    seen, heard = flashes(path), beeps(path)
    assert seen and heard, (seen, heard)
    return max(min(abs(flash - beep) for beep in heard) for flash in seen)


def _luma(path: Path) -> list[tuple[float, float]]:
    print_luma = "signalstats,metadata=mode=print:key=lavfi.signalstats.YAVG:file=-"
    options = ("-map", "0:v:0", "-vf", print_luma, "-fps_mode", "passthrough", "-f", "null", "-")
    text = _output("-copyts", "-i", str(path), *options).decode()
    found = re.findall(r"pts_time:(-?[\d.]+)\s+lavfi\.signalstats\.YAVG=([\d.]+)", text)
    return [(float(at), float(luma)) for at, luma in found]


def _output(*arguments: str) -> bytes:
    command = [clips.FFMPEG, "-v", "error", "-nostdin", *arguments]
    return subprocess.run(command, capture_output=True, timeout=120, check=True).stdout
