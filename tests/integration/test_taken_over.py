"""The same file once more: nothing is encoded, and yet each video stands on its own. On real services."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select, update

from mediaproc import database
from mediaproc.domain.states import JobState
from mediaproc.domain.tables import Job, Leftover, Rendition, Segment, Storyboard, Video, now
from mediaproc.operations import videos
from mediaproc.operations.jobs import maintenance, requests
from mediaproc.settings import settings
from mediaproc.storage import keys, multipart, objects
from mediaproc.storage.client import client
from mediaproc_worker import attempt
from mediaproc_worker.consumer import bound_huey
from testing import clips
from testing.jobs import attempts_of, forget_waiting, job_now, parts_of, perform_all
from testing.videos import events_of, make_video, renditions_of, segments_of, video_now
from tests.integration.conftest import Account


@pytest.fixture(autouse=True)
def _worker(connected: dict[str, str]) -> None:
    bound_huey()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    encode = ("-c:v", "mpeg4", "-q:v", "5", "-c:a", "aac")
    return clips.make(tmp_path_factory.mktemp("clip") / "clip.mp4", size="64x48", seconds=1, encode=encode)


@pytest.fixture
def owner(account: Callable[[], Account]) -> Account:
    return account()


def uploaded(source: Path, owner: Account, *, title: str = "Garden", preset: str = "web") -> Job:
    """A video of somebody's with this file as its source, and its job."""
    with database.transaction() as session:
        video = make_video(session, filename=source.name, size_bytes=source.stat().st_size)
        video.team_id, video.title = owner.principal.team_id, title
        client().upload_file(str(source), settings().s3_bucket, video.source_key)
        return requests.enqueue(session, video=video, preset=preset)


def completed(source: Path, owner: Account, *, title: str = "Garden") -> Job:
    """A video that was encoded, with its storyboard."""
    job = uploaded(source, owner, title=title)
    perform_all(job)
    for part in parts_of(job):
        attempt.perform(part.id)
    assert job_now(job.id).state is JobState.COMPLETED, attempts_of(job.id)[-1].log_tail
    return job_now(job.id)


def made_of(video_id: UUID) -> dict[str, tuple[Rendition, list[Segment]]]:
    return {name: (row, segments_of(row)) for name, row in renditions_of(video_id).items()}


def test_the_same_file_is_not_encoded_twice_and_outlives_the_first(clip: Path, owner: Account, tmp_path: Path) -> None:
    first = completed(clip, owner, title="Summer")
    second = uploaded(clip, owner)
    attempt.perform(second.id)
    video = video_now(second.video_id)
    assert (job_now(second.id).state, video.output_attempt, video.playable) == (JobState.COMPLETED, 1, True)
    assert (parts_of(second), attempts_of(second.id)[0].command) == ([], "")
    assert "Taken over from “Summer”: the same file was processed before" in attempts_of(second.id)[0].log_tail
    assert {"playable", "rendition", "status"} <= {event.type for event in events_of(video.id)}
    assert_alike(made_of(first.video_id), made_of(video.id), prefix=keys.output_prefix(video.id, 1))
    with database.transaction() as session:
        videos.delete(session, owner.principal, first.video_id)
    with database.transaction() as session:
        session.exec(update(Leftover).values(sweep_after=now()))
    maintenance.sweep_leftovers(limit=1000)
    assert objects.head(keys.poster(first.video_id, 1)) is None
    assert owner.client.get(f"/api/v1/videos/{video.id}/plan").json()["reused"] == ["48p", "audio"]
    view = owner.client.get(f"/api/v1/videos/{video.id}").json()
    assert (view["width"], view["duration_seconds"], view["playback"]["storyboard_url"] is None) == (64, 1.0, False)
    for key in (video.poster_key, keys.preview(video.id, 1), keys.storyboard_sheet(video.id, 1, 0)):
        assert objects.head(key or "") is not None
    rendition, segments = made_of(video.id)["48p"]
    played, saved = tmp_path / "played.mp4", tmp_path / "saved.mp4"
    played.write_bytes(b"".join(objects.get_bytes(key) for key in (rendition.init_key, *keys_of(segments))))
    saved.write_bytes(objects.get_bytes(rendition.mp4_key or ""))
    assert clips.decode(played).frames == clips.decode(saved).frames == 25


def keys_of(segments: list[Segment]) -> list[str]:
    return [segment.object_key for segment in segments]


