"""API representation of videos, jobs and tracks, built for a page of videos in a few queries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy import func
from sqlmodel import Session, col, select

from mediaproc.domain.states import JobKind, JobState, Outcome, Priority, VideoStatus
from mediaproc.domain.tables import Attempt, Job, Rendition, Storyboard, Video
from mediaproc.media import codecs, layout
from mediaproc.media.track_roles import Role
from mediaproc.operations import current_output, filenames, playback, progress, queue_places
from mediaproc.operations.queue_places import Place
from mediaproc.storage import keys, presign

POSTER_SECONDS = 6 * 3600
"""How long a poster's address lasts at least; the same one comes out for an hour."""


def _in_utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


Time = Annotated[datetime, AfterValidator(_in_utc)]


class ErrorView(BaseModel):
    """Why something failed: a stable word for programs and a sentence for people."""

    code: str = Field(examples=["not_a_video"])
    detail: str


class PlaybackView(BaseModel):
    """Playback URLs of a video. They need no sign-in and are valid for at least six hours."""

    hls_url: str
    instant: bool = Field(description="Whether it is the source's own picture, until the renditions are made.")
    dash_url: str | None = Field(default=None, description="The DASH manifest of a video that is completed.")
    storyboard_url: str | None = Field(
        default=None, description="WebVTT with a small picture for each moment; soon after the video is completed."
    )


class PreviewView(BaseModel):
    """A JPEG with small pictures of the whole video, 16:9, one below the other: to be played on hover."""

    url: str
    tiles: int = Field(description="How many there are.")


class RenditionView(BaseModel):
    """One encoded size of a video, or a file of another sort; `height` is 0 where there is sound alone.

    `size_bytes` is that of the file, or of the segments until there is one.
    """

    id: UUID
    name: str = Field(examples=["720p"])
    height: int
    width: int
    codec: str = Field(examples=[codecs.DEFAULT.name])
    suffix: str | None = Field(None, examples=["mp4"], description="Of the file to download; null until there is one.")
    bitrate_bps: int
    size_bytes: int
    vmaf: float | None = Field(
        default=None, description="How close it comes to the source full screen, 0–100; soon after the end."
    )


class TrackView(BaseModel):
    """A sound or subtitles that play beside the picture: what a player's menu offers."""

    name: str = Field(examples=["audio-2"], description="That of its playlist.")
    kind: Literal["audio", "subtitles"]
    title: str = Field(examples=["English, commentary"], description="What viewers call it.")
    language: str | None = Field(examples=["en"], description="RFC 5646; null where the source does not say.")
    role: Role = Field(description="What it is for; `main` where it says nothing else.")
    is_default: bool = Field(description="Whether it plays unless somebody chooses another. No subtitles do.")
    channels: int | None = Field(description="Of a sound: how many it has; 2 is stereo.")
    codec: str = Field(examples=["aac"])


class JobSummary(BaseModel):
    """The newest job of a video."""

    id: UUID
    status: JobState
    attempt_count: int = Field(description="Attempts begun so far.")
    max_attempts: int
    next_attempt_at: Time | None = Field(description="While it waits for another attempt: when that begins.")
    preset: str = Field(description="The preset that it was asked to process with.")
    preset_version: int
    error: ErrorView | None = Field(
        description="Why it failed. A video that is completed stays so when a later job of it fails."
    )


class VideoView(BaseModel):
    """A video."""

    id: UUID
    filename: str
    title: str
    status: VideoStatus
    playable: bool = Field(description="Whether it can be played already, perhaps only its beginning.")
    progress: float = Field(ge=0, le=100, description="Percent; never falls within an attempt.")
    preset: str
    priority: Priority = Field(Priority.NORMAL, description="How urgent its work is.")
    preset_version: int = 1
    size_bytes: int
    duration_seconds: float | None
    width: int | None
    height: int | None
    frame_rate: float | None
    created_at: Time
    ready_at: Time | None
    error: ErrorView | None
    poster_url: str | None
    preview: PreviewView | None = None
    playback: PlaybackView | None
    renditions: list[RenditionView]
    tracks: list[TrackView] = Field([], description="Sounds first, then subtitles, as far as they are there.")
    job: JobSummary | None
    queue: Place | None = Field(None, description="While it waits for a worker: its place; null while one works on it.")


class AttemptView(BaseModel):
    """One execution of a job by one worker."""

    number: int
    worker: str
    started_at: Time
    ended_at: Time | None
    outcome: Outcome | None = Field(description="Null while it runs.")
    error: ErrorView | None
    command: str = Field(description="The FFmpeg command, to be pasted into a shell.")
    log_tail: str


class JobView(JobSummary):
    """A job with its attempts, the oldest first."""

    kind: JobKind
    parent_id: UUID | None = Field(description="The job that this one is a part of.")
    chunk: int | None = Field(description="Which chunk of the video it encodes, from 0.")
    start_seconds: float | None
    length_seconds: float | None
    progress: float | None = Field(description="Of a part: percent.")
    created_at: Time
    finished_at: Time | None
    attempts: list[AttemptView]


def of_videos(session: Session, videos: Sequence[Video]) -> list[VideoView]:
    """The views of these videos, in a few queries and one call to Redis however many they are."""
    renditions = current_output.renditions(session, videos)
    newest = current_output.newest_jobs(session, videos)
    counts = _attempt_counts(session, [job.id for job in newest.values()])
    latest = progress.latest(videos, newest)
    boards = current_output.storyboards(session, videos)
    waits = _places(session, videos)
    return [
        _view(
            video,
            renditions.get(video.id, []),
            _summary(newest.get(video.id), counts),
            latest.get(video.id),
            boards.get(video.id),
            waits.get(video.id),
        )
        for video in videos
    ]


