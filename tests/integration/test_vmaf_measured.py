"""How good renditions are, measured by the real libvmaf after a video is completed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mediaproc import database
from mediaproc.domain.states import JobKind, JobState, Lane, Priority, VideoStatus
from mediaproc.domain.tables import Job
from mediaproc.events.messages import EventType
from mediaproc.media.preset_request import Recipe
from mediaproc.operations import views
from mediaproc.operations.jobs import requests
from mediaproc.settings import settings
from mediaproc_worker import attempt
from mediaproc_worker.consumer import bound_huey
from mediaproc_worker.handlers import measure as handler
from testing import clips
from testing.jobs import attempts_of, job_now, parts_of, perform_all, uploaded
from testing.videos import events_of, renditions_of, video_now

EDITED: dict[str, Any] = {
    "title": "Edited", "rungs": [{"height": 180, "crf": 12}, {"height": 144, "crf": 40}], "frame_rate_cap": 10,
    "trim": {"start_seconds": 0.33, "end_seconds": 1.4}, "crop": {"left": 0.25}, "rotate": 90, "mute": True,
}  # fmt: skip


@pytest.fixture(autouse=True)
def _measuring(connected: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MEASURE_VMAF", "1")
    settings.cache_clear()
    bound_huey()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Moves so much that a frame beside the wrong one would be seen."""
    return clips.make(tmp_path_factory.mktemp("vmaf") / "clip.mp4", seconds=1.5, size="320x180")


def completed(clip: Path, monkeypatch: pytest.MonkeyPatch, preset: str = "edited") -> Job:
    """A completed job of a preset that edits."""
    recipe = Recipe.model_validate(EDITED).preset(name="edited", version=1)
    if preset == "edited":
        monkeypatch.setattr("mediaproc.operations.presets.PRESETS", {"edited": recipe})
    job = uploaded(clip, preset=preset)
    perform_all(job)
    assert job_now(job.id).state is JobState.COMPLETED, attempts_of(job.id)[-1].log_tail
    return job


def measuring(whole: Job) -> list[Job]:
    return [each for each in parts_of(whole) if each.kind is JobKind.MEASURE]


def test_renditions_of_an_edited_video_are_measured_afterwards(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = completed(clip, monkeypatch)
    (job,) = measuring(whole)
    assert (job.state, job.lane, job.priority) == (JobState.QUEUED, Lane.ENCODE, Priority.BATCH)
    video = video_now(whole.video_id)
    assert (video.status, renditions_of(video.id)["180p"].vmaf) == (VideoStatus.COMPLETED, None)
    attempt.perform(job.id)
    assert job_now(job.id).state is JobState.COMPLETED, attempts_of(job.id)[0].log_tail
    with database.transaction() as session:
        (view,) = views.of_videos(session, [video])
    fine, poor = (each.vmaf or 0 for each in view.renditions)
    assert fine > 90, "each frame stands beside its own"
    assert 0 < poor < fine - 20
    assert round(fine, 1) == fine
    assert f"VMAF: 180p {fine}, 144p {poor}" in attempts_of(job.id)[0].log_tail
    (told,) = [each for each in events_of(video.id) if each.type is EventType.QUALITY]
    assert [(each["name"], each["vmaf"]) for each in told.data["renditions"]] == [("180p", fine), ("144p", poor)]
    assert video_now(video.id).status is VideoStatus.COMPLETED


def test_without_libvmaf_it_ends_quietly(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = completed(clip, monkeypatch)
    (job,) = measuring(whole)
    monkeypatch.setattr(handler, "measures_vmaf", lambda: False)
    attempt.perform(job.id)
    assert job_now(job.id).state is JobState.COMPLETED
    assert attempts_of(job.id)[0].log_tail == "VMAF is not measured: this FFmpeg has no libvmaf"
    assert renditions_of(job.video_id)["180p"].vmaf is None


def test_an_output_that_is_about_to_be_replaced_is_left_alone(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = completed(clip, monkeypatch)
    (job,) = measuring(whole)
    with database.transaction() as session:
        requests.reprocess(session, video=video_now(job.video_id), preset="edited")
    attempt.perform(job.id)
    assert job_now(job.id).state is JobState.COMPLETED
    assert renditions_of(job.video_id)["180p"].vmaf is None


def test_files_are_not_measured_nor_anything_where_it_is_switched_off(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert measuring(completed(clip, monkeypatch, "gif")) == []
    monkeypatch.setenv("MEASURE_VMAF", "0")
    settings.cache_clear()
    assert measuring(completed(clip, monkeypatch)) == []
