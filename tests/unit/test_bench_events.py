"""How the bench of event streams reads what its clients are sent."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from bench import machine
from bench.events import Reader, Viewer


def test_a_client_notes_an_event_once_its_line_is_whole() -> None:
    viewer = Viewer(b"")
    line = f'event: log\ndata: {{"video_id": "1", "sent": {time.time() - 0.05}}}\n'.encode()
    for at in range(len(line)):
        assert viewer.delays_ms == []
        viewer.data_received(line[at : at + 1])
    assert viewer.delays_ms == [pytest.approx(50, abs=40)]


def test_a_snapshot_makes_a_client_ready_and_is_no_event() -> None:
    viewer = Viewer(b"")
    viewer.data_received(b'HTTP/1.1 200 OK\r\n\r\n: still here\n\nevent: status\ndata: {"status": "processing"}\n\n')
    assert viewer.ready.is_set()
    assert viewer.delays_ms == []


def test_what_most_of_a_hundred_values_do_not_exceed() -> None:
    assert machine.of_100([float(number) for number in range(1, 201)], 99) == 199
    assert machine.of_100([7.0], 99) == 7


def test_a_reader_of_bare_redis_waits_for_the_next_entry_from_where_it_is() -> None:
    written: list[bytes] = []
    reader = Reader(b"")
    reader.transport = SimpleNamespace(write=written.append)  # type: ignore[assignment]
    reader.data_received(b"+OK\r\n")
    sent = repr(time.time() - 0.05)
    entry = f"*2\r\n$15\r\n1795489733374-0\r\n*2\r\n$4\r\nsent\r\n${len(sent)}\r\n{sent}\r\n"
    reader.data_received(f"*1\r\n*2\r\n$5\r\nbench\r\n*1\r\n{entry}".encode())
    assert reader.delays_ms == [pytest.approx(50, abs=40)]
    assert written[0].endswith(b"$15\r\n1795489733374-0\r\n")
