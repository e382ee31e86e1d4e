"""The client against a real server, a real S3 and real event streams."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from mediaproc.client import ApiError, Client, FileChanged, NotReachable, Transfer, TransferFailed
from mediaproc.domain.states import VideoStatus
from mediaproc.events.messages import EventType
from mediaproc.settings import settings
from mediaproc.storage.client import client as s3
from testing.web_server import Web, start_web
from tests.integration.conftest import Account
from tests.integration.test_api_events import finish, publish, video_of
from tests.integration.test_api_keys import make_key
from tests.integration.test_api_videos import completed, failed, make_video

Accounts = Callable[[], Account]
MIB = 1024**2


@pytest.fixture
def me(account: Accounts) -> Account:
    return account()


@pytest.fixture
def client(web: Web, me: Account) -> Iterator[Client]:
    with Client(web.url, make_key(me, "admin")["key"]) as client:
        yield client


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Three parts that differ."""
    path = tmp_path / "holiday ünïcode.mov"
    path.write_bytes(b"".join(bytes([number]) * MIB for number in range(20)))
    return path


class Wire:
    """Counts what is PUT, and breaks it where a test wants."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.puts: list[int] = []
        self.breaks: Callable[[int], httpx.Response | Exception | None] = lambda number: None
        self._lock = threading.Lock()
        real = httpx.HTTPTransport.handle_request

        def handle(transport: Any, request: httpx.Request) -> httpx.Response:
            if request.method != "PUT":
                return real(transport, request)
            with self._lock:
                self.puts.append(int(request.url.params["partNumber"]))
                broken = self.breaks(len(self.puts))
            if isinstance(broken, Exception):
                raise broken
            return broken or real(transport, request)

        monkeypatch.setattr(httpx.HTTPTransport, "handle_request", handle)


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    monkeypatch.setattr("mediaproc.client.uploads.pause_seconds", lambda tries: 0.01)
    return Wire(monkeypatch)


def stored(video_id: str) -> bytes:
    prefix = f"videos/{video_id}/source/"
    (found,) = s3().list_objects_v2(Bucket=settings().s3_bucket, Prefix=prefix)["Contents"]
    return s3().get_object(Bucket=settings().s3_bucket, Key=found["Key"])["Body"].read()


# Uploads ----------------------------------------------------------------------------------------------------


def test_a_file_arrives_whole_and_is_queued(client: Client, file: Path) -> None:
    told: list[Transfer] = []
    video = client.upload(file, on_progress=told.append)
    assert (video.filename, video.status, video.size_bytes) == (file.name, "queued", 20 * MIB)
    assert stored(video.id) == file.read_bytes()
    assert told[-1] == Transfer(done_bytes=20 * MIB, total_bytes=20 * MIB)
    assert [each.done_bytes for each in told] == sorted(each.done_bytes for each in told)


def test_an_upload_goes_on_where_it_stopped(client: Client, file: Path, wire: Wire) -> None:
    begun: list[str] = []
    wire.breaks = lambda count: httpx.Response(500) if count > 2 else None
    with pytest.raises(TransferFailed):
        client.upload(file, parallel=1, on_begin=begun.append)
    wire.puts.clear()
    wire.breaks = lambda count: None
    video = client.upload(file, resume=begun[0], parallel=1, on_begin=begun.append)
    assert wire.puts == [3]
    assert begun[0] == begun[1]
    assert stored(video.id) == file.read_bytes()
    assert client.upload(file, resume=begun[0]).id == video.id


@pytest.mark.parametrize(
    "broken", [httpx.Response(503), httpx.Response(403), httpx.ReadError("reset"), httpx.ConnectTimeout("slow")]
)
def test_a_part_that_fails_is_sent_again(client: Client, file: Path, wire: Wire, broken: Any) -> None:
    wire.breaks = lambda count: broken if count in (1, 2, 4) else None
    told: list[Transfer] = []
    video = client.upload(file, on_progress=told.append)
    assert len(wire.puts) == 6
    assert stored(video.id) == file.read_bytes()
    assert told[-1].done_bytes == 20 * MIB


def test_storage_that_stays_away_is_said(client: Client, file: Path, wire: Wire) -> None:
    wire.breaks = lambda count: httpx.ConnectError("refused")
    with pytest.raises(NotReachable):
        client.upload(file)


def test_an_upload_that_is_gone_begins_anew(client: Client, file: Path, me: Account) -> None:
    begun = me.client.post("/api/v1/uploads", json={"filename": "x.mp4", "size_bytes": 20 * MIB}).json()
    me.client.delete(f"/api/v1/uploads/{begun['id']}")
    assert client.upload(file, resume=begun["id"]).status == "queued"
    assert client.upload(file, resume="00000000-0000-7000-8000-000000000000").status == "queued"


def test_a_file_that_changes_meanwhile_is_not_completed(client: Client, file: Path) -> None:
    def change(_: Transfer) -> None:
        with file.open("r+b") as changed:
            changed.truncate(5 * MIB)

    with pytest.raises(FileChanged):
        client.upload(file, parallel=1, on_progress=change)
    assert [video.status for video in client.videos()] == ["uploading"]


def test_an_empty_file_is_refused_by_the_api(client: Client, tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    with pytest.raises(ApiError) as refused:
        client.upload(empty)
    assert (refused.value.status, refused.value.code) == (422, "empty_file")


# Videos -----------------------------------------------------------------------------------------------------


def test_every_video_is_listed_whatever_the_page(client: Client, me: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mediaproc.client.client._PAGE", 2)
    made = [str(make_video(me, title=f"clip {number}", queued=False)) for number in range(5)]
    assert [video.id for video in client.videos()] == made[::-1]
    assert [video.title for video in client.videos(query="clip 3")] == ["clip 3"]
    assert list(client.videos(status=["completed"])) == []


def test_a_video_is_renamed_cancelled_tried_again_processed_anew_and_deleted(client: Client, me: Account) -> None:
    id = str(failed(me))
    assert client.video(id).error is not None
    assert client.rename(id, "a name").title == "a name"
    assert client.retry(id).status == "queued"
    assert client.cancel(id).status == "cancelled"
    assert client.reprocess(id, "web").status == "queued"
    client.delete(id)
    with pytest.raises(ApiError) as gone:
        client.video(id)
    assert gone.value.code == "not_found"


def test_a_download_has_its_own_name_and_goes_on_where_it_stopped(client: Client, me: Account, tmp_path: Path) -> None:
    id = str(completed(me, title="../my / clip"))
    path = client.download(id, tmp_path)
    assert path.parent == tmp_path
    assert path.name.endswith("-1080p.mp4")
    assert path.read_bytes() == b"mp4 of 1080p"
    target = tmp_path / "other.mp4"
    target.with_name("other.mp4.part").write_bytes(b"MP4 ")
    assert client.download(id, target, rendition="480p").read_bytes() == b"MP4 of 480p"
    assert not target.with_name("other.mp4.part").exists()


# Events -----------------------------------------------------------------------------------------------------


def test_events_come_live_and_end_with_the_final_status(client: Client, me: Account) -> None:
    video = video_of(me)
    seen: list[tuple[str, Any]] = []
    for event in client.events(str(video.id)):
        seen.append((event.type, event.data.get("status", event.data.get("progress"))))
        if len(seen) == 2:
            publish(video, EventType.PROGRESS, progress=45)
        if seen[-1] == ("progress", 45):
            finish(video)
    assert seen == [("status", "processing"), ("progress", 0), ("progress", 45), ("status", "completed")]


def test_events_go_on_after_the_last_id_and_end_where_all_was_seen(client: Client, me: Account) -> None:
    video = video_of(me)
    first = next(event for event in client.events(str(video.id)) if event.type == "progress")
    publish(video, EventType.LOG, text="missed")
    finish(video)
    rest = list(client.events(str(video.id), last_event_id=first.id))
    assert [event.type for event in rest] == ["log", "status"]
    assert list(client.events(str(video.id), last_event_id=rest[-1].id)) == []


def test_a_restart_of_the_server_is_not_noticed(me: Account) -> None:
    server = start_web()
    video = video_of(me)
    port = int(server.url.rpartition(":")[2])
    seen: list[str] = []
    with Client(server.url, me.access_token) as client:
        for event in client.events(str(video.id)):
            if event.type == "log":
                seen.append(event.data["text"])
            if event.type == "progress":
                publish(video, EventType.LOG, text="1")
            if seen == ["1"]:
                server.kill()
                publish(video, EventType.LOG, text="2")
                server = start_web(port)
            if seen == ["1", "2"]:
                finish(video)
    server.stop()
    assert seen == ["1", "2"]


def test_all_of_ones_videos_are_followed_together(client: Client, me: Account) -> None:
    first, second = video_of(me), video_of(me)
    finish(first)
    for event in client.events():
        if event.type == "status" and event.data == {"video_id": str(second.id), "status": "completed"}:
            break
        finish(second)


def test_a_key_that_is_no_good_ends_the_following(web: Web, me: Account) -> None:
    with Client(web.url, "mp_nonsense") as client, pytest.raises(ApiError) as refused:
        list(client.events(str(video_of(me).id)))
    assert refused.value.status == 401


def test_waiting_gives_the_finished_video(client: Client, me: Account) -> None:
    assert client.wait(str(completed(me))).final
    assert client.wait(str(video_of(me, VideoStatus.FAILED).id)).status == "failed"


# Getting in, and getting through ------------------------------------------------------------------------------


def test_a_person_signs_in_to_make_a_key(web: Web, me: Account) -> None:
    with Client.sign_in(web.url, email=me.email, password="a long enough password") as person:
        made = person.create_api_key("laptop", ["videos:read"])
        person.sign_out()
        with pytest.raises(ApiError):
            person.me()
    with Client(web.url, made.key) as client:
        assert client.me().email == me.email
        with pytest.raises(ApiError) as refused:
            client.api_keys()
    assert refused.value.code == "insufficient_scope"


def test_keys_are_listed_and_revoked(client: Client) -> None:
    made = client.create_api_key("one more", ["videos:read"])
    assert made.id in {key.id for key in client.api_keys()}
    client.revoke_api_key(made.id)
    assert made.id not in {key.id for key in client.api_keys()}


def test_a_server_that_is_away_is_said_and_one_that_comes_back_is_waited_for(
    me: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_web()
    port = int(server.url.rpartition(":")[2])
    server.stop()
    with Client(server.url, me.access_token) as client:
        monkeypatch.setattr("mediaproc.client.connection.pause_seconds", lambda tries: 0)
        with pytest.raises(NotReachable):
            client.me()
        monkeypatch.setattr("mediaproc.client.connection.pause_seconds", lambda tries: 4)
        started: list[Web] = []
        starting = threading.Thread(target=lambda: (time.sleep(0.3), started.append(start_web(port))))
        starting.start()
        assert client.me().email == me.email
        starting.join()
    started[0].stop()
