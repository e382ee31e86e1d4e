"""The same deaths with the real handler and a real clip: what is shown is whole, and nothing else is left."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlmodel import col, select

from mediaproc import database, logs
from mediaproc.domain.states import JobKind, JobState, Outcome, VideoStatus
from mediaproc.domain.tables import Attempt, Job, Rendition, Segment
from mediaproc.media.preset_request import Recipe
from mediaproc.media.presets import ChosenCrf, Preset
from mediaproc.operations.jobs import requests
from mediaproc.settings import settings
from mediaproc.storage import keys
from mediaproc.storage.client import client
from testing import clips
from testing.jobs import attempts_of, job_now, parts_of, uploaded
from testing.services import Services
from testing.videos import storyboard_keys_of, video_now
from testing.waits import eventually
from testing.workers import Workers, gone, kill

SECONDS = 5.28


@pytest.fixture(scope="module")
def workers(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workers]:
    """The consumer as it is shipped, and the periodic process."""
    logs.configure()
    started = Workers(
        tmp_path_factory.mktemp("real-workers"),
        module="mediaproc_worker.consumer",
        settings={"LEASE_SECONDS": "6"},  # encodes elsewhere may keep a heartbeat waiting
        slow_rate=0.5,
    )
    try:
        yield started
    finally:
        started.stop()
        print(started.log())


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real clip, so small that a single rung is made of it."""
    path = tmp_path_factory.mktemp("clip") / "bunny.mp4"
    clips.ffmpeg("-i", str(clips.bunny()), "-s", "640x360", "-c:v", "libx264", "-c:a", "aac", "-ac", "2", str(path))
    return path


def _playable(job: Job) -> bool:
    return video_now(job.video_id).playable


def _objects_of(job: Job) -> set[str]:
    prefix = f"{keys.video_prefix(job.video_id)}output/"
    found = client().list_objects_v2(Bucket=settings().s3_bucket, Prefix=prefix)
    return {each["Key"] for each in found.get("Contents", ())}


def _shown(job: Job) -> tuple[list[Rendition], set[str]]:
    """The renditions that the video shows, and every object key that their rows name."""
    video = video_now(job.video_id)
    with database.transaction() as session:
        renditions = session.exec(select(Rendition).where(col(Rendition.video_id) == job.video_id)).all()
        segments = session.exec(
            select(Segment.object_key).join(Rendition).where(col(Rendition.video_id) == job.video_id)
        ).all()
    assert {each.attempt for each in renditions} == {video.output_attempt}
    named = {video.poster_key, *segments, *(key for each in renditions for key in (each.init_key, each.mp4_key))}
    return list(renditions), {key for key in named if key} | storyboard_keys_of(job.video_id)


def _assert_whole(job: Job, folder: Path) -> None:
    """Completed, with exactly the objects that the rows name, and an MP4 as long as the source."""
    eventually(lambda: job_now(job.id).state is JobState.COMPLETED)
    renditions, _ = _shown(job)
    assert {each.name for each in renditions} == {"360p", "audio", "instant"}
    assert all(each.finished for each in renditions)
    eventually(lambda: _objects_of(job) == _shown(job)[1])
    best = next(each for each in renditions if each.name == "360p")
    assert best.mp4_key
    client().download_file(settings().s3_bucket, best.mp4_key, str(folder / "best.mp4"))
    decoded = clips.decode(folder / "best.mp4")
    assert decoded.end_seconds == pytest.approx(SECONDS, abs=0.2)


def test_a_worker_killed_in_mid_encode_costs_one_attempt_and_leaves_nothing(
    workers: Workers, clip: Path, tmp_path: Path
) -> None:
    workers.slow_down()
    job = uploaded(clip)
    ffmpeg, worker = workers.wait_for_ffmpeg(encoder=True)
    eventually(lambda: _playable(job))
    kill(worker)
    workers.speed_up()
    eventually(lambda: gone(ffmpeg, worker))
    _assert_whole(job, tmp_path)
    assert [each.outcome for each in attempts_of(job.id)] == [Outcome.COMPLETED]
    outcomes = {each.kind: [one.outcome for one in attempts_of(each.id)] for each in parts_of(job)}
    assert outcomes.pop(JobKind.ENCODE) == [Outcome.LOST, Outcome.COMPLETED]
    assert all(each == [Outcome.COMPLETED] for each in outcomes.values())


