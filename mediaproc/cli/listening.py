"""Forward an account's events to a local address, signed as a webhook's, for whoever builds a receiver."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, uuid5

import httpx
from standardwebhooks import Webhook as Signer

from mediaproc.cli import kept
from mediaproc.cli.speaking import errors, say, speaking
from mediaproc.client import ApiError, Client, Event

_TIMEOUT_SECONDS = 15.0
_NEWEST = 300
"""How many videos are looked at before the first event: more than the stream's first snapshot tells of."""


def listen(forward_to: str, *, as_json: bool) -> None:
    """Until Ctrl-C. A request that fails is told of and not repeated; events missed while away are caught up with."""
    server = kept.url(kept.read_sign_in())
    before = kept.listening(server, forward_to)
    secret = before.get("secret") or "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
    with speaking(as_json=as_json) as client, httpx.Client(timeout=_TIMEOUT_SECONDS, trust_env=False) as local:
        if not before:
            kept.keep_listening(server, forward_to, secret=secret, last_event_id="")
            errors.print(f"The secret, this once: {secret}", highlight=False, soft_wrap=True)
        errors.print(f"Forwarding to {forward_to}; Ctrl-C ends it.", highlight=False, soft_wrap=True)
        forwarding = _Forwarding(client, before.get("last_event_id", ""))
        for event, name in forwarding.changes():
            body = forwarding.body_of(event, name)
            said = _post(local, forward_to, Signer(secret), event, body)
            kept.keep_listening(server, forward_to, secret=secret, last_event_id=event.id)
            video_id = str(event.data["video_id"])
            say({"event": name, "video_id": video_id, "answer": said}, f"{name}\t{video_id}\t{said}", as_json=as_json)


class _Forwarding:
    """What changes, and not what merely is: the stream begins with how things stand."""

    def __init__(self, client: Client, last_event_id: str) -> None:
        self._client = client
        self._last_event_id = last_event_id
        self._names: dict[str, dict[str, str]] = {}
        self._standing: set[tuple[str, str]] = set()
        if not last_event_id:
            self._look()

    def changes(self) -> Iterator[tuple[Event, str]]:
        """Each event that webhooks hear of, with its name there."""
        for event in self._client.events(last_event_id=self._last_event_id):
            name = _name_of(event)
            if name and not self._is_known(str(event.data["video_id"]), name):
                yield event, name

    def body_of(self, event: Event, name: str) -> str:
        """The body that a webhook would be sent."""
        at = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        about = self._about(str(event.data["video_id"]))
        return json.dumps({"type": name, "timestamp": at, "data": {**about, **event.data}}, ensure_ascii=False)

    def _look(self) -> None:
        for number, video in enumerate(self._client.videos()):
            if number == _NEWEST:
                return
            self._names[video.id] = {"title": video.title, "filename": video.filename}
            self._standing.add((video.id, f"video.{video.status}"))
            if video.playable:
                self._standing.add((video.id, "video.playable"))

    def _is_known(self, video_id: str, name: str) -> bool:
        """Whether this is how it stood when we began. Once something else is told of a video, all is news."""
        if (video_id, name) in self._standing:
            return True
        self._standing -= {each for each in self._standing if each[0] == video_id}
        return False

    def _about(self, video_id: str) -> dict[str, str]:
        if video_id not in self._names:
            try:
                video = self._client.video(video_id)
            except ApiError as error:
                if error.status != 404:
                    raise
                return {}
            self._names[video_id] = {"title": video.title, "filename": video.filename}
        return self._names[video_id]


def _name_of(event: Event) -> str:
    """The name that webhooks have for it; empty for what they are not told of."""
    if event.type == "status":
        return f"video.{event.data['status']}"
    return {"playable": "video.playable", "removed": "video.deleted"}.get(event.type, "")


def _post(local: httpx.Client, url: str, signer: Signer, event: Event, body: str) -> str:
    """Send one request. Returns the answer's status, or why there was none."""
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
