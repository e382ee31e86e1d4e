"""Resource use of processing beside time: bytes read from storage, and a worker's memory."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench import machine
from bench.figures import Figure
from bench.s3_relay import Relay, relaying
from mediaproc.domain.states import JobKind, JobState
from mediaproc.settings import settings
from mediaproc.storage import client as storage
from mediaproc_worker import attempt
from mediaproc_worker.consumer import bound_huey
from testing import clips
from testing.jobs import job_now, parts_of, uploaded
from testing.waits import eventually
from testing.workers import Workers

JOBS = 50
_AT_THE_ENDS = 10
_MIB = 1024 * 1024


def source_bytes(clip: Path) -> Figure:
    """Bytes of the source that all chunks read, over its size. The chunks run in this process, one after another."""
    bound_huey()
    with relaying(str(settings().s3_endpoint_url)) as relay, _storage_at(relay):
        job = uploaded(clip)
        attempt.perform(job.id)
        chunks = [each for each in parts_of(job) if each.kind is JobKind.ENCODE]
        before = relay.source_bytes
        for chunk in chunks:
            attempt.perform(chunk.id)
        ratio = (relay.source_bytes - before) / clip.stat().st_size
        detail = f"{len(chunks)} chunks of {clip.stat().st_size / _MIB:.0f} MiB; to plan {before / _MIB:.1f} MiB"
    return Figure("source bytes read by all chunks", ratio, "≤ 1.15", ratio <= 1.15, detail)


def memory(workers: Workers, folder: Path) -> Iterator[Figure]:
    """Peak memory of a worker's largest process without FFmpeg, and its growth from the first jobs to the last."""
    clip = clips.make(folder / "small.mp4", seconds=1, size="320x180")
    peaks: list[float] = []
    for _ in range(JOBS):
        with machine.sampled(lambda: _largest(workers), every_seconds=0.1) as sizes:
            job = uploaded(clip)
            eventually(lambda id=job.id: job_now(id).state is JobState.COMPLETED, seconds=120)
        peaks.append(max(sizes, default=0))
    first, last = max(peaks[:_AT_THE_ENDS]) / _MIB, max(peaks[-_AT_THE_ENDS:]) / _MIB
    most = max(peaks) / _MIB
    yield Figure("MiB of a worker beside FFmpeg", most, "≤ 150", most <= 150, f"the largest process, {JOBS} jobs")
    growth, detail = last / first, f"{first:.1f} MiB in the first {_AT_THE_ENDS}, {last:.1f} in the last"
    yield Figure("the same, last jobs over first", growth, "≤ 1.05", growth <= 1.05, detail)


@contextmanager
def _storage_at(relay: Relay) -> Generator[None]:
    before = os.environ["S3_ENDPOINT_URL"]
    try:
        _go_to(relay.url)
        yield
    finally:
        _go_to(before)


def _go_to(url: str) -> None:
    os.environ["S3_ENDPOINT_URL"] = url
    for cached in (settings, storage.client, storage.signing_client):
        cached.cache_clear()


def _largest(workers: Workers) -> float:
    """Resident set size in bytes of the largest process other than FFmpeg."""
    return max(_sizes(workers), default=0)


def _sizes(workers: Workers) -> Iterator[int]:
    for each in (psutil.Process(workers.consumer.pid), *workers.children()):
        try:
            if each.name().startswith("python"):
                yield each.memory_info().rss
        except psutil.NoSuchProcess:
            pass
