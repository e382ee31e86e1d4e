"""Progress: how far the processing of a video is. It changes several times a second, unlike its card or row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mediaproc.domain.states import VideoStatus
from mediaproc.operations.queue_places import Place
from mediaproc.state import labels


@dataclass(frozen=True)
class Progress:
    """Raw figures, formatted in the browser. `percent` is 0 to 100, `speed` a multiple of real time; 0 is unknown.

    `waiting`: no worker is at it, and `label` gives its place in the queue. `started`: there is something to measure.
    """

    started: bool = False
    waiting: bool = False
    percent: float = 0.0
    stage: str = ""
    label: str = ""
    fps: float = 0.0
    speed: float = 0.0
    eta_seconds: float | None = None


_PLANNED = 1.0
"""Percent at which a video has been read and nothing is encoded yet."""

WAITING = Progress(waiting=True, label=labels.status(VideoStatus.QUEUED))
"""Progress of a video that no worker has claimed yet."""

STARTING = Progress(label="Starting")
"""Progress of a video that a worker has claimed and not reported on yet."""


def waiting_at(place: Place, percent: float = 0.0) -> Progress:
    """Progress of a video that waits: what is encoded of it, without figures of a speed that it does not have."""
    label = labels.place(place.position, place.length)
    return Progress(waiting=True, label=label, started=percent > _PLANNED, percent=percent)


def with_place(known: Progress, place: Place | None) -> Progress:
    """The progress of a video once its place in the queue is read again; no event tells of that."""
    if place is not None:
        return waiting_at(place, known.percent)
    return replace(STARTING, started=known.started, percent=known.percent) if known.waiting else known


def progress_from(data: Mapping[str, Any]) -> Progress:
    """The data of a progress event as the page shows it."""
    stage = str(data.get("stage") or "")
    eta = data.get("eta_seconds")
    return Progress(
        started=True,
        percent=float(data.get("progress") or 0),
        stage=stage,
        label=labels.stage(stage),
        fps=float(data.get("fps") or 0),
        speed=float(data.get("speed") or 0),
        eta_seconds=None if eta is None else float(eta),
    )
