"""`python -m bench.media [--json FILE] [--rounds N] [--only WHAT] [--copy-mib N]`: overhead of chunks and services
over plain FFmpeg, and of the preset source-copy over a plain copy.

Each figure is a ratio of times from alternating runs, so that it holds on any machine. Other work on the machine makes
the figures worse, so the load is printed beside them.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench import chunk_overhead, figures, machine, resources, source_copy, storage
from bench.figures import Figure
from mediaproc import database, logs
from mediaproc.commands.plan import index_of
from mediaproc.domain.tables import Video
from mediaproc.events import publisher, streams
from mediaproc.events.messages import Event, EventType
from mediaproc.media import ladder, presets
from mediaproc.media.commands.encode import encode_arguments
from mediaproc.media.sources import Source
from mediaproc.operations.jobs import children, requests
from mediaproc.settings import Settings, available_cores, settings
from mediaproc.storage.client import client
from testing import clips
from testing.services import real_services
from testing.videos import make_video
from testing.workers import HURRY, Workers

CONSUMER = "mediaproc_worker.consumer"
_AS_SHIPPED = {name: str(Settings.model_fields[name.lower()].default) for name in HURRY if name != "WORKER_SLOTS"}
"""Default settings, where tests use shorter leases and rescue twice a second."""

_READ_MILLISECONDS = 4000
"""Shorter than the read timeout of the connection."""

_SILENT_READS = 15
"""A minute without events, since copying a large file within storage publishes none."""


@dataclass(frozen=True)
class Run:
    """One job: seconds from its creation until the video was playable and until the job was completed."""

    video: Video
    playable_seconds: float
    wall_seconds: float
    parts: int


def main() -> int:
    """Measure, print the table and write the JSON."""
    parser = figures.parser("media")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", choices=("encode", "copy", "foreign"))
    parser.add_argument("--copy-mib", type=int, default=1024, help="the size of the file for source-copy")
    options = parser.parse_args()
    machine.exit_on_sigterm()
    logs.configure(level="WARNING")
    measured: list[Figure] = []
    figures.show_machine()
    with tempfile.TemporaryDirectory(prefix="mediaproc-bench-") as folder, real_services():
        for figure in _measure(Path(folder), options):
            measured.append(figure)
            figures.show(figure)
    figures.write(measured, options.json)
    return 0


def _measure(folder: Path, options: argparse.Namespace) -> Iterator[Figure]:
    if options.only in (None, "encode"):
        yield from _encodes(folder, options.rounds)
    if options.only in (None, "foreign"):
        yield _foreign(folder, options.rounds)
    if options.only in (None, "copy"):
        yield from _copies(folder, options.rounds, options.copy_mib)


def _foreign(folder: Path, rounds: int) -> Figure:
    """Time until playable for a source that no browser plays before it is encoded."""
    clip = _minute(folder / "foreign.mp4", "-c:v", "mpeg4", "-q:v", "3")
    with _workers(folder, cores=[None]):
        _run(clips.bunny())  # warms up connections and imports
        runs = [_run(clip) for _ in range(rounds)]
    wall = statistics.median(run.wall_seconds for run in runs)
    playable = statistics.median(run.playable_seconds for run in runs)
    detail = f"{playable:.2f} s of {wall:.2f} s, 63 s of MPEG-4, {runs[0].parts} parts, {machine.load()}"
    return Figure("time until playable over whole time", playable / wall, "≤ 0.10", playable / wall <= 0.1, detail)


def _copies(folder: Path, rounds: int, mebibytes: int) -> Iterator[Figure]:
    with _workers(folder, cores=[None]):
        _run(clips.bunny(), preset="source-copy")  # warms up connections and imports
        yield from source_copy.copied_over_plain(
            folder,
            mebibytes=mebibytes,
            rounds=rounds,
            run=lambda clip: _run(clip, preset="source-copy").wall_seconds,
        )


def _encodes(folder: Path, rounds: int) -> Iterator[Figure]:
    minute, short = _minute(folder / "63.mp4", "-c:v", "libx264", "-preset", "veryfast", "-crf", "18"), clips.bunny()
    with _workers(folder, cores=[None]) as (worker,):
        _run(short)  # warms up connections and imports
        for name, clip, most in (("63 s clip", minute, 1.10), ("5 s clip", short, 1.5)):
            yield from _over_plain(folder, name, clip, most, rounds)
        yield from resources.memory(worker, folder)
    yield resources.source_bytes(minute)
    yield chunk_overhead.size_at_equal_vmaf(folder, minute)
    if available_cores() >= 2:
        yield from _two_over_one(folder, minute, short)


def _over_plain(folder: Path, name: str, clip: Path, most: float, rounds: int) -> Iterator[Figure]:
    plain: list[float] = []
    stored: list[float] = []
    runs: list[Run] = []
    for _ in range(rounds):
        plain.append(_timed(lambda: _plain_ffmpeg(clip, folder)))
        runs.append(_run(clip))
        stored.append(_timed(lambda: _plain_ffmpeg_and_storage(clip, folder, runs[-1].video)))
    wall, alone = statistics.median(run.wall_seconds for run in runs), statistics.median(plain)
    detail = f"{wall:.2f} s over {alone:.2f} s, {runs[0].parts} parts"
    yield Figure(f"job over plain FFmpeg, {name}", wall / alone, f"≤ {most:.2f}", wall / alone <= most, detail)
    beside = statistics.median(stored)
    detail = f"{beside:.2f} s, plain S3 of the same bytes on the same cores"
    yield Figure(f"the same beside plain S3, {name}", beside / alone, "floor", True, detail)
    playable = statistics.median(run.playable_seconds for run in runs)
    yield Figure(f"seconds until playable, {name}", playable, "≤ 1.0", playable <= 1, f"of {wall:.2f} s")


def _two_over_one(folder: Path, minute: Path, short: Path) -> Iterator[Figure]:
    """Speedup of two workers over one, with four chunks.

    The services have a core to themselves beside one worker and share both cores with two. So the floor is the time
    that the same work would take if it kept both cores busy to the end.
    """
    one, two = (_plain_on(folder, short, cores) for cores in ([0, 0], [0, 1]))
    detail = f"{one:.2f} s over {two:.2f} s, no services"
    yield Figure("two plain one-core FFmpegs over one", one / two, "floor", True, detail)
    clip = folder / "two minutes.mp4"
    clips.ffmpeg("-stream_loop", "1", "-i", str(minute), "-c", "copy", str(clip))
    times: list[float] = []
    busy: list[float] = []
    for count in (1, 2):
        with _workers(folder, cores=list(range(count))):
            before = machine.busy_seconds()
            times.append(_run(clip).wall_seconds)
            busy.append(machine.busy_seconds() - before)
    ratio, detail = times[0] / times[1], f"{times[0]:.2f} s over {times[1]:.2f} s, {machine.load()}"
    yield Figure("two one-core workers over one", ratio, "≥ 1.85", ratio >= 1.85, detail)
    detail = f"{busy[1]:.1f} s of processors, of which {busy[1] - times[0]:.1f} s beside one worker's core"
    yield Figure("both cores busy to the end over one", times[0] / (busy[1] / 2), "floor", True, detail)


def _plain_on(folder: Path, clip: Path, cores: Sequence[int]) -> float:
    """Seconds to encode the ladder of a clip once per core, all at the same time."""

    def run() -> None:
        started: list[subprocess.Popen[bytes]] = []
        for number, core in enumerate(cores):
            own = folder / f"plain-{number}"
            own.mkdir(exist_ok=True)
            with machine.bound_to(core):
                command_line = [clips.FFMPEG, *_ladder_arguments(clip, threads=1)]
                started.append(
                    subprocess.Popen(command_line, cwd=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                )
        assert [each.wait() for each in started] == [0] * len(cores)

    return _timed(run)


def _minute(path: Path, *encode: str) -> Path:
    """Make a clip of 63 s: the real one twelve times, with keyframes every two seconds as from cameras and editors."""
    rest = ("-g", "50", "-c:a", "aac", "-ac", "2")
    clips.ffmpeg("-stream_loop", "11", "-i", str(clips.bunny()), *encode, *rest, str(path))
    return path


def _plain_ffmpeg(clip: Path, folder: Path) -> None:
    """Encode the same ladder from a local file with the same settings."""
    arguments = _ladder_arguments(clip, threads=settings().threads_per_encode)
    subprocess.run([clips.FFMPEG, *arguments], cwd=folder, check=True, capture_output=True)


def _plain_ffmpeg_and_storage(clip: Path, folder: Path, video: Video) -> None:
    with storage.replayed(storage.stored_by(video.id), source_key=video.source_key):
        _plain_ffmpeg(clip, folder)


def _ladder_arguments(clip: Path, *, threads: int) -> list[str]:
    info = index_of(clip, clips.probed(clip)).describe(presets.WEB)
    rungs = ladder.rungs_for(info, presets.WEB)
    return encode_arguments(info, source=Source(str(clip)), preset=presets.WEB, rungs=rungs, threads=threads)


def _run(clip: Path, *, preset: str = "web") -> Run:
    """Upload a clip and wait until its job is completed."""
    with database.transaction() as session:
        video = make_video(session, filename=clip.name, size_bytes=clip.stat().st_size)
        client().upload_file(str(clip), settings().s3_bucket, video.source_key)
    began = time.monotonic()
    with database.transaction() as session:
        job = requests.enqueue(session, video=session.get_one(Video, video.id), preset=preset)
    playable = wall = 0.0
    for event in _events_of(video):
        if event.type is EventType.PLAYABLE:
            playable = playable or time.monotonic() - began
        elif event.type is EventType.STATUS:
            assert event.data["status"] not in {"failed", "cancelled"}, event.json
            if event.data["status"] == "completed":
                wall = time.monotonic() - began
                break
    with database.transaction() as session:
        return Run(video, playable or wall, wall, len(children.parts_of_job(session, job.id)))


def _events_of(video: Video) -> Iterator[Event]:
    """Events of a video as they are published. Polling the database would take a share of a core."""
    stream, cursor, silent = streams.video_stream(video.id), "0", 0
    while silent < _SILENT_READS:
        answer = publisher.connection().xread({stream: cursor}, block=_READ_MILLISECONDS)
        silent = 0 if answer else silent + 1
        for cursor, fields in answer[0][1] if answer else ():
            yield Event.from_entry(cursor, fields)
    raise TimeoutError("No event for a minute")


@contextmanager
def _workers(folder: Path, *, cores: Sequence[int | None]) -> Generator[list[Workers]]:
    """Run workers with one slot each, bound to one core each; None leaves a worker free."""
    started: list[Workers] = []
    with ExitStack() as stack:
        for number, core in enumerate(cores):
            own = folder / f"worker-{number}"
            own.mkdir(exist_ok=True)
            with machine.bound_to(core):
                started.append(Workers(own, module=CONSUMER, settings=_AS_SHIPPED))
            stack.callback(started[-1].stop)
        time.sleep(3)  # importing is not measured
        yield started


def _timed(do: Callable[[], None]) -> float:
    began = time.monotonic()
    do()
    return time.monotonic() - began


if __name__ == "__main__":
    raise SystemExit(main())