def test_a_real_encode_goes_on_while_valkey_and_postgres_are_away(
    workers: Workers, services: Services, clip: Path, tmp_path: Path
) -> None:
    workers.stop_consumer()
    workers.start_consumer(LEASE_SECONDS="60")  # a busy machine may take longer than six seconds to start them again
    workers.slow_down()
    job = uploaded(clip)
    workers.wait_for_ffmpeg(encoder=True)
    eventually(lambda: _playable(job))
    services.kill("valkey")
    services.kill("postgres", signal.SIGTERM)
    database.engine().dispose()
    workers.speed_up()
    services.restart("postgres", wait=False)
    services.restart("valkey")
    _assert_whole(job, tmp_path)
    assert [each.outcome for each in attempts_of(job.id)] == [Outcome.COMPLETED]
    workers.stop_consumer()
    workers.start_consumer()


def test_a_cancelled_encode_leaves_nothing(workers: Workers, clip: Path) -> None:
    workers.slow_down()
    job = uploaded(clip)
    ffmpeg, _ = workers.wait_for_ffmpeg(encoder=True)
    eventually(lambda: _playable(job))
    with database.transaction() as session:
        requests.cancel(session, job=job)
    eventually(lambda: gone(ffmpeg))
    assert video_now(job.video_id).status is VideoStatus.CANCELLED
    assert not _playable(job)
    eventually(lambda: not _objects_of(job))


def _chosen(job: Job) -> Sequence[ChosenCrf]:
    return Preset.from_json(job_now(job.id).recipe or {}).chosen


def _tuning_of(job: Job) -> Job:
    return next(each for each in parts_of(job) if each.kind is JobKind.TUNE)


def test_a_worker_killed_while_it_seeks_a_crf_costs_an_attempt_and_what_was_found_is_kept(
    workers: Workers, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Killed twice: in mid search, and when all is found and written but the attempt has not ended yet."""
    fine = Recipe.model_validate({"title": "Fine", "rungs": [{"height": 144}], "target_vmaf": 80})
    monkeypatch.setattr("mediaproc.operations.presets.PRESETS", {"fine": fine.preset(name="fine", version=1)})
    workers.slow_down()
    job = uploaded(clips.make(tmp_path / "tiny.mp4", seconds=3, size="256x144", rate="5", audio=None), preset="fine")
    ffmpeg, worker = workers.wait_for_ffmpeg(encoder=True)
    tune = _tuning_of(job)
    assert (job_now(tune.id).state, _chosen(job)) == (JobState.RUNNING, ())
    kill(worker)
    eventually(lambda: gone(ffmpeg, worker))

    _, second = workers.wait_for_ffmpeg(encoder=True)
    with database.transaction() as session:
        session.exec(select(Attempt).where(Attempt.job_id == tune.id, Attempt.number == 2).with_for_update()).one()
        workers.speed_up()  # only now, so that it can't end before its row is held
        found = eventually(lambda: _chosen(job))
        kill(second)
        eventually(lambda: gone(second))

    eventually(lambda: job_now(job.id).state is JobState.COMPLETED)
    attempts = attempts_of(tune.id)
    assert [each.outcome for each in attempts] == [Outcome.LOST, Outcome.LOST, Outcome.COMPLETED]
    assert "Tried" not in attempts[-1].log_tail, "it was sought again"
    assert f"144p: CRF {found[0].crf} for VMAF" in attempts[-1].log_tail
    assert _chosen(job) == found
    (encoded,) = [attempts_of(each.id) for each in parts_of(job) if each.kind is JobKind.ENCODE]
    assert [each.outcome for each in encoded] == [Outcome.COMPLETED]
    assert f"-crf {found[0].crf} " in encoded[0].command


def test_a_text_that_calls_itself_a_video_fails_in_words(workers: Workers, tmp_path: Path) -> None:
    text = tmp_path / "holiday.mp4"
    text.write_text("This is no video at all.\n" * 100)
    job = uploaded(text)
    eventually(lambda: job_now(job.id).state is JobState.FAILED)
    assert video_now(job.video_id).error_code == "not_a_video"
    assert len(attempts_of(job.id)) == 1
