"""A preset that asks for a VMAF: the CRF of each size is found on samples, then every chunk is encoded with it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from mediaproc import database
from mediaproc.domain.errors import StorageFailed
from mediaproc.domain.roles import Scope
from mediaproc.domain.states import JobKind, JobState, Lane
from mediaproc.domain.tables import Job, Video
from mediaproc.media.preset_request import Recipe
from mediaproc.media.presets import Preset
from mediaproc.operations import plans
from mediaproc.operations.jobs import maintenance, requests
from mediaproc.operations.tenancy import Principal
from mediaproc_worker import attempt, vmaf_samples
from mediaproc_worker.consumer import bound_huey
from mediaproc_worker.handlers import tune as handler
from testing import clips
from testing.jobs import attempts_of, job_now, parts_of, perform_all, uploaded

FINE: dict[str, Any] = {"title": "Fine", "rungs": [{"height": 180}, {"height": 144}], "target_vmaf": 80}


pytestmark = pytest.mark.usefixtures("small_screen")


@pytest.fixture(autouse=True)
def _worker(connected: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    fine = Recipe.model_validate(FINE).preset(name="fine", version=1)
    monkeypatch.setattr("mediaproc.operations.presets.PRESETS", {"fine": fine})
    bound_huey()


@pytest.fixture
def planned(tmp_path: Path) -> Job:
    """A job that has shared out its work."""
    job = uploaded(clips.make(tmp_path / "clip.mp4", seconds=1, size="320x180", rate="5", audio=None), preset="fine")
    attempt.perform(job.id)
    return job


def part(whole: Job, kind: JobKind) -> Job:
    (found,) = [each for each in parts_of(whole) if each.kind is kind]
    return found


def crfs(job: Job) -> list[int]:
    """The CRFs that a job's newest command has."""
    words = attempts_of(job.id)[-1].command.split()
    return [int(value) for word, value in itertools.pairwise(words) if word == "-crf"]


def test_chunks_wait_until_their_crf_is_found(planned: Job) -> None:
    encode, tune = part(planned, JobKind.ENCODE), part(planned, JobKind.TUNE)
    assert (tune.lane, encode.held, encode.message_sent_at) == (Lane.ENCODE, True, None)
    attempt.perform(encode.id)
    with database.transaction() as session:
        maintenance.resend_lost(session)
    assert (job_now(encode.id).attempt, job_now(encode.id).message_sent_at) == (0, None)

    attempt.perform(tune.id)
    assert job_now(tune.id).state is JobState.COMPLETED, attempts_of(tune.id)[0].log_tail
    whole = job_now(planned.id)
    chosen = Preset.from_json(whole.recipe or {}).chosen
    assert [each.rung for each in chosen] == ["180p", "144p"]
    for each in chosen:
        assert each.vmaf == pytest.approx(80, abs=3) or each.crf in (12, 40)
        assert f"{each.rung}: CRF {each.crf} for VMAF {each.vmaf:.1f}" in attempts_of(tune.id)[0].log_tail
    assert job_now(encode.id).recipe == whole.recipe
    assert job_now(encode.id).message_sent_at is not None

    perform_all(planned)
    assert job_now(planned.id).state is JobState.COMPLETED
    assert crfs(encode) == [each.crf for each in chosen]
    assert f"180p: CRF {chosen[0].crf} for VMAF" in attempts_of(planned.id)[0].log_tail
    with database.transaction() as session:
        video = session.get_one(Video, planned.video_id)
        principal = Principal(video.id, video.team_id, "a@example.com", video.id, frozenset(Scope))
        outline = plans.of_video(session, principal, video.id)
    assert [(rung.crf, rung.vmaf) for rung in outline.rungs] == [(each.crf, each.vmaf) for each in chosen]


def test_a_lost_attempt_is_made_again_and_what_it_found_is_kept(planned: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    tune, encode = part(planned, JobKind.TUNE), part(planned, JobKind.ENCODE)

    def away(*_: object, **__: object) -> bool:
        raise StorageFailed

    with monkeypatch.context() as patched:
        patched.setattr(vmaf_samples, "cut", away)
        attempt.perform(tune.id)
    assert (job_now(tune.id).state, job_now(encode.id).held) == (JobState.RETRYING, True)

    with database.transaction() as session:
        session.get_one(Job, tune.id).next_attempt_at = None
    told = {"chosen": [{"rung": "180p", "crf": 30, "vmaf": 80.5}]}
    with database.transaction() as session:
        for job in (session.get_one(Job, tune.id), session.get_one(Job, planned.id)):
            job.recipe = {**(job.recipe or {}), **told}

    def sought_again(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(handler, "_found", sought_again)
    attempt.perform(tune.id)
    assert job_now(tune.id).state is JobState.COMPLETED, attempts_of(tune.id)[-1].log_tail
    assert (job_now(encode.id).held, (job_now(encode.id).recipe or {})["chosen"]) == (False, told["chosen"])


def test_a_cancel_ends_what_is_held_too(planned: Job) -> None:
    with database.transaction() as session:
        requests.cancel(session, job=job_now(planned.id))
    assert {each.state for each in parts_of(planned)} == {JobState.CANCELLED}


def test_without_libvmaf_the_usual_crf_is_used(planned: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "measures_vmaf", lambda: False)
    attempt.perform(part(planned, JobKind.TUNE).id)
    encode = part(planned, JobKind.ENCODE)
    assert not encode.held
    attempt.perform(encode.id)
    assert job_now(encode.id).state is JobState.COMPLETED
    assert crfs(encode) == [22, 22]
