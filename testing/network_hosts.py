"""Simulated hosts: network namespaces with a hostname, loopback and one veth pair each.

A namespace sees nothing of this machine's network. The services listen on loopback and a Unix socket here, so a
forwarder offers them at this end of the veth pair. Needs root and a kernel that allows network namespaces.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import threading
import warnings
from collections.abc import Coroutine, Mapping
from contextlib import suppress
from typing import Self, TypeVar
from urllib.parse import parse_qs, urlsplit

import pytest

from testing.waits import PATIENCE_SECONDS

T = TypeVar("T")

POSTGRES_PORT = 5432


class Host:
    """A network namespace within `with`. `command` is the prefix that runs a program on it."""

    def __init__(self, name: str, number: int) -> None:
        self.name = name
        self._namespace = f"mp{os.getpid()}n{number}"
        self._here, self._there = f"mp{os.getpid() % 10**6}h{number}", f"mp{os.getpid() % 10**6}t{number}"
        base = f"10.{200 + number}.{os.getpid() // 64 % 256}.{os.getpid() % 64 * 4}".rsplit(".", 1)
        self.address, self._own = f"{base[0]}.{int(base[1]) + 1}", f"{base[0]}.{int(base[1]) + 2}"
        self._forwarder: Forwarder | None = None

    @property
    def command(self) -> list[str]:
        """Command prefix that enters the host's network and hostname."""
        renamed = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', self.name]
        return ["ip", "netns", "exec", self._namespace, *renamed]

    def __enter__(self) -> Self:
        try:
            _ip("netns", "add", self._namespace)
            _ip("link", "add", self._here, "type", "veth", "peer", "name", self._there, "netns", self._namespace)
            _ip("addr", "add", f"{self.address}/30", "dev", self._here)
            _ip("link", "set", self._here, "up")
            for command in (("addr", "add", f"{self._own}/30", "dev", self._there), ("link", "set", self._there, "up")):
                _ip("-n", self._namespace, *command)
            _ip("-n", self._namespace, "link", "set", "lo", "up")
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._forwarder:
            self._forwarder.stop()
        self._remove()

    def forwarded(self, services: Mapping[str, str]) -> dict[str, str]:
        """Start forwarding. Returns the settings that reach the services from within the host."""
        redis, s3 = services["REDIS_URL"], services["S3_ENDPOINT_URL"]
        socket = parse_qs(urlsplit(services["DATABASE_URL"]).query)["host"][0]
        ports: dict[int, int | str] = {POSTGRES_PORT: f"{socket}/.s.PGSQL.5432"}
        ports |= {port: port for port in (urlsplit(redis).port, urlsplit(s3).port) if port}
        self._forwarder = Forwarder(self.address, ports)
        return {
            "DATABASE_URL": f"postgresql://postgres@{self.address}:{POSTGRES_PORT}/postgres",
            "REDIS_URL": redis.replace("127.0.0.1", self.address),
            "S3_ENDPOINT_URL": s3.replace("127.0.0.1", self.address),
        }

    def _remove(self) -> None:
        for command in (("netns", "del", self._namespace), ("link", "del", self._here)):
            with suppress(subprocess.CalledProcessError):
                _ip(*command)


def obstacle() -> str:
    """Reason why this machine cannot simulate hosts, or an empty string."""
    if os.geteuid() != 0:
        return "it takes root to make a network namespace"
    if missing := [program for program in ("ip", "unshare", "hostname") if not shutil.which(program)]:
        return f"there is no {missing[0]} here"
    try:
        with Host("trial", 9) as trial:
            _run(*trial.command, "true")
    except subprocess.CalledProcessError as error:
        return f"the kernel does not let us: {error.stderr.strip()}"
    return ""


def report_single_host(reason: str) -> None:
    """Warn that a test ran on one host only, with the reason. Fails the test if TWO_HOSTS is "required"."""
    if os.environ.get("TWO_HOSTS") == "required":
        pytest.fail(f"There have to be two hosts, but {reason}")
    warnings.warn(f"The kills were tried on one host, not on two: {reason}", stacklevel=2)


class Forwarder:
    """TCP forwarder in a thread: from ports of `address` to loopback ports or Unix sockets."""

    def __init__(self, address: str, targets: Mapping[int, int | str]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="forwarder", daemon=True)
        self._thread.start()
        self._servers = [self._do(_listen(address, port, target)) for port, target in targets.items()]

    def stop(self) -> None:
        """Stop listening and close every connection."""
        self._do(_end(self._servers))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=PATIENCE_SECONDS)
        self._loop.close()

    def _do(self, work: Coroutine[None, None, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=PATIENCE_SECONDS)


async def _listen(address: str, port: int, target: int | str) -> asyncio.Server:
    async def accepted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if isinstance(target, int):
            there = await asyncio.open_connection("127.0.0.1", target)
        else:
            there = await asyncio.open_unix_connection(target)
        await asyncio.gather(_pass_on(reader, there[1]), _pass_on(there[0], writer))

    return await asyncio.start_server(accepted, address, port)


async def _end(servers: list[asyncio.Server]) -> None:
    for server in servers:
        server.close()
    connections = asyncio.all_tasks() - {asyncio.current_task()}
    for each in connections:
        each.cancel()
    await asyncio.gather(*connections, return_exceptions=True)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await reader.read(256 * 1024):
            writer.write(data)
            await writer.drain()
    writer.close()


def _ip(*arguments: str) -> None:
    _run("ip", *arguments)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True)
