"""What chunks cost in bytes: a clip encoded whole and in the plan's chunks, compared at the same VMAF.

By the commands of the workers, in one rung of 480 lines, so that it takes a minute: a seam costs about the same part of
any rung.
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
"""Steps of the CRF between the two encodes that tell what a point of VMAF costs."""

_STRIDE = 5
_SEAM_FRAMES = 50


@dataclass(frozen=True)
class Encoded:
    """Bytes of the pictures, the mean VMAF, and that of the two seconds after the seams."""

    size_bytes: int
    vmaf: float
    at_seams: float


def size_at_equal_vmaf(folder: Path, clip: Path) -> Figure:
    """The row of the table."""
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
    """Bytes of the chunks over those that the whole would need for the same VMAF: bits grow with it exponentially."""
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
    """Bytes of one chunk's pictures."""
    threads = settings().threads_per_encode
    arguments = encode.encode_arguments(
        info, source=Source(str(clip)), preset=_PRESET, rungs=[rung], threads=threads, chunk=chunk
    )
    subprocess.run([clips.FFMPEG, *arguments], cwd=folder, check=True, capture_output=True)
    return (folder / layout.whole(rung.name)).stat().st_size


def _scores(folder: Path, clip: Path, rung: Rung, chunk: Chunk) -> dict[float, float]:
    """The VMAF of some frames of a chunk by their time in the video, in the rung's own size: that is quicker."""
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