def of_jobs(session: Session, video: Video) -> list[JobView]:
    """Every job of a video with its attempts, the newest job first; parts of jobs are jobs too."""
    jobs = session.exec(select(Job).where(Job.video_id == video.id).order_by(col(Job.id).desc())).all()
    query = select(Attempt).where(col(Attempt.job_id).in_([job.id for job in jobs])).order_by(col(Attempt.number))
    attempts: dict[UUID, list[Attempt]] = {job.id: [] for job in jobs}
    for attempt in session.exec(query):
        attempts[attempt.job_id].append(attempt)
    return [_job(job, attempts[job.id]) for job in jobs]


def _places(session: Session, videos: Sequence[Video]) -> dict[UUID, Place]:
    """Places in the queues of the teams of unfinished videos: none is read for a page of videos that are ready."""
    teams = {video.team_id for video in videos if video.status in {VideoStatus.QUEUED, VideoStatus.PROCESSING}}
    return {id: place for team_id in teams for id, place in queue_places.places(session, team_id).items()}


def _attempt_counts(session: Session, job_ids: Sequence[UUID]) -> dict[UUID, int]:
    counted = select(Attempt.job_id, func.count()).where(col(Attempt.job_id).in_(job_ids))
    return dict(session.exec(counted.group_by(col(Attempt.job_id))).all())


def _view(
    video: Video,
    renditions: Sequence[Rendition],
    job: JobSummary | None,
    event: dict[str, Any] | None,
    board: Storyboard | None,
    place: Place | None,
) -> VideoView:
    own = current_output.own(renditions)
    return VideoView(
        **video.model_dump(exclude={"status", "progress"}),
        status=video.status,
        progress=_progress(video, event),
        error=error_of(video),
        poster_url=presign.stable_get(video.poster_key, seconds=POSTER_SECONDS) if video.poster_key else None,
        preview=_preview(board) if board else None,
        playback=_playback(video, own, board) if video.output_attempt and video.playable else None,
        renditions=[_rendition(rendition) for rendition in current_output.sizes(own)],
        tracks=[_track(rendition) for rendition in current_output.tracks(renditions)],
        job=job,
        queue=place,
    )


def _playback(video: Video, renditions: Sequence[Rendition], board: Storyboard | None) -> PlaybackView:
    return PlaybackView(
        hls_url=playback.hls_url(video),
        instant=any(each.name == layout.INSTANT for each in current_output.playing(renditions)),
        # What is shown of a video that was completed once is always whole.
        dash_url=playback.dash_url(video) if video.ready_at else None,
        storyboard_url=playback.storyboard_url(video) if board else None,
    )


def _preview(board: Storyboard) -> PreviewView:
    key = keys.preview(board.video_id, board.attempt)
    return PreviewView(url=presign.stable_get(key, seconds=POSTER_SECONDS), tiles=board.preview_tiles)


def _progress(video: Video, event: dict[str, Any] | None) -> float:
    """The row's or the newest event's of this attempt, whichever is further."""
    newest = float(event.get("progress") or 0) if event else 0.0
    return round(min(100.0, max(0.0, video.progress, newest)), 1)


def _rendition(rendition: Rendition) -> RenditionView:
    return RenditionView(
        **rendition.model_dump(include=set(RenditionView.model_fields) - {"size_bytes", "suffix"}),
        size_bytes=rendition.mp4_size_bytes or rendition.size_bytes,
        suffix=filenames.suffix(rendition.mp4_key) if rendition.mp4_key else None,
    )


def _track(rendition: Rendition) -> TrackView:
    return TrackView(
        **rendition.model_dump(include={"name", "kind", "title", "role", "is_default", "codec"}),
        language=rendition.language or None,
        channels=rendition.channels or None,
    )


def _summary(job: Job | None, counts: dict[UUID, int]) -> JobSummary | None:
    return JobSummary(**_job_figures(job, counts.get(job.id, 0))) if job else None


def _job_figures(job: Job, count: int) -> dict[str, Any]:
    """Attempts are numbered on through all jobs of a video; here each job counts its own."""
    before = job.attempt - count
    return {
        "id": job.id,
        "status": job.state,
        "attempt_count": count,
        "max_attempts": job.max_attempts - before,
        "next_attempt_at": job.next_attempt_at,
        "preset": job.preset,
        "preset_version": job.preset_version,
        "error": error_of(job),
    }


def _job(job: Job, attempts: Sequence[Attempt]) -> JobView:
    return JobView(
        **_job_figures(job, len(attempts)),
        kind=job.kind,
        parent_id=job.parent_id,
        chunk=job.chunk,
        start_seconds=job.start_seconds,
        length_seconds=job.length_seconds,
        progress=round(job.progress, 1) if job.parent_id else None,
        created_at=job.created_at,
        finished_at=job.finished_at,
        attempts=[_attempt(attempt) for attempt in attempts],
    )


def _attempt(attempt: Attempt) -> AttemptView:
    return AttemptView(
        number=attempt.number,
        worker=attempt.worker,
        started_at=attempt.started_at,
        ended_at=attempt.ended_at,
        outcome=attempt.outcome,
        error=error_of(attempt),
        command=attempt.command,
        log_tail=attempt.log_tail,
    )


def error_of(row: Video | Job | Attempt) -> ErrorView | None:
    """The error of a row, None if it has none."""
    return ErrorView(code=row.error_code, detail=row.error_detail or "") if row.error_code else None
