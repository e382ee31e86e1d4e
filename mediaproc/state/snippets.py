"""Snippets: commands and addresses to copy, which do in a shell or a program what the video's page does."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass

from mediaproc import routes
from mediaproc.domain.states import VideoStatus
from mediaproc.operations.videos import SOURCE, VideoView
from mediaproc.state import labels

_KEY = '-H "Authorization: Bearer $MEDIAPROC_API_KEY"'
"""The shell inserts the key: no snippet contains it."""

_EVENT_SOURCE = (
    'const events = new EventSource("{path}"); for (const name of ["progress", "status"]) '
    "events.addEventListener(name, (event) => console.log(name, event.data));"
)


@dataclass(frozen=True)
class Snippet:
    """One line to copy. `note` may be empty."""

    name: str
    note: str
    text: str


@dataclass(frozen=True)
class SnippetGroup:
    """Snippets under one heading."""

    title: str
    snippets: list[Snippet]


def snippets_of(view: VideoView, *, site: str) -> list[SnippetGroup]:
    """Snippets for the video in its current state. `site` is the public URL of this server."""
    base = site.rstrip("/")
    video = base + routes.video_api(str(view.id))
    groups = [
        SnippetGroup("Retrieve", _retrieve(video)),
        SnippetGroup("Follow progress", _follow(base, f"/videos/{view.id}/events")),
        SnippetGroup("Play", _play(view)),
        SnippetGroup("Download", _download(view, base)),
        SnippetGroup("Update", _update(view, video)),
    ]
    return [group for group in groups if group.snippets]


def _retrieve(video: str) -> list[Snippet]:
    return [Snippet("Video", "", _curl(video)), Snippet("Jobs and attempts", "", _curl(f"{video}/jobs"))]


def _follow(base: str, path: str) -> list[Snippet]:
    return [
        Snippet("Shell", "Exits when processing ends.", f"curl -fsSN {shlex.quote(base + path)} {_KEY}"),
        Snippet("JavaScript", "On this site the browser’s session is enough.", _EVENT_SOURCE.format(path=path)),
    ]


def _play(view: VideoView) -> list[Snippet]:
    if view.playback is None:
        return []
    note = "Plays in any player without a key for at least six hours. Retrieve the video again for a new URL."
    dash = view.playback.dash_url
    return [Snippet("HLS", note, view.playback.hls_url), *([Snippet("DASH", "", dash)] if dash else [])]


def _download(view: VideoView, base: str) -> list[Snippet]:
    files = [each for each in view.renditions if each.suffix] if view.status is VideoStatus.COMPLETED else []
    best = [Snippet("Best rendition", "Two requests, so that storage never receives the key.", _save(view, base))]
    renditions = [Snippet(labels.rendition(each.name, each.suffix), "", _save(view, base, each.name)) for each in files]
    source = [Snippet("Original", "", _save(view, base, SOURCE))]
    return [*(best if files else []), *renditions, *(source if view.status is not VideoStatus.UPLOADING else [])]


def _update(view: VideoView, video: str) -> list[Snippet]:
    body = shlex.quote(json.dumps({"preset": view.preset}))
    reprocess = f"{_curl(f'{video}/reprocess', '-X POST')} -H 'Content-Type: application/json' -d {body}"
    return [
        Snippet("Reprocess", "With this preset or another, once the video is ready, failed or cancelled.", reprocess),
        Snippet("Retry", "Once the video failed or was cancelled.", _curl(f"{video}/retry", "-X POST")),
        Snippet("Cancel", "While the video is queued or processing.", _curl(f"{video}/cancel", "-X POST")),
        Snippet("Delete", "Deletes the original and all renditions. This cannot be undone.", _curl(video, "-X DELETE")),
    ]


def _curl(address: str, method: str = "") -> str:
    return " ".join(filter(None, ("curl -fsS", method, shlex.quote(address), _KEY)))


def _save(view: VideoView, base: str, rendition: str = "") -> str:
    """Saves a file under its own name. The API redirects to storage, which is asked without the key."""
    address = shlex.quote(base + routes.download(str(view.id), rendition))
    return f"curl -fsSOJ \"$(curl -fsS -o /dev/null -w '%{{redirect_url}}' {address} {_KEY})\""
