"""Server-Sent Events through a real server, real Valkey and real Postgres."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
import redis
from httpx_sse import connect_sse

from mediaproc import database
from mediaproc.api import stream_checks
from mediaproc.client.connection import tls
from mediaproc.domain.states import JobState, VideoStatus
from mediaproc.domain.tables import Job, Rendition, Video, new_id
from mediaproc.events import publisher, streams
from mediaproc.events.messages import Event, EventType
from mediaproc.operations import accounts
from testing.waits import PATIENCE_SECONDS
from testing.web_server import Web, start_web
from tests.integration.conftest import Account


@dataclass
class Told:
    """What a client was sent in one connection."""

    events: list[dict[str, Any]] = field(default_factory=list)
    comments: int = 0
    retry: str = ""
    closed: bool = False

    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def of(self, type: str) -> list[dict[str, Any]]:
        return [event["data"] for event in self.events if event["type"] == type]


class Client:
    """A program that follows events and remembers the last id, as an EventSource does."""

    def __init__(self, web: Web, token: str, path: str) -> None:
        self.url, self.token, self.path = web.url, token, path
        self.last_id: str | None = None
        self.status = 0
        self.heard = threading.Event()
        """Set once an event has come."""

    def follow(self, *, until: Callable[[Told], bool] = lambda _: False, seconds: float = 10.0) -> Told:
        """Connect, and read until the server closes or `until` holds. Then drop the connection."""
        headers = {"Authorization": f"Bearer {self.token}"}
        if self.last_id:
            headers["Last-Event-ID"] = self.last_id
        told = Told()
        with (
            httpx.Client(timeout=seconds, verify=tls()) as http,
            http.stream("GET", self.url + self.path, headers=headers) as answer,
        ):
            self.status, self.headers = answer.status_code, answer.headers
            event: dict[str, Any] = {}
            for line in answer.iter_lines():
                self._read(line, event, told)
                if until(told):
                    return told
        told.closed = True
        return told

    def _read(self, line: str, event: dict[str, Any], told: Told) -> None:
        name, _, value = line.partition(": ")
        if line.startswith(":"):
            told.comments += 1
        elif name == "retry":
            told.retry = value
        elif name == "id":
            event["id"] = value
        elif name == "event":
            event["type"] = value
        elif name == "data":
            event["data"] = json.loads(value)
            event["text"] = value
        elif not line and event:
            self.last_id = event.get("id", self.last_id)
            if "data" in event:
                told.events.append(dict(event))
                self.heard.set()
            event.clear()


def video_of(account: Account, status: VideoStatus = VideoStatus.PROCESSING, **fields: Any) -> Video:
    """A video of the account's team with a job to match."""
    job = {VideoStatus.PROCESSING: JobState.RUNNING, VideoStatus.UPLOADING: None}.get(status, JobState.QUEUED)
    with database.transaction() as session:
        id = new_id()
        video = Video(
            id=id, team_id=account.principal.team_id, filename="a.mp4", title="a", source_key=f"k/{id}", size_bytes=1,
            status=status, **fields,
        )  # fmt: skip
        session.add(video)
        session.flush()
        if job:
            state = JobState(status.value) if status.final else job
            session.add(Job(team_id=video.team_id, video_id=id, state=state, attempt=1))
        return video


def set_status(video: Video, status: VideoStatus) -> None:
    with database.transaction() as session:
        row = session.get_one(Video, video.id)
        row.status = status


def publish(video: Video, type: EventType, **data: Any) -> str:
    event = Event(type=type, team_id=video.team_id, video_id=video.id, data={"video_id": str(video.id), **data})
    return publisher.publish(event)


def finish(video: Video, status: VideoStatus = VideoStatus.COMPLETED) -> str:
    set_status(video, status)
    return publish(video, EventType.STATUS, status=status.value)


def client_of(web: Web, account: Account, video: Video) -> Client:
    return Client(web, account.access_token, f"/api/v1/videos/{video.id}/events")


