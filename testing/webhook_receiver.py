"""Webhook receiver on loopback: records requests and answers as a test has set."""

from __future__ import annotations

import threading
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Received:
    """A recorded request."""

    path: str
    headers: dict[str, str]
    body: str


@dataclass
class Receiver:
    """Recorded requests, and the answers to give in order. The last answer is repeated."""

    url: str = ""
    answers: list[tuple[int, dict[str, str], bytes]] = field(default_factory=lambda: [(200, {}, b"thanks")])
    received: list[Received] = field(default_factory=list)
    delay_seconds: float = 0.0

    def will(self, *statuses: int) -> None:
        """Answer with these statuses, in order. The last one is repeated."""
        self.answers = [(status, {}, b"said the receiver") for status in statuses]

    def bodies_with(self, text: str) -> list[Received]:
        """Requests whose body contains this text."""
        return [each for each in self.received if text in each.body]

    def take(self, request: Received) -> tuple[int, dict[str, str], bytes]:
        """Record a request and return its answer: status, extra headers, body."""
        self.received.append(request)
        time.sleep(self.delay_seconds)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def receiving() -> Generator[Receiver]:
    """Run a receiver within `with`."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, answer = receiver.take(Received(self.path, headers, body))
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answer)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def handle(self) -> None:
            with suppress(OSError):  # the client was killed meanwhile
                super().handle()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
