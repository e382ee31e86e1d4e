"""How fast a source is kept as it is, against a plain copy of the same bytes through this machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from bench.figures import Figure
from mediaproc.settings import settings
from mediaproc.storage.client import client
from tests import clips

WANTED = 0.6


def copied_over_plain(folder: Path, *, mebibytes: int, rounds: int, run: Callable[[Path], float]) -> Figure:
    """The speed of a `source-copy`, from its job's beginning to its end, over that of the copy. `run` does one."""
    clip = _camera_clip(folder, mebibytes)
    copies: list[float] = []
    jobs: list[float] = []
    for _ in range(rounds):
        copies.append(_plain_copy(clip, folder))
        jobs.append(run(clip))
    alone, wall = statistics.median(copies), statistics.median(jobs)
    size = clip.stat().st_size / 1024**2
    detail = f"{size:.0f} MiB in {wall:.2f} s ({size / wall:.0f} MiB/s), plain {alone:.2f} s ({size / alone:.0f} MiB/s)"
    return Figure("source-copy over a plain S3 copy", alone / wall, f"≥ {WANTED}", alone / wall >= WANTED, detail)


def _camera_clip(folder: Path, mebibytes: int) -> Path:
    """The real clip in full HD with the bits that a camera takes, over and over, until it has the size."""
    once, path = folder / "camera-once.mp4", folder / "camera.mp4"
    encode = ("-c:v", "libx264", "-preset", "veryfast", "-b:v", "20M", "-g", "50", "-c:a", "aac", "-ac", "2")
    clips.ffmpeg("-i", str(clips.bunny()), "-vf", "scale=1920:1080,noise=alls=8:allf=t", *encode, str(once))
    loops = max(0, round(mebibytes * 1024**2 / once.stat().st_size) - 1)
    clips.ffmpeg("-stream_loop", str(loops), "-i", str(once), "-c", "copy", "-movflags", "+faststart", str(path))
    return path


def _plain_copy(clip: Path, folder: Path) -> float:
    """Seconds to get an object and put it again under another name, in parts and in parallel, as boto3 does it."""
    bucket, through = settings().s3_bucket, folder / "through"
    client().upload_file(str(clip), bucket, "bench/source")
    began = time.monotonic()
    client().download_file(bucket, "bench/source", str(through))
    client().upload_file(str(through), bucket, "bench/copy")
    seconds = time.monotonic() - began
    through.unlink()
    for key in ("bench/source", "bench/copy"):
        client().delete_object(Bucket=bucket, Key=key)
    return seconds
