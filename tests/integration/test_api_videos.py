"""The library and its playback, with videos made by the worker's own verbs and objects in a real S3."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import redis
from fastapi.testclient import TestClient
from sqlalchemy import event, insert, text
from sqlmodel import select

from mediaproc import database
from mediaproc.domain.errors import NotAVideo, WorkerStopping
from mediaproc.domain.states import RenditionKind, VideoStatus
from mediaproc.domain.tables import Job, Leftover, Video
from mediaproc.events import publisher
from mediaproc.events.messages import Event, EventType
from mediaproc.operations import cursors, event_snapshots
from mediaproc.operations.jobs import execution, maintenance, requests
from mediaproc.operations.jobs.execution import Claim, NewRendition, NewSegment
from mediaproc.settings import settings
from mediaproc.storage import keys
from mediaproc.storage.client import client as s3
from testing import clips
from tests.integration.conftest import ORIGIN, Account

Accounts = Callable[[], Account]


def make_video(
    account: Account, *, title: str = "clip", filename: str = "clip.mov", queued: bool = True, **more: object
) -> UUID:
    """A video whose upload is done, without one."""
    principal = account.principal
    with database.transaction() as session:
        told = {"size_bytes": 7, **more}
        video = Video(team_id=principal.team_id, filename=filename, title=title, source_key="", **told)  # type: ignore[arg-type]
        video.source_key = keys.source(video.id, filename)
        session.add(video)
        session.flush()
        if queued:
            requests.enqueue(session, video=video, preset="web")
    return video.id


def claim(video_id: UUID) -> Claim:
    with database.transaction() as session:
        job = requests.newest(session, video_id=video_id)
        assert job is not None
        got = execution.claim(session, job_id=job.id, worker="test-1")
    assert got is not None
    return got


def put(key: str, body: bytes) -> None:
    s3().put_object(Bucket=settings().s3_bucket, Key=key, Body=body)


def begin_output(work: Claim, *, segments: int = 2) -> dict[str, UUID]:
    """Two sizes and the sound, with segments in S3; the video is playable from then on."""
    ids: dict[str, UUID] = {}
    for name, height in (("1080p", 1080), ("480p", 480), ("audio", 0)):
        init_key = keys.init_segment(work.video_id, work.attempt, name)
        put(init_key, b"init of " + name.encode())
        codecs = "avc1.640028" if height else "mp4a.40.2"
        kind = RenditionKind.VIDEO if height else RenditionKind.AUDIO
        new = NewRendition(name=name, codec="h264" if height else "aac", codecs=codecs, init_key=init_key, kind=kind,
                           width=height * 16 // 9, height=height, bitrate_bps=1000, peak_bitrate_bps=2000)  # fmt: skip
        with database.transaction() as session:
            ids[name] = execution.add_rendition(session, work, new)
    for number in range(segments):
        add_segment(work, ids, number)
    with database.transaction() as session:
        execution.set_poster(session, work, keys.poster(work.video_id, work.attempt))
        execution.mark_playable(session, work)
    put(keys.poster(work.video_id, work.attempt), b"a poster")
    return ids


def add_segment(work: Claim, ids: dict[str, UUID], number: int) -> None:
    for name, id in ids.items():
        key = keys.segment(work.video_id, work.attempt, name, number)
        put(key, f"segment {number} of {name}".encode())
        new = NewSegment(number=number, object_key=key, duration_seconds=4.0, size_bytes=9)
        with database.transaction() as session:
            execution.add_segments(session, work, id, [new])


def finish_output(work: Claim, ids: dict[str, UUID]) -> None:
    for name, id in ids.items():
        key = keys.download(work.video_id, work.attempt, name) if name != "audio" else None
        if key:
            put(key, f"mp4 of {name}".encode())
        with database.transaction() as session:
            execution.finish_rendition(session, work, id, mp4_key=key, mp4_size_bytes=11 if key else None)
    with database.transaction() as session:
        execution.complete(session, work)


def completed(account: Account, **named: Any) -> UUID:
    video_id = make_video(account, **named)
    work = claim(video_id)
    finish_output(work, begin_output(work))
    return video_id


def failed(account: Account) -> UUID:
    video_id = make_video(account)
    with database.transaction() as session:
        execution.fail(session, claim(video_id), NotAVideo("This file is not a video (text/plain)"))
    return video_id


# Looking ----------------------------------------------------------------------------------------------------


def test_a_video_is_what_the_contract_says(account: Accounts) -> None:
    mine = account()
    video = mine.client.get(f"/api/v1/videos/{completed(mine)}").json()
    assert set(video) == {
        *(
            "id",
            "filename",
            "title",
            "status",
            "playable",
            "progress",
            "preset",
            "preset_version",
            "size_bytes",
            "duration_seconds",
        ),
        *("width", "height", "frame_rate", "created_at", "ready_at", "error", "poster_url", "playback", "renditions"),
        *("job", "priority", "preview", "tracks", "queue"),
    }
    assert (video["status"], video["playable"], video["progress"], video["error"]) == ("completed", True, 100.0, None)
    assert video["created_at"].endswith("Z")
    assert [each["name"] for each in video["renditions"]] == ["1080p", "480p"]
    assert set(video["renditions"][0]) == {
        *("id", "name", "height", "width", "codec", "suffix", "bitrate_bps", "size_bytes", "vmaf"),
    }
    assert video["renditions"][0]["size_bytes"] == 11
    assert set(video["job"]) == {
        *("id", "status", "attempt_count", "max_attempts", "next_attempt_at", "preset", "preset_version", "error"),
    }
    assert (video["job"]["status"], video["job"]["attempt_count"], video["job"]["max_attempts"]) == ("completed", 1, 3)


def test_a_poster_is_found_at_an_address_that_stays(account: Accounts) -> None:
    mine = account()
    path = f"/api/v1/videos/{completed(mine)}"
    first = mine.client.get(path).json()
    assert httpx.get(first["poster_url"]).content == b"a poster"
    assert mine.client.get(path).json()["poster_url"] == first["poster_url"]


def test_progress_is_the_newest_that_was_reported(account: Accounts) -> None:
    mine = account()
    video_id = make_video(mine)
    work = claim(video_id)
    with database.transaction() as session:
        execution.heartbeat(session, job_id=work.job_id, attempt=work.attempt, progress=20.0)
    data = {"video_id": str(video_id), "progress": 45.2, "stage": "encode", "attempt": work.attempt}
    publisher.publish(Event(EventType.PROGRESS, work.team_id, video_id, data))
    assert mine.client.get(f"/api/v1/videos/{video_id}").json()["progress"] == 45.2
    assert mine.client.get("/api/v1/videos").json()["items"][0]["progress"] == 45.2


def test_a_new_attempt_does_not_begin_where_the_last_one_was(account: Accounts) -> None:
    """Redis may have been away when the status changed, and then still has the last attempt's progress."""
    mine = account()
    video_id = make_video(mine)
    first = claim(video_id)
    with database.transaction() as session:
        execution.release(session, first, WorkerStopping())
    second = claim(video_id)
    assert second.attempt != first.attempt
    data = {"video_id": str(video_id), "progress": 61.5, "stage": "encode", "attempt": first.attempt}
    publisher.publish(Event(EventType.PROGRESS, first.team_id, video_id, data))
    assert mine.client.get(f"/api/v1/videos/{video_id}").json()["progress"] == 0.0
    with database.transaction() as session:
        assert event_snapshots.of_video(session, mine.principal, video_id).progress is None


