"""VMAF samples: short clips cut from a source, and the scores of libvmaf for encodes of them."""

from __future__ import annotations

from collections.abc import Sequence

from mediaproc.domain.errors import DamagedSource, EncodeFailed
from mediaproc.media import layout, vmaf
from mediaproc.media.vmaf import Sample, Size
from mediaproc.settings import settings
from mediaproc_worker import ffmpeg
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.sandboxed_process import Limits

_SECONDS = 900
"""Time limit, in seconds: more than a sample of eight seconds takes on the slowest machine."""


def cut(context: AttemptContext, *, sample: Sample, size: Size) -> bool:
    """Put a sample of the source into the workspace. Returns False if the source is damaged at that position."""
    arguments = vmaf.sample_arguments(
        context.info,
        source=context.source,
        preset=context.preset,
        sample=sample,
        size=size,
        threads=settings().threads_per_encode,
    )
    try:
        run(context, arguments)
    except (DamagedSource, EncodeFailed):
        context.check()
        context.log(f"No sample at {sample.start_seconds:.0f} s: it can't be decoded")
        return False
    return (context.workspace / layout.sample(sample.number)).stat().st_size > _EMPTY_BYTES


_EMPTY_BYTES = 1024
"""Size limit of an MP4 without a frame."""


def scores(context: AttemptContext, arguments: list[str], names: Sequence[str]) -> dict[str, float]:
    """Run a comparison and return the VMAF by name, without names of which nothing could be measured."""
    run(context, arguments)
    found: dict[str, float] = {}
    for name in names:
        path = context.workspace / layout.vmaf(name)
        try:
            found[name] = vmaf.parse(path.read_text())
        except (vmaf.NothingMeasured, FileNotFoundError):
            context.log(f"{name}: nothing could be compared with a sample")
        path.unlink(missing_ok=True)
    return found


def run(context: AttemptContext, arguments: list[str]) -> None:
    """Run FFmpeg on a sample to its end, with the threads of an encode."""
    threads = settings().threads_per_encode
    limits = Limits(wall_seconds=_SECONDS, cpu_seconds=_SECONDS * threads)
    ffmpeg.run(context, arguments, threads=threads, limits=limits)
    context.check()
