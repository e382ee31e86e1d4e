"""A team's own presets, through the API and to what they make, on real services."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from mediaproc import database
from mediaproc.domain.errors import Detail
from mediaproc.domain.states import JobState
from mediaproc.domain.tables import Job, Rendition, TeamImage, Video
from mediaproc.media.commands import poster
from mediaproc.operations import images, videos
from mediaproc.operations.jobs import requests
from mediaproc.settings import settings
from mediaproc.storage import keys
from mediaproc.storage.client import client
from mediaproc_worker.consumer import bound_huey
from testing import clips
from testing.jobs import attempts_of, job_now, perform_all
from testing.videos import fetched, renditions_of, video_now
from tests.integration.conftest import Account

Accounts = Callable[[], Account]
URL = "/api/v1/presets"
TRAILER: dict[str, Any] = {"name": "trailer", "title": "Trailer", "rungs": [{"height": 180}]}


@pytest.fixture(autouse=True)
def _worker(connected: dict[str, str]) -> None:
    bound_huey()


def names(account: Account) -> list[tuple[str, int]]:
    return [(each["name"], each["version"]) for each in account.client.get(URL).json()["items"] if each["recipe"]]


def uploaded_for(account: Account, source: Path, preset: str) -> Job:
    """The job of a video of this account whose bytes are in storage."""
    with database.transaction() as session:
        video = Video(
            team_id=account.principal.team_id, filename=source.name, title=source.stem, preset=preset,
            source_key="", size_bytes=source.stat().st_size,
        )  # fmt: skip
        video.source_key = keys.source(video.id, source.name)
        session.add(video)
        session.flush()
        client().upload_file(str(source), settings().s3_bucket, video.source_key)
        return requests.enqueue(session, video=video, preset=preset)


def test_a_preset_is_made_changed_and_retired(account: Accounts) -> None:
    mine, other = account(), account()
    made = mine.client.post(URL, json=TRAILER)
    assert (made.status_code, made.json()["version"]) == (201, 1)
    assert made.json()["rungs"][0]["name"] == "180p"
    assert mine.client.post(URL, json=TRAILER).status_code == 409
    assert mine.client.post(URL, json=TRAILER | {"name": "web"}).status_code == 409
    changed = mine.client.patch(f"{URL}/trailer", json={"frame_rate_cap": 24})
    assert (changed.status_code, changed.json()["version"], changed.json()["frame_rate_cap"]) == (200, 2, 24)
    assert mine.client.patch(f"{URL}/trailer", json={"frame_rate_cap": 24}).json()["version"] == 2, "no change"
    assert (names(mine), names(other)) == ([("trailer", 2)], [])
    assert other.client.patch(f"{URL}/trailer", json={"title": "Theirs"}).status_code == 404
    assert other.client.delete(f"{URL}/trailer").status_code == 404
    assert mine.client.delete(f"{URL}/web").status_code == 409
    assert mine.client.delete(f"{URL}/trailer").status_code == 204
    assert mine.client.delete(f"{URL}/trailer").status_code == 404
    assert names(mine) == []
    assert mine.client.post(URL, json=TRAILER).json()["version"] == 3, "no two recipes share a name and a version"


def test_what_is_wrong_is_said_in_words(account: Accounts) -> None:
    mine = account()
    answer = mine.client.post(URL, json=TRAILER | {"rungs": [{"height": 181}], "name": "Bad Name"})
    assert answer.status_code == 422
    assert {each["field"]: each["message"] for each in answer.json()["errors"]}["rungs.0.height"] == (
        "A height must be an even number"
    )
    mine.client.post(URL, json=TRAILER)
    answer = mine.client.patch(f"{URL}/trailer", json={"rotate": 45})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "rotate")
    assert names(mine) == [("trailer", 1)]


def test_only_offered_presets_can_be_asked_for(account: Accounts) -> None:
    mine, other = account(), account()
    mine.client.post(URL, json=TRAILER)
    wanted = {"filename": "a.mp4", "size_bytes": 5, "preset": "trailer"}
    assert mine.client.post("/api/v1/uploads", json=wanted).status_code == 201
    refused = other.client.post("/api/v1/uploads", json=wanted)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "preset")
    mine.client.delete(f"{URL}/trailer")
    assert mine.client.post("/api/v1/uploads", json=wanted).status_code == 422


def test_a_video_is_made_by_the_version_that_was_asked_for(account: Accounts, tmp_path: Path) -> None:
    """White on the left: trimmed, its right half cut off, turned, muted and thinned out it is a white upright clip."""
    mine = account()
    edits = {
        "trim": {"start_seconds": 1, "end_seconds": 2.5}, "crop": {"right": 0.5}, "rotate": 90, "mute": True,
        "frame_rate_cap": 10,
    }  # fmt: skip
    assert mine.client.post(URL, json=TRAILER | edits).status_code == 201
    source = clips.make(
        tmp_path / "half.mp4", size="640x360", seconds=3, pattern="color=white",
        filters="drawbox=x=iw/2:w=iw/2:color=black:t=fill",
    )  # fmt: skip
    job = uploaded_for(mine, source, "trailer")
    mine.client.patch(f"{URL}/trailer", json={"rungs": [{"height": 144}]})
    mine.client.delete(f"{URL}/trailer")
    perform_all(job)
    assert job_now(job.id).state is JobState.COMPLETED, attempts_of(job.id)[-1].log_tail
    video = video_now(job.video_id)
    assert (video.width, video.height, video.duration_seconds) == (360, 320, 1.5)
    with database.transaction() as session:
        (made,) = session.exec(select(Rendition).where(col(Rendition.video_id) == video.id)).all()
    assert (made.name, made.width, made.height) == ("180p", 202, 180)
    file, still = tmp_path / "made.mp4", tmp_path / "poster.jpg"
    client().download_file(settings().s3_bucket, made.mp4_key, str(file))
    client().download_file(settings().s3_bucket, video.poster_key, str(still))
    assert [each["codec_type"] for each in clips.ffprobe(file)["streams"]] == ["video"]
    decoded = clips.decode(file)
    assert (decoded.frames, decoded.end_seconds) == (15, pytest.approx(1.5, abs=0.03))
    for picture in (file, still):
        printed = clips.ffmpeg(
            "-i", str(picture), "-frames:v", "1", "-vf", "signalstats,metadata=print:file=-", "-f", "null", "-"
        )  # fmt: skip
        assert poster.parse_stats(printed).mean > 200
    view = mine.client.get(f"/api/v1/videos/{video.id}").json()
    assert (view["preset"], view["preset_version"]) == ("trailer", 1)
    with database.transaction() as session:
        known = videos.jobs(session, mine.principal, video.id)
    assert {(each.preset, each.preset_version) for each in known} == {("trailer", 1)}


def test_a_part_that_is_not_there_ends_with_a_sentence(account: Accounts, tmp_path: Path) -> None:
    mine = account()
    mine.client.post(URL, json=TRAILER | {"trim": {"start_seconds": 30}})
    job = uploaded_for(mine, clips.make(tmp_path / "short.mp4", size="64x48", seconds=1), "trailer")
    perform_all(job)
    ended = job_now(job.id)
    assert (ended.state, ended.error_code) == (JobState.FAILED, "beyond_limits")
    assert "begins after 30 s" in (ended.error_detail or "")


def test_a_watermark_and_subtitles_become_a_part_of_the_picture(account: Accounts, tmp_path: Path) -> None:
    """A grey clip with one line of text in its second second, and a red square in its upper right corner."""
    mine, other = account(), account()
    red = png(tmp_path / "red.png")
    kept = mine.client.post("/api/v1/images", content=red, headers={"Content-Type": "image/png"})
    assert (kept.status_code, kept.json()["width"], kept.json()["size_bytes"]) == (201, 20, len(red))
    assert mine.client.get(f"/api/v1/images/{kept.json()['id']}").content == red
    mark = {"image": kept.json()["id"], "corner": "top-right", "size": 0.2}
    asked = TRAILER | {"watermark": mark, "subtitles": "burn-in"}
    refused = other.client.post(URL, json=asked)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "watermark.image")
    assert mine.client.post(URL, json=asked).status_code == 201
    job = uploaded_for(mine, subtitled(tmp_path), "trailer")
    perform_all(job)
    assert job_now(job.id).state is JobState.COMPLETED, attempts_of(job.id)[-1].log_tail
    made = renditions_of(job.video_id)
    assert set(made) == {"180p"}, "neither the source itself nor a track beside it"
    mp4 = fetched(made["180p"].mp4_key, tmp_path)
    assert redness(mp4, "crop=20:20:288:10") > 0.9
    assert redness(mp4, "crop=20:20:10:10") < 0.1
    before, while_said = (brightest(mp4, at) for at in (0.5, 1.5))
    assert before < 140 < 180 < while_said
    poster_file = fetched(video_now(job.video_id).poster_key, tmp_path)
    assert redness(poster_file, "crop=20:20:288:10") > 0.9
    assert "Burning in the subtitles" in attempts_of(job.id)[-1].log_tail


def png(path: Path) -> bytes:
    clips.ffmpeg("-f", "lavfi", "-i", "color=red:s=20x20,format=rgba", "-frames:v", "1", str(path))
    return path.read_bytes()


def subtitled(folder: Path) -> Path:
    (folder / "said.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nÄÖ мир\n")
    clips.ffmpeg(
        "-f", "lavfi", "-i", "color=gray:s=320x180:r=10:d=2", "-i", str(folder / "said.srt"),
        "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", str(folder / "said.mkv"),
    )  # fmt: skip
    return folder / "said.mkv"


def redness(file: Path, crop: str) -> float:
    """How red a part of the first picture is, 0 to 1."""
    red, green, _ = pixel(file, 0.0, f"{crop},scale=1:1:flags=area")
    return (red - green) / 255


def brightest(file: Path, at: float) -> int:
    """The brightest value in the lower third of the picture."""
    return max(pixel(file, at, "crop=iw:ih/3:0:ih*2/3"))


def pixel(file: Path, at: float, filters: str) -> bytes:
    done = subprocess.run(
        [clips.FFMPEG, "-nostdin", "-v", "error", "-ss", str(at), "-i", str(file), "-frames:v", "1",
         "-vf", f"{filters},format=rgb24", "-f", "rawvideo", "-"], capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize(
    ("content", "status", "sentence"),
    [
        (b"", 422, Detail.IMAGE_NOT_PNG),
        (b"\xff\xd8\xff\xe0 a photograph", 422, Detail.IMAGE_NOT_PNG),
        (b"\x89PNG\r\n\x1a\n" + bytes(1024**2), 422, Detail.IMAGE_BYTES.format(kib=1024)),
    ],
)
def test_what_is_no_small_png_is_no_watermark(account: Accounts, content: bytes, status: int, sentence: str) -> None:
    answer = account().client.post("/api/v1/images", content=content)
    assert (answer.status_code, answer.json()["detail"]) == (status, sentence)


def test_an_image_that_is_cut_off_or_too_wide_is_refused(account: Accounts, tmp_path: Path) -> None:
    mine = account()
    assert mine.client.post("/api/v1/images", content=png(tmp_path / "red.png")[:-30]).status_code == 422
    clips.ffmpeg("-f", "lavfi", "-i", "color=red:s=2050x2", "-frames:v", "1", str(tmp_path / "wide.png"))
    answer = mine.client.post("/api/v1/images", content=(tmp_path / "wide.png").read_bytes())
    assert answer.json()["detail"] == Detail.IMAGE_PIXELS.format(most=2048, width=2050, height=2)


def test_images_that_no_preset_names_make_room(
    account: Accounts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(images, "MOST_OF_A_TEAM", 2)
    mine = account()
    kept = [keep(mine, tmp_path, colour) for colour in ("red", "blue")]
    mine.client.post(URL, json=TRAILER | {"watermark": {"image": kept[0]}})
    full = mine.client.post("/api/v1/images", content=coloured(tmp_path, "green"))
    assert (full.status_code, full.json()["code"]) == (409, "conflict")
    with database.transaction() as session:
        for row in session.exec(select(TeamImage)).all():
            row.created_at -= timedelta(days=2)
    assert keep(mine, tmp_path, "green")
    found = [mine.client.get(f"/api/v1/images/{each}").status_code for each in kept]
    assert found == [200, 404], "one is named by a preset"


def keep(account: Account, folder: Path, colour: str) -> str:
    return account.client.post("/api/v1/images", content=coloured(folder, colour)).json()["id"]


def coloured(folder: Path, colour: str) -> bytes:
    clips.ffmpeg("-f", "lavfi", "-i", f"color={colour}:s=2x2", "-frames:v", "1", str(folder / f"{colour}.png"))
    return (folder / f"{colour}.png").read_bytes()