def test_progress_falls_back_to_the_row_when_redis_is_away(account: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = account()
    video_id = make_video(mine)
    work = claim(video_id)
    with database.transaction() as session:
        execution.heartbeat(session, job_id=work.job_id, attempt=work.attempt, progress=20.0)
    with monkeypatch.context() as broken:
        broken.setattr(publisher, "connection", lambda: redis.Redis(port=1))
        assert mine.client.get(f"/api/v1/videos/{video_id}").json()["progress"] == 20.0


def test_a_failure_says_why_and_its_attempts_are_shown(account: Accounts) -> None:
    mine = account()
    video_id = failed(mine)
    video = mine.client.get(f"/api/v1/videos/{video_id}").json()
    reason = {"code": "not_a_video", "detail": "This file is not a video (text/plain)"}
    assert (video["status"], video["error"]) == ("failed", reason)
    assert mine.client.post(f"/api/v1/videos/{video_id}/retry").status_code == 202
    work = claim(video_id)
    with database.transaction() as session:
        execution.note(session, work, command="ffmpeg -i x", log_tail="frame=1")
    newest, first = mine.client.get(f"/api/v1/videos/{video_id}/jobs").json()["items"]
    assert (first["status"], first["error"], first["attempts"][0]["outcome"]) == ("failed", reason, "failed")
    assert (newest["status"], newest["attempt_count"], newest["max_attempts"]) == ("running", 1, 3)
    [attempt] = newest["attempts"]
    assert (attempt["worker"], attempt["command"], attempt["log_tail"]) == ("test-1", "ffmpeg -i x", "frame=1")
    assert (attempt["outcome"], attempt["ended_at"], attempt["number"]) == (None, None, 2)


# Lists ------------------------------------------------------------------------------------------------------


def test_pages_stay_stable_while_videos_are_added(account: Accounts) -> None:
    mine = account()
    made = [str(make_video(mine, queued=False)) for _ in range(7)]
    seen: list[str] = []
    cursor = None
    for _ in range(3):
        params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
        page = mine.client.get("/api/v1/videos", params=params).json()
        assert set(page) == {"items", "next_cursor"}
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        make_video(mine, queued=False)
    assert seen == made[::-1]
    assert cursor is None


def test_lists_are_narrowed_by_state_and_by_name(account: Accounts) -> None:
    mine = account()
    broken = failed(mine)
    holiday = make_video(mine, title="My 100%_Holiday", filename="a.mp4", queued=False)
    make_video(mine, title="other", filename="b.mp4", queued=False)

    def ids(**params: Any) -> list[str]:
        return [item["id"] for item in mine.client.get("/api/v1/videos", params=params).json()["items"]]

    assert ids(status="failed") == [str(broken)]
    assert len(ids(status=["failed", "uploading"])) == 3
    assert ids(q="holiday") == ids(q="100%_h") == ids(q="A.MP4") == [str(holiday)]
    assert ids(q="%") == [str(holiday)]
    assert ids(q="x\0y") == []


@pytest.mark.parametrize(
    "params", [{"limit": 0}, {"limit": 101}, {"cursor": "nonsense"}, {"cursor": "é"}, {"status": "ready"}]
)
def test_what_no_list_can_be_asked_is_refused(account: Accounts, params: dict[str, Any]) -> None:
    done = account().client.get("/api/v1/videos", params=params)
    assert (done.status_code, done.json()["code"]) == (422, "invalid")
    assert done.json()["errors"][0]["field"] == next(iter(params))


def _queries(client: TestClient, **params: Any) -> list[tuple[str, Any]]:
    """Every query that one page takes, with its parameters."""
    seen: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        seen.append((statement, parameters))

    event.listen(database.engine(), "before_cursor_execute", note)
    try:
        assert client.get("/api/v1/videos", params=params).status_code == 200
    finally:
        event.remove(database.engine(), "before_cursor_execute", note)
    return seen


def test_a_page_takes_the_same_few_queries_however_long(account: Accounts) -> None:
    mine = account()
    for _ in range(3):
        completed(mine)
    assert len(_queries(mine.client, limit=1)) == len(_queries(mine.client, limit=3)) == 6


@pytest.mark.parametrize("params", [{}, {"status": "failed"}, {"cursor": cursors.after(UUID(int=2**127))}])
def test_a_page_of_a_large_library_is_found_by_index(account: Accounts, params: dict[str, str]) -> None:
    mine = account()
    team_id = mine.principal.team_id
    with database.transaction() as session:
        rows = [
            Video(team_id=team_id, filename="x.mp4", title=f"{n}", source_key="k", size_bytes=1,
                  status=VideoStatus.COMPLETED).model_dump()
            for n in range(5_000)
        ]  # fmt: skip
        session.connection().execute(insert(Video), rows)
        session.connection().execute(text("ANALYZE video"))
    [(query, parameters)] = [each for each in _queries(mine.client, **params) if "FROM video" in each[0]]
    with database.engine().connect() as connection:
        plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"EXPLAIN {query}", parameters))
    assert "Index Scan" in plan, plan
    assert "Seq Scan" not in plan and "Sort" not in plan, plan


