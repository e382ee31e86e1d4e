"""Tune: finds the CRF of each rung for the preset's target VMAF on samples, before the chunks are encoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mediaproc.media import crf_search, ladder, vmaf
from mediaproc.media.crf_search import Search
from mediaproc.media.filters import hdr
from mediaproc.media.ladder import Rung
from mediaproc.media.presets import ChosenCrf, Preset
from mediaproc.media.vmaf import Sample, Size
from mediaproc.operations.jobs import execution as jobs
from mediaproc.runtime.ffmpeg import measures_vmaf
from mediaproc.settings import settings
from mediaproc_worker import overlays, vmaf_samples
from mediaproc_worker.context import AttemptContext


def tune(context: AttemptContext) -> None:
    """Perform one attempt of a job of kind `tune`. The results of a lost attempt are used again."""
    chosen = context.preset.chosen or _found(context)
    for each in chosen:
        context.log(f"{each.rung}: CRF {each.crf} for VMAF {each.vmaf:.1f}")
    context.write(jobs.set_crfs, chosen)


def _found(context: AttemptContext) -> Sequence[ChosenCrf]:
    """Return nothing if no CRF can be found: then the codec's default CRFs are used, and the log says so."""
    preset, info = context.preset, context.info
    if not measures_vmaf():
        context.log("This FFmpeg has no libvmaf, so the usual CRF is used")
        return ()
    if hdr.is_preserved(info.video, preset.bit_depth):
        context.log("VMAF is made for SDR, and this video is encoded in HDR, so the usual CRF is used")
        return ()
    rungs = ladder.rungs_for(info, preset)
    samples = _samples(context, rungs[0])
    if not samples or preset.target_vmaf is None:
        context.log("No sample could be taken, so the usual CRF is used")
        return ()
    return [
        crf_search.chosen(rung, search) for rung, search in _searched(context, preset, rungs, samples) if search.known
    ]


def _samples(context: AttemptContext, largest: Rung) -> list[Sample]:
    """Cut samples in the size of the largest rung, without those that can't be decoded."""
    size = Size(largest.width, largest.height)
    overlays.fetch(context)
    return [
        sample
        for sample in vmaf.samples_for(context.info.duration_seconds, count=crf_search.SAMPLES)
        if vmaf_samples.cut(context, sample=sample, size=size)
    ]


def _searched(
    context: AttemptContext, preset: Preset, rungs: Sequence[Rung], samples: Sequence[Sample]
) -> list[tuple[Rung, Search]]:
    """Encode and compare all rungs together until every search has enough results."""
    searches = {rung.name: crf_search.search_for(rung, preset, preset.target_vmaf or 0.0) for rung in rungs}
    while tries := {name: crf for name, search in searches.items() if (crf := search.next_crf()) is not None}:
        open_rungs = [replace(rung, crf=tries[rung.name]) for rung in rungs if rung.name in tries]
        found = _tried(context, preset, open_rungs, rungs[0], samples)
        if not found:
            break
        searches |= {name: searches[name].with_try(tries[name], score) for name, score in found.items()}
        context.log("Tried " + ", ".join(f"{name} at CRF {tries[name]}: VMAF {found[name]:.1f}" for name in found))
    return [(rung, searches[rung.name]) for rung in rungs]


def _tried(
    context: AttemptContext, preset: Preset, rungs: Sequence[Rung], largest: Rung, samples: Sequence[Sample]
) -> dict[str, float]:
    """Return the mean VMAF of each rung over the samples."""
    info, preset, threads = (
        crf_search.sample_info(largest),
        crf_search.of_samples(preset),
        settings().threads_per_encode,
    )
    scores: dict[str, list[float]] = {}
    for sample in samples:
        vmaf_samples.run(
            context,
            crf_search.encode_arguments(info, preset=preset, rungs=rungs, number=sample.number, threads=threads),
        )
        arguments = vmaf.probe_arguments(info, preset=preset, rungs=rungs, number=sample.number, threads=threads)
        made = vmaf_samples.scores(context, arguments, [rung.name for rung in rungs])
        for name, score in made.items():
            scores.setdefault(name, []).append(score)
    return {name: sum(each) / len(each) for name, each in scores.items()}
