"""What the page shows of a video, as frozen values with every number already in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from mediaproc import routes
from mediaproc.domain.states import VideoStatus
from mediaproc.operations.videos import VideoView
from mediaproc.state import formatting, labels

MOVING = frozenset({VideoStatus.QUEUED, VideoStatus.PROCESSING})


@dataclass(frozen=True)
class Card:
    """One video in the library. `facts` is its quiet line; `trouble` a sentence when it failed.

    `download` is the address of its best file, if it has one.
    """

    id: str
    href: str
    title: str
    poster: str
    preview: str
    tiles: int
    duration: str
    facts: str
    created_at: str
    status: str
    state: str
    trouble: str
    moving: bool
    can_retry: bool
    download: str


@dataclass(frozen=True)
class Live:
    """What a moving video does now. It changes several times a second, so it is kept apart from the card."""

    progress: float = 0.0
    percent: str = ""
    stage: str = ""
    stage_name: str = ""
    fps: str = ""
    speed: str = ""
    left: str = ""
    line: str = ""


def card_of(view: VideoView) -> Card:
    """A video as its card."""
    facts = [formatting.size(view.size_bytes), formatting.resolution(view.height, width=view.width)]
    return Card(
        id=str(view.id),
        href=routes.video(str(view.id)),
        title=view.title,
        poster=view.poster_url or "",
        preview=view.preview.url if view.preview else "",
        tiles=view.preview.tiles if view.preview else 0,
        duration=formatting.clock(view.duration_seconds),
        facts=" · ".join(fact for fact in facts if fact),
        created_at=view.created_at.isoformat(),
        status=view.status,
        state=labels.status(view.status),
        trouble=view.error.detail if view.error and view.status == VideoStatus.FAILED else "",
        moving=view.status in MOVING,
        can_retry=view.status in {VideoStatus.FAILED, VideoStatus.CANCELLED},
        download=f"/api/v1/videos/{view.id}/download" if view.status == VideoStatus.COMPLETED else "",
    )


def with_poster_of(card: Card, before: Card | None) -> Card:
    """The card with the poster's address it had: each presigned address differs, and a new one is loaded anew."""
    if before is None or not before.poster or not card.poster or _path(before.poster) != _path(card.poster):
        return card
    return replace(card, poster=before.poster)


def live_of(data: dict[str, Any]) -> Live:
    """The data of a progress event in words."""
    progress = float(data.get("progress") or 0)
    fps, speed, eta = data.get("fps"), data.get("speed"), data.get("eta_seconds")
    stage = str(data.get("stage") or "")
    live = Live(
        progress=progress,
        percent=f"{progress:.0f} %",
        stage=stage,
        stage_name=labels.stage(stage),
        fps=f"{fps:.0f} fps" if fps else "",
        speed=f"{speed:.1f}×" if speed else "",
        left=formatting.time_left(eta),
    )
    parts = [live.stage_name, live.fps, live.speed, live.left]
    return replace(live, line=" · ".join(part for part in parts if part))


def waiting() -> Live:
    """Of a video that no worker has taken yet."""
    return Live(stage_name=labels.status(VideoStatus.QUEUED), line=labels.status(VideoStatus.QUEUED))


def _path(url: str) -> str:
    return url.partition("?")[0]
