"""Page logic that needs no browser: messages, cards, details."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from mediaproc.components.same_origin import use_page_origin
from mediaproc.domain import errors
from mediaproc.domain.states import JobState, VideoStatus
from mediaproc.operations.views import ErrorView, JobSummary, RenditionView, TrackView, VideoView
from mediaproc.state import cards, details, labels, sign_in
from mediaproc.state.progress import WAITING, progress_from

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


def make_job(**changes: Any) -> JobSummary:
    """The newest job of a video that is ready, with changes."""
    known: dict[str, Any] = {
        "id": ID, "status": JobState.COMPLETED, "attempt_count": 1, "max_attempts": 3, "next_attempt_at": None,
        "preset": "web", "preset_version": 1, "error": None,
    }  # fmt: skip
    return JobSummary(**(known | changes))


def test_a_rejected_form_shows_the_error() -> None:
    assert sign_in.error_message("") == ""
    assert sign_in.error_message("wrong_credentials") == errors.WrongCredentials.title
    assert sign_in.error_message("invalid", "email") == sign_in._FIELD_MESSAGES["email"]
    assert sign_in.error_message("invalid", "password") == sign_in._FIELD_MESSAGES["password"]
    assert sign_in.error_message("unknown") == errors.Expected.title


def test_a_card_has_size_resolution_and_duration() -> None:
    card = cards.card_of(make_view())
    assert (card.size_bytes, card.resolution, card.duration) == (8_437_140, "720p", "0:42")
    assert (card.in_progress, card.error) == (False, "")
    assert card.download == f"/api/v1/videos/{ID}/download"


def test_a_failed_card_shows_the_error() -> None:
    error = ErrorView(code="not_a_video", detail="This file is not a video (text/plain)")
    card = cards.card_of(make_view(status=VideoStatus.FAILED, error=error, width=None, height=None))
    assert (card.error, card.resolution, card.download) == ("This file is not a video (text/plain)", "", "")


def test_a_poster_that_only_got_a_new_signature_is_not_loaded_again() -> None:
    before = cards.card_of(make_view())
    again = cards.card_of(make_view(poster_url="http://s3/p.jpg?X-Amz-Signature=2"))
    other = cards.card_of(make_view(poster_url="http://s3/q.jpg?X-Amz-Signature=2"))
    assert cards.with_poster_of(again, before).poster == before.poster
    assert cards.with_poster_of(other, before).poster == other.poster
    assert cards.with_poster_of(again, None).poster == again.poster


def test_progress_takes_the_figures_of_an_event() -> None:
    whole = progress_from({"progress": 42.3, "stage": "encode", "fps": 112.4, "speed": 3.72, "eta_seconds": 20})
    bare = progress_from({"progress": 0, "stage": "probe"})
    assert (whole.percent, whole.fps, whole.speed, whole.eta_seconds) == (42.3, 112.4, 3.72, 20)
    assert (whole.label, bare.label) == (labels.stage("encode"), labels.stage("probe"))
    assert (bare.fps, bare.speed, bare.eta_seconds) == (0, 0, None)
    assert (bare.started, WAITING.started) == (True, False)


def make_track(kind: str, title: str, language: str | None = None) -> TrackView:
    return TrackView(
        name=title, kind=kind, title=title, language=language, role="main", is_default=False, channels=2, codec="aac"  # pyright: ignore[reportArgumentType]
    )  # fmt: skip


@pytest.mark.parametrize(
    ("tracks", "audio_tracks", "subtitles"),
    [
        ([], "", ""),
        ([make_track("audio", "Sound")], "", ""),
        ([make_track("audio", "German", "de"), make_track("subtitles", "English", "en")], "German", "English"),
        ([make_track("audio", "Sound"), make_track("audio", "Commentary")], "Sound, Commentary", ""),
    ],
)
def test_details_name_audio_and_subtitle_tracks(tracks: list[TrackView], audio_tracks: str, subtitles: str) -> None:
    found = details.details_of(make_view(tracks=tracks))
    assert (found.audio_tracks, found.subtitles) == (audio_tracks, subtitles)


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


def test_a_video_that_is_retried_shows_when() -> None:
    at = datetime(2026, 1, 2, 3, tzinfo=UTC)
    job = make_job(status=JobState.RETRYING, next_attempt_at=at)
    error = ErrorView(code="encode_failed", detail="FFmpeg stopped with an error")
    shown = details.details_of(make_view(status=VideoStatus.QUEUED, error=error, job=job))
    assert (shown.retry_at, shown.error, shown.in_progress) == (at.isoformat(), "FFmpeg stopped with an error", True)


def test_a_ready_video_tells_of_a_later_job_that_failed() -> None:
    silent = ErrorView(code="no_audio_track", detail="This video has no audio")
    shown = details.details_of(make_view(job=make_job(status=JobState.FAILED, preset="audio", error=silent)))
    assert (shown.status_label, shown.failed_preset, shown.error) == ("Ready", "Audio only", silent.detail)
    assert (shown.can_retry, shown.can_reprocess) == (False, True)


@pytest.mark.parametrize(
    ("code", "can_retry", "can_reprocess"),
    [
        ("encode_failed", True, True),
        ("timed_out", True, True),
        ("no_audio_track", False, True),
        ("not_a_video", False, False),
        ("source_missing", False, False),
    ],
)
def test_a_failed_video_offers_what_may_help(code: str, can_retry: bool, can_reprocess: bool) -> None:
    error = ErrorView(code=code, detail="It failed")
    job = make_job(status=JobState.FAILED, error=error)
    shown = details.details_of(make_view(status=VideoStatus.FAILED, error=error, job=job))
    assert (shown.can_retry, shown.can_reprocess) == (can_retry, can_reprocess)


def test_the_page_asks_its_own_origin() -> None:
    source = "before\n  const endpoint = new URL(url_str);\nafter"
    once = use_page_origin(source)
    assert "window.location.origin" in once
    assert use_page_origin(once) == once


def test_another_reflex_is_noticed_at_the_build() -> None:
    with pytest.raises(RuntimeError, match="does not contain"):
        use_page_origin("const endpoint = somethingElse(url_str);")
