"""SSRF guard: a network backend that connects only to addresses that webhooks may reach, within a deadline.

A name is resolved here once and the connection goes to the address that was checked, so a name that changes its
address afterwards (DNS rebinding) gains nothing. TLS still verifies the name.
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Collection, Iterable
from typing import Any

import httpcore

from mediaproc.domain.webhook_targets import Network, may_reach


class Refused(Exception):
    """The address is not one that webhooks may reach."""


class GuardedNetwork(httpcore.NetworkBackend):
    """Network of one request, which has until `deadline` (of `time.monotonic`). Raises Refused."""

    def __init__(self, *, deadline: float, allowed: Collection[Network] = ()) -> None:
        self._deadline = deadline
        self._allowed = allowed
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of the host that is allowed and answers."""
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address in self._checked(host, port):
            try:
                stream = self._plain.connect_tcp(
                    address, port, left(self._deadline, timeout), local_address, socket_options
                )
                return _TimedStream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def _checked(self, host: str, port: int) -> list[str]:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"The name {host} is not known") from error
        addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
        good = [each for each in addresses if may_reach(each, self._allowed)]
        if addresses and not good:
            raise Refused(f"{host} is a private address; webhooks only go to public ones")
        return good


class _TimedStream(httpcore.NetworkStream):
    """Stream whose reads and writes time out at the deadline, so that a slow receiver can't hold a worker."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, left(self._deadline, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, left(self._deadline, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        secured = self._stream.start_tls(ssl_context, server_hostname, left(self._deadline, timeout))
        return _TimedStream(secured, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def left(deadline: float, timeout: float | None = None) -> float:
    """Return the seconds that remain. Raises a time-out if there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise httpcore.ReadTimeout
    return seconds if timeout is None else min(seconds, timeout)