# Changing ---------------------------------------------------------------------------------------------------


def test_a_title_is_changed(account: Accounts) -> None:
    mine = account()
    path = f"/api/v1/videos/{make_video(mine)}"
    assert mine.client.patch(path, json={"title": "  A new\x00 \u202e title "}).json()["title"] == "A new title"
    for title in ("", "  ", "\x00", "x" * 256):
        assert mine.client.patch(path, json={"title": title}).status_code == 422
    assert mine.client.get(path).json()["title"] == "A new title"


def test_a_priority_is_chosen_with_the_upload_and_changed_later(account: Accounts) -> None:
    mine = account()
    body = {"filename": "a.mp4", "size_bytes": 1, "priority": "batch"}
    path = f"/api/v1/videos/{mine.client.post('/api/v1/uploads', json=body).json()['video_id']}"
    assert mine.client.get(path).json()["priority"] == "batch"
    changed = mine.client.patch(path, json={"priority": "interactive", "title": "Now"}).json()
    assert (changed["priority"], changed["title"]) == ("interactive", "Now")
    for wrong in ({}, {"priority": "urgent"}):
        assert mine.client.patch(path, json=wrong).status_code == 422
    assert account().client.patch(path, json={"priority": "batch"}).status_code == 404


def test_deleting_takes_the_rows_at_once_and_stops_the_work(account: Accounts) -> None:
    mine = account()
    video_id = make_video(mine)
    work = claim(video_id)
    begin_output(work)
    assert mine.client.delete(f"/api/v1/videos/{video_id}").status_code == 204
    assert mine.client.get(f"/api/v1/videos/{video_id}").status_code == 404
    with database.transaction() as session:
        assert not execution.heartbeat(session, job_id=work.job_id, attempt=work.attempt)
        assert not session.exec(select(Job).where(Job.video_id == video_id)).all()
        prefixes = [row.prefix for row in session.exec(select(Leftover)).all()]
        assert prefixes.count(keys.video_prefix(video_id)) == 2
    maintenance.sweep_leftovers(limit=1000)
    listed = s3().list_objects_v2(Bucket=settings().s3_bucket, Prefix=keys.video_prefix(video_id))
    assert listed["KeyCount"] == 0