def test_a_snapshot_comes_first_and_then_each_change(web: Web, account: Callable[[], Account]) -> None:
    me = account()
    video = video_of(me, progress=45.0)
    client = client_of(web, me, video)
    told = client.follow(until=lambda told: len(told.events) == 2)
    assert client.headers["content-type"].startswith("text/event-stream")
    assert client.headers["cache-control"] == "no-store"
    assert client.headers["x-accel-buffering"] == "no"
    assert told.types() == ["status", "progress"]
    assert told.of("status")[0]["status"] == "processing"
    assert '"status": "processing"' in told.events[0]["text"]
    assert '"progress": 45' in told.events[1]["text"]
    assert told.retry.isdigit()
    cursor = publish(video, EventType.RENDITION, name="720p")
    told = client.follow(until=lambda told: bool(told.events))
    assert [event["id"] for event in told.events] == [cursor]


def test_the_short_address_works_by_cookie(web: Web, account: Callable[[], Account]) -> None:
    me = account()
    video = video_of(me)
    cookies = {"mp_access": me.access_token}
    with httpx.stream("GET", f"{web.url}/videos/{video.id}/events", cookies=cookies) as answer:
        assert answer.status_code == 200
        assert next(answer.iter_lines()).startswith("retry: ")


def test_an_independent_reader_gets_whole_events_only(
    connected: dict[str, str], account: Callable[[], Account]
) -> None:
    """httpx-sse, over the snapshot, keep-alives and what follows them."""
    web = start_web(KEEP_ALIVE_SECONDS="0.2")
    me = account()
    video = video_of(me)
    headers = {"Authorization": f"Bearer {me.access_token}"}
    with (
        httpx.Client(timeout=20) as http,
        connect_sse(http, "GET", f"{web.url}/videos/{video.id}/events", headers=headers) as source,
    ):
        events = source.iter_sse()
        first = [next(events), next(events)]
        set_status(video, VideoStatus.COMPLETED)  # found at a keep-alive, so at least one has been sent before
        rest = list(events)
    web.stop()
    assert [each.event for each in (*first, *rest)] == ["status", "progress", "status"]
    assert all(each.json() for each in (*first, *rest))
    assert [each.retry is not None for each in (*first, *rest)] == [True, False, False]


def test_the_snapshot_tells_renditions_and_that_it_plays(web: Web, account: Callable[[], Account]) -> None:
    me = account()
    video = video_of(me, VideoStatus.COMPLETED, playable=True, output_attempt=1)
    with database.transaction() as session:
        for name, height in (("720p", 720), ("480p", 480), ("audio", 0)):
            session.add(
                Rendition(video_id=video.id, attempt=1, name=name, height=height, codec="h264", codecs="", init_key="")
            )
    told = client_of(web, me, video).follow()
    assert told.types() == ["status", "playable", "rendition", "rendition"]
    assert [data["name"] for data in told.of("rendition")] == ["720p", "480p"]
    assert told.closed


def test_another_teams_video_is_not_there_and_nobody_gets_nothing(web: Web, account: Callable[[], Account]) -> None:
    video = video_of(account())
    stranger = client_of(web, account(), video)
    stranger.follow()
    assert stranger.status == 404
    assert httpx.get(f"{web.url}/videos/{video.id}/events").status_code == 401


def test_the_server_closes_after_the_final_status_and_then_says_there_is_no_more(
    web: Web, account: Callable[[], Account]
) -> None:
    me = account()
    video = video_of(me)
    client = client_of(web, me, video)
    client.follow(until=lambda told: len(told.events) == 2)
    finish(video)
    told = client.follow()
    assert told.closed
    assert told.of("status") == [{"video_id": str(video.id), "status": "completed"}]
    assert client.follow().events == []
    assert client.status == 204


def test_a_client_that_comes_after_the_end_gets_the_final_status_and_a_close(
    web: Web, account: Callable[[], Account]
) -> None:
    me = account()
    video = video_of(me, VideoStatus.FAILED)
    client = client_of(web, me, video)
    told = client.follow()
    assert told.closed
    assert [data["status"] for data in told.of("status")] == ["failed"]
    assert client.follow().events == []
    assert client.status == 204


