"""Progress: how far the processing of a video is. It changes several times a second, unlike its card or row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mediaproc.domain.states import VideoStatus
from mediaproc.state import labels


@dataclass(frozen=True)
class Progress:
    """Raw figures, formatted in the browser. `percent` is 0 to 100, `speed` a multiple of real time; 0 is unknown."""

    started: bool = False
    percent: float = 0.0
    stage: str = ""
    label: str = ""
    fps: float = 0.0
    speed: float = 0.0
    eta_seconds: float | None = None


WAITING = Progress(label=labels.status(VideoStatus.QUEUED))
"""Progress of a video that no worker has claimed yet."""


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
