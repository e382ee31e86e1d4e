"""Two workers on one video, as two hosts are: what dies costs its chunk and nothing else, and a cancel stops both."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlmodel import col, select

from mediaproc import database, logs
from mediaproc.domain.states import JobKind, JobState, Outcome, VideoStatus
from mediaproc.domain.tables import Job, Rendition, Segment
from mediaproc.operations import jobs
from mediaproc.settings import settings
from mediaproc.storage import keys
from mediaproc.storage.client import client
from tests import clips
from tests.conftest import Services
from tests.integration.workers import Workers, gone, kill
from tests.works import attempts_of, eventually, job_now, uploaded, video_now

SECONDS, RATE = 92, 25


@pytest.fixture
def hosts(services: Services, tmp_path: Path) -> Iterator[tuple[Workers, Workers]]:
    """Two consumers with a slot each."""
    logs.configure()
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    started = [Workers(folder, module="mediaproc_worker.consumer") for folder in folders]
    try:
        yield started[0], started[1]
    finally:
        for each in started:
            each.stop()
            print(each.log())


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long enough for three chunks, and slow enough that there is time to kill something."""
    return clips.make(
        tmp_path_factory.mktemp("clip") / "long.mp4", seconds=SECONDS, size="854x480", rate=str(RATE),
        encode=("-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-c:a", "aac"),
    )  # fmt: skip


def _chunks(job: Job) -> list[Job]:
    with database.transaction() as session:
        return [each for each in jobs.of_job(session, job.id) if each.kind is JobKind.ENCODE]


def _running(job: Job) -> list[Job]:
    return [each for each in _chunks(job) if each.state is JobState.RUNNING]


def _encoders(host: Workers) -> list[psutil.Process]:
    """The FFmpegs that encode pictures."""
    return [each for each in host.ffmpegs() if any("force_key_frames" in word for word in _command_of(each))]


def _command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


def _objects_of(job: Job) -> set[str]:
    prefix = f"{keys.video_prefix(job.video_id)}output/"
    found = client().list_objects_v2(Bucket=settings().s3_bucket, Prefix=prefix)
    return {each["Key"] for each in found.get("Contents", ())}


def _named(job: Job) -> set[str]:
    """Every object key that a row names."""
    with database.transaction() as session:
        renditions = session.exec(select(Rendition).where(col(Rendition.video_id) == job.video_id)).all()
        segments = session.exec(
            select(Segment.object_key).join(Rendition).where(col(Rendition.video_id) == job.video_id)
        ).all()
    named = {video_now(job.video_id).poster_key, *segments}
    return {key for key in named.union(*((each.init_key, each.mp4_key) for each in renditions)) if key}


def test_a_killed_host_costs_one_chunk(hosts: tuple[Workers, Workers], clip: Path, tmp_path: Path) -> None:
    job = uploaded(clip)
    eventually(lambda: len(_running(job)) == 2 and _encoders(hosts[0]) and _encoders(hosts[1]), seconds=40)
    eventually(lambda: video_now(job.video_id).playable, seconds=40)
    assert job_now(job.id).state is JobState.RUNNING, "it plays before it is done"
    (encoder,) = eventually(lambda: _encoders(hosts[0]))
    worker = encoder.parent()
    assert worker is not None
    kill(worker)
    eventually(lambda: gone(encoder, worker), seconds=2)
    eventually(lambda: job_now(job.id).state is JobState.COMPLETED, seconds=120)
    with database.transaction() as session:
        parts = jobs.of_job(session, job.id)
    outcomes = sorted([each.outcome for each in attempts_of(part.id)] for part in parts)
    assert outcomes.count([Outcome.COMPLETED]) == len(parts) - 1
    assert outcomes.count([Outcome.LOST, Outcome.COMPLETED]) == 1
    workers = {attempts_of(part.id)[-1].worker for part in parts if part.kind is JobKind.ENCODE}
    assert len(workers) >= 2, "both hosts had a share"
    eventually(lambda: _objects_of(job) == _named(job))
    with database.transaction() as session:
        best = session.exec(
            select(Rendition).where(col(Rendition.video_id) == job.video_id).order_by(col(Rendition.height).desc())
        ).first()
    assert best and best.mp4_key
    client().download_file(settings().s3_bucket, best.mp4_key, str(tmp_path / "best.mp4"))
    assert clips.decode(tmp_path / "best.mp4").frames == SECONDS * RATE


def test_a_cancel_in_mid_tree_ends_every_ffmpeg(hosts: tuple[Workers, Workers], clip: Path) -> None:
    job = uploaded(clip)
    eventually(lambda: _encoders(hosts[0]) and _encoders(hosts[1]), seconds=40)
    running = [*hosts[0].ffmpegs(), *hosts[1].ffmpegs()]
    with database.transaction() as session:
        jobs.cancel(session, job=job)
    cancelled = time.monotonic()
    eventually(lambda: gone(*running), seconds=2)
    assert time.monotonic() - cancelled < 2
    assert video_now(job.video_id).status is VideoStatus.CANCELLED
    assert {each.state for each in _chunks(job)} == {JobState.CANCELLED}
    eventually(lambda: not _objects_of(job), seconds=30)
    assert not [*hosts[0].ffmpegs(), *hosts[1].ffmpegs()]
