"""What dies costs time, never a job: each test kills the real thing while a real FFmpeg runs."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from uuid import UUID

import pytest

from mediaproc import database, logs
from mediaproc.domain.states import JobState, Lane, Outcome, VideoStatus
from mediaproc.domain.tables import Job
from mediaproc.events import publisher, streams
from mediaproc.events.messages import Event
from mediaproc.operations.jobs import requests
from mediaproc.queue.huey import huey_of
from mediaproc.settings import settings
from mediaproc.storage import keys
from mediaproc.storage.client import client
from mediaproc_worker.consumer import EXTRA_WORKERS
from testing import ROOT
from testing.jobs import attempts_of, enqueued, job_now
from testing.services import Services
from testing.videos import video_now
from testing.waits import eventually
from testing.workers import Workers, gone, kill


@pytest.fixture(scope="module")
def workers(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """One consumer with one slot, and the periodic process."""
    logs.configure()
    folder = tmp_path_factory.mktemp("workers")
    started = Workers(folder, module="testing.fake_worker")
    try:
        _completed(enqueued(filename="instant"))
        yield started
    finally:
        started.stop()
        print(started.log())


def _state(job: Job, state: JobState) -> bool:
    return job_now(job.id).state is state


def _completed(job: Job) -> Job:
    eventually(lambda: _state(job, JobState.COMPLETED))
    return job_now(job.id)


def _outcomes(job: Job) -> list[tuple[Outcome | None, str | None]]:
    return [(each.outcome, each.error_code) for each in attempts_of(job.id)]


def _progress(video_id: UUID) -> list[float]:
    entries = publisher.connection().xrange(streams.video_stream(video_id))
    events = [Event.from_entry(cursor, fields) for cursor, fields in entries]
    return [event.data["progress"] for event in events if event.type == "progress"]


def _objects_of(job: Job) -> list[str]:
    prefix = keys.video_prefix(job.video_id)
    found = client().list_objects_v2(Bucket=settings().s3_bucket, Prefix=prefix)
    return [each["Key"] for each in found.get("Contents", ())]


def test_an_idle_worker_takes_a_job_from_its_message(workers: Workers) -> None:
    """Not only once the periodic process, which stands still here, has found it waiting."""
    workers.periodic.send_signal(signal.SIGSTOP)
    try:
        jobs = [_completed(enqueued(filename="instant")) for _ in range(15)]
    finally:
        workers.periodic.send_signal(signal.SIGCONT)
    assert [_outcomes(job) for job in jobs] == [[(Outcome.COMPLETED, None)]] * 15


def test_progress_comes_often_and_never_falls(workers: Workers) -> None:
    job = _completed(enqueued(filename="ffmpeg 2"))
    seen = _progress(job.video_id)
    assert len(seen) >= 3
    assert seen == sorted(seen)
    assert seen[-1] <= 100


def test_a_killed_worker_loses_no_job(workers: Workers) -> None:
    job = enqueued(filename="ffmpeg 1.5")
    ffmpeg, worker = workers.wait_for_ffmpeg()
    kill(worker)
    eventually(lambda: gone(ffmpeg, worker))
    _completed(job)
    assert _outcomes(job) == [(Outcome.LOST, "worker_lost"), (Outcome.COMPLETED, None)]


def test_a_killed_consumer_takes_its_children_along_and_loses_no_job(workers: Workers) -> None:
    job = enqueued(filename="ffmpeg 1.5")
    workers.wait_for_ffmpeg()
    family = workers.children()
    assert len(family) >= 3, "a worker, the scheduler and FFmpeg"
    workers.consumer.kill()
    workers.consumer.wait()
    eventually(lambda: gone(*family))
    workers.start_consumer()
    _completed(job)
    assert _outcomes(job) == [(Outcome.LOST, "worker_lost"), (Outcome.COMPLETED, None)]


def test_an_encode_does_not_notice_that_valkey_is_killed(workers: Workers, services: Services) -> None:
    job = enqueued(filename="ffmpeg 3")
    workers.wait_for_ffmpeg()
    before = workers.log().count("news_dropped")
    services.kill("valkey")
    eventually(lambda: workers.log().count("news_dropped") > before)
    state = job_now(job.id).state
    services.restart("valkey")
    assert state is JobState.RUNNING
    _completed(job)
    assert _outcomes(job) == [(Outcome.COMPLETED, None)]
    _completed(enqueued(filename="instant"))


def test_what_is_asked_while_valkey_is_away_is_done_when_it_is_back(workers: Workers, services: Services) -> None:
    services.kill("valkey")
    job = enqueued(filename="instant")
    assert _state(job, JobState.QUEUED)
    services.restart("valkey")
    _completed(job)


def test_a_message_that_redis_lost_is_sent_again(workers: Workers) -> None:
    first = [enqueued(filename="ffmpeg 1.5") for _ in range(EXTRA_WORKERS[Lane.QUICK])]
    eventually(lambda: len(workers.ffmpegs()) == EXTRA_WORKERS[Lane.QUICK])
    second = enqueued(filename="instant")
    huey_of(Lane.QUICK).storage.conn.flushdb()
    for each in (*first, second):
        _completed(each)
    assert len(attempts_of(second.id)) == 1


def test_cancel_kills_ffmpeg_and_sweeps_what_it_made(workers: Workers) -> None:
    job = enqueued(filename="ffmpeg 300")
    ffmpeg, worker = workers.wait_for_ffmpeg()
    eventually(lambda: _objects_of(job))
    with database.transaction() as session:
        requests.cancel(session, job=job)
    eventually(lambda: gone(ffmpeg))
    assert video_now(job.video_id).status is VideoStatus.CANCELLED
    eventually(lambda: not _objects_of(job))
    assert _outcomes(job) == [(Outcome.CANCELLED, None)]
    assert worker.is_running(), "the worker goes on with the next job"
    _completed(enqueued(filename="instant"))


def test_a_deleted_video_stops_its_encode(workers: Workers) -> None:
    job = enqueued(filename="ffmpeg 300")
    ffmpeg, _ = workers.wait_for_ffmpeg()
    with database.transaction() as session:
        session.delete(session.merge(video_now(job.video_id)))
    eventually(lambda: gone(ffmpeg))
    _completed(enqueued(filename="instant"))
    eventually(lambda: not _objects_of(job))


def test_a_stopped_consumer_gives_back_what_takes_too_long(workers: Workers) -> None:
    job = enqueued(filename="ffmpeg 3")
    ffmpeg, _ = workers.wait_for_ffmpeg()
    workers.stop_consumer()
    assert gone(ffmpeg)
    assert _state(job, JobState.QUEUED)
    workers.start_consumer()
    _completed(job)
    assert _outcomes(job) == [(Outcome.LOST, "worker_stopping"), (Outcome.COMPLETED, None)]


def test_a_stopped_consumer_finishes_what_is_short(workers: Workers) -> None:
    job = enqueued(filename="ffmpeg 0.3")
    eventually(lambda: attempts_of(job.id))
    workers.stop_consumer()
    assert _state(job, JobState.COMPLETED)
    workers.start_consumer()
    assert _outcomes(job) == [(Outcome.COMPLETED, None)]


def test_an_outage_of_postgres_shorter_than_the_lease_costs_nothing(workers: Workers, services: Services) -> None:
    workers.stop_consumer()
    workers.start_consumer(LEASE_SECONDS="60")
    job = enqueued(filename="ffmpeg 0.8")
    ffmpeg, _ = workers.wait_for_ffmpeg()
    services.kill("postgres", signal.SIGTERM)
    database.engine().dispose()
    eventually(lambda: gone(ffmpeg))
    eventually(lambda: "write_delayed" in workers.log())
    services.restart("postgres")
    _completed(job)
    assert _outcomes(job) == [(Outcome.COMPLETED, None)]
    workers.stop_consumer()
    workers.start_consumer()


def test_a_worker_that_slept_through_its_lease_writes_nothing(workers: Workers) -> None:
    job = enqueued(filename="ffmpeg 2.5")
    ffmpeg, worker = workers.wait_for_ffmpeg()
    kill(worker, signal.SIGSTOP)
    eventually(lambda: attempts_of(job.id)[0].outcome is Outcome.LOST)  # another worker may have it at once
    kill(worker, signal.SIGCONT)
    eventually(lambda: gone(ffmpeg))
    _completed(job)
    assert _outcomes(job) == [(Outcome.LOST, "worker_lost"), (Outcome.COMPLETED, None)]


def test_a_surprise_is_written_down_and_tried_again(workers: Workers) -> None:
    job = _completed(enqueued(filename="surprise"))
    assert _outcomes(job) == [(Outcome.FAILED, "unexpected"), (Outcome.COMPLETED, None)]
    assert "ZeroDivisionError" in workers.log()
    assert str(job.id) in workers.log()


def test_what_is_no_video_fails_at_once(workers: Workers) -> None:
    job = enqueued(filename="not-a-video")
    eventually(lambda: _state(job, JobState.FAILED))
    assert _outcomes(job) == [(Outcome.FAILED, "not_a_video")]


def test_wrong_settings_stop_the_start_with_a_clear_line() -> None:
    for module in ("mediaproc_worker.consumer", "mediaproc_worker.periodic"):
        done = subprocess.run([sys.executable, "-m", module], cwd=ROOT, env={}, capture_output=True, text=True)
        assert done.returncode == 2
        assert "JWT_SECRET is not set" in done.stderr
        assert "Traceback" not in done.stderr
