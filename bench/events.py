"""`python -m bench.events [--json FILE] [--clients N] [--seconds N]`: Server-Sent Events at scale, from one process.

With two cores, the web process has one and the clients the other. Figures are compared with bare Redis in the same
run: XADD to as many clients that wait in XREAD. A delay is the time from just before an event is published until its
client has it.
"""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import psutil
import redis
from sqlmodel import select

from bench import figures, machine
from bench.figures import Figure
from mediaproc import database
from mediaproc.commands.web import raise_open_files_limit
from mediaproc.domain.states import VideoStatus
from mediaproc.domain.tables import Membership, Video, new_id
from mediaproc.events import publisher
from mediaproc.events.messages import Event, EventType
from mediaproc.settings import settings
from testing.services import real_services
from testing.web_server import Web, start_web

FEW = 100
"""Number of clients in the comparison with bare Redis."""

VIEWERS = 50
"""Clients per video in the run with many clients."""

CONNECTING = 32
"""Number of clients that connect at the same time."""

_SENT = re.compile(rb'"sent": ([\d.]+)')
_ENTRY = re.compile(rb"(\d+-\d+)\r\n.*?sent\r\n\$\d+\r\n([\d.]+)\r\n", re.DOTALL)
_BARE = "bench"


@dataclass
class Viewer(asyncio.Protocol):
    """Client that follows one video and records the delay of each event in milliseconds."""

    request: bytes
    delays_ms: list[float] = field(default_factory=list[float])
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    lost: bool = False
    rest: bytes = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the request."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        """Record the events whose line is complete."""
        now = time.time()
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            if line.startswith(b"data: "):
                self.ready.set()  # the snapshot comes first
                if sent := _SENT.search(line):
                    self.delays_ms.append((now - float(sent[1])) * 1000)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  # signature of asyncio
        """Record the loss: the server should not close before the end."""
        self.lost = True
        self.ready.set()


@dataclass(frozen=True)
class Stage:
    """A web process, videos, and a token that may follow them."""

    web: Web
    token: str
    videos: Sequence[Video]

    def request(self, number: int) -> bytes:
        """Request of the client with this number."""
        video = self.videos[number % len(self.videos)]
        host = urlsplit(self.web.url).netloc
        return (
            f"GET /videos/{video.id}/events HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {self.token}\r\n\r\n"
        ).encode()

    def memory_bytes(self) -> int:
        """Unique set size of the process that serves."""
        return max(each.memory_full_info().uss for each in psutil.Process(self.web.process.pid).children())


def main() -> int:
    """Measure, print the table and write the JSON."""
    parser = figures.parser("events")
    parser.add_argument("--clients", type=int, default=5000)
    parser.add_argument("--seconds", type=int, default=10)
    options = parser.parse_args()
    machine.exit_on_sigterm()
    os.environ |= {"RATE_LIMIT_PER_MINUTE": "0", "LOG_LEVEL": "WARNING"}
    raise_open_files_limit()
    figures.show_machine()
    measured: list[Figure] = []
    with real_services():
        for figure in _measure(clients=options.clients, seconds=options.seconds):
            measured.append(figure)
            figures.show(figure)
    figures.write(measured, options.json)
    return 0


def _measure(*, clients: int, seconds: int) -> Iterator[Figure]:
    alone = machine.of_100(asyncio.run(_bare_redis(1)), 99)
    yield Figure("ms of bare XADD → one XREAD, p99", alone, "floor", True, machine.load())
    with machine.bound_to(1):
        floor = machine.of_100(asyncio.run(_bare_redis(FEW)), 99)
    yield Figure(f"ms of bare XADD → {FEW} XREADs, p99", floor, "floor", True, machine.load())
    with machine.bound_to(0):
        web = start_web(ceiling=65_536)
    try:
        stage = _set_up(web, videos=max(1, clients // VIEWERS))
        with machine.bound_to(1):
            yield from asyncio.run(_few(stage, floor_ms=floor))
            yield from asyncio.run(_many(stage, clients=clients, seconds=seconds))
    finally:
        web.kill()


@dataclass
class Reader(asyncio.Protocol):
    """Client of bare Redis that loops over XREAD."""

    greeting: bytes
    delays_ms: list[float] = field(default_factory=list[float])

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Authenticate and send the first XREAD."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(self.greeting + _xread("$"))

    def data_received(self, data: bytes) -> None:
        """Record the delay of an entry, which comes in one piece, and send the next XREAD."""
        if (sent := _ENTRY.search(data)) is not None:
            self.delays_ms.append((time.time() - float(sent[2])) * 1000)
            self.transport.write(_xread(sent[1].decode()))


async def _bare_redis(readers: int, *, count: int = 200) -> list[float]:
    """Delays from XADD to each reader, in milliseconds."""
    loop, address = asyncio.get_running_loop(), urlsplit(settings().events_url)
    host, port = _host_and_port(settings().events_url)
    greeting = _resp("AUTH", address.password or "") + _resp("SELECT", address.path.strip("/") or "0")
    waiting = [(await loop.create_connection(lambda: Reader(greeting), host, port))[1] for _ in range(readers)]
    await asyncio.sleep(0.5)
    with redis.Redis.from_url(settings().events_url) as connection:
        for _ in range(count):
            await asyncio.sleep(0.02)
            connection.xadd(_BARE, {"sent": repr(time.time())}, maxlen=1000)
    await asyncio.sleep(0.5)
    for each in waiting:
        each.transport.abort()
    return [delay for each in waiting for delay in each.delays_ms]


def _host_and_port(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname and parts.port
    return parts.hostname, parts.port


def _xread(cursor: str) -> bytes:
    return _resp("XREAD", "COUNT", "1", "BLOCK", "0", "STREAMS", _BARE, cursor)


def _resp(*words: str) -> bytes:
    """Command in the Redis protocol."""
    return b"".join([b"*%d\r\n" % len(words), *(b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in words)])


def _set_up(web: Web, *, videos: int) -> Stage:
    account = {"email": f"{secrets.token_hex(6)}@example.com", "password": secrets.token_hex(8)}
    done = httpx.post(f"{web.url}/api/v1/auth/register", json=account, timeout=30).raise_for_status().json()
    with database.transaction() as session:
        member = session.exec(select(Membership).where(Membership.user_id == UUID(done["user"]["id"]))).one()
        rows = [_video(member.team_id) for _ in range(videos)]
        session.add_all(rows)
    return Stage(web=web, token=done["access_token"], videos=rows)


def _video(team_id: UUID) -> Video:
    return Video(
        id=new_id(), team_id=team_id, filename="a.mp4", title="a", source_key="none", size_bytes=1,
        status=VideoStatus.PROCESSING,
    )  # fmt: skip


# What is measured -------------------------------------------------------------------------------------------


async def _few(stage: Stage, *, floor_ms: float) -> list[Figure]:
    viewers = await _connect(stage, FEW, videos=1)
    await _publish(stage.videos[:1], count=200, every_seconds=0.02)
    await asyncio.sleep(0.5)
    _leave(viewers)
    p99 = machine.of_100([delay for each in viewers for delay in each.delays_ms], 99)
    detail = f"{p99 / floor_ms:.1f} times bare Redis to as many (≤ 5), {machine.load()}"
    met = p99 <= 25 and p99 <= 5 * floor_ms
    return [Figure(f"ms to each of {FEW} clients, p99", p99, "≤ 25", met, detail)]


async def _many(stage: Stage, *, clients: int, seconds: int) -> list[Figure]:
    before = stage.memory_bytes()
    viewers = await _connect(stage, clients, videos=len(stage.videos))
    await asyncio.sleep(2)
    kib = (stage.memory_bytes() - before) / clients / 1024
    rounds = len(stage.videos) * seconds
    await _publish(stage.videos, count=rounds, every_seconds=1 / len(stage.videos))
    await asyncio.sleep(1)
    lost = sum(seconds - len(each.delays_ms) for each in viewers) + sum(each.lost for each in viewers)
    _leave(viewers)
    p99 = machine.of_100([delay for each in viewers for delay in each.delays_ms], 99)
    return [
        Figure("KiB for each idle client", kib, "≤ 40", kib <= 40, f"{clients} clients, {machine.load()}"),
        Figure(
            f"ms to each of {clients} clients, p99", p99, "≤ 150", p99 <= 150, f"an event a second, {machine.load()}"
        ),
        Figure("events lost", lost, "0", lost == 0, f"of {clients * seconds}"),
    ]


async def _connect(stage: Stage, count: int, *, videos: int) -> list[Viewer]:
    loop, gate = asyncio.get_running_loop(), asyncio.Semaphore(CONNECTING)
    host, port = _host_and_port(stage.web.url)

    async def one(number: int) -> Viewer:
        async with gate:
            viewer = Viewer(stage.request(number % videos))
            await loop.create_connection(lambda: viewer, host, port)
            await asyncio.wait_for(viewer.ready.wait(), 60)
            assert not viewer.lost
            return viewer

    return await asyncio.gather(*(one(number) for number in range(count)))


async def _publish(videos: Sequence[Video], *, count: int, every_seconds: float) -> None:
    """Publish `count` events, to each video in rotation."""
    began = time.monotonic()
    for number in range(count):
        await asyncio.sleep(max(0.0, began + number * every_seconds - time.monotonic()))
        video = videos[number % len(videos)]
        data = {"video_id": str(video.id), "sent": time.time()}
        publisher.publish(Event(type=EventType.LOG, team_id=video.team_id, video_id=video.id, data=data))


def _leave(viewers: Sequence[Viewer]) -> None:
    for each in viewers:
        each.transport.abort()


if __name__ == "__main__":
    raise SystemExit(main())
