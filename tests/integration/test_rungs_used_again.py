"""A preset that changes in one rung encodes that rung alone. With the real FFmpeg, on real services."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select, update

from mediaproc import database
from mediaproc.domain.errors import EncodeFailed
from mediaproc.domain.states import JobKind, JobState
from mediaproc.domain.tables import Job, Leftover, Rendition, Video, now
from mediaproc.media import chunks
from mediaproc.media.commands import download
from mediaproc.operations import playback
from mediaproc.operations.jobs import execution, maintenance, requests
from mediaproc.settings import settings
from mediaproc.storage import objects
from mediaproc.storage.client import client
from mediaproc_worker import attempt
from mediaproc_worker.consumer import bound_huey
from testing import clips
from testing.jobs import attempts_of, forget_waiting, job_now, parts_of, perform_all
from testing.videos import fetched, renditions_of, segments_of, stitched, video_now
from tests.integration.conftest import Account
from tests.integration.test_team_presets import uploaded_for

URL = "/api/v1/presets"
LARGE, SMALL = {"height": 180, "crf": 24}, {"height": 144, "crf": 26}
LADDER: dict[str, Any] = {"name": "ladder", "title": "Ladder", "rungs": [LARGE, SMALL]}
MPEG4 = ("-c:v", "mpeg4", "-q:v", "5", "-g", "10", "-c:a", "aac")


@pytest.fixture(autouse=True)
def _worker(connected: dict[str, str]) -> None:
    bound_huey()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clips.make(tmp_path_factory.mktemp("clip") / "clip.mp4", size="320x180", seconds=5, rate="10", encode=MPEG4)


@pytest.fixture
def owner(account: Callable[[], Account]) -> Account:
    made = account()
    assert made.client.post(URL, json=LADDER).status_code == 201
    return made


def processed(owner: Account, source: Path, preset: str = "ladder") -> Job:
    """The completed job of a new video."""
    return done(uploaded_for(owner, source, preset))


def again(job: Job, preset: str = "ladder") -> Job:
    """A job that processes its video once more."""
    with database.transaction() as session:
        return requests.reprocess(session, video=session.get_one(Video, job.video_id), preset=preset)


def done(job: Job) -> Job:
    perform_all(job)
    ended = job_now(job.id)
    assert ended.state is JobState.COMPLETED, attempts_of(job.id)[-1].log_tail
    return ended


def change(owner: Account, **recipe: Any) -> None:
    assert owner.client.patch(f"{URL}/ladder", json=recipe).status_code == 200


def planned(owner: Account, job: Job) -> dict[str, Any]:
    """What the API tells of what is done with the job's video."""
    return owner.client.get(f"/api/v1/videos/{job.video_id}/plan").json()


def etags(rendition: Rendition) -> list[str]:
    """What storage says of its init segment and segments: digests of their bytes."""
    found = [objects.head(key) for key in (rendition.init_key, *(each.object_key for each in segments_of(rendition)))]
    return [each.etag if each else "gone" for each in found]


def made_by(job: Job, name: str) -> Rendition:
    with database.transaction() as session:
        mine = (col(Rendition.video_id) == job.video_id, col(Rendition.attempt) == job.attempt)
        return session.exec(select(Rendition).where(*mine, col(Rendition.name) == name)).one()


def encoded_by(job: Job) -> list[str]:
    """The files that the FFmpegs of a job's parts that encode wrote, one FFmpeg after another."""
    encodes = [each for each in parts_of(job) if each.kind in (JobKind.ENCODE, JobKind.AUDIO, JobKind.REMUX)]
    words = [word for each in encodes for word in attempts_of(each.id)[-1].command.split()]
    return [word.removesuffix(".cmaf") for word in words if word.endswith(".cmaf")]


def sweep() -> None:
    with database.transaction() as session:
        session.exec(update(Leftover).values(sweep_after=now()))
    maintenance.sweep_leftovers(limit=1000)


