"""How the bench of event streams reads what its clients are sent."""

from __future__ import annotations

import time

import pytest

from bench import machine
from bench.events import Viewer


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
