"""Blocking client of the API."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Self

from mediaproc.client import downloads, events, uploads
from mediaproc.client.connection import Connection
from mediaproc.client.errors import ApiError
from mediaproc.client.models import Event, Priority, Upload, Video
from mediaproc.client.operations import Operations
from mediaproc.client.upload_parts import PARALLEL, FileVersion, OnProgress, UploadPlan, resumable


class Client(Operations, Connection):
    """Client of one Mediaproc server, with one API key or access token. Threads may share it.

    Every method raises ApiError for an error response, NotReachable if the server doesn't respond after several
    attempts, and UnexpectedAnswer if the response is not Mediaproc's.
    """

    def __init__(self, url: str, api_key: str | None = None) -> None:
        super().__init__(url, api_key)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @classmethod
    def sign_in(cls, url: str, *, email: str, password: str) -> Self:
        """A client signed in with a password, for some minutes: long enough to create an API key."""
        with cls(url) as visitor:
            return cls(url, visitor.create_session(email, password).access_token)

    def rename(self, id: str, title: str) -> Video:
        """Change a video's title."""
        return self.update(id, title=title)

    def upload(
        self,
        path: Path,
        *,
        preset: str = "web",
        priority: Priority = "normal",
        content_type: str = "",
        resume: str | None = None,
        parallel: int = PARALLEL,
        on_begin: Callable[[str], None] | None = None,
        on_progress: OnProgress | None = None,
    ) -> Video:
        """Upload a file straight to storage, `parallel` parts at a time. Returns when its video is queued.

        `on_begin` gets the id of the upload. Passed as `resume` after a crash, only the missing parts are sent; an
        upload that can't be resumed starts again. `on_progress` is called from several threads, one at a time.
        Also raises TransferFailed, FileChanged and OSError.
        """
        earlier = self._earlier_upload(resume) if resume else None
        if earlier and earlier.state == "completed" and earlier.video_id:
            return self.video(earlier.video_id)
        if earlier and resumable(earlier, path):
            plan = UploadPlan.of_earlier(earlier)
        else:
            size = FileVersion.of(path).size_bytes
            new = self.create_upload(path.name, size, content_type=content_type, preset=preset, priority=priority)
            plan = UploadPlan.of_new(new, size)
        if on_begin:
            on_begin(plan.id)
        return uploads.send(self, path, plan, parallel=parallel, on_progress=on_progress)

    def download(
        self, id: str, target: Path, *, rendition: str | None = None, on_progress: OnProgress | None = None
    ) -> Path:
        """Save a video's MP4 (the best, or a rendition by name) or its `source` to a file or into a folder.

        A later call continues where this one stopped. Also raises TransferFailed and OSError.
        """
        return downloads.fetch(self.download_url(id, rendition=rendition), target, on_progress)

    def events(self, id: str | None = None, *, last_event_id: str = "") -> Iterator[Event]:
        """Events of a video until its final status, or of all videos without end. The current state comes first.

        Reconnects when the connection breaks, without losing events. With `last_event_id`, continues after an event.
        """
        return events.follow(self, id, last_event_id)

    def wait(self, id: str) -> Video:
        """Wait until a video is completed, failed or cancelled, and return it."""
        for _ in self.events(id):
            pass
        return self.video(id)

    def _earlier_upload(self, id: str) -> Upload | None:
        try:
            return self.get_upload(id)
        except ApiError as error:
            if error.status == 404:
                return None
            raise