def test_a_retry_after_the_end_is_told_to_whoever_comes_back(web: Web, account: Callable[[], Account]) -> None:
    me = account()
    video = video_of(me)
    client = client_of(web, me, video)
    client.follow(until=lambda told: len(told.events) == 2)
    finish(video, VideoStatus.FAILED)
    client.follow()
    set_status(video, VideoStatus.QUEUED)
    again = publish(video, EventType.STATUS, status="queued", attempt=2)
    told = client.follow(until=lambda told: bool(told.events))
    assert [event["id"] for event in told.events] == [again]


def test_a_failed_attempt_that_will_be_tried_again_closes_nothing(web: Web, account: Callable[[], Account]) -> None:
    me = account()
    video = video_of(me)
    client = client_of(web, me, video)
    client.follow(until=lambda told: len(told.events) == 2)
    set_status(video, VideoStatus.QUEUED)
    publish(video, EventType.STATUS, status="queued", attempt=2, next_attempt_at="2030-01-01T00:00:00Z")
    publish(video, EventType.LOG, text="after")
    told = client.follow(until=lambda told: len(told.events) == 2)
    assert told.types() == ["status", "log"]
    assert not told.closed


def test_a_dropped_snapshot_comes_again_from_its_beginning(web: Web, account: Callable[[], Account]) -> None:
    me = account()
    video = video_of(me, progress=10.0)
    client = client_of(web, me, video)
    client.follow(until=lambda told: len(told.events) == 1)
    assert client.last_id and client.last_id.endswith(".snapshot")
    assert client.follow(until=lambda told: len(told.events) == 2).types() == ["status", "progress"]


@pytest.mark.parametrize("id", ["1-0", "nonsense", "99999999999999999999-0", "9999999999999-0", "-", "1" * 90])
def test_an_id_that_is_not_kept_gets_a_snapshot(web: Web, account: Callable[[], Account], id: str) -> None:
    me = account()
    video = video_of(me)
    client = client_of(web, me, video)
    client.last_id = id
    assert client.follow(until=lambda told: len(told.events) == 2).types() == ["status", "progress"]


def test_a_trimmed_stream_gets_a_snapshot(web: Web, account: Callable[[], Account]) -> None:
    me = account()
    video = video_of(me)
    client = client_of(web, me, video)
    client.follow(until=lambda told: len(told.events) == 2)
    for number in range(3):
        publish(video, EventType.LOG, text=str(number))
    with redis.Redis.from_url(os.environ["REDIS_URL"] + "/1") as connection:
        connection.xtrim(streams.video_stream(video.id), maxlen=1, approximate=False)
    assert client.follow(until=lambda told: len(told.events) == 2).types() == ["status", "progress"]


def test_a_removed_video_is_told_and_then_not_found(web: Web, account: Callable[[], Account]) -> None:
    me = account()
    video = video_of(me)
    client = client_of(web, me, video)
    client.follow(until=lambda told: len(told.events) == 2)
    me.client.delete(f"/api/v1/videos/{video.id}").raise_for_status()
    client.follow()
    assert client.status == 404


def test_a_team_follows_all_of_its_videos_and_no_others(web: Web, account: Callable[[], Account]) -> None:
    me, other = account(), account()
    done, moving, foreign = video_of(me, VideoStatus.COMPLETED), video_of(me), video_of(other)
    client = Client(web, me.access_token, "/api/v1/events")
    told = client.follow(until=lambda told: len(told.events) == 3)
    assert [(data["video_id"], data["status"]) for data in told.of("status")] == [
        (str(done.id), "completed"),
        (str(moving.id), "processing"),
    ]
    publish(foreign, EventType.LOG, text="not mine")
    finish(moving)
    last = publish(done, EventType.LOG, text="still open")
    told = client.follow(until=lambda told: len(told.events) == 2)
    assert told.events[-1]["id"] == last
    assert {data["video_id"] for data in told.of("status")} == {str(moving.id)}