def test_a_changed_rung_is_encoded_alone(clip: Path, owner: Account, tmp_path: Path) -> None:
    first = processed(owner, clip)
    assert sorted(encoded_by(first)) == ["144p", "180p", "audio"]
    before = {name: etags(row) for name, row in renditions_of(first.video_id).items()}
    change(owner, rungs=[LARGE, {"height": 144, "crf": 38}])
    second = again(first)
    assert planned(owner, second)["reused"] == []
    second = done(second)
    assert encoded_by(second) == ["144p"]
    plan = planned(owner, second)
    assert (plan["reused"], [step["name"] for step in plan["steps"]][:2]) == (["180p", "audio"], ["Encode", "Poster"])
    assert "180p.cmaf" not in plan["steps"][0]["command"]
    assert "Encoded before in the same way, and used again: 180p, audio" in attempts_of(second.id)[-1].log_tail
    sweep()
    made = renditions_of(first.video_id)
    assert {name: (row.attempt, row.reused) for name, row in made.items()} == {
        "180p": (2, True), "144p": (2, False), "audio": (2, True)
    }  # fmt: skip
    assert etags(made["180p"]) == before["180p"]
    assert etags(made["audio"]) == before["audio"]
    assert etags(made["144p"]) != before["144p"]
    assert "gone" not in etags(made["144p"])
    assert_it_plays(second, made, tmp_path)


def assert_it_plays(job: Job, made: dict[str, Rendition], folder: Path) -> None:
    """Both rungs are listed, cut at the same times, whole, and to be downloaded with their sound."""
    video = video_now(job.video_id)
    assert (video.output_attempt, video.playable) == (job.attempt, True)
    with database.transaction() as session:
        top, dash = playback.multivariant_playlist(session, video), playback.dash_manifest(session, video)
        lists = {name: playback.media_playlist(session, video, name) for name in made}
    assert [size for size in ("320x180", "256x144") if f"RESOLUTION={size}" in top] == ["320x180", "256x144"]
    assert all(f'id="{name}"' in dash for name in made)
    assert all("#EXT-X-ENDLIST" in text for text in lists.values())
    times = [[line for line in lists[name].splitlines() if "#EXTINF" in line] for name in ("180p", "144p")]
    assert times[0] == times[1]
    for name in ("180p", "144p"):
        assert (
            clips.decode(stitched(made[name], folder)).frames
            == clips.decode(fetched(made[name].mp4_key, folder)).frames
            == 50
        )
        assert clips.decode(fetched(made[name].mp4_key, folder), "a:0").frames > 200
    assert objects.head(video.poster_key or "")


def test_a_new_sound_leaves_the_pictures_and_a_new_title_leaves_everything(
    clip: Path, owner: Account, tmp_path: Path
) -> None:
    first = processed(owner, clip)
    before = {name: etags(row) for name, row in renditions_of(first.video_id).items()}
    change(owner, audio={"bitrate_bps": 64_000, "channels": 1})
    second = done(again(first))
    assert encoded_by(second) == ["audio"]
    assert etags(made_by(second, "144p")) == before["144p"]
    (sound,) = clips.ffprobe(fetched(made_by(second, "144p").mp4_key, tmp_path), "-select_streams", "a")["streams"]
    assert sound["channels"] == 1
    change(owner, title="Stairs")
    third = again(second)
    assert planned(owner, third)["reused"] == [], "nobody has looked yet"
    third = done(third)
    assert encoded_by(third) == []
    assert planned(owner, third)["chunks"] == []
    assert_it_plays(third, {name: made_by(third, name) for name in ("180p", "144p", "audio")}, tmp_path)


def test_another_video_of_the_same_file_shares_what_is_alike_and_outlives_the_first(
    clip: Path, owner: Account, account: Callable[[], Account], tmp_path: Path
) -> None:
    first = processed(owner, clip)
    owner.client.post(URL, json=LADDER | {"name": "tall", "rungs": [{"height": 162}, SMALL]})
    second = processed(owner, clip, "tall")
    assert encoded_by(second) == ["162p"]
    other = account()
    other.client.post(URL, json=LADDER)
    assert sorted(encoded_by(processed(other, clip))) == ["144p", "180p", "audio"]
    assert owner.client.delete(f"/api/v1/videos/{first.video_id}").status_code == 204
    sweep()
    made = renditions_of(second.video_id)
    assert clips.decode(stitched(made["144p"], tmp_path)).frames == 50
    assert etags(made["144p"]).count("gone") == etags(made["audio"]).count("gone") == 0


