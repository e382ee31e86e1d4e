"""`python -m bench.media [--json FILE] [--rounds N] [--only WHAT] [--copy-mib N]`: what sharing out and the services
cost over plain FFmpeg, and keeping a source as it is over a plain copy.

Each figure is a ratio of times measured in the same run, one after the other in turns, so that it lasts on any
machine. A machine that does other work at the same time makes them worse; the load is written beside them.
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
"""Not as in the tests, where a rescue is looked for twice a second."""

_READ_MILLISECONDS = 4000
"""Less than the connection waits for an answer."""

_SILENT_READS = 15
"""A minute: storage that copies a large file is silent for long."""


@dataclass(frozen=True)
class Run:
    """One job from the moment it was asked for: seconds until it could be played, and until it was done."""

    video: Video
    playable_seconds: float
    wall_seconds: float
    parts: int


def main() -> int:
    """Measure, print, and write what is asked for."""
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
    """Nothing of this source can be shown before it is encoded."""
    clip = _minute(folder / "foreign.mp4", "-c:v", "mpeg4", "-q:v", "3")
    with _workers(folder, cores=[None]):
        _run(clips.bunny())  # the first connection, the first import
        runs = [_run(clip) for _ in range(rounds)]
    wall = statistics.median(run.wall_seconds for run in runs)
    playable = statistics.median(run.playable_seconds for run in runs)
    detail = f"{playable:.2f} s of {wall:.2f} s, 63 s of MPEG-4, {runs[0].parts} parts, {machine.load()}"
    return Figure("time until playable over whole time", playable / wall, "≤ 0.10", playable / wall <= 0.1, detail)


def _copies(folder: Path, rounds: int, mebibytes: int) -> Iterator[Figure]:
    with _workers(folder, cores=[None]):
        _run(clips.bunny(), preset="source-copy")  # the first connection, the first import
        yield from source_copy.copied_over_plain(
            folder,
            mebibytes=mebibytes,
            rounds=rounds,
            run=lambda clip: _run(clip, preset="source-copy").wall_seconds,
        )


def _encodes(folder: Path, rounds: int) -> Iterator[Figure]:
    minute, short = _minute(folder / "63.mp4", "-c:v", "libx264", "-preset", "veryfast", "-crf", "18"), clips.bunny()
    with _workers(folder, cores=[None]) as (worker,):
        _run(short)  # the first connection, the first import
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
    """With four chunks. The services have a core to themselves beside one worker, and share them with two.

    So the floor is what all of that would take if it kept both cores busy to the end.
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
    """Seconds for the ladder of a clip once for each of these cores, all at the same time."""

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
    """The real clip twelve times, 63 s, with keyframes every two seconds as cameras and editors write them."""
    rest = ("-g", "50", "-c:a", "aac", "-ac", "2")
    clips.ffmpeg("-stream_loop", "11", "-i", str(clips.bunny()), *encode, *rest, str(path))
    return path


def _plain_ffmpeg(clip: Path, folder: Path) -> None:
    """The same ladder from a local file with the same settings on the same cores."""
    arguments = _ladder_arguments(clip, threads=settings().threads_per_encode)
    subprocess.run([clips.FFMPEG, *arguments], cwd=folder, check=True, capture_output=True)


def _plain_ffmpeg_and_storage(clip: Path, folder: Path, video: Video) -> None:
    with storage.again(storage.stored_by(video.id), source_key=video.source_key):
        _plain_ffmpeg(clip, folder)


def _ladder_arguments(clip: Path, *, threads: int) -> list[str]:
    info = index_of(clip, clips.probed(clip)).with_gapless_audio(presets.WEB)
    rungs = ladder.rungs_for(info, presets.WEB)
    return encode_arguments(info, source=Source(str(clip)), preset=presets.WEB, rungs=rungs, threads=threads)


def _run(clip: Path, *, preset: str = "web") -> Run:
    """Put a clip through the services, from the job's beginning to its end."""
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
    """What is told of a video, as it is told: asking the database again and again would take a share of a core."""
    stream, cursor, silent = streams.video_stream(video.id), "0", 0
    while silent < _SILENT_READS:
        answer = publisher.connection().xread({stream: cursor}, block=_READ_MILLISECONDS)
        silent = 0 if answer else silent + 1
        for cursor, fields in answer[0][1] if answer else ():
            yield Event.from_entry(cursor, fields)
    raise TimeoutError("Nothing was told for a minute")


@contextmanager
def _workers(folder: Path, *, cores: Sequence[int | None]) -> Generator[list[Workers]]:
    """Workers with a slot each, bound to one core each, or to none in particular."""
    started: list[Workers] = []
    with ExitStack() as stack:
        for number, core in enumerate(cores):
            own = folder / f"worker-{number}"
            own.mkdir(exist_ok=True)
            with machine.bound_to(core):
                started.append(Workers(own, module=CONSUMER, settings=_AS_SHIPPED))
            stack.callback(started[-1].stop)
        time.sleep(3)  # what they import is not what is measured
        yield started


def _timed(do: Callable[[], None]) -> float:
    began = time.monotonic()
    do()
    return time.monotonic() - began


if __name__ == "__main__":
    raise SystemExit(main())
