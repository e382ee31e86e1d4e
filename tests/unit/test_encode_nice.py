"""Encodes yield the CPU to short jobs, as far as ENCODE_NICE says."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from mediaproc.domain.states import JobKind, Lane
from mediaproc_worker import ffmpeg


@pytest.mark.parametrize(
    ("lane", "kind", "urgent", "niceness"),
    [
        (Lane.ENCODE, JobKind.ENCODE, False, 7),
        (Lane.QUICK, JobKind.AUDIO, False, 7),
        (Lane.ENCODE, JobKind.ENCODE, True, 0),
        (Lane.QUICK, JobKind.POSTER, False, 0),
    ],
)
def test_encodes_and_audio_are_nice_unless_they_are_urgent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, lane: Lane, kind: JobKind, urgent: bool, niceness: int
) -> None:
    seen: list[int] = []

    @contextmanager
    def running(*_: object, limits: Any, **__: object) -> Generator[Any]:
        seen.append(limits.nice)
        yield SimpleNamespace(log_tail="")

    limits = SimpleNamespace(attempt_timeout_seconds=60, encode_nice=7)
    monkeypatch.setattr(ffmpeg, "settings", lambda: limits)
    monkeypatch.setattr(ffmpeg, "ffmpeg_path", lambda: Path("ffmpeg"))
    monkeypatch.setattr(ffmpeg.sandboxed_process, "running", running)
    job = SimpleNamespace(lane=lane, kind=kind)
    context: Any = SimpleNamespace(claim=SimpleNamespace(job=job), workspace=tmp_path, cancelled=None)
    with ffmpeg.running(context, [], threads=1, urgent=urgent):
        pass
    assert seen == [niceness]
