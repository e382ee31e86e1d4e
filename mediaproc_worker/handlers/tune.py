"""Find the CRF of each rung for the VMAF that a preset asks for, on samples, before the chunks are encoded."""

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
from mediaproc_worker import ffmpeg, overlays, vmaf_samples
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.source import source_of


def tune(context: AttemptContext) -> None:
    """Perform one attempt of a job of kind `tune`. What a lost attempt had found out already is not sought again."""
    preset = ffmpeg.preset_of(context)
    chosen = preset.chosen or _found(context, preset)
    for each in chosen:
        context.log(f"{each.rung}: CRF {each.crf} for VMAF {each.vmaf:.1f}")
    context.write(jobs.set_crfs, chosen)


def _found(context: AttemptContext, preset: Preset) -> Sequence[ChosenCrf]:
    """Nothing where it can't be found out: then the codec's usual CRFs are used, and the log says so."""
    if not measures_vmaf():
        context.log("This FFmpeg has no libvmaf, so the usual CRF is used")
        return ()
    if hdr.is_preserved(ffmpeg.info_of(context).video, preset.bit_depth):
        context.log("VMAF was made for SDR, and this picture is kept in HDR, so the usual CRF is used")
        return ()
    rungs = ladder.rungs_for(ffmpeg.info_of(context), preset)
    samples = _samples(context, preset, rungs[0])
    if not samples or preset.target_vmaf is None:
        context.log("No sample could be taken, so the usual CRF is used")
        return ()
    return [
        crf_search.chosen(rung, search) for rung, search in _searched(context, preset, rungs, samples) if search.known
    ]


def _samples(context: AttemptContext, preset: Preset, largest: Rung) -> list[Sample]:
    """Those that could be cut out, in the size of the largest rung."""
    info, source = ffmpeg.info_of(context), source_of(context)
    size = Size(largest.width, largest.height)
    overlays.fetch(context, info, preset)
    return [
        sample
        for sample in vmaf.samples_for(info.duration_seconds, count=crf_search.SAMPLES)
        if vmaf_samples.cut(context, info, source, preset, sample=sample, size=size)
    ]


def _searched(
    context: AttemptContext, preset: Preset, rungs: Sequence[Rung], samples: Sequence[Sample]
) -> list[tuple[Rung, Search]]:
    """Try all rungs together, until each knows enough."""
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
    """The mean VMAF of each rung over the samples."""
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
