"""The life of a job in the database: who may write what, and when."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import pytest
from sqlalchemy import delete, update
from sqlmodel import Session, col, select

from mediaproc import database
from mediaproc.domain.errors import Conflict, EncodeFailed, NoAudioTrack, NotAVideo, NotFound, WorkerStopping
from mediaproc.domain.states import JobKind, JobState, Lane, Outcome, VideoStatus
from mediaproc.domain.tables import Attempt, Job, Leftover, Rendition, Segment, Video, now
from mediaproc.events import publisher, streams
from mediaproc.events.messages import Event, EventType
from mediaproc.operations import current_output, event_payloads, views
from mediaproc.operations.jobs import execution, maintenance, requests
from mediaproc.queue import tasks
from mediaproc.queue.huey import huey_of
from mediaproc.settings import settings
from mediaproc.storage import keys, objects
from mediaproc.storage.client import client
from testing.jobs import attempts_of, enqueued, forget_waiting, job_now
from testing.videos import make_video, video_now
from testing.waits import PATIENCE_SECONDS

T = TypeVar("T")


@pytest.fixture(autouse=True)
def _calm(services: dict[str, str]) -> Iterator[None]:
    forget_waiting()
    huey_of(Lane.QUICK).flush()
    yield
    huey_of(Lane.QUICK).flush()


def _claim(job_id: UUID, worker: str = "test:1") -> execution.Claim | None:
    with database.transaction() as session:
        return execution.claim(session, job_id=job_id, worker=worker)


def _claimed(job: Job | None = None) -> execution.Claim:
    claim = _claim((job or enqueued()).id)
    assert claim is not None
    return claim


def _set(job_id: UUID, **values: object) -> None:
    with database.transaction() as session:
        session.exec(update(Job).where(col(Job.id) == job_id).values(**values))


def _do(verb: Callable[..., T], *args: Any, **kwargs: Any) -> T:
    with database.transaction() as session:
        return verb(session, *args, **kwargs)


def _statuses(video_id: UUID) -> list[dict[str, Any]]:
    entries = publisher.connection().xrange(streams.video_stream(video_id))
    events = [Event.from_entry(cursor, fields) for cursor, fields in entries]
    return [event.data for event in events if event.type == "status"]


def _leftovers(video_id: UUID) -> set[str]:
    with database.transaction() as session:
        found = session.exec(select(Leftover.prefix).where(col(Leftover.prefix).startswith(f"videos/{video_id}/")))
        return set(found.all())


def _with_segments(claim: execution.Claim, *, playable: bool = True) -> UUID:
    """What a handler writes for one rung of two segments."""
    new = execution.NewRendition(name="480p", codec="h264", codecs="avc1.64001f", init_key="i", width=854, height=480)
    with database.transaction() as session:
        rendition_id = execution.add_rendition(session, claim, new)
        segments = [execution.NewSegment(number, f"k{number}", 4.0, 100) for number in range(2)]
        execution.add_segments(session, claim, rendition_id, segments)
        execution.set_poster(session, claim, keys.poster(claim.video_id, claim.attempt))
        if playable:
            execution.mark_playable(session, claim)
    return rendition_id


def test_a_snapshot_tells_exactly_what_was_told_as_it_happened() -> None:
    claim = _claimed()
    rendition_id = _with_segments(claim)
    _do(execution.finish_rendition, claim, rendition_id, mp4_key="m", mp4_size_bytes=7)
    _do(execution.fail, claim, EncodeFailed(), log_tail="")
    entries = publisher.connection().xrange(streams.video_stream(claim.video_id))
    events = [Event.from_entry(cursor, fields) for cursor, fields in entries]
    told = {event.type: event.data for event in events}
    video, job = video_now(claim.video_id), job_now(claim.job_id)
    assert told[EventType.STATUS] == {"video_id": str(video.id), **event_payloads.of_status(video.status, job)}
    assert told[EventType.STATUS]["error"]["code"] == "encode_failed"
    with database.transaction() as session:
        rendition = session.get_one(Rendition, rendition_id)
        assert current_output.newest_jobs(session, [video])[video.id].id == job.id
    assert told[EventType.RENDITION] == {"video_id": str(video.id), **event_payloads.of_rendition(rendition)}


# Claims and fences ------------------------------------------------------------------------------------------


def test_of_many_workers_exactly_one_claims_a_job() -> None:
    job, start = enqueued(), threading.Barrier(8)

    def race(number: int) -> execution.Claim | None:
        start.wait()
        return _claim(job.id, f"racer:{number}")

    with ThreadPoolExecutor(8) as pool:
        claims = [claim for claim in pool.map(race, range(8)) if claim]
    assert len(claims) == 1
    assert [(each.number, each.worker) for each in attempts_of(job.id)] == [(1, claims[0].worker)]


def test_a_claim_makes_the_video_processing_and_says_so() -> None:
    claim = _claimed()
    assert video_now(claim.video_id).status is VideoStatus.PROCESSING
    said = [(each["status"], each["attempt"]) for each in _statuses(claim.video_id)]
    assert said == [("queued", 1), ("processing", 1)]


def test_a_heartbeat_renews_the_lease_and_keeps_the_progress() -> None:
    claim = _claimed()
    _set(claim.job_id, lease_expires_at=now() - timedelta(seconds=1))
    assert _do(execution.heartbeat, job_id=claim.job_id, attempt=1, progress=42.5)
    assert not job_now(claim.job_id).lease_expired(now())
    assert video_now(claim.video_id).progress == 42.5


def test_an_attempt_that_was_rescued_can_write_nothing() -> None:
    old = _claimed()
    rendition_id = _with_segments(old)
    _set(old.job_id, lease_expires_at=now() - timedelta(seconds=1))
    assert _do(maintenance.rescue_expired) >= 1
    new = _claim(old.job_id)
    assert new and new.attempt == 2
    writes = [
        lambda: _do(execution.note, old, command="ffmpeg"),
        lambda: _do(execution.set_poster, old, "p"),
        lambda: _do(execution.set_media_info, old, {}, duration_seconds=1, width=1, height=1, frame_rate=1),
        lambda: _do(execution.add_rendition, old, execution.NewRendition("x", "h264", "avc1", "i")),
        lambda: _do(execution.add_segments, old, rendition_id, [execution.NewSegment(9, "k", 1.0, 1)]),
        lambda: _do(execution.mark_playable, old),
        lambda: _do(execution.finish_rendition, old, rendition_id),
        lambda: _do(execution.fail, old, EncodeFailed()),
        lambda: _do(execution.release, old, WorkerStopping()),
        lambda: _do(execution.complete, old),
    ]
    for write in writes:
        with pytest.raises(execution.LostLease):
            write()
    assert not _do(execution.heartbeat, job_id=old.job_id, attempt=1, progress=99.0)
    assert video_now(old.video_id).progress == 0.0
    assert job_now(old.job_id).state is JobState.RUNNING


def test_a_deleted_video_fences_its_attempt_out() -> None:
    claim = _claimed()
    with database.transaction() as session:
        session.delete(session.merge(claim.video))
    with pytest.raises(execution.LostLease):
        _do(execution.complete, claim)
    assert not _do(execution.heartbeat, job_id=claim.job_id, attempt=1)
    _do(execution.discard_output, claim)
    assert keys.output_prefix(claim.video_id, 1) in _leftovers(claim.video_id)


def test_who_shared_out_and_then_lost_the_database_leaves_the_parts_their_output() -> None:
    claim = _claimed()
    _do(execution.split, claim, [execution.Part(JobKind.ENCODE, 0, 0.0, 1.0)])
    _do(execution.discard_output, claim)
    assert keys.output_prefix(claim.video_id, 1) not in _leftovers(claim.video_id)


# Ends -------------------------------------------------------------------------------------------------------


def test_a_completed_attempt_shows_its_output() -> None:
    claim = _claimed()
    rendition_id = _with_segments(claim, playable=False)
    _do(execution.finish_rendition, claim, rendition_id, mp4_key="m", mp4_size_bytes=7)
    _do(execution.complete, claim, log_tail="done")
    video = video_now(claim.video_id)
    assert (video.status, video.progress, video.output_attempt, video.playable) == ("completed", 100.0, 1, True)
    assert video.poster_key == keys.poster(video.id, 1)
    assert video.ready_at is not None
    assert (attempts_of(claim.job_id)[0].outcome, attempts_of(claim.job_id)[0].log_tail) == (Outcome.COMPLETED, "done")
    with database.transaction() as session:
        rendition = session.exec(select(Rendition).where(col(Rendition.id) == rendition_id)).one()
    assert (rendition.finished, rendition.size_bytes, rendition.mp4_size_bytes) == (True, 200, 7)


def test_a_retryable_failure_waits_and_then_runs_again() -> None:
    claim = _claimed()
    _do(execution.fail, claim, EncodeFailed("FFmpeg said no"))
    job = job_now(claim.job_id)
    assert job.state is JobState.RETRYING
    assert job.next_attempt_at and job.next_attempt_at > now()
    assert video_now(job.video_id).status is VideoStatus.QUEUED
    last = _statuses(job.video_id)[-1]
    assert (last["status"], last["attempt"]) == ("queued", 2)
    assert last["error"] == {"code": "encode_failed", "detail": "FFmpeg said no"}
    assert last["next_attempt_at"].endswith("Z")
    assert _claim(job.id) is None, "its time has not come"
    _set(job.id, next_attempt_at=now() - timedelta(seconds=1))
    assert _do(maintenance.resend_lost) >= 1
    assert job.id in tasks.waiting(Lane.QUICK)
    again = _claim(job.id)
    assert again and again.attempt == 2


def test_the_last_attempt_fails_for_good() -> None:
    job = enqueued()
    for _ in range(settings().max_attempts):
        _set(job.id, next_attempt_at=None)
        claim = _claim(job.id)
        assert claim
        _do(execution.fail, claim, EncodeFailed())
    assert job_now(job.id).state is JobState.FAILED
    video = video_now(job.video_id)
    assert (video.status, video.error_code) == (VideoStatus.FAILED, "encode_failed")
    assert _claim(job.id) is None


def test_a_permanent_error_is_not_tried_again() -> None:
    claim = _claimed()
    _do(execution.fail, claim, NotAVideo("This file is not a video but a text"))
    video = video_now(claim.video_id)
    assert (video.status, video.error_detail) == (VideoStatus.FAILED, "This file is not a video but a text")
    assert len(attempts_of(claim.job_id)) == 1


def test_a_job_given_back_runs_again_and_loses_no_attempt() -> None:
    claim = _claimed()
    _do(execution.release, claim, WorkerStopping())
    job = job_now(claim.job_id)
    assert (job.state, job.max_attempts) == (JobState.QUEUED, settings().max_attempts + 1)
    assert _do(maintenance.resend_lost) >= 1
    again = _claim(job.id)
    assert again and again.attempt == 2


def test_a_rescue_uses_up_the_attempt_and_sends_at_once() -> None:
    claim = _claimed()
    huey_of(Lane.QUICK).flush()
    _set(claim.job_id, lease_expires_at=now() - timedelta(seconds=1))
    _do(maintenance.rescue_expired)
    assert job_now(claim.job_id).state is JobState.RETRYING
    assert claim.job_id in tasks.waiting(Lane.QUICK)
    assert attempts_of(claim.job_id)[0].outcome is Outcome.LOST
    assert _do(maintenance.rescue_expired) == 0


def test_what_can_not_be_rescued_keeps_no_other_from_it() -> None:
    broken, claim = _claimed(), _claimed()
    for each in (broken, claim):
        _set(each.job_id, lease_expires_at=now() - timedelta(seconds=1))
    with database.transaction() as session:
        session.exec(delete(Attempt).where(col(Attempt.job_id) == broken.job_id))
    _do(maintenance.rescue_expired)
    assert [job_now(each.job_id).state for each in (broken, claim)] == [JobState.RUNNING, JobState.RETRYING]
    assert claim.job_id in tasks.waiting(Lane.QUICK)
    assert [each["status"] for each in _statuses(broken.video_id)] == ["queued", "processing"]
    with database.transaction() as session:
        session.delete(session.get_one(Video, broken.video_id))


def test_two_rescuers_rescue_once() -> None:
    claim = _claimed()
    _set(claim.job_id, lease_expires_at=now() - timedelta(seconds=1))
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: _do(maintenance.rescue_expired), range(4)))
    assert len([each for each in _statuses(claim.video_id) if each["status"] == "queued"]) == 2


# What people ask --------------------------------------------------------------------------------------------


def test_cancelling_a_reprocess_that_never_began_keeps_what_the_video_has() -> None:
    claim = _claimed()
    _with_segments(claim)
    _do(execution.complete, claim)
    again = _do(requests.reprocess, video=claim.video, preset="web")
    _do(requests.cancel, job=again)
    video = video_now(claim.video_id)
    assert (video.status, video.playable, video.output_attempt) == ("completed", True, 1)
    assert keys.output_prefix(video.id, 1) not in _leftovers(video.id)


def test_a_ready_video_stays_ready_when_another_preset_fails() -> None:
    claim = _claimed()
    _with_segments(claim)
    _do(execution.complete, claim)
    again = _do(requests.reprocess, video=video_now(claim.video_id), preset="audio")
    assert (video_now(claim.video_id).status, video_now(claim.video_id).preset) == ("queued", "audio")
    _do(execution.fail, _claimed(again), NoAudioTrack())
    video = video_now(claim.video_id)
    assert (video.status, video.playable, video.output_attempt, video.progress) == ("completed", True, 1, 100)
    assert (video.preset, video.error_code) == ("web", None)
    last = _statuses(video.id)[-1]
    assert (last["status"], last["job_status"], last["error"]["code"]) == ("completed", "failed", "no_audio_track")
    with database.transaction() as session:
        (view,) = views.of_videos(session, [video])
    assert view.job is not None
    assert view.job.error is not None
    assert (view.status, view.error, view.job.preset, view.job.error.code) == (
        "completed", None, "audio", "no_audio_track"
    )  # fmt: skip
    assert _do(requests.retry, video=video).preset == "audio"


def test_cancel_ends_a_running_job_at_once() -> None:
    claim = _claimed()
    _with_segments(claim)
    _do(requests.cancel, job=claim.job)
    video = video_now(claim.video_id)
    assert (video.status, video.playable, video.output_attempt, video.poster_key) == ("cancelled", False, None, None)
    assert attempts_of(claim.job_id)[0].outcome is Outcome.CANCELLED
    assert keys.output_prefix(video.id, 1) in _leftovers(video.id)
    with pytest.raises(Conflict):
        _do(requests.cancel, job=claim.job)


def test_retry_counts_attempts_on_so_that_no_output_is_overwritten() -> None:
    claim = _claimed()
    _do(execution.fail, claim, NotAVideo())
    job = _do(requests.retry, video=video_now(claim.video_id))
    assert job.id != claim.job_id
    assert (job.attempt, job.max_attempts) == (1, 1 + settings().max_attempts)
    assert video_now(claim.video_id).error_code is None
    assert _claimed(job).attempt == 2


def test_only_one_job_of_a_video_is_unfinished() -> None:
    claim = _claimed()
    for verb, kwargs in (
        (requests.retry, {}),
        (requests.reprocess, {"preset": "web"}),
        (requests.enqueue, {"preset": "web"}),
    ):
        with pytest.raises(Conflict):
            _do(verb, video=video_now(claim.video_id), **kwargs)


def test_an_upload_that_never_finished_can_not_be_retried() -> None:
    with database.transaction() as session:
        video = make_video(session)
        video.status = VideoStatus.CANCELLED
    with pytest.raises(Conflict):
        _do(requests.retry, video=video)


def test_reprocessing_shows_the_old_output_until_the_new_is_whole() -> None:
    first = _claimed()
    _with_segments(first)
    _do(execution.complete, first)
    job = _do(requests.reprocess, video=video_now(first.video_id), preset="web")
    second = _claimed(job)
    _with_segments(second)
    assert video_now(first.video_id).output_attempt == 1
    assert not _leftovers(first.video_id)
    _do(execution.complete, second)
    video = video_now(first.video_id)
    assert (video.output_attempt, video.poster_key) == (2, keys.poster(video.id, 2))
    assert _leftovers(video.id) == {keys.output_prefix(video.id, 1)}
    with database.transaction() as session:
        shown = session.exec(select(Rendition.attempt).where(col(Rendition.video_id) == video.id)).all()
    assert shown == [2]


def test_a_failed_attempt_stays_playable_until_the_next_one_is() -> None:
    first = _claimed()
    _with_segments(first)
    _do(execution.fail, first, EncodeFailed())
    assert video_now(first.video_id).output_attempt == 1
    assert not _leftovers(first.video_id)
    _set(first.job_id, next_attempt_at=None)
    second = _claimed(first.job)
    _with_segments(second)
    assert video_now(first.video_id).output_attempt == 2
    assert _leftovers(first.video_id) == {keys.output_prefix(first.video_id, 1)}


def test_a_verb_that_runs_twice_writes_once() -> None:
    claim = _claimed()
    assert _with_segments(claim) == _with_segments(claim)
    with database.transaction() as session:
        rendition = session.exec(select(Rendition).where(col(Rendition.video_id) == claim.video_id)).one()
        numbers = session.exec(select(Segment.number).where(col(Segment.rendition_id) == rendition.id)).all()
    assert sorted(numbers) == [0, 1]


# Upkeep -----------------------------------------------------------------------------------------------------


def test_a_message_that_redis_lost_is_sent_again() -> None:
    lost, kept = enqueued(), enqueued()
    huey_of(Lane.QUICK).flush()
    tasks.send(Lane.QUICK, kept.id)
    assert lost.id not in tasks.waiting(Lane.QUICK)
    _do(maintenance.resend_lost)
    assert lost.id not in tasks.waiting(Lane.QUICK), "it may be on its way to a worker"
    for job in (lost, kept):
        _set(job.id, message_sent_at=now() - timedelta(minutes=1))
    _do(maintenance.resend_lost)
    assert tasks.waiting(Lane.QUICK) >= {lost.id, kept.id}
    assert sum(UUID(each.args[0]) == kept.id for each in huey_of(Lane.QUICK).pending()) == 1


def test_a_lost_message_is_found_behind_many_that_are_not() -> None:
    waiting = [enqueued() for _ in range(4)]
    huey_of(Lane.QUICK).flush()
    for job in waiting:
        _set(job.id, message_sent_at=now() - timedelta(minutes=1))
    for job in waiting[:3]:
        tasks.send(Lane.QUICK, job.id)
    with database.transaction() as session:
        ours = col(Job.id).in_([job.id for job in waiting])
        session.exec(update(Job).where(~ours, col(Job.state).in_(["queued", "retrying"])).values(state="cancelled"))
    assert _do(maintenance.resend_lost, limit=2) == 1
    assert waiting[3].id in tasks.waiting(Lane.QUICK)


def test_leftovers_are_swept_from_storage_when_their_time_has_come() -> None:
    with database.transaction() as session:
        video = make_video(session)
        due, later = keys.output_prefix(video.id, 1), keys.output_prefix(video.id, 2)
        session.add(Leftover(prefix=due, sweep_after=now() - timedelta(seconds=1)))
        session.add(Leftover(prefix=later, sweep_after=now() + timedelta(minutes=10)))
    bucket = {"Bucket": settings().s3_bucket}
    for key in (f"{due}a.m4s", f"{due}480p/b.m4s", f"{later}c.m4s", f"{keys.video_prefix(video.id)}output/11/d.m4s"):
        client().put_object(**bucket, Key=key, Body=b"x")
    client().create_multipart_upload(**bucket, Key=f"{due}open.mp4")
    maintenance.sweep_leftovers(limit=1000)
    found = client().list_objects_v2(**bucket, Prefix=keys.video_prefix(video.id))
    assert [each["Key"].rsplit("/", 1)[1] for each in found["Contents"]] == ["d.m4s", "c.m4s"]
    assert not client().list_multipart_uploads(**bucket, Prefix=due).get("Uploads")
    assert _leftovers(video.id) == {later}


def test_a_prefix_that_can_not_be_swept_now_is_kept_for_later(monkeypatch: pytest.MonkeyPatch) -> None:
    with database.transaction() as session:
        video = make_video(session)
        session.add(Leftover(prefix=keys.output_prefix(video.id, 1), sweep_after=now() - timedelta(seconds=1)))

    def refuse(_prefix: str) -> None:
        raise ConnectionError("S3 is away")

    monkeypatch.setattr(objects, "delete_prefix", refuse)
    maintenance.sweep_leftovers(limit=1000)
    assert _leftovers(video.id)


def test_no_two_verbs_wait_for_each_other() -> None:
    """Workers, people and rescuers at once on the same few videos: refused often, deadlocked never."""
    works, began = [enqueued() for _ in range(4)], time.monotonic()
    expected = (execution.LostLease, Conflict, NotFound)

    def newest(session: Session, video_id: UUID) -> Job:
        job = requests.newest(session, video_id=video_id)
        assert job
        return job

    def work(session: Session, job: Job) -> None:
        claim = execution.claim(session, job_id=job.id, worker="stress")
        if claim:
            execution.heartbeat(session, job_id=job.id, attempt=claim.attempt, progress=random.random())
            execution.add_rendition(session, claim, execution.NewRendition("480p", "h264", "avc1", "i"))
            execution.mark_playable(session, claim)
            random.choice([execution.complete, lambda s, c: execution.fail(s, c, EncodeFailed()), lambda *_: None])(
                session, claim
            )

    def rescue(session: Session, job: Job) -> None:
        _set(job.id, lease_expires_at=now() - timedelta(seconds=1))
        maintenance.rescue_expired(session)

    verbs: list[Callable[[Session, Job], object]] = [
        work,
        rescue,
        lambda session, _: maintenance.rescue_expired(session),
        lambda session, _: maintenance.resend_lost(session),
        lambda session, job: requests.cancel(session, job=newest(session, job.video_id)),
        lambda session, job: requests.reprocess(session, video=video_now(job.video_id), preset="web"),
        lambda session, job: execution.heartbeat(session, job_id=job.id, attempt=1, progress=1.0),
        lambda session, job: execution.discard_output(session, execution.Claim(job, video_now(job.video_id), 1, "x")),
    ]

    def storm(_: int) -> int:
        done = 0
        while (spent := time.monotonic() - began) < 3 or (done < 7 and spent < PATIENCE_SECONDS):
            with contextlib.suppress(*expected), Session(database.engine()) as session, session.begin():
                random.choice(verbs)(session, newest(session, random.choice(works).video_id))
                done += 1
        return done

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(storm, range(8))) > 50
