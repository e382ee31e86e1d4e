"""Cards of the library: what each shows of its video."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mediaproc import routes
from mediaproc.domain.states import VideoStatus
from mediaproc.operations.videos import VideoView
from mediaproc.state import formatting, labels

IN_PROGRESS = frozenset({VideoStatus.QUEUED, VideoStatus.PROCESSING})


@dataclass(frozen=True)
class Card:
    """One video in the library.

    `error` is set once it has failed. `download` is the URL of its best file, empty while there is none. `can_retry`: a
    retry may help. Times are RFC 3339.
    """

    id: str
    href: str
    title: str
    poster: str
    preview: str
    tiles: int
    duration: str
    size_bytes: int
    resolution: str
    created_at: str
    status: str
    status_label: str
    error: str
    in_progress: bool
    can_retry: bool
    download: str
    selectable: bool = True


def card_of(view: VideoView) -> Card:
    """A video as its card."""
    return Card(
        id=str(view.id),
        href=routes.video(str(view.id)),
        title=view.title,
        poster=view.poster_url or "",
        preview=view.preview.url if view.preview else "",
        tiles=view.preview.tiles if view.preview else 0,
        duration=formatting.clock(view.duration_seconds),
        size_bytes=view.size_bytes,
        resolution=formatting.resolution(view.height, width=view.width),
        created_at=view.created_at.isoformat(),
        status=view.status,
        status_label=labels.status(view.status),
        error=view.error.detail if view.error and view.status == VideoStatus.FAILED else "",
        in_progress=view.status in IN_PROGRESS,
        can_retry=labels.can_retry(view.job.status, view.job.error) if view.job else False,
        download=routes.download(str(view.id)) if view.ready_at or view.status == VideoStatus.COMPLETED else "",
    )


def with_poster_of(card: Card, before: Card | None) -> Card:
    """The card with the poster URL that it had before, if only the signature differs: the image is not loaded again."""
    if before is None or not before.poster or not card.poster or _path(before.poster) != _path(card.poster):
        return card
    return replace(card, poster=before.poster)


def _path(url: str) -> str:
    return url.partition("?")[0]
