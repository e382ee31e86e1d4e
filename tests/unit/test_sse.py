"""Server-Sent Events on the wire, and who is told what: pure parts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from httpx_sse._decoders import SSEDecoder

from mediaproc.api import snapshots, sse
from mediaproc.api.sse import EventStream, LastSeen
from mediaproc.api.stream_checks import DatabaseLook, OpenStream, verdict_on
from mediaproc.client.events import EventParser
from mediaproc.domain.states import JobState, VideoStatus
from mediaproc.domain.tables import Job, Rendition, Video
from mediaproc.events.messages import Event, EventType
from mediaproc.operations.event_snapshots import Present, Standing
from testing.waits import PATIENCE_SECONDS

TEAM, VIDEO, SESSION = uuid4(), uuid4(), uuid4()


def event(type: EventType = EventType.LOG, cursor: str = "5-1", **data: Any) -> Event:
    return Event(type=type, team_id=TEAM, video_id=VIDEO, data=data, cursor=cursor)


def test_a_frame_is_an_id_a_word_and_one_line_of_json() -> None:
    frame = sse.frames([event(EventType.PROGRESS, progress=45)])
    assert frame == b'id: 5-1\nevent: progress\ndata: {"progress": 45}\n\n'


def test_line_breaks_in_data_do_not_end_the_line() -> None:
    frame = sse.frames([event(text="one\r\ntwo\n\ndata: forged\u2028")]).decode()
    assert [line.split(":")[0] for line in frame.splitlines()] == ["id", "event", "data", ""]


@pytest.mark.parametrize("status", [status for status in VideoStatus if status.final])
def test_the_id_of_a_final_status_says_so(status: VideoStatus) -> None:
    frame = sse.frames([event(EventType.STATUS, status=status.value)]).decode()
    id = frame.splitlines()[0].removeprefix("id: ")
    assert LastSeen.read(id) == LastSeen(cursor="5-1", final=status)


def test_a_status_that_is_not_final_leaves_the_id_plain() -> None:
    assert sse.frames([event(EventType.STATUS, status="queued")]).startswith(b"id: 5-1\n")


def test_only_the_last_event_of_a_snapshot_can_be_resumed_from() -> None:
    text = sse.snapshot([event(), event(), event()], "9-0", final=None).decode()
    ids = [line.removeprefix("id: ") for line in text.splitlines() if line.startswith("id: ")]
    assert [LastSeen.read(id) for id in ids] == [None, None, LastSeen("9-0")]


def test_an_empty_snapshot_is_no_event() -> None:
    assert sse.snapshot([], "9-0", final=None) == b""


def test_neither_the_retry_delay_nor_comments_make_empty_events() -> None:
    """httpx-sse hands out an event at each blank line; ours passes over those without data."""
    status = event(EventType.STATUS, status="queued")
    text = sse.opening() + sse.KEEP_ALIVE + sse.frames([status]) + sse.KEEP_ALIVE + sse.KEEP_ALIVE
    text += sse.snapshot([], "9-0", final=None) + sse.frames([event(cursor="6-0", text="x")])
    decoder = SSEDecoder()
    found = [each for line in text.decode().split("\n") if (each := decoder.decode(line))][:2]
    assert [(each.id, each.event, each.json()) for each in found] == [
        ("5-1", "status", {"status": "queued"}), ("6-0", "log", {"text": "x"})
    ]  # fmt: skip
    assert [each.retry is None for each in found] == [False, True]
    assert [(each.id, each.type, each.data) for each in EventParser().feed(text)] == [
        (each.id, each.event, each.json()) for each in found
    ]


def test_without_a_cursor_a_snapshot_leaves_the_clients_id_as_it_is() -> None:
    assert b"id:" not in sse.snapshot([event(), event()], None, final=VideoStatus.COMPLETED)


@pytest.mark.parametrize(
    "id", [None, "", "x", "1", "1-", "1-2.", "1-2\nid: 3", "-1-2", "1-2.snapshot", "1" * 21 + "-0"]
)
def test_what_is_no_id_of_ours_begins_with_a_snapshot(id: str | None) -> None:
    assert LastSeen.read(id) is None


@pytest.mark.parametrize("word", ["queued", "processing", "removed", "future"])
def test_a_word_that_is_no_final_status_is_passed_over(word: str) -> None:
    assert LastSeen.read(f"1-2.{word}") == LastSeen("1-2", final=None)


# The response -------------------------------------------------------------------------------------------------


def test_a_client_that_goes_ends_the_generator() -> None:
    gone = asyncio.Event()
    closed: list[bool] = []

    async def chunks():
        try:
            yield b"first"
            await gone.wait()
        finally:
            closed.append(True)

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(0.01)
        return {"type": "http.disconnect"}

    async def send(_message: Any) -> None:
        pass

    asyncio.run(asyncio.wait_for(EventStream(chunks(), leave=gone.set)({}, receive, send), PATIENCE_SECONDS))
    assert closed == [True]


def test_a_client_that_takes_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "_SLOWEST_SEND_SECONDS", 0.05)
    closed: list[bool] = []

    async def chunks():
        try:
            while True:
                yield b"more"
        finally:
            closed.append(True)

    async def never(*_: Any) -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            await never()

    asyncio.run(asyncio.wait_for(EventStream(chunks(), leave=lambda: None)({}, never, send), PATIENCE_SECONDS))
    assert closed == [True]


# The snapshot -------------------------------------------------------------------------------------------------


def video(status: VideoStatus, **fields: Any) -> Video:
    return Video(id=VIDEO, team_id=TEAM, filename="a", title="a", source_key="k", size_bytes=1, status=status, **fields)


def sent(present: Present) -> list[tuple[str, dict[str, Any]]]:
    events = snapshots.events_of(present)
    assert all(each.data["video_id"] == str(VIDEO) and each.team_id == TEAM for each in events)
    return [(each.type.value, {k: v for k, v in each.data.items() if k != "video_id"}) for each in events]


def test_a_video_that_still_uploads_has_only_a_status() -> None:
    present = Present(video=video(VideoStatus.UPLOADING), job=None, renditions=[], progress=None)
    assert sent(present) == [("status", {"status": "uploading"})]


def test_a_video_that_waits_for_another_attempt_says_when_and_why() -> None:
    job = Job(
        team_id=TEAM, video_id=VIDEO, state=JobState.RETRYING, attempt=1, error_code="encode_failed", error_detail="No",
        next_attempt_at=datetime(2030, 1, 2, tzinfo=UTC),
    )  # fmt: skip
    present = Present(video=video(VideoStatus.QUEUED), job=job, renditions=[], progress=None)
    assert sent(present) == [
        (
            "status",
            {
                "status": "queued",
                "job_status": "retrying",
                "attempt": 2,
                "max_attempts": 3,
                "next_attempt_at": "2030-01-02T00:00:00Z",
                "error": {"code": "encode_failed", "detail": "No"},
            },
        )
    ]


def test_a_video_in_work_has_its_newest_progress() -> None:
    job = Job(team_id=TEAM, video_id=VIDEO, state=JobState.RUNNING, attempt=1)
    newest = {"progress": 61.5, "stage": "encode"}
    present = Present(video=video(VideoStatus.PROCESSING, progress=45.0), job=job, renditions=[], progress=newest)
    assert sent(present)[1] == ("progress", newest)
    without_redis = Present(video=video(VideoStatus.PROCESSING, progress=45.0), job=job, renditions=[], progress=None)
    assert sent(without_redis)[1] == ("progress", {"progress": 45})


def test_a_playable_video_names_its_renditions() -> None:
    rendition = Rendition(video_id=VIDEO, attempt=2, name="720p", height=720, codec="h264", codecs="", init_key="")
    done = video(VideoStatus.COMPLETED, playable=True, output_attempt=2)
    facts = sent(Present(video=done, job=None, renditions=[rendition], progress=None))
    assert [type for type, _ in facts] == ["status", "playable", "rendition"]
    assert facts[1][1] == {"playable": True, "attempt": 2}
    assert facts[2][1]["name"] == "720p"


# What the database says ---------------------------------------------------------------------------------------


def look(number: int, status: VideoStatus | None, *, at: float = 10.0, live: bool = True) -> DatabaseLook:
    statuses = {VIDEO: status} if status else {}
    return DatabaseLook(
        number=number, at=at, standing=Standing(statuses=statuses, credentials=frozenset({SESSION} if live else ()))
    )


def stream(status: VideoStatus = VideoStatus.PROCESSING) -> OpenStream:
    return OpenStream(credential_id=SESSION, sent={VIDEO: status}, since=1.0)


def test_a_status_that_was_never_told_is_outdated_at_the_second_look() -> None:
    watched = stream()
    assert not verdict_on(watched, look(1, VideoStatus.COMPLETED)).outdated
    assert not verdict_on(watched, look(1, VideoStatus.COMPLETED)).outdated
    assert verdict_on(watched, look(2, VideoStatus.COMPLETED)).outdated == {VIDEO}


def test_an_event_that_was_only_on_its_way_clears_the_doubt() -> None:
    watched = stream(VideoStatus.QUEUED)
    verdict_on(watched, look(1, VideoStatus.PROCESSING))
    watched.record_sent(VIDEO, VideoStatus.PROCESSING)
    assert not verdict_on(watched, look(2, VideoStatus.PROCESSING)).outdated
    assert not verdict_on(watched, look(3, VideoStatus.COMPLETED)).outdated


def test_a_video_that_has_gone_is_outdated_too() -> None:
    watched = stream()
    verdict_on(watched, look(1, None))
    assert verdict_on(watched, look(2, None)).outdated == {VIDEO}


def test_a_look_from_before_the_follower_came_says_nothing_of_it() -> None:
    assert not verdict_on(stream(), look(1, None, at=0.5, live=False)).ended


def test_an_ended_session_ends_the_stream() -> None:
    assert verdict_on(stream(), look(1, VideoStatus.PROCESSING, live=False)).ended


def test_what_is_final_is_not_watched_any_more() -> None:
    watched = stream()
    watched.record_sent(VIDEO, VideoStatus.COMPLETED)
    assert watched.sent == {}
