"""What programs do with a video, as lines to copy: the same as its page does."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass

from mediaproc.domain.states import VideoStatus
from mediaproc.operations.videos import SOURCE, VideoView
from mediaproc.state import labels

_KEY = '-H "Authorization: Bearer $MEDIAPROC_API_KEY"'
"""The shell puts the key in: it stands in no line that is shown."""

_FOLLOWED = (
    'const events = new EventSource("{path}"); for (const name of ["progress", "status"]) '
    "events.addEventListener(name, (event) => console.log(name, event.data));"
)


@dataclass(frozen=True)
class Snippet:
    """One line to copy. `note` is what has to be known about it, or empty."""

    name: str
    note: str
    text: str


@dataclass(frozen=True)
class SnippetGroup:
    """Lines that belong together."""

    title: str
    lines: list[Snippet]


def snippets_of(view: VideoView, *, site: str) -> list[SnippetGroup]:
    """Every line that there is for this video now. `site` is the address by which others reach this server."""
    base = site.rstrip("/")
    video = f"{base}/api/v1/videos/{view.id}"
    chapters = [
        SnippetGroup("Look at it", _looks(video)),
        SnippetGroup("Follow it", _follows(base, f"/videos/{view.id}/events")),
        SnippetGroup("Play it", _plays(view)),
        SnippetGroup("Download it", _downloads(view, f"{video}/download")),
        SnippetGroup("Change it", _changes(view, video)),
    ]
    return [chapter for chapter in chapters if chapter.lines]


def _looks(video: str) -> list[Snippet]:
    return [
        Snippet("What it is and how it stands", "", _curl(video)),
        Snippet("Its jobs, with every attempt", "", _curl(f"{video}/jobs")),
    ]


def _follows(base: str, path: str) -> list[Snippet]:
    return [
        Snippet("In a shell", "Ends by itself once the work is over.", f"curl -fsSN {shlex.quote(base + path)} {_KEY}"),
        Snippet(
            "In a page of this site", "The browser's own sign-in counts, without a key.", _FOLLOWED.format(path=path)
        ),
    ]


def _plays(view: VideoView) -> list[Snippet]:
    if view.playback is None:
        return []
    note = "Any player takes it, without a key, for six hours or more. Looking at the video gives a fresh one."
    dash = view.playback.dash_url
    return [Snippet("HLS", note, view.playback.hls_url), *([Snippet("DASH", "In the same way.", dash)] if dash else [])]


def _downloads(view: VideoView, address: str) -> list[Snippet]:
    files = [each for each in view.renditions if each.suffix] if view.status is VideoStatus.COMPLETED else []
    best = [Snippet("The best file", "It takes two steps, so that storage never sees the key.", _save(address))]
    made = [
        Snippet(labels.rendition(each.name, each.suffix), "", _save(f"{address}?rendition={each.name}"))
        for each in files
    ]
    uploaded = [Snippet("The original", "", _save(f"{address}?rendition={SOURCE}"))]
    return [*(best if files else []), *made, *(uploaded if view.status is not VideoStatus.UPLOADING else [])]


def _changes(view: VideoView, video: str) -> list[Snippet]:
    recipe = shlex.quote(json.dumps({"preset": view.preset}))
    again = f"{_curl(f'{video}/reprocess', '-X POST')} -H 'Content-Type: application/json' -d {recipe}"
    return [
        Snippet(
            "Process it again, with this preset or another", "Once it is ready, has failed or was cancelled.", again
        ),
        Snippet("Try again", "Once it has failed or was cancelled.", _curl(f"{video}/retry", "-X POST")),
        Snippet("Cancel processing", "While it waits or is processed.", _curl(f"{video}/cancel", "-X POST")),
        Snippet("Delete it", "With all that was made of it. This can't be undone.", _curl(video, "-X DELETE")),
    ]


def _curl(address: str, method: str = "") -> str:
    return " ".join(filter(None, ("curl -fsS", method, shlex.quote(address), _KEY)))


def _save(address: str) -> str:
    """Under the file's own name. The answer leads to storage, which is asked without the key."""
    return f"curl -fsSOJ \"$(curl -fsS -o /dev/null -w '%{{redirect_url}}' {shlex.quote(address)} {_KEY})\""
