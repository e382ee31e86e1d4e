"""Following events while Valkey dies and comes back, and while nobody reads; the app is called in process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from mediaproc.domain.tables import Video
from mediaproc.events import hub as hubs
from mediaproc.events.messages import EventType
from testing.waits import PATIENCE_SECONDS
from tests.integration import test_hub
from tests.integration.conftest import Account
from tests.integration.test_api_events import publish, video_of
from tests.integration.test_hub import Valkey, disconnected

valkey = test_hub.valkey
"""The fixture."""


class Caller:
    """One request to the app, whose client reads only when it is told to."""

    def __init__(self, app: FastAPI, token: str, video: Video, last_id: str = "") -> None:
        path = f"/api/v1/videos/{video.id}/events"
        headers = [(b"authorization", f"Bearer {token}".encode()), (b"last-event-id", last_id.encode())]
        self.reads = asyncio.Event()
        self.reads.set()
        self.text = ""
        self.sends = 0
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "state": {},
            "headers": headers, "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 2),
        }  # fmt: skip
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def _send(self, message: Any) -> None:
        await self.reads.wait()
        self.sends += 1
        self.text += message.get("body", b"").decode()

    def ids(self) -> list[str]:
        return [line.removeprefix("id: ") for line in self.text.splitlines() if line.startswith("id: ")]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not holds():
                await asyncio.sleep(0.01)

    async def ended(self) -> None:
        await asyncio.wait_for(self.task, PATIENCE_SECONDS)


def in_a_web_process(check: Callable[[], Any]) -> None:
    """Run it with a hub of its own."""

    async def run() -> None:
        hubs.hub.cache_clear()
        try:
            await check()
        finally:
            await hubs.hub().stop()
            hubs.hub.cache_clear()

    asyncio.run(run())


def test_a_client_that_was_connected_misses_nothing_when_valkey_is_killed(
    api_app: FastAPI, account: Callable[[], Account], valkey: Valkey
) -> None:  # fmt: skip
    me = account()
    video = video_of(me)

    async def check() -> None:
        client = Caller(api_app, me.access_token, video)
        await client.until(lambda: "event: progress" in client.text)
        one = publish(video, EventType.LOG, text="1")
        await client.until(lambda: one in client.ids())
        await asyncio.to_thread(valkey.sync)
        valkey.kill()
        await disconnected(hubs.hub())
        valkey.start()
        two = publish(video, EventType.LOG, text="2")
        await client.until(lambda: two in client.ids())
        assert client.ids()[-2:] == [one, two]
        assert not client.task.done()
        client.task.cancel()

    in_a_web_process(check)


def test_a_valkey_that_forgot_everything_sends_clients_back_for_a_snapshot(
    api_app: FastAPI, account: Callable[[], Account], valkey: Valkey
) -> None:  # fmt: skip
    me = account()
    video = video_of(me)

    async def check() -> None:
        client = Caller(api_app, me.access_token, video)
        await client.until(lambda: "event: progress" in client.text)
        one = publish(video, EventType.LOG, text="1")
        await client.until(lambda: one in client.ids())
        valkey.kill()
        valkey.forget()
        valkey.start()
        await client.ended()
        again = Caller(api_app, me.access_token, video, last_id=one)
        await again.until(lambda: "event: progress" in again.text)
        assert "event: status" in again.text
        two = publish(video, EventType.LOG, text="2")
        await again.until(lambda: two in again.ids())
        again.task.cancel()

    in_a_web_process(check)


def test_without_valkey_the_state_is_told_and_the_place_is_kept(
    api_app: FastAPI, account: Callable[[], Account], valkey: Valkey
) -> None:  # fmt: skip
    me = account()
    video = video_of(me)

    async def check() -> None:
        first = Caller(api_app, me.access_token, video)
        await first.until(lambda: "event: progress" in first.text)
        one = publish(video, EventType.LOG, text="1")
        await first.until(lambda: one in first.ids())
        first.task.cancel()
        two = publish(video, EventType.LOG, text="2")
        await asyncio.to_thread(valkey.sync)
        valkey.kill()
        blind = Caller(api_app, me.access_token, video, last_id=one)
        await blind.until(lambda: "event: progress" in blind.text)
        assert blind.ids() == []
        valkey.start()
        await blind.ended()
        assert blind.ids() == []
        back = Caller(api_app, me.access_token, video, last_id=one)
        await back.until(lambda: two in back.ids())
        assert back.ids() == [two]
        back.task.cancel()

    in_a_web_process(check)


def test_a_client_that_reads_too_slowly_is_sent_back_to_resume_and_misses_nothing(
    api_app: FastAPI, account: Callable[[], Account], valkey: Valkey
) -> None:  # fmt: skip
    me = account()
    video = video_of(me)

    async def check() -> None:
        slow, quick = Caller(api_app, me.access_token, video), Caller(api_app, me.access_token, video)
        await slow.until(lambda: "event: progress" in slow.text and "event: progress" in quick.text)
        slow.reads.clear()
        cursors = []
        for number in range(1200):
            cursors.append(publish(video, EventType.LOG, text=str(number)))
            if number % 50 == 0:
                await asyncio.sleep(0.02)
        await quick.until(lambda: cursors[-1] in quick.ids())
        assert quick.ids()[-1200:] == cursors
        slow.reads.set()
        await slow.ended()
        seen = [id for id in slow.ids() if id in set(cursors)]
        assert len(seen) < 1200
        assert seen == cursors[: len(seen)]
        back = Caller(api_app, me.access_token, video, last_id=seen[-1] if seen else slow.ids()[-1])
        await back.until(lambda: cursors[-1] in back.ids())
        assert seen + back.ids() == cursors
        for client in (quick, back):
            client.task.cancel()

    in_a_web_process(check)
