"""The storyboard of a completed video, with the real FFmpeg and services: made afterwards, shown, and taken away."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select

from mediaproc import database
from mediaproc.domain.errors import StorageFailed
from mediaproc.domain.states import JobKind, JobState, Lane, VideoStatus
from mediaproc.domain.tables import Job, Leftover, Storyboard
from mediaproc.operations import views
from mediaproc.operations.jobs import children, requests
from mediaproc.storage import keys, objects
from mediaproc_worker import attempt
from mediaproc_worker.consumer import bound_huey
from mediaproc_worker.handlers import storyboard as handler
from testing import clips
from testing.jobs import attempts_of, job_now, perform_all, uploaded
from testing.videos import video_now


@pytest.fixture(autouse=True)
def _worker(connected: dict[str, str]) -> None:
    bound_huey()


@pytest.fixture
def completed(tmp_path: Path) -> tuple[Job, Job]:
    """A job that is completed, and the one for its storyboard, which waits."""
    whole = uploaded(clips.make(tmp_path / "clip.mp4", seconds=3, size="320x180"))
    perform_all(whole)
    return job_now(whole.id), storyboard_of(whole)


def storyboard_of(whole: Job) -> Job:
    with database.transaction() as session:
        (found,) = [each for each in children.parts_of_job(session, whole.id) if each.kind is JobKind.STORYBOARD]
        return found


def rows_of(job: Job) -> list[Storyboard]:
    with database.transaction() as session:
        return list(session.exec(select(Storyboard).where(col(Storyboard.video_id) == job.video_id)).all())


def test_a_completed_video_gets_its_storyboard_without_waiting_for_it(
    completed: tuple[Job, Job], api: TestClient, tmp_path: Path
) -> None:
    whole, job = completed
    assert (whole.state, job.state, job.lane) == (JobState.COMPLETED, JobState.QUEUED, Lane.QUICK)
    attempt.perform(job.id)
    assert job_now(job.id).state is JobState.COMPLETED, attempts_of(job.id)[0].log_tail
    video = video_now(job.video_id)
    with database.transaction() as session:
        (view,) = views.of_videos(session, [video])
    assert view.status is VideoStatus.COMPLETED
    assert view.preview
    assert view.preview.tiles == 3
    assert view.playback
    asked = urlsplit(view.playback.storyboard_url or "")
    answer = api.get(f"{asked.path}?{asked.query}", headers={"Origin": "https://elsewhere.example"})
    assert (answer.headers["content-type"], answer.headers["access-control-allow-origin"]) == (
        "text/vtt; charset=utf-8", "*",
    )  # fmt: skip
    cues = answer.text.splitlines()
    assert [line for line in cues if "-->" in line] == [
        "00:00:00.000 --> 00:00:01.000", "00:00:01.000 --> 00:00:02.000", "00:00:02.000 --> 00:00:03.000",
    ]  # fmt: skip
    assert cues[-1].endswith("#xywh=512,0,256,144")
    for name, url, size in (("sheet", cues[-1], (768, 144)), ("preview", view.preview.url, (320, 540))):
        path = tmp_path / f"{name}.jpg"
        path.write_bytes(httpx.get(url.partition("#")[0]).raise_for_status().content)
        found = clips.ffprobe(path)["streams"][0]
        assert (found["width"], found["height"]) == size
    assert_tiles_differ(tmp_path / "sheet.jpg")


def assert_tiles_differ(sheet: Path) -> None:
    crops = [clips.ffmpeg("-i", str(sheet), "-vf", f"crop=256:144:{x}:0", "-f", "framemd5", "-") for x in (0, 256, 512)]
    assert len({each.split()[-1] for each in crops}) == 3


def test_a_storyboard_that_fails_is_tried_again_and_never_fails_the_video(
    completed: tuple[Job, Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, job = completed

    def broken(*_: object) -> None:
        raise StorageFailed

    with monkeypatch.context() as patched:
        patched.setattr(handler, "_send", broken)
        attempt.perform(job.id)
    assert job_now(job.id).state is JobState.RETRYING
    with database.transaction() as session:
        session.get_one(Job, job.id).next_attempt_at = None
    attempt.perform(job.id)
    assert job_now(job.id).state is JobState.COMPLETED
    assert len(rows_of(job)) == 1
    assert (job_now(whole.id).state, video_now(job.video_id).status) == (JobState.COMPLETED, VideoStatus.COMPLETED)


def test_a_storyboard_goes_with_its_output_also_when_it_comes_late(
    completed: tuple[Job, Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, job = completed

    def meanwhile(*_: object) -> None:
        with database.transaction() as session:
            again = requests.reprocess(session, video=video_now(job.video_id), preset="web")
        perform_all(again)
        send(*_)  # type: ignore[arg-type]

    send = handler._send
    monkeypatch.setattr(handler, "_send", meanwhile)
    attempt.perform(job.id)
    assert video_now(job.video_id).output_attempt == 2
    assert rows_of(job) == []
    prefix = keys.output_prefix(job.video_id, whole.attempt)
    assert objects.head(keys.preview(job.video_id, whole.attempt))
    with database.transaction() as session:
        assert len(session.exec(select(Leftover).where(col(Leftover.prefix) == prefix)).all()) == 2
    monkeypatch.undo()
    with database.transaction() as session:
        again = requests.newest(session, video_id=job.video_id)
    assert again
    newest = storyboard_of(again)
    attempt.perform(newest.id)
    assert [row.attempt for row in rows_of(job)] == [2]