def test_any_sequence_of_drops_sees_every_event_once_and_in_order(web: Web, account: Callable[[], Account]) -> None:
    me = account()
    video = video_of(me)
    client = client_of(web, me, video)
    client.follow(until=lambda told: len(told.events) == 2)
    chance = random.Random(7)
    sent: list[str] = []
    seen: list[str] = []
    for round in range(25):
        for number in range(chance.randint(0, 6)):
            sent.append(publish(video, EventType.LOG, text=f"{round}-{number}"))
            if chance.random() < 0.3:
                publish(video, EventType.PROGRESS, progress=chance.randint(0, 100))
        wanted = chance.randint(1, 5)
        missing = len(sent) - len(seen)
        if missing:
            told = client.follow(until=lambda told, enough=min(wanted, missing): len(told.of("log")) >= enough)
            seen += [event["id"] for event in told.events if event["type"] == "log"]
    end = finish(video)
    told = client.follow()
    seen += [event["id"] for event in told.events if event["type"] == "log"]
    assert seen == sent
    assert told.events[-1]["id"] == f"{end}.completed"


def test_resuming_works_across_a_restart_of_the_web_process(web: Web, account: Callable[[], Account]) -> None:
    me = account()
    video = video_of(me)
    first = start_web()
    client = client_of(first, me, video)
    client.follow(until=lambda told: len(told.events) == 2)
    one = publish(video, EventType.LOG, text="1")
    assert [event["id"] for event in client.follow(until=lambda told: bool(told.events)).events] == [one]
    first.kill()
    two = publish(video, EventType.LOG, text="2")
    client.url = web.url
    assert [event["id"] for event in client.follow(until=lambda told: bool(told.events)).events] == [two]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_with_open_streams_stops(
    connected: dict[str, str], account: Callable[[], Account], number: signal.Signals
) -> None:
    me = account()
    video = video_of(me)
    server = start_web()
    headers = {"Authorization": f"Bearer {me.access_token}"}
    with httpx.Client(timeout=PATIENCE_SECONDS) as http:
        opened = [
            http.send(http.build_request("GET", server.url + path, headers=headers), stream=True)
            for path in (f"/videos/{video.id}/events", "/api/v1/events") * 5
        ]
        lines = [answer.iter_lines() for answer in opened]
        assert all(next(each).startswith("retry: ") for each in lines)
        server.stop(number)
        assert all(list(each)[-1] == "" for each in lines)


def test_a_session_that_has_ended_and_a_status_that_was_never_told_are_found_at_the_keep_alive(
    connected: dict[str, str], account: Callable[[], Account]
) -> None:
    """One test for both, because each waits for keep-alives."""
    from concurrent.futures import ThreadPoolExecutor

    assert stream_checks.INTERVAL_SECONDS == 15
    web = start_web(KEEP_ALIVE_SECONDS="2")
    me, leaver = account(), account()
    video, other = video_of(me), video_of(leaver)
    with ThreadPoolExecutor() as pool:
        clients = client_of(web, me, video), client_of(web, leaver, other)
        waiting, leaving = (pool.submit(each.follow, seconds=50) for each in clients)
        assert all(each.heard.wait(PATIENCE_SECONDS) for each in clients)
        set_status(video, VideoStatus.COMPLETED)  # its worker dies before it publishes
        with database.transaction() as session:
            accounts.sign_out(session, session_id=leaver.principal.credential_id)
        assert leaving.result().closed
        told = waiting.result()
    web.stop()
    assert told.comments >= 1
    assert told.closed
    assert [data["status"] for data in told.of("status")] == ["processing", "completed"]


def test_a_video_has_no_id_but_uuids(web: Web, account: Callable[[], Account]) -> None:
    client = Client(web, account().access_token, f"/api/v1/videos/{UUID(int=5)}/events")
    client.follow()
    assert client.status == 404