def assert_alike(first: dict[str, Any], second: dict[str, Any], *, prefix: str) -> None:
    """The same renditions and segments, in objects of the second video's own."""
    assert set(first) == set(second) == {"48p", "audio"}
    for name, (row, segments) in second.items():
        before, theirs = first[name]
        left_out = {"id", "video_id", "init_key", "mp4_key", "created_at", "reused"}
        assert (before.reused, row.reused) == (False, True)
        assert row.model_dump(exclude=left_out) == before.model_dump(exclude=left_out)
        assert [(each.number, each.size_bytes) for each in segments] == [
            (each.number, each.size_bytes) for each in theirs
        ]
        named = [row.init_key, *keys_of(segments), *([row.mp4_key] if row.mp4_key else [])]
        assert all(key.startswith(prefix) and objects.head(key) for key in named)


def test_what_is_not_the_same_is_encoded(
    clip: Path, owner: Account, account: Callable[[], Account], tmp_path: Path
) -> None:
    """Another team's file, other bytes, another recipe; and whatever somebody asks for to be made again."""
    first = completed(clip, owner)
    other = tmp_path / "clip.mp4"
    other.write_bytes(clip.read_bytes()[:-1] + b"\1")
    for source, whose, preset in ((clip, account(), "web"), (other, owner, "web"), (clip, owner, "mp4-small")):
        job = uploaded(source, whose, preset=preset)
        attempt.perform(job.id)
        assert parts_of(job), preset
    with database.transaction() as session:  # what was found for one video is not what was asked for
        row = session.get_one(Job, first.id)
        row.recipe = (row.recipe or {}) | {"chosen": [{"rung": "48p", "crf": 20, "vmaf": 95.0}]}
    second = uploaded(clip, owner)
    attempt.perform(second.id)
    assert not parts_of(second)
    with database.transaction() as session:
        again = requests.reprocess(session, video=session.get_one(Video, first.video_id), preset="web")
    attempt.perform(again.id)
    assert parts_of(again)
    forget_waiting()


def test_a_copy_that_comes_too_late_encodes(clip: Path, owner: Account) -> None:
    """The first one's objects went at this very moment."""
    first = completed(clip, owner)
    client().delete_object(Bucket=settings().s3_bucket, Key=made_of(first.video_id)["48p"][0].init_key)
    second = uploaded(clip, owner)
    perform_all(second)
    assert (job_now(second.id).state, job_now(second.id).attempt) == (JobState.COMPLETED, 1)
    assert parts_of(second)
    assert "Taken over" not in attempts_of(second.id)[0].log_tail


def test_a_worker_that_dies_while_it_copies_loses_nothing(
    clip: Path, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its lease runs out on the way; what it copied is swept, and the next attempt has objects of its own."""
    completed(clip, owner)
    second, copy = uploaded(clip, owner), objects.copy

    def copy_and_die(key: str, to: str, *, large: bool = False) -> None:
        copy(key, to, large=large)
        with database.transaction() as session:
            mine = (col(Job.id) == second.id, col(Job.attempt) == 1)
            session.exec(update(Job).where(*mine).values(lease_expires_at=now().replace(year=2000)))
            maintenance.rescue_expired(session)

    monkeypatch.setattr(objects, "copy", copy_and_die)
    attempt.perform(second.id)
    assert (job_now(second.id).state, made_of(second.video_id)) == (JobState.RETRYING, {})
    monkeypatch.undo()
    with database.transaction() as session:
        left = session.exec(select(Leftover.prefix)).all()
    assert keys.output_prefix(second.video_id, 1) in left
    attempt.perform(second.id)
    video = video_now(second.video_id)
    assert (job_now(second.id).state, video.output_attempt, parts_of(second)) == (JobState.COMPLETED, 2, [])


def test_a_video_taken_over_before_its_storyboard_was_made_gets_its_own(clip: Path, owner: Account) -> None:
    perform_all(uploaded(clip, owner))
    second = uploaded(clip, owner)
    attempt.perform(second.id)
    (board,) = parts_of(second)
    attempt.perform(board.id)
    with database.transaction() as session:
        assert session.get(Storyboard, (second.video_id, 1)) is not None


def test_storage_calls_the_same_parts_the_same() -> None:
    """However often they were sent; of parts of other sizes, or other bytes, it does not."""

    def etag_of(name: str, *parts: bytes) -> str:
        key = f"videos/etags/{name}"
        id = multipart.create(key, content_type="video/mp4")
        sent = [multipart.put_part(key, upload_id=id, part_number=n, body=b) for n, b in enumerate(parts, start=1)]
        multipart.complete(key, upload_id=id, parts=sent)
        found = objects.head(key)
        assert found is not None
        return found.etag

    large = bytes(5 * 1024**2)
    one = etag_of("one", large, b"end")
    assert one == etag_of("two", large, b"end")
    assert len({one, etag_of("three", large, b"End"), etag_of("four", large + b"e", b"nd")}) == 3
