"""The hub against a real Valkey, which is killed and comes back."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import redis

from mediaproc.embedded import servers
from mediaproc.events import publisher, streams
from mediaproc.events.hub import Hub, Subscription
from mediaproc.events.messages import Event, EventType
from mediaproc.settings import settings
from testing.waits import PATIENCE_SECONDS, eventually

TEAM = uuid4()


class Valkey:
    """A Valkey of one test: `kill -9`, start again, or start again with nothing kept."""

    def __init__(self, folder: Path) -> None:
        self.part = servers.valkey(folder, port=servers.free_ports(1)[0], password=secrets.token_hex(8))
        self.folder = folder
        self.url = f"{self.part.settings['REDIS_URL']}/1"
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(self.part.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually(self._answers)

    def sync(self) -> None:
        """Wait until whatever was written is in its file (`appendfsync everysec`)."""
        with redis.Redis.from_url(self.url) as connection:
            connection.set("written", 1)
            connection.execute_command("WAITAOF", 1, 0, 0)

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url) as connection:
                return bool(connection.ping())
        except redis.RedisError:
            return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def forget(self) -> None:
        for path in sorted(self.folder.rglob("append*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()


@pytest.fixture
def valkey(tmp_path: Path, services: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Valkey]:
    """The publisher, the subscriber and the hub of this process speak to a Valkey of their own."""
    server = Valkey(tmp_path)
    monkeypatch.setenv("EVENTS_REDIS_URL", server.url)
    _forget_settings()
    yield server
    server.kill()
    monkeypatch.undo()
    _forget_settings()


def _forget_settings() -> None:
    settings.cache_clear()
    publisher.connection.cache_clear()
    publisher._script.cache_clear()


def publish(type: EventType = EventType.STATUS, *, video_id: UUID, team_id: UUID = TEAM, **data: object) -> str:
    return publisher.publish(
        Event(type=type, team_id=team_id, video_id=video_id, data={"video_id": str(video_id), **data})
    )


async def publish_when_back(video_id: UUID) -> str:
    for _ in range(200):
        try:
            return await asyncio.to_thread(lambda: publish(video_id=video_id))
        except redis.RedisError:
            await asyncio.sleep(0.05)
    raise AssertionError("Valkey did not come back")


async def disconnected(hub: Hub) -> None:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while hub.connected:
            await asyncio.sleep(0.01)


async def collect(sub: Subscription, count: int) -> list[str]:
    seen: list[str] = []
    while len(seen) < count:
        seen += [event.cursor for event in await asyncio.wait_for(sub.next(), PATIENCE_SECONDS)]
        assert not sub.lost
    return seen


def test_a_listener_gets_its_own_video_and_a_team_all_of_its_videos(valkey: Valkey) -> None:
    async def check() -> None:
        hub, mine, other, foreign = Hub(), uuid4(), uuid4(), uuid4()
        async with hub.subscribe(video_id=mine) as one, hub.subscribe(team_id=TEAM) as team:
            first = publish(video_id=mine)
            second = publish(video_id=other)
            publish(video_id=foreign, team_id=uuid4())
            third = publish(video_id=mine)
            assert await collect(one, 2) == [first, third]
            assert await collect(team, 3) == [first, second, third]
            assert await one.next(timeout_seconds=0.05) == []
        assert one.closed and team.closed
        await hub.stop()

    asyncio.run(check())


def test_a_video_of_another_team_is_never_delivered(valkey: Valkey) -> None:
    async def check() -> None:
        hub, video_id = Hub(), uuid4()
        async with hub.subscribe(video_id=video_id, team_id=uuid4()) as sub:
            publish(video_id=video_id)
            assert await sub.next(timeout_seconds=0.2) == []
        await hub.stop()

    asyncio.run(check())


def test_a_killed_valkey_that_kept_its_file_costs_a_listener_nothing(valkey: Valkey) -> None:
    async def check() -> None:
        hub, video_id = Hub(), uuid4()
        async with hub.subscribe(video_id=video_id) as sub:
            before = publish(video_id=video_id)
            assert await collect(sub, 1) == [before]
            await asyncio.to_thread(valkey.sync)
            valkey.kill()
            await disconnected(hub)
            valkey.start()
            after = await publish_when_back(video_id)
            assert await collect(sub, 1) == [after]
        await hub.stop()

    asyncio.run(check())


def test_a_valkey_that_lost_its_data_tells_every_listener_of_the_gap(valkey: Valkey) -> None:
    async def check() -> None:
        hub, video_id = Hub(), uuid4()
        async with hub.subscribe(video_id=video_id) as sub, hub.subscribe(team_id=TEAM) as team:
            publish(video_id=video_id)
            await collect(sub, 1)
            await collect(team, 1)
            valkey.kill()
            valkey.forget()
            valkey.start()
            assert await asyncio.wait_for(sub.next(), PATIENCE_SECONDS) == []
            assert sub.lost
            await asyncio.wait_for(team.next(), PATIENCE_SECONDS)
            assert team.lost
            after = publish(video_id=video_id)
            assert await collect(sub, 1) == [after]
        await hub.stop()

    asyncio.run(check())


def test_a_listener_that_began_without_valkey_is_told_of_a_gap_when_it_is_back(valkey: Valkey) -> None:
    async def check() -> None:
        hub, video_id = Hub(), uuid4()
        valkey.kill()
        async with hub.subscribe(video_id=video_id) as sub:
            assert not hub.connected
            valkey.start()
            await asyncio.wait_for(sub.next(), PATIENCE_SECONDS)
            assert sub.lost
            after = publish(video_id=video_id)
            assert await collect(sub, 1) == [after]
        await hub.stop()

    asyncio.run(check())


def test_a_trimmed_firehose_is_a_gap(valkey: Valkey) -> None:
    async def check() -> None:
        hub, video_id = Hub(), uuid4()
        async with hub.subscribe(video_id=video_id) as sub:
            publish(video_id=video_id)
            await collect(sub, 1)
            valkey.kill()
            await disconnected(hub)
            valkey.start()
            with redis.Redis.from_url(valkey.url) as connection:
                connection.xtrim(streams.FIREHOSE, maxlen=0, approximate=False)
            await asyncio.wait_for(sub.next(), PATIENCE_SECONDS)
            assert sub.lost
        await hub.stop()

    asyncio.run(check())


def test_a_slow_listener_is_bounded_and_slows_nobody(valkey: Valkey) -> None:
    async def check() -> None:
        hub, video_id = Hub(), uuid4()
        async with (
            hub.subscribe(video_id=video_id, capacity=10) as slow,
            hub.subscribe(video_id=video_id, capacity=1000) as quick,
        ):
            cursors = [publish(video_id=video_id) for _ in range(50)]
            assert await collect(quick, 50) == cursors
            late = await slow.next()
            assert slow.lost
            assert len(late) <= 10
            assert late[-1].cursor == cursors[-1]
        await hub.stop()

    asyncio.run(check())


def test_closing_the_hub_ends_everyone_now_and_later(valkey: Valkey) -> None:
    async def check() -> None:
        hub = Hub()
        async with hub.subscribe(team_id=TEAM) as sub:
            asyncio.get_running_loop().call_later(0.05, hub.close)
            batches = [batch async for batch in sub]
            assert batches == []
            assert sub.closed
        async with hub.subscribe(team_id=TEAM) as late:
            assert late.closed
        await hub.stop()

    asyncio.run(check())


def test_an_entry_of_an_unknown_type_is_passed_over(valkey: Valkey) -> None:
    async def check() -> None:
        hub, video_id = Hub(), uuid4()
        async with hub.subscribe(video_id=video_id) as sub:
            with redis.Redis.from_url(os.environ["EVENTS_REDIS_URL"]) as connection:
                connection.xadd(
                    streams.FIREHOSE,
                    {"type": "of the future", "team_id": str(TEAM), "video_id": str(video_id), "data": "{}"},
                )
            after = publish(video_id=video_id)
            assert await collect(sub, 1) == [after]
        await hub.stop()

    asyncio.run(check())
