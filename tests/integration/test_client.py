"""Both clients against a real server, a real S3 and real event streams."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import httpx
import pytest
from PIL import Image

from mediaproc.client import ApiError, AsyncClient, Client, FileChanged, NotReachable, Transfer, TransferFailed, retry
from mediaproc.domain.states import VideoStatus
from mediaproc.events.messages import EventType
from mediaproc.settings import settings
from mediaproc.storage.client import client as s3
from testing.web_server import Web, start_web
from tests.integration.awaited_client import KINDS, Connect
from tests.integration.conftest import PASSWORD, Account
from tests.integration.test_api_events import finish, publish, video_of
from tests.integration.test_api_keys import make_key
from tests.integration.test_api_videos import completed, failed, make_video

Accounts = Callable[[], Account]
MIB = 1024**2


@pytest.fixture
def me(account: Accounts) -> Account:
    return account()


@pytest.fixture(params=list(KINDS))
def connect(request: pytest.FixtureRequest) -> Connect:
    return KINDS[request.param]


@pytest.fixture
def client(web: Web, me: Account, connect: Connect) -> Iterator[Any]:
    """A client with the methods of Client."""
    with connect(web.url, make_key(me, "admin")["key"]) as client:
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
        real, real_async = httpx.HTTPTransport.handle_request, httpx.AsyncHTTPTransport.handle_async_request

        def handle(transport: Any, request: httpx.Request) -> httpx.Response:
            return self._broken(request) or real(transport, request)

        async def handle_async(transport: Any, request: httpx.Request) -> httpx.Response:
            return self._broken(request) or await real_async(transport, request)

        monkeypatch.setattr(httpx.HTTPTransport, "handle_request", handle)
        monkeypatch.setattr(httpx.AsyncHTTPTransport, "handle_async_request", handle_async)

    def _broken(self, request: httpx.Request) -> httpx.Response | None:
        if request.method != "PUT":
            return None
        with self._lock:
            self.puts.append(int(request.url.params["partNumber"]))
            broken = self.breaks(len(self.puts))
        if isinstance(broken, Exception):
            raise broken
        return broken


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Wire:
    monkeypatch.setattr(retry, "pause_seconds", pause_of(0.01))
    return Wire(monkeypatch)


def pause_of(seconds: float) -> Callable[[int], float]:
    return lambda attempts: seconds


def stored(video_id: str) -> bytes:
    prefix = f"videos/{video_id}/source/"
    (found,) = s3().list_objects_v2(Bucket=settings().s3_bucket, Prefix=prefix)["Contents"]
    return s3().get_object(Bucket=settings().s3_bucket, Key=found["Key"])["Body"].read()


# Uploads ----------------------------------------------------------------------------------------------------


def test_a_file_arrives_whole_and_is_queued(client: Any, file: Path) -> None:
    told: list[Transfer] = []
    video = client.upload(file, on_progress=told.append)
    assert (video.filename, video.status, video.size_bytes) == (file.name, "queued", 20 * MIB)
    assert stored(video.id) == file.read_bytes()
    assert told[-1] == Transfer(done_bytes=20 * MIB, total_bytes=20 * MIB)
    assert [each.done_bytes for each in told] == sorted(each.done_bytes for each in told)


def test_an_upload_goes_on_where_it_stopped(client: Any, file: Path, wire: Wire) -> None:
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
    "broken",
    [
        lambda: httpx.Response(503),
        lambda: httpx.Response(403),
        lambda: httpx.ReadError("reset"),
        lambda: httpx.ConnectTimeout("slow"),
    ],
    ids=["503", "403", "reset", "timeout"],
)
def test_a_part_that_fails_is_sent_again(client: Any, file: Path, wire: Wire, broken: Any) -> None:
    wire.breaks = lambda count: broken() if count in (1, 2, 4) else None
    told: list[Transfer] = []
    video = client.upload(file, on_progress=told.append)
    assert len(wire.puts) == 6
    assert stored(video.id) == file.read_bytes()
    assert told[-1].done_bytes == 20 * MIB


def test_storage_that_stays_away_is_said(client: Any, file: Path, wire: Wire) -> None:
    wire.breaks = lambda count: httpx.ConnectError("refused")
    with pytest.raises(NotReachable):
        client.upload(file)


def test_an_upload_that_is_gone_begins_anew(client: Any, file: Path, me: Account) -> None:
    begun = me.client.post("/api/v1/uploads", json={"filename": "x.mp4", "size_bytes": 20 * MIB}).json()
    me.client.delete(f"/api/v1/uploads/{begun['id']}")
    assert client.upload(file, resume=begun["id"]).status == "queued"
    assert client.upload(file, resume="00000000-0000-7000-8000-000000000000").status == "queued"


def test_a_file_that_changes_meanwhile_is_not_completed(client: Any, file: Path) -> None:
    def change(_: Transfer) -> None:
        with file.open("r+b") as changed:
            changed.truncate(5 * MIB)

    with pytest.raises(FileChanged):
        client.upload(file, parallel=1, on_progress=change)
    assert [video.status for video in client.videos()] == ["uploading"]


def test_many_uploads_share_one_event_loop(web: Web, me: Account, file: Path) -> None:
    reported: list[int] = []

    async def run() -> list[str]:
        async with AsyncClient(web.url, make_key(me, "admin")["key"]) as client:

            async def upload() -> None:
                await client.upload(file, on_progress=lambda _: reported.append(threading.get_ident()))

            async with anyio.create_task_group() as group:
                for _ in range(3):
                    group.start_soon(upload)
            return [video.id async for video in client.videos(status=["queued"])]

    assert [stored(id) == file.read_bytes() for id in anyio.run(run)] == [True] * 3
    assert set(reported) == {threading.get_ident()}


def test_a_cancelled_async_upload_stops_and_can_go_on(web: Web, me: Account, file: Path) -> None:
    begun: list[str] = []

    async def run() -> str:
        async with AsyncClient(web.url, make_key(me, "admin")["key"]) as client:
            with anyio.CancelScope() as scope:
                await client.upload(file, parallel=1, on_begin=begun.append, on_progress=lambda _: scope.cancel())
            assert scope.cancelled_caught
            assert (await client.get_upload(begun[0])).state == "open"
            return (await client.upload(file, resume=begun[0])).id

    assert stored(anyio.run(run)) == file.read_bytes()


def test_an_empty_file_is_refused_by_the_api(client: Any, tmp_path: Path) -> None:
    empty = tmp_path / "empty.mp4"
    empty.touch()
    with pytest.raises(ApiError) as refused:
        client.upload(empty)
    assert (refused.value.status, refused.value.code) == (422, "empty_file")


# Videos -----------------------------------------------------------------------------------------------------


def test_every_video_is_listed_whatever_the_page(client: Any, me: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mediaproc.client.request._PAGE_SIZE", 2)
    made = [str(make_video(me, title=f"clip {number}", queued=False)) for number in range(5)]
    assert [video.id for video in client.videos()] == made[::-1]
    assert [video.title for video in client.videos(query="clip 3")] == ["clip 3"]
    assert list(client.videos(status=["completed"])) == []


def test_a_video_is_renamed_cancelled_tried_again_processed_anew_and_deleted(client: Any, me: Account) -> None:
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


def test_a_download_has_its_own_name_and_goes_on_where_it_stopped(client: Any, me: Account, tmp_path: Path) -> None:
    id = str(completed(me, title="../my / clip"))
    path = client.download(id, tmp_path)
    assert path.parent == tmp_path
    assert path.name.endswith("-1080p.mp4")
    assert path.read_bytes() == b"mp4 of 1080p"
    target = tmp_path / "other.mp4"
    target.with_name("other.mp4.part").write_bytes(b"MP4 ")
    assert client.download(id, target, rendition="480p").read_bytes() == b"MP4 of 480p"
    assert not target.with_name("other.mp4.part").exists()


def test_priority_jobs_and_the_way_to_a_file_are_read(client: Any, me: Account) -> None:
    id = str(failed(me))
    assert client.update(id, priority="batch").priority == "batch"
    assert client.video(id).preset_version >= 1
    assert [(job.preset, job.status, len(job.attempts)) for job in client.jobs(id)] == [("web", "failed", 1)]
    with pytest.raises(ApiError) as unread:
        client.plan(id)
    assert unread.value.status == 409
    done = str(completed(me))
    assert "X-Amz-Signature" in client.download_url(done, rendition="480p")
    assert client.hls_playlist(done).startswith("#EXTM3U")


def test_an_upload_goes_in_single_steps(client: Any) -> None:
    new = client.create_upload("clip.mov", 3, content_type="video/quicktime", priority="interactive")
    (part,) = client.sign_parts(new.id, [1])
    etag = httpx.put(part.url, content=b"abc").headers["ETag"]
    upload = client.get_upload(new.id)
    assert (upload.state, upload.filename, [each.size_bytes for each in upload.uploaded_parts]) == (
        "open",
        "clip.mov",
        [3],
    )
    video = client.complete_upload(new.id, [{"part_number": 1, "etag": etag}])
    assert (video.id, video.status, video.priority) == (new.video_id, "queued", "interactive")
    other = client.create_upload("other.mov", 3)
    client.abort_upload(other.id)
    assert client.get_upload(other.id).state == "aborted"


def test_a_preset_is_created_changed_used_and_deleted(client: Any, file: Path) -> None:
    png = BytesIO()
    Image.new("RGBA", (8, 4), "red").save(png, "PNG")
    image = client.upload_image(png.getvalue())
    assert (image.width, image.height) == (8, 4)
    assert client.image(image.id) == png.getvalue()
    made = client.create_preset(
        "trailer", title="Trailer", rungs=[{"height": 480}], target_vmaf=93, watermark={"image": image.id}
    )
    assert (made.name, made.version, made.recipe["watermark"]["image"]) == ("trailer", 1, image.id)
    changed = client.update_preset("trailer", target_vmaf=None, frame_rate_cap=30)
    assert (changed.version, changed.recipe["target_vmaf"], changed.recipe["frame_rate_cap"]) == (2, None, 30)
    video = client.upload(file, preset="trailer", priority="batch")
    assert (video.preset, video.preset_version, video.priority) == ("trailer", 2, "batch")
    client.delete_preset("trailer")
    assert "trailer" not in {preset.name for preset in client.presets()}
    with pytest.raises(ApiError) as wrong:
        client.create_preset("trailer", title="Trailer", rungs=[{"height": 1}])
    assert wrong.value.problem["errors"]


def test_webhooks_are_created_changed_tried_and_deleted(client: Any) -> None:
    new = client.create_webhook("https://example.com/hook", ["video.completed"], description="mine")
    assert client.webhook(new.id).description == "mine"
    assert client.update_webhook(new.id, enabled=False).enabled is False
    assert client.update_webhook(new.id, enabled=True, events=["video.failed"]).events == ["video.failed"]
    assert client.rotate_webhook_secret(new.id).secret != new.secret
    sent = client.test_webhook(new.id)
    again = client.resend(new.id, sent.id)
    assert [each.id for each in client.deliveries(new.id)] == [again.id, sent.id]
    client.delete_webhook(new.id)
    assert list(client.webhooks()) == []


# Events -----------------------------------------------------------------------------------------------------


def test_events_come_live_and_end_with_the_final_status(client: Any, me: Account) -> None:
    video = video_of(me)
    seen: list[tuple[str, Any]] = []
    for event in client.events(str(video.id)):
        seen.append((event.type, event.data.get("status", event.data.get("progress"))))
        if len(seen) == 2:
            publish(video, EventType.PROGRESS, progress=45)
        if seen[-1] == ("progress", 45):
            finish(video)
    assert seen == [("status", "processing"), ("progress", 0), ("progress", 45), ("status", "completed")]


def test_events_go_on_after_the_last_id_and_end_where_all_was_seen(client: Any, me: Account) -> None:
    video = video_of(me)
    first = next(event for event in client.events(str(video.id)) if event.type == "progress")
    publish(video, EventType.LOG, text="missed")
    finish(video)
    rest = list(client.events(str(video.id), last_event_id=first.id))
    assert [event.type for event in rest] == ["log", "status"]
    assert list(client.events(str(video.id), last_event_id=rest[-1].id)) == []


def test_a_restart_of_the_server_is_not_noticed(me: Account, connect: Connect) -> None:
    server = start_web()
    video = video_of(me)
    port = int(server.url.rpartition(":")[2])
    seen: list[str] = []
    with connect(server.url, me.access_token) as client:
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


def test_all_of_ones_videos_are_followed_together(client: Any, me: Account) -> None:
    first, second = video_of(me), video_of(me)
    finish(first)
    for event in client.events():
        if event.type == "status" and event.data == {"video_id": str(second.id), "status": "completed"}:
            break
        finish(second)


def test_an_invalid_key_ends_the_events(web: Web, me: Account, connect: Connect) -> None:
    with connect(web.url, "mp_nonsense") as client, pytest.raises(ApiError) as refused:
        list(client.events(str(video_of(me).id)))
    assert refused.value.status == 401


def test_waiting_gives_the_finished_video(client: Any, me: Account) -> None:
    assert client.wait(str(completed(me))).final
    assert client.wait(str(video_of(me, VideoStatus.FAILED).id)).status == "failed"


# Getting in, and getting through ------------------------------------------------------------------------------


def test_a_person_signs_in_to_make_a_key(web: Web, me: Account) -> None:
    with Client.sign_in(web.url, email=me.email, password=PASSWORD) as person:
        made = person.create_api_key("laptop", ["videos:read"])
        person.sign_out()
        with pytest.raises(ApiError):
            person.me()
    with Client(web.url, made.key) as client:
        assert client.me().email == me.email
        with pytest.raises(ApiError) as refused:
            list(client.api_keys())
    assert refused.value.code == "insufficient_scope"


def test_a_person_signs_in_with_the_async_client(web: Web, me: Account) -> None:
    async def run() -> None:
        async with await AsyncClient.sign_in(web.url, email=me.email, password=PASSWORD) as person:
            assert (await person.me()).email == me.email
            assert [key.name async for key in person.api_keys()] == []
            await person.sign_out()
            with pytest.raises(ApiError):
                await person.me()

    anyio.run(run)


def test_an_account_is_registered(web: Web, connect: Connect) -> None:
    email = f"{uuid4().hex}@example.com"
    with connect(web.url, None) as visitor:
        session = visitor.register(email, PASSWORD)
        with pytest.raises(ApiError) as taken:
            visitor.register(email, PASSWORD)
    assert (session.user.email, taken.value.code) == (email, "email_taken")
    with connect(web.url, session.access_token) as client:
        assert client.me() == session.user


def test_keys_are_listed_and_revoked(client: Any) -> None:
    made = client.create_api_key("one more", ["videos:read"])
    assert made.id in {key.id for key in client.api_keys()}
    client.revoke_api_key(made.id)
    assert made.id not in {key.id for key in client.api_keys()}


def test_a_server_that_is_away_is_said_and_one_that_comes_back_is_waited_for(
    me: Account, connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start_web()
    port = int(server.url.rpartition(":")[2])
    server.stop()
    with connect(server.url, me.access_token) as client:
        monkeypatch.setattr(retry, "pause_seconds", pause_of(0))
        with pytest.raises(NotReachable):
            client.me()
        started: list[Web] = []

        def come_back(tries: int) -> float:
            if tries == 2:
                started.append(start_web(port))
            return 0

        monkeypatch.setattr(retry, "pause_seconds", come_back)
        assert client.me().email == me.email
    started[0].stop()
