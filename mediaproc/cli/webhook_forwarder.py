"""Webhook forwarder: sends a team's events to a local address, signed like webhooks, for developing a receiver."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

import httpx
from standardwebhooks import Webhook as Signer

from mediaproc.cli import credentials, resume_store
from mediaproc.cli.output import connected, print_result, stderr
from mediaproc.cli.resume_store import Forwarding
from mediaproc.client import ApiError, Client, Event

_TIMEOUT_SECONDS = 15.0
_RECENT_VIDEOS = 300
"""Videos read before the first event. More than the snapshot at the start of the stream covers (200)."""


def forward(forward_to: str, *, as_json: bool) -> None:
    """Forward events until Ctrl-C. A failed request is reported and not repeated. Events missed since the last run
    are sent first.
    """
    server = credentials.url(credentials.read_sign_in())
    with connected(as_json=as_json) as client, httpx.Client(timeout=_TIMEOUT_SECONDS, trust_env=False) as local:
        position = resume_store.forwarding(server, forward_to) or _first(server, forward_to)
        stderr.print(f"Forwarding events to {forward_to}. Press Ctrl-C to stop.", highlight=False, soft_wrap=True)
        changes = _Changes(client, position.last_event_id)
        signer = Signer(position.secret)
        for event, name in changes:
            outcome = _post(local, forward_to, signer, event, changes.body(event, name))
            resume_store.save_forwarding(server, forward_to, Forwarding(position.secret, event.id))
            video_id = str(event.data["video_id"])
            result = {"event": name, "video_id": video_id, "answer": outcome}
            print_result(result, f"{name}\t{video_id}\t{outcome}", as_json=as_json)


def _first(server: str, forward_to: str) -> Forwarding:
    """Start of forwarding to a new address: makes a signing secret, saves it, and prints it."""
    position = Forwarding("whsec_" + base64.b64encode(secrets.token_bytes(32)).decode())
    resume_store.save_forwarding(server, forward_to, position)
    stderr.print(f"Signing secret (shown once): {position.secret}", highlight=False, soft_wrap=True)
    return position


class _Changes:
    """Events that webhooks get, with their webhook names. Leaves out the snapshot at the start of the stream."""

    def __init__(self, client: Client, last_event_id: str) -> None:
        self._client = client
        self._last_event_id = last_event_id
        self._titles: dict[str, dict[str, str]] = {}
        self._snapshot: set[tuple[str, str]] = set()
        if not last_event_id:
            self._read_videos()

    def __iter__(self) -> Iterator[tuple[Event, str]]:
        for event in self._client.events(last_event_id=self._last_event_id):
            name = _webhook_name(event)
            if name and not self._in_snapshot(str(event.data["video_id"]), name):
                yield event, name

    def body(self, event: Event, name: str) -> str:
        """The body that a webhook would get."""
        at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        names = self._names(str(event.data["video_id"]))
        return json.dumps({"type": name, "timestamp": at, "data": {**names, **event.data}}, ensure_ascii=False)

    def _read_videos(self) -> None:
        for number, video in enumerate(self._client.videos()):
            if number == _RECENT_VIDEOS:
                return
            self._titles[video.id] = {"title": video.title, "filename": video.filename}
            self._snapshot.add((video.id, f"video.{video.status}"))
            if video.playable:
                self._snapshot.add((video.id, "video.playable"))

    def _in_snapshot(self, video_id: str, name: str) -> bool:
        """True if the event only repeats the initial state of its video. Later events of that video never do."""
        if (video_id, name) in self._snapshot:
            return True
        self._snapshot -= {each for each in self._snapshot if each[0] == video_id}
        return False

    def _names(self, video_id: str) -> dict[str, str]:
        """Title and file name of a video; empty if it was deleted."""
        if video_id not in self._titles:
            try:
                video = self._client.video(video_id)
            except ApiError as error:
                if error.status != 404:
                    raise
                return {}
            self._titles[video_id] = {"title": video.title, "filename": video.filename}
        return self._titles[video_id]


def _webhook_name(event: Event) -> str:
    """Name of the event for webhooks; empty if webhooks don't get it."""
    if event.type == "status":
        return f"video.{event.data['status']}"
    return {"playable": "video.playable", "removed": "video.deleted"}.get(event.type, "")


def _post(local: httpx.Client, url: str, signer: Signer, event: Event, body: str) -> str:
    """Send one request. Returns the status code of the response, or why there was none."""
    at, id = datetime.now(UTC), str(uuid5(NAMESPACE_URL, f"{event.id} {event.type} {event.data['video_id']}"))
    headers = {
        "Content-Type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": signer.sign(id, at, body),
    }
    try:
        return str(local.post(url, content=body.encode(), headers=headers).status_code)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return f"not sent: {error or type(error).__name__}"