def test_work_is_cancelled_retried_and_done_again_only_when_that_makes_sense(account: Accounts) -> None:
    mine = account()
    path = f"/api/v1/videos/{make_video(mine)}"

    def post(verb: str, **given: Any) -> tuple[int, str]:
        done = mine.client.post(f"{path}/{verb}", **given)
        return done.status_code, done.json().get("code") or done.json()["status"]

    again = {"json": {"preset": "web"}}
    assert post("retry") == (409, "conflict")
    assert post("reprocess", **again) == (409, "conflict")
    assert post("cancel") == (202, "cancelled")
    assert post("cancel") == (409, "conflict")
    assert post("retry") == (202, "queued")
    assert post("cancel") == (202, "cancelled")
    assert post("reprocess", **again) == (202, "queued")
    assert post("reprocess", json={"preset": "none"}) == (422, "invalid")


def test_a_retry_with_a_key_makes_one_job(account: Accounts) -> None:
    mine = account()
    video_id = failed(mine)
    key = {"Idempotency-Key": "again"}
    answers = [mine.client.post(f"/api/v1/videos/{video_id}/retry", headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json() == answers[1].json()


def test_nothing_can_be_done_while_it_is_being_uploaded(account: Accounts) -> None:
    mine = account()
    path = f"/api/v1/videos/{make_video(mine, queued=False)}"
    for verb in ("cancel", "retry"):
        assert mine.client.post(f"{path}/{verb}").status_code == 409
    assert mine.client.get(f"{path}/download", params={"rendition": "source"}).status_code == 409
    assert mine.client.get(f"{path}/download").status_code == 409


# Downloads and playback -------------------------------------------------------------------------------------


def test_a_download_saves_under_the_right_name(account: Accounts) -> None:
    mine = account()
    video_id = completed(mine, title="Été “2026”", filename="Été.mov")
    with database.transaction() as session:
        put(session.get_one(Video, video_id).source_key, b"the source")
    expected = {
        None: (b"mp4 of 1080p", "%C3%89t%C3%A9%20%E2%80%9C2026%E2%80%9D-1080p.mp4"),
        "480p": (b"mp4 of 480p", "%C3%89t%C3%A9%20%E2%80%9C2026%E2%80%9D-480p.mp4"),
        "source": (b"the source", "%C3%89t%C3%A9.mov"),
    }
    for rendition, (body, name) in expected.items():
        params = {"rendition": rendition} if rendition else {}
        answer = mine.client.get(f"/api/v1/videos/{video_id}/download", params=params)
        assert answer.status_code == 302
        file = httpx.get(answer.headers["location"])
        assert file.content == body
        assert file.headers["content-disposition"].endswith(f"filename*=UTF-8''{name}")
        assert file.headers["content-disposition"].startswith('attachment; filename="')
    missing = mine.client.get(f"/api/v1/videos/{video_id}/download", params={"rendition": "144p"})
    assert missing.status_code == 404


def uris(playlist: str) -> list[str]:
    return re.findall(r"^[^#\n].*$", playlist, re.MULTILINE)


def test_a_plain_player_plays_what_hls_url_names(account: Accounts, api: TestClient) -> None:
    mine = account()
    video = mine.client.get(f"/api/v1/videos/{completed(mine)}").json()
    url = video["playback"]["hls_url"]
    assert url.startswith(f"{ORIGIN}/api/v1/videos/{video['id']}/hls/master.m3u8?token=")
    master = api.get(url, headers={"Origin": "https://player.example"})
    assert master.status_code == 200
    assert master.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    assert master.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in master.headers
    assert master.headers["cache-control"] == "no-store"
    assert len(uris(master.text)) == 3, "two sizes, and audio alone"
    [audio] = re.findall(r'URI="(.*?)"', master.text)
    for relative in [*uris(master.text), audio]:
        media = api.get(str(httpx.URL(url).join(relative)))
        assert media.status_code == 200
        assert "#EXT-X-PLAYLIST-TYPE:VOD" in media.text
        assert "#EXT-X-ENDLIST" in media.text
        name = relative.partition(".")[0]
        [init] = re.findall(r'URI="(.*?)"', media.text)
        assert httpx.get(init).content == b"init of " + name.encode()
        segments = [httpx.get(uri).content.decode() for uri in uris(media.text)]
        assert segments == [f"segment 0 of {name}", f"segment 1 of {name}"]
    assert api.get(url.replace("/api/v1", "")).text == master.text


def test_a_playlist_grows_while_the_video_is_made(account: Accounts) -> None:
    mine = account()
    video_id = make_video(mine)
    work = claim(video_id)
    path = f"/api/v1/videos/{video_id}/hls"
    assert mine.client.get(f"{path}/master.m3u8").status_code == 404
    ids = begin_output(work, segments=1)
    before = mine.client.get(f"{path}/480p.m3u8").text
    assert "#EXT-X-PLAYLIST-TYPE:EVENT" in before
    assert "#EXT-X-ENDLIST" not in before
    add_segment(work, ids, 2)
    assert uris(mine.client.get(f"{path}/480p.m3u8").text) == uris(before), "a gap must not be shown"
    add_segment(work, ids, 1)
    after = uris(mine.client.get(f"{path}/480p.m3u8").text)
    assert after[0] == uris(before)[0]
    assert len(after) == 3


def test_playlists_that_grow_end_together(account: Accounts) -> None:
    """Else a browser plays sound without a picture, and a player that changes to another size finds it too short."""
    mine = account()
    video_id = make_video(mine)
    work = claim(video_id)
    path = f"/api/v1/videos/{video_id}/hls"
    ids = begin_output(work, segments=1)
    names = ["1080p", "480p", "audio"]

    def listed() -> list[int]:
        return [len(uris(mine.client.get(f"{path}/{name}.m3u8").text)) for name in names]

    assert listed() == [1, 1, 1]
    add_segment(work, {name: id for name, id in ids.items() if name != "1080p"}, 1)
    assert listed() == [1, 1, 1]
    add_segment(work, {"1080p": ids["1080p"]}, 1)
    assert listed() == [2, 2, 2]


def test_playlists_open_for_the_team_and_for_a_token_of_this_video_only(account: Accounts, api: TestClient) -> None:
    mine, other = account(), account()
    first, second = completed(mine), completed(mine)
    url = mine.client.get(f"/api/v1/videos/{first}").json()["playback"]["hls_url"]
    token = url.partition("?token=")[2]
    path = f"/api/v1/videos/{first}/hls/master.m3u8"
    assert mine.client.get(path).status_code == 200
    assert other.client.get(path).status_code == 404
    assert api.get(path).status_code == 401
    assert api.get(path, params={"token": "x"}).status_code == 404
    assert api.get(path, params={"token": mine.access_token}).status_code == 404
    assert api.get(f"/api/v1/videos/{second}/hls/master.m3u8", params={"token": token}).status_code == 404
    assert api.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    assert mine.client.get(f"/api/v1/videos/{first}/hls/144p.m3u8").status_code == 404


# Other people's things --------------------------------------------------------------------------------------

ROUTES = [
    ("GET", "/api/v1/videos/{video}", None),
    ("PATCH", "/api/v1/videos/{video}", {"title": "mine now"}),
    ("DELETE", "/api/v1/videos/{video}", None),
    ("POST", "/api/v1/videos/{video}/cancel", None),
    ("POST", "/api/v1/videos/{video}/retry", None),
    ("POST", "/api/v1/videos/{video}/restore", None),
    ("POST", "/api/v1/videos/{video}/reprocess", {"preset": "web"}),
    ("GET", "/api/v1/videos/{video}/download", None),
    ("GET", "/api/v1/videos/{video}/jobs", None),
    ("GET", "/api/v1/videos/{video}/hls/master.m3u8", None),
    ("GET", "/api/v1/videos/{video}/hls/{rendition}.m3u8", None),
    ("GET", "/api/v1/videos/{video}/hls/{rendition}/iframes.m3u8", None),
    ("GET", "/api/v1/videos/{video}/hls/{rendition}/{place}.vtt", None),
    ("GET", "/api/v1/videos/{video}/dash/{rendition}.vtt", None),
    ("GET", "/api/v1/videos/{video}/hls/storyboard.vtt", None),
    ("GET", "/api/v1/videos/{video}/dash/manifest.mpd", None),
    ("GET", "/api/v1/videos/{video}/dash/{rendition}/init.mp4", None),
    ("GET", "/api/v1/videos/{video}/dash/{rendition}/{place}.m4s", None),
    ("GET", "/api/v1/videos/{video}/plan", None),
    ("GET", "/api/v1/videos/{video}/events", None),
    ("GET", "/api/v1/uploads/{upload}", None),
    ("POST", "/api/v1/uploads/{upload}/parts", {"part_numbers": [1]}),
    ("POST", "/api/v1/uploads/{upload}/complete", {}),
    ("DELETE", "/api/v1/uploads/{upload}", None),
    ("DELETE", "/api/v1/api-keys/{key}", None),
    ("GET", "/api/v1/webhooks/{webhook}", None),
    ("PATCH", "/api/v1/webhooks/{webhook}", {"enabled": False}),
    ("DELETE", "/api/v1/webhooks/{webhook}", None),
    ("POST", "/api/v1/webhooks/{webhook}/rotate-secret", None),
    ("POST", "/api/v1/webhooks/{webhook}/test", None),
    ("GET", "/api/v1/webhooks/{webhook}/deliveries", None),
    ("POST", "/api/v1/webhooks/{webhook}/deliveries/{delivery}/resend", None),
    ("PATCH", "/api/v1/presets/{name}", {"title": "mine now"}),
    ("DELETE", "/api/v1/presets/{name}", None),
    ("GET", "/api/v1/images/{image}", None),
]


def test_someone_elses_thing_is_not_there_on_every_route(account: Accounts, api: TestClient) -> None:
    mine, other = account(), account()
    video_id = completed(mine)
    upload = mine.client.post("/api/v1/uploads", json={"filename": "a.mp4", "size_bytes": 5}).json()
    key = mine.client.post("/api/v1/api-keys", json={"name": "mine", "scopes": ["admin"]}).json()
    own = {"name": "own", "title": "Own", "rungs": [{"height": 480}]}
    assert mine.client.post("/api/v1/presets", json=own).status_code == 201
    hook = mine.client.post("/api/v1/webhooks", json={"url": "https://example.com/", "events": ["video.completed"]})
    told = mine.client.post(f"/api/v1/webhooks/{hook.json()['id']}/test").json()
    ids = {"video": video_id, "upload": upload["id"], "key": key["id"], "name": "own"}
    ids |= {"webhook": hook.json()["id"], "delivery": told["id"]}
    ids["image"] = mine.client.post("/api/v1/images", content=clips.PNG).json()["id"]
    others = {each: uuid4() for each in ids} | {"image": "0" * 64}
    before = mine.client.get(f"/api/v1/videos/{video_id}").json()
    for method, template, body in ROUTES:
        path = template.format(**ids, rendition="480p", place=0)
        nowhere = template.format(**others, rendition="480p", place=0)
        theirs = other.client.request(method, path, json=body)
        none = other.client.request(method, nowhere, json=body)
        assert (theirs.status_code, theirs.json()) == (404, none.json()), (method, template)
        anonymous = api.request(method, path, json=body)
        assert (anonymous.status_code, anonymous.json()["code"]) == (401, "not_signed_in"), (method, template)
    assert mine.client.get(f"/api/v1/videos/{video_id}").json() == before
    assert other.client.get("/api/v1/videos").json()["items"] == []
    assert mine.client.get(f"/api/v1/uploads/{upload['id']}").json()["state"] == "open"


def test_every_route_with_an_id_is_in_that_matrix(api: TestClient) -> None:
    named = {(method, re.sub(r"\{(video|upload|key|webhook|image)\}", "{id}", path)) for method, path, _ in ROUTES}
    document = api.get("/api/openapi.json").json()
    found = {
        (method.upper(), re.sub(r"\{(video_id|upload_id)\}", "{id}", path.replace("delivery_id", "delivery")))
        for path, operations in document["paths"].items()
        for method in operations
        if path.startswith("/api/v1") and "{" in path
    }
    assert found - named == set()
