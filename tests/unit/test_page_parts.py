"""What the page decides without a browser: sentences, cards, addresses and headers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from starlette.requests import HTTPConnection

from mediaproc.api.middleware import page_guard
from mediaproc.components.same_origin import use_page_origin
from mediaproc.domain.states import JobState, VideoStatus
from mediaproc.operations.views import ErrorView, JobSummary, RenditionView, TrackView, VideoView
from mediaproc.state import cards, details, sign_in

ID = UUID("01a20b9c-721e-719f-af91-dc4e70d950db")


def make_view(**changes: Any) -> VideoView:
    """A video that is ready, with changes."""
    known: dict[str, Any] = {
        "id": ID, "filename": "a.mov", "title": "A", "status": VideoStatus.COMPLETED, "playable": True, "progress": 100,
        "preset": "web", "size_bytes": 8_437_140, "duration_seconds": 42.4, "width": 1280, "height": 720,
        "frame_rate": 25.0, "created_at": datetime(2026, 1, 2, tzinfo=UTC), "ready_at": None, "error": None,
        "poster_url": "http://s3/p.jpg?X-Amz-Signature=1", "playback": None, "renditions": [], "job": None,
    }  # fmt: skip
    return VideoView(**(known | changes))


def test_a_form_that_came_back_says_why() -> None:
    assert sign_in.sentence("") == ""
    assert sign_in.sentence("wrong_credentials") == "Email or password is wrong"
    assert sign_in.sentence("invalid", "email") == "This is not an email address"
    assert sign_in.sentence("invalid", "password").startswith("Choose another password")
    assert sign_in.sentence("never heard of") == "Something went wrong"


def test_a_card_says_size_height_and_length() -> None:
    card = cards.card_of(make_view())
    assert (card.facts, card.duration, card.moving, card.trouble) == ("8.4 MB · 720p", "0:42", False, "")


def test_a_failed_card_says_what_went_wrong() -> None:
    error = ErrorView(code="not_a_video", detail="This file is not a video (text/plain)")
    card = cards.card_of(make_view(status=VideoStatus.FAILED, error=error, width=None, height=None))
    assert (card.trouble, card.facts) == ("This file is not a video (text/plain)", "8.4 MB")


def test_a_poster_that_only_got_a_new_signature_is_not_loaded_again() -> None:
    before = cards.card_of(make_view())
    again = cards.card_of(make_view(poster_url="http://s3/p.jpg?X-Amz-Signature=2"))
    other = cards.card_of(make_view(poster_url="http://s3/q.jpg?X-Amz-Signature=2"))
    assert cards.with_poster_of(again, before).poster == before.poster
    assert cards.with_poster_of(other, before).poster == other.poster
    assert cards.with_poster_of(again, None).poster == again.poster


def test_progress_in_words_leaves_out_what_is_unknown() -> None:
    whole = cards.live_of({"progress": 42.3, "stage": "encode", "fps": 112.4, "speed": 3.72, "eta_seconds": 20})
    bare = cards.live_of({"progress": 0, "stage": "probe"})
    assert (whole.line, whole.percent) == ("Encoding · 112 fps · 3.7× · 20 s left", "42 %")
    assert bare.line == "Reading"


def make_track(kind: str, title: str, language: str | None = None) -> TrackView:
    return TrackView(
        name=title, kind=kind, title=title, language=language, role="main", is_default=False, channels=2, codec="aac"  # pyright: ignore[reportArgumentType]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tracks", "sounds", "subtitles"),
    [
        ([], "", ""),
        ([make_track("audio", "Sound")], "", ""),
        ([make_track("audio", "German", "de"), make_track("subtitles", "English", "en")], "German", "English"),
        ([make_track("audio", "Sound"), make_track("audio", "Commentary")], "Sound, Commentary", ""),
    ],
)
def test_details_name_what_plays_beside_the_picture(tracks: list[TrackView], sounds: str, subtitles: str) -> None:
    found = details.details_of(make_view(tracks=tracks))
    assert (found.sounds, found.subtitles) == (sounds, subtitles)


def test_renditions_are_listed_from_the_largest_and_downloaded_only_when_done() -> None:
    found = [
        RenditionView(
            id=ID, name=f"{height}p", height=height, width=height * 2, codec="h264", bitrate_bps=1, size_bytes=1,
            vmaf=94.0 if height == 720 else None, suffix=None,
        )
        for height in (480, 1080, 720)
    ]  # fmt: skip
    done = details.renditions_of(make_view(renditions=found))
    moving = details.renditions_of(make_view(renditions=found, status=VideoStatus.PROCESSING))
    assert [row.name for row in done] == ["1080p", "720p", "480p"]
    assert [row.vmaf for row in done] == ["–", "94.0", "–"]
    assert done[0].download == f"/api/v1/videos/{ID}/download?rendition=1080p"
    assert [row.download for row in moving] == ["", "", ""]


def test_a_video_that_waits_for_another_attempt_says_when() -> None:
    at = datetime(2026, 1, 2, 3, tzinfo=UTC)
    job = JobSummary(id=ID, status=JobState.RETRYING, attempt_count=1, max_attempts=3, next_attempt_at=at)
    error = ErrorView(code="encode_failed", detail="FFmpeg stopped with an error")
    shown = details.details_of(make_view(status=VideoStatus.QUEUED, error=error, job=job))
    assert (shown.retry_at, shown.trouble, shown.moving) == (at.isoformat(), "FFmpeg stopped with an error", True)


def test_the_page_asks_its_own_origin() -> None:
    source = "before\n  const endpoint = new URL(url_str);\nafter"
    once = use_page_origin(source)
    assert "window.location.origin" in once
    assert use_page_origin(once) == once


def test_another_reflex_is_noticed_at_the_build() -> None:
    with pytest.raises(RuntimeError, match="does not hold"):
        use_page_origin("const endpoint = somethingElse(url_str);")


@pytest.mark.parametrize(
    ("path", "query", "cookie", "leads_to"),
    [
        ("/", "", "", "/sign-in"),
        ("/", "", "mp_refresh=r", "/renew"),
        ("/", "", "mp_access=a; mp_refresh=r", None),
        (f"/videos/{ID}", "", "", f"/sign-in?next=/videos/{ID}"),
        (f"/videos/{ID}", "t=3", "mp_refresh=r", f"/renew?next=/videos/{ID}%3Ft%3D3"),
        (f"/videos/{ID}/events", "", "", None),
        ("/jobs", "", "", "/sign-in?next=/jobs"),
        ("/settings/presets", "", "", "/sign-in?next=/settings/presets"),
        ("/sign-in", "", "", None),
        ("/assets/x.js", "", "", None),
    ],
)
def test_the_door(
    request_of: Callable[..., HTTPConnection], path: str, query: str, cookie: str, leads_to: str | None
) -> None:
    assert page_guard.way_to_the_door(request_of(path, query, cookie)) == leads_to


@pytest.fixture
def request_of() -> Callable[..., HTTPConnection]:
    def make(path: str, query: str, cookie: str) -> HTTPConnection:
        headers = [(b"host", b"x"), (b"cookie", cookie.encode())]
        return HTTPConnection(
            {
                "type": "http",
                "path": path,
                "query_string": query.encode(),
                "headers": headers,
                "scheme": "http",
                "server": ("x", 80),
            }
        )

    return make
