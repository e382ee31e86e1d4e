"""Size overhead of chunks: a clip encoded whole and in the plan's chunks, compared at equal VMAF.

Uses the workers' commands, on a single 480p rung so that it takes a minute. A seam costs about the same share of any
rung.
"""

from __future__ import annotations

import json
import math
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from bench.figures import Figure
from mediaproc.commands.plan import index_of
from mediaproc.media import ladder, layout, presets, segment_edges
from mediaproc.media.chunks import Chunk, chunks_for
from mediaproc.media.commands import encode
from mediaproc.media.ladder import Rung
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source
from mediaproc.settings import settings
from testing import clips

_PRESET = replace(presets.WEB, rungs=presets.WEB.rungs[-1:])
_COARSER = 3
"""CRF steps between the two encodes that give the bytes per point of VMAF."""

_STRIDE = 5
_SEAM_FRAMES = 50


@dataclass(frozen=True)
class Encoded:
    """Size of the video track, its mean VMAF, and the mean VMAF of the two seconds after each seam."""

    size_bytes: int
    vmaf: float
    at_seams: float


def size_at_equal_vmaf(folder: Path, clip: Path) -> Figure:
    """Measure the row of the table."""
    info = clips.probed(clip)
    chunks = chunks_for(info, _PRESET, index_of(clip, info).keyframes)
    seams = [chunk.start_seconds for chunk in chunks[1:]]
    fine, coarse = (_encoded(folder, clip, info, _one_piece(info), crf, seams) for crf in (0, _COARSER))
    stitched = _encoded(folder, clip, info, chunks, 0, seams)
    ratio = ratio_at_equal_vmaf(fine, coarse, stitched)
    detail = (
        f"{len(chunks)} chunks; {stitched.size_bytes / fine.size_bytes:.3f} of the bytes, VMAF {stitched.vmaf:.2f} "
        f"for {fine.vmaf:.2f}, after seams {stitched.at_seams:.1f} for {fine.at_seams:.1f}"
    )
    return Figure("size at equal VMAF, chunks over whole", ratio, "≤ 1.02", ratio <= 1.02, detail)


def ratio_at_equal_vmaf(fine: Encoded, coarse: Encoded, stitched: Encoded) -> float:
    """Size of the chunks over that of one encode at the same VMAF, if size grows exponentially with VMAF."""
    per_point = (math.log(fine.size_bytes) - math.log(coarse.size_bytes)) / (fine.vmaf - coarse.vmaf)
    return stitched.size_bytes / (fine.size_bytes * math.exp(per_point * (stitched.vmaf - fine.vmaf)))


def _one_piece(info: MediaInfo) -> tuple[Chunk, ...]:
    return chunks_for(info, _PRESET, [])


def _encoded(
    folder: Path, clip: Path, info: MediaInfo, chunks: Sequence[Chunk], coarser: int, seams: Sequence[float]
) -> Encoded:
    (rung,) = ladder.rungs_for(info, _PRESET)
    rung = replace(rung, crf=rung.crf + coarser)
    size, scores = 0, dict[float, float]()
    for chunk in chunks:
        size += _encode(folder, clip, info, rung, chunk)
        scores |= _scores(folder, clip, rung, chunk)
    after = [score for at, score in scores.items() if any(0 <= at - seam < _SEAM_FRAMES / 25 for seam in seams)]
    return Encoded(size, sum(scores.values()) / len(scores), sum(after) / max(1, len(after)))


def _encode(folder: Path, clip: Path, info: MediaInfo, rung: Rung, chunk: Chunk) -> int:
    """Encode one chunk. Returns the size of its video track in bytes."""
    threads = settings().threads_per_encode
    arguments = encode.encode_arguments(
        info, source=Source(str(clip)), preset=_PRESET, rungs=[rung], threads=threads, chunk=chunk
    )
    subprocess.run([clips.FFMPEG, *arguments], cwd=folder, check=True, capture_output=True)
    return (folder / layout.whole(rung.name)).stat().st_size


def _scores(folder: Path, clip: Path, rung: Rung, chunk: Chunk) -> dict[float, float]:
    """VMAF of every fifth frame of a chunk, by time in the video. Compared at the rung's size, which is faster."""
    end = "" if chunk.end_seconds is None else f":end={chunk.end_seconds - segment_edges.EARLY_SECONDS}"
    graph = (
        f"[0:v]trim=start={chunk.start_seconds - segment_edges.EARLY_SECONDS}{end},setpts=PTS-STARTPTS,"
        f"scale={rung.width}:{rung.height}:out_range=tv,setsar=1,format=yuv420p[should];[1:v]setpts=PTS-STARTPTS[is];"
        f"[is][should]libvmaf=n_threads=2:n_subsample={_STRIDE}:shortest=1:ts_sync_mode=nearest:"
        f"log_fmt=json:log_path=vmaf.json"
    )
    inputs = ("-i", str(clip), "-i", layout.whole(rung.name))
    subprocess.run(
        [clips.FFMPEG, "-v", "error", *inputs, "-filter_complex", graph, "-f", "null", "-"], cwd=folder, check=True
    )
    frames = json.loads((folder / "vmaf.json").read_text())["frames"]
    rate = float(rung.frame_rate)
    return {chunk.start_seconds + each["frameNum"] / rate: each["metrics"]["vmaf"] for each in frames}
