"""The client itself: every verb of the public API, as a method."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from mediaproc.client import downloads, events, uploads
from mediaproc.client.connection import Connection
from mediaproc.client.models import (
    ApiKey,
    Delivery,
    Event,
    NewApiKey,
    NewWebhook,
    Preset,
    Transfer,
    User,
    Video,
    Webhook,
)

OnProgress = Callable[[Transfer], None]
_PAGE = 100


class Client:
    """Speaks to one Mediaproc with one API key (or access token). Every method raises ApiError and NotReachable."""

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self._connection = Connection(url, api_key)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._connection.close()

    @classmethod
    def sign_in(cls, url: str, *, email: str, password: str) -> Client:
        """A client for a person, good for some minutes: to make an API key with."""
        connection = Connection(url, None)
        try:
            answer = connection.post("/auth/login", {"email": email, "password": password}, once=False)
        finally:
            connection.close()
        return cls(url, answer["access_token"])

    def sign_out(self) -> None:
        """End the session of `sign_in`. An API key is not ended by this; `revoke_api_key` does that."""
        self._connection.post("/auth/logout", once=False)

    def me(self) -> User:
        """Who is calling."""
        return User.model_validate(self._connection.get("/auth/me"))

    # Videos -------------------------------------------------------------------------------------------------

    def videos(
        self, *, status: Sequence[str] = (), query: str | None = None, sort: str | None = None
    ) -> Iterator[Video]:
        """Every video, the newest first, a page at a time as they are read. For other orders see `sort` in the API."""
        cursor: str | None = None
        while True:
            params = {"limit": _PAGE, "cursor": cursor, "status": list(status) or None, "q": query, "sort": sort}
            page = self._connection.get("/videos", params)
            yield from (Video.model_validate(each) for each in page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def video(self, id: str) -> Video:
        """One video."""
        return Video.model_validate(self._connection.get(f"/videos/{id}"))

    def rename(self, id: str, title: str) -> Video:
        """Give a video another title."""
        return Video.model_validate(self._connection.patch(f"/videos/{id}", {"title": title}))

    def cancel(self, id: str) -> Video:
        """Stop the work on a video."""
        return Video.model_validate(self._connection.post(f"/videos/{id}/cancel", once=False))

    def retry(self, id: str) -> Video:
        """Process a failed or cancelled video again."""
        return Video.model_validate(self._connection.post(f"/videos/{id}/retry"))

    def reprocess(self, id: str, preset: str) -> Video:
        """Process a video with another preset."""
        return Video.model_validate(self._connection.post(f"/videos/{id}/reprocess", {"preset": preset}))

    def delete(self, id: str) -> None:
        """Delete a video with everything that belongs to it."""
        self._connection.delete(f"/videos/{id}")

    def plan(self, id: str) -> dict[str, Any]:
        """What is done with a video: `rungs`, `chunks`, and `steps` with every FFmpeg command."""
        return dict(self._connection.get(f"/videos/{id}/plan"))

    def presets(self) -> list[Preset]:
        """The recipes there are."""
        return [Preset.model_validate(each) for each in self._connection.get("/presets")["items"]]

    # Bytes --------------------------------------------------------------------------------------------------

    def upload(
        self,
        path: Path,
        *,
        preset: str = "web",
        content_type: str = "",
        resume: str | None = None,
        parallel: int = uploads.PARALLEL,
        on_begin: Callable[[str], None] | None = None,
        on_progress: OnProgress | None = None,
    ) -> Video:
        """Send a file straight to storage, parts side by side; the video is queued when this returns.

        `on_begin` gets the upload's id; given as `resume` after a crash, only what is missing is sent, and where
        the upload can't go on it begins anew. Also raises TransferFailed and FileChanged.
        """
        upload = uploads.find(self._connection, resume) if resume else None
        if upload and upload.state == "completed" and upload.video_id:
            return self.video(upload.video_id)
        if upload is None or not uploads.fits(upload, path):
            upload = uploads.begin(self._connection, path, preset=preset, content_type=content_type)
        if on_begin:
            on_begin(upload.id)
        return uploads.send(self._connection, path, upload, parallel=parallel, on_progress=on_progress)

    def download(
        self, id: str, target: Path, *, rendition: str | None = None, on_progress: OnProgress | None = None
    ) -> Path:
        """Save a video's MP4 (the best, or a rendition by name), or its `source`, to a file or into a folder."""
        params = {"rendition": rendition} if rendition else {}
        answer = self._connection.call("GET", f"/videos/{id}/download", params=params)
        return downloads.fetch(answer.headers["Location"], target, on_progress)

    # Events -------------------------------------------------------------------------------------------------

    def events(self, id: str | None = None, *, last_event_id: str = "") -> Iterator[Event]:
        """What happens to a video until its final status, or endlessly to all; first how things stand.

        A broken line is mended and nothing is lost: whoever keeps an event's id can go on after it.
        """
        if id is None:
            return events.follow(self._connection, "/events", last_event_id=last_event_id, endless=True)
        return events.follow(self._connection, f"/videos/{id}/events", last_event_id=last_event_id)

    def wait(self, id: str) -> Video:
        """The video, when nothing more happens to it by itself."""
        for _ in self.events(id):
            pass
        return self.video(id)

    # API keys -----------------------------------------------------------------------------------------------

    def api_keys(self) -> list[ApiKey]:
        """Every API key that was not revoked."""
        found: list[ApiKey] = []
        cursor: str | None = None
        while True:
            page = self._connection.get("/api-keys", {"limit": _PAGE, "cursor": cursor})
            found += [ApiKey.model_validate(each) for each in page["items"]]
            cursor = page["next_cursor"]
            if cursor is None:
                return found

    def create_api_key(self, name: str, scopes: Sequence[str], *, expires_at: datetime | None = None) -> NewApiKey:
        """Make an API key; the key itself is in the answer, this once."""
        body = {"name": name, "scopes": list(scopes), "expires_at": expires_at.isoformat() if expires_at else None}
        return NewApiKey.model_validate(self._connection.post("/api-keys", body, once=False))

    def revoke_api_key(self, id: str) -> None:
        """Make an API key worth nothing."""
        self._connection.delete(f"/api-keys/{id}")

    # Webhooks -----------------------------------------------------------------------------------------------

    def webhooks(self) -> Iterator[Webhook]:
        """Every webhook, the newest first."""
        return (Webhook.model_validate(each) for each in self._pages("/webhooks"))

    def create_webhook(self, url: str, events: Sequence[str], *, description: str = "") -> NewWebhook:
        """Add a webhook; its secret is in the answer, this once."""
        body = {"url": url, "events": list(events), "description": description}
        return NewWebhook.model_validate(self._connection.post("/webhooks", body, once=False))

    def change_webhook(self, id: str, **changes: Any) -> Webhook:
        """Change `url`, `events`, `description` or `enabled` of a webhook."""
        return Webhook.model_validate(self._connection.patch(f"/webhooks/{id}", changes))

    def rotate_webhook_secret(self, id: str) -> NewWebhook:
        """Make a new secret; the old one is good for another 24 hours."""
        return NewWebhook.model_validate(self._connection.post(f"/webhooks/{id}/rotate-secret", once=False))

    def delete_webhook(self, id: str) -> None:
        """Delete a webhook with its log."""
        self._connection.delete(f"/webhooks/{id}")

    def test_webhook(self, id: str) -> Delivery:
        """Send a `webhook.test`."""
        return Delivery.model_validate(self._connection.post(f"/webhooks/{id}/test"))

    def deliveries(self, id: str) -> Iterator[Delivery]:
        """What a webhook was or will be told, the newest first, a page at a time as they are read."""
        return (Delivery.model_validate(each) for each in self._pages(f"/webhooks/{id}/deliveries"))

    def resend(self, id: str, delivery_id: str) -> Delivery:
        """Tell a webhook something again."""
        return Delivery.model_validate(self._connection.post(f"/webhooks/{id}/deliveries/{delivery_id}/resend"))

    def _pages(self, path: str) -> Iterator[Any]:
        cursor: str | None = None
        while True:
            page = self._connection.get(path, {"limit": _PAGE, "cursor": cursor})
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return
