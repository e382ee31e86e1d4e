"""Speed of the preset source-copy, compared with a plain copy of the same bytes through this machine.

Storage has to write each byte twice, as HLS segments and as the file to download. So a second row compares with a copy
that is then copied once more within S3. The rest is Mediaproc's own overhead.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.figures import Figure
from mediaproc.settings import settings
from mediaproc.storage.client import client
from testing import clips

WANTED = 0.6


def copied_over_plain(folder: Path, *, mebibytes: int, rounds: int, run: Callable[[Path], float]) -> Iterator[Figure]:
    """Speed of a `source-copy` job over that of plain copies. `run` processes a clip and returns the seconds."""
    clip = _camera_clip(folder, mebibytes)
    copies: list[tuple[float, float]] = []
    jobs: list[float] = []
    for _ in range(rounds):
        copies.append(_plain_copies(clip, folder))
        jobs.append(run(clip))
    (once, twice), wall = (statistics.median(each) for each in zip(*copies, strict=True)), statistics.median(jobs)
    size = clip.stat().st_size / 1024**2
    detail = f"{size:.0f} MiB in {wall:.2f} s ({size / wall:.0f} MiB/s), plain {once:.2f} s ({size / once:.0f} MiB/s)"
    yield Figure("source-copy over a plain S3 copy", once / wall, f"≥ {WANTED}", once / wall >= WANTED, detail)
    detail = f"{twice:.2f} s, of which the second time within S3 {twice - once:.2f} s"
    yield Figure("plain S3 copy over one written twice", once / twice, "floor", True, detail)


def _camera_clip(folder: Path, mebibytes: int) -> Path:
    """Make a full HD clip with the bitrate of a camera, repeated until it has the size."""
    once, path = folder / "camera-once.mp4", folder / "camera.mp4"
    encode = ("-c:v", "libx264", "-preset", "veryfast", "-b:v", "20M", "-g", "50", "-c:a", "aac", "-ac", "2")
    clips.ffmpeg("-i", str(clips.bunny()), "-vf", "scale=1920:1080,noise=alls=8:allf=t", *encode, str(once))
    loops = max(0, round(mebibytes * 1024**2 / once.stat().st_size) - 1)
    clips.ffmpeg("-stream_loop", str(loops), "-i", str(once), "-c", "copy", "-movflags", "+faststart", str(path))
    return path


def _plain_copies(clip: Path, folder: Path) -> tuple[float, float]:
    """Seconds to download an object and upload it under another name with boto3, and until S3 has copied that again."""
    bucket, through = settings().s3_bucket, folder / "through"
    client().upload_file(str(clip), bucket, "bench/source")
    began = time.monotonic()
    client().download_file(bucket, "bench/source", str(through))
    client().upload_file(str(through), bucket, "bench/copy")
    once = time.monotonic() - began
    client().copy({"Bucket": bucket, "Key": "bench/copy"}, bucket, "bench/copy-again")
    twice = time.monotonic() - began
    through.unlink()
    for key in ("bench/source", "bench/copy", "bench/copy-again"):
        client().delete_object(Bucket=bucket, Key=key)
    return once, twice