def test_a_file_comes_along_with_a_rung_whose_sound_is_the_same(
    clip: Path, owner: Account, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It is the same bits: to read all segments and send them again would cost minutes of a long video."""
    remuxed: list[str] = []
    remux = download.mp4_arguments

    def counted(rendition: str, **audio: Any) -> list[str]:
        remuxed.append(rendition)
        return remux(rendition, **audio)

    monkeypatch.setattr(download, "mp4_arguments", counted)
    first = processed(owner, clip)
    file = objects.get_bytes(made_by(first, "180p").mp4_key or "")
    change(owner, rungs=[LARGE, {"height": 144, "crf": 38}])
    second = done(again(first))
    row = made_by(second, "180p")
    assert objects.get_bytes(row.mp4_key or "") == file
    assert (row.mp4_size_bytes, row.finished) == (len(file), True)
    change(owner, mute=True)
    third = done(again(second))
    assert remuxed == ["180p", "144p", "144p", "180p", "144p"]
    assert not clips.ffprobe(fetched(made_by(third, "180p").mp4_key, tmp_path), "-select_streams", "a")["streams"]


def test_what_there_is_plays_at_once_and_alone_until_the_rest_is_whole(owner: Account, tmp_path: Path) -> None:
    """A source that could play as it is need not be copied for that."""
    source = clips.make(tmp_path / "plays.mp4", size="320x180", seconds=2)
    assert JobKind.REMUX in [each.kind for each in parts_of(processed(owner, source))]
    change(owner, rungs=[{"height": 180, "crf": 38}, SMALL])
    second = uploaded_for(owner, source, "ladder")
    attempt.perform(second.id)
    encode, poster = parts_of(second)
    assert (encode.kind, poster.kind) == (JobKind.ENCODE, JobKind.POSTER)
    assert sizes_played(second) == ["256x144"]
    attempt.perform(encode.id)
    assert sizes_played(second) == ["256x144"]
    perform_all(second)
    assert sorted(sizes_played(second)) == ["256x144", "320x180"]


def test_sound_alone_does_not_keep_a_source_from_playing_as_it_is(owner: Account, tmp_path: Path) -> None:
    source = clips.make(tmp_path / "plays.mp4", size="320x180", seconds=2)
    first = processed(owner, source)
    change(owner, rungs=[{"height": 180, "crf": 38}])
    second = processed(owner, source)
    assert encoded_by(second) == ["instant", "audio", "180p"]
    assert "gone" not in etags(made_by(second, "audio"))
    change(owner, rungs=[{"height": 180, "crf": 36}])
    assert encoded_by(done(again(first))) == ["180p"], "its old output plays meanwhile"


def sizes_played(job: Job) -> list[str]:
    with database.transaction() as session:
        top = playback.multivariant_playlist(session, session.get_one(Video, job.video_id))
    return re.findall(r"#EXT-X-STREAM-INF:.*RESOLUTION=(\d+x\d+)", top)


def test_who_asks_for_the_very_same_once_more_has_it_made_anew(clip: Path, owner: Account) -> None:
    first = processed(owner, clip)
    assert sorted(encoded_by(done(again(first)))) == ["144p", "180p", "audio"]


def test_what_is_gone_from_storage_is_encoded(clip: Path, owner: Account) -> None:
    first = processed(owner, clip)
    gone = segments_of(made_by(first, "180p"))[1].object_key
    client().delete_object(Bucket=settings().s3_bucket, Key=gone)
    change(owner, title="Stairs")
    second = done(again(first))
    assert encoded_by(second) == ["180p"]
    assert "gone" not in etags(made_by(second, "180p"))


def test_a_worker_that_dies_while_it_copies_takes_nothing_along(
    clip: Path, owner: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next attempt copies to objects of its own, and what plays stays as it is until that is whole."""
    first = processed(owner, clip)
    shown = etags(made_by(first, "144p"))
    change(owner, rungs=[{"height": 180, "crf": 38}, SMALL])
    second, copy, copied = again(first), objects.copy, list[str]()

    def copy_and_die(key: str, to: str, *, large: bool = False) -> None:
        copy(key, to, large=large)
        copied.append(to)
        with database.transaction() as session:
            mine = (col(Job.id) == second.id, col(Job.attempt) == 2)
            session.exec(update(Job).where(*mine).values(lease_expires_at=now().replace(year=2000)))
            maintenance.rescue_expired(session)

    monkeypatch.setattr(objects, "copy", copy_and_die)
    attempt.perform(second.id)
    monkeypatch.undo()
    assert (job_now(second.id).state, parts_of(second)) == (JobState.RETRYING, [])
    assert etags(made_by(first, "144p")) == shown
    second = done(second)
    assert (second.attempt, encoded_by(second)) == (3, ["180p"])
    sweep()
    assert copied
    assert not any(objects.head(key) for key in copied)
    assert etags(made_by(second, "144p")) == shown


def test_what_does_not_fit_together_is_encoded_as_a_whole(clip: Path, owner: Account) -> None:
    """As where a damaged source was decoded otherwise then."""
    first = processed(owner, clip)
    change(owner, rungs=[LARGE])
    second = again(first)
    attempt.perform(second.id)
    (poster,) = parts_of(second)
    with database.transaction() as session:
        session.get_one(Job, poster.id).max_attempts = 1
        claim = execution.claim(session, job_id=poster.id, worker="test:1")
    assert claim
    with database.transaction() as session:
        execution.fail(session, claim, EncodeFailed())
    assert job_now(second.id).state is JobState.RETRYING
    assert encoded_by(done(second)) == ["audio", "180p"]


def test_chunks_are_cut_where_they_were(tmp_path: Path, owner: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TARGET_SECONDS", "_SHORTEST_SECONDS", "_LONGEST_SECONDS", "LONGEST_ALONE_SECONDS"):
        monkeypatch.setattr(chunks, name, getattr(chunks, name) / 4)
    source = clips.make(tmp_path / "long.mp4", size="320x180", seconds=20, rate="10", encode=MPEG4)
    first = processed(owner, source)
    before = etags(made_by(first, "180p"))
    change(owner, rungs=[LARGE, {"height": 144, "crf": 38}])
    second = done(again(first))
    assert encoded_by(second) == ["144p"] * 3
    made = {name: made_by(second, name) for name in ("180p", "144p")}
    assert etags(made["180p"]) == before
    frames = [clips.decode(fetched(row.mp4_key, tmp_path)).frames for row in made.values()]
    assert frames == [200, 200]
    edges = [[(each.number, each.span) for each in segments_of(row)] for row in made.values()]
    assert edges[0] == edges[1]


@pytest.fixture
def _measuring(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("MEASURE_VMAF", "1")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.usefixtures("_measuring", "small_screen")
def test_what_was_measured_is_not_measured_again(clip: Path, owner: Account) -> None:
    first = processed(owner, clip)
    with database.transaction() as session:
        session.exec(update(Rendition).where(col(Rendition.video_id) == first.video_id).values(vmaf=91.5))
    change(owner, rungs=[LARGE, {"height": 144, "crf": 38}])
    second = done(again(first))
    (measure,) = [each for each in parts_of(second) if each.kind is JobKind.MEASURE]
    attempt.perform(measure.id)
    assert made_by(second, "180p").vmaf == 91.5
    found = made_by(second, "144p").vmaf
    assert found is not None
    assert found != 91.5
    change(owner, title="Stairs")
    assert JobKind.MEASURE not in [each.kind for each in parts_of(done(again(second)))]
    forget_waiting()
