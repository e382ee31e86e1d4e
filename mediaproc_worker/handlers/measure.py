"""Measure: the VMAF of the renditions of a completed video, from short samples of each beside the source."""

from __future__ import annotations

from collections.abc import Sequence

from mediaproc.media import ladder, layout, vmaf
from mediaproc.media.filters import hdr
from mediaproc.media.sources import Source
from mediaproc.media.vmaf import Sample
from mediaproc.operations.jobs import execution as jobs
from mediaproc.operations.jobs.execution import Measurable
from mediaproc.runtime.ffmpeg import measures_vmaf
from mediaproc.settings import settings
from mediaproc.storage import objects
from mediaproc_worker import overlays, vmaf_samples
from mediaproc_worker.context import AttemptContext

_URL_SECONDS = 3600


def measure(context: AttemptContext) -> None:
    """Perform one attempt of a job of kind `measure`."""
    with context.transaction() as session:
        renditions = jobs.measurable(session, context.claim)
    if not renditions:
        return
    if hdr.is_preserved(context.info.video, context.preset.bit_depth):
        context.log("VMAF is not measured: it is made for SDR, and this video is encoded in HDR")
        return
    if not measures_vmaf():
        context.log("VMAF is not measured: this FFmpeg has no libvmaf")
        return
    overlays.fetch(context)
    found: dict[str, list[float]] = {each.name: [] for each in renditions}
    for sample in vmaf.samples_for(context.info.duration_seconds):
        for name, score in _measured(context, sample, renditions).items():
            found[name].append(score)
    means = {name: vmaf.mean(scores) for name, scores in found.items() if scores}
    context.write(jobs.set_vmaf, means)
    context.log("VMAF: " + ", ".join(f"{name} {score:.1f}" for name, score in means.items()))


def _measured(context: AttemptContext, sample: Sample, renditions: Sequence[Measurable]) -> dict[str, float]:
    video = context.info.video
    width, height = video.display_width, video.display_height
    if not vmaf_samples.cut(context, sample=sample, size=vmaf.sample_size(width, height)):
        return {}
    arguments = vmaf.measure_arguments(
        [(each.name, _url(each)) for each in renditions],
        sample=sample,
        size=vmaf.screen_size(width, height),
        frame_rate=ladder.capped_frame_rate(video, context.preset),
        threads=settings().threads_per_encode,
    )
    found = vmaf_samples.scores(context, arguments, [each.name for each in renditions])
    (context.workspace / layout.sample(sample.number)).unlink()
    return found


def _url(rendition: Measurable) -> Source:
    return Source(objects.url_for_servers(rendition.mp4_key, seconds=_URL_SECONDS))
