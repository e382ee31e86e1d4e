"""Poster: a still of the video for lists and players."""

from __future__ import annotations

from mediaproc_worker import overlays, renditions
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.poster import Poster


def take_poster(context: AttemptContext) -> None:
    """Perform one attempt of a job of kind `poster`."""
    overlays.fetch_watermark(context)
    with renditions.upload_pool() as pool:
        Poster.begin(context, pool).look(wait=True)
