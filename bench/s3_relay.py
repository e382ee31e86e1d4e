"""TCP relay in front of the S3 server that counts the bytes of sources it sends."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import contextmanager
from urllib.parse import urlsplit

_PIECE_BYTES = 65_536


class Relay:
    """Forwards connections. If the first request is for a source, so are all others: it is FFmpeg or ffprobe."""

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        assert parts.hostname and parts.port
        self.source_bytes = 0
        self._upstream = (parts.hostname, parts.port)
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def run(self) -> None:
        """Accept connections until `close`."""
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(near,), daemon=True).start()

    def close(self) -> None:
        """Stop accepting connections."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _pass_on(self, near: socket.socket) -> None:
        with near, socket.create_connection(self._upstream) as far:
            first = near.recv(_PIECE_BYTES)
            far.sendall(first)
            asked = first.partition(b"?")[0]
            counted = asked.startswith(b"GET ") and b"/source" in asked
            threading.Thread(target=self._pump, args=(near, far, False), daemon=True).start()
            self._pump(far, near, counted)

    def _pump(self, giver: socket.socket, taker: socket.socket, counted: bool) -> None:
        try:
            while piece := giver.recv(_PIECE_BYTES):
                if counted:
                    with self._lock:
                        self.source_bytes += len(piece)
                taker.sendall(piece)
            taker.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the reader has closed


@contextmanager
def relaying(upstream: str) -> Generator[Relay]:
    """Run a relay within `with`."""
    relay = Relay(upstream)
    thread = threading.Thread(target=relay.run)
    thread.start()
    try:
        yield relay
    finally:
        relay.close()
        thread.join()
