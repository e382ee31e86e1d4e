"""Video page: the video's details, its renditions and its attempts as rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mediaproc import routes
from mediaproc.domain import errors
from mediaproc.domain.states import JobState, Outcome, RenditionKind, Stage, VideoStatus
from mediaproc.media import codecs
from mediaproc.operations.videos import SOURCE, VideoView
from mediaproc.operations.views import AttemptView, JobView, RenditionView
from mediaproc.state import formatting, labels
from mediaproc.state.cards import IN_PROGRESS

STAGES = tuple((stage.value, labels.stage(stage.value)) for stage in (Stage.PROBE, Stage.ENCODE, Stage.PACKAGE))
"""Steps of the progress panel: value, label. Posters are made along the way."""


@dataclass(frozen=True)
class Details:
    """The video itself. Times are RFC 3339, empty if unknown.

    `retry_at` is set while it waits for another attempt. `failed_preset` is set if it is ready and a later job failed,
    whose `error` and `advice` are shown beside the output that stays. `can_retry` and `can_reprocess`: it may help.
    `loop` is the address of the animation of a preset that makes
    only files, `loop_is_video` distinguishes MP4 from WebP.
    """

    id: str = ""
    title: str = ""
    filename: str = ""
    size_bytes: int = 0
    duration: str = ""
    dimensions: str = ""
    frame_rate: str = ""
    created_at: str = ""
    ready_at: str = ""
    status: str = ""
    status_label: str = ""
    error: str = ""
    advice: str = ""
    retry_at: str = ""
    attempt: int = 0
    failed_preset: str = ""
    can_retry: bool = False
    can_reprocess: bool = False
    in_progress: bool = False
    playable: bool = False
    priority: str = ""
    source_download: str = ""
    preset: str = ""
    audio_tracks: str = ""
    subtitles: str = ""
    codec: str = ""
    """Codec of the renditions, as people call it."""
    codec_type: str = ""
    """MIME type by which the browser is asked for it; empty if every browser decodes it."""
    loop: str = ""
    loop_is_video: bool = False


@dataclass(frozen=True)
class RenditionRow:
    """One rendition. `size_bytes` is 0 while unknown, `download` empty until it has a file."""

    name: str
    label: str
    dimensions: str
    bitrate: str
    vmaf: str
    size_bytes: int
    download: str


@dataclass(frozen=True)
class AttemptRow:
    """One attempt in the activity panel."""

    key: str
    name: str
    outcome: str
    outcome_label: str
    worker: str
    started_at: str
    duration: str
    error: str
    command: str
    log_tail: str


def details_of(view: VideoView, *, preset_title: str = "") -> Details:
    """A video as its page shows it. `preset_title`: of a team's own preset."""
    job, error, loop = view.job, view.error, _loop(view)
    failed = job if view.status == VideoStatus.COMPLETED and job and job.status == JobState.FAILED else None
    error = failed.error if failed else error
    reason = errors.processing_error(error.code) if error else None
    codec = view.renditions[0].codec if view.renditions else ""
    known = codecs.find(codec)
    retrying = job is not None and job.status == JobState.RETRYING
    return Details(
        id=str(view.id),
        title=view.title,
        priority=view.priority.value,
        filename=view.filename,
        size_bytes=view.size_bytes,
        duration=formatting.clock(view.duration_seconds),
        dimensions=f"{view.width} × {view.height}" if view.width and view.height else "",
        frame_rate=formatting.frame_rate(view.frame_rate) if view.frame_rate else "",
        created_at=view.created_at.isoformat(),
        ready_at=view.ready_at.isoformat() if view.ready_at else "",
        status=view.status,
        status_label=labels.status(view.status),
        error=error.detail if error else "",
        advice=reason.advice if reason else "",
        failed_preset=labels.preset(failed.preset) if failed else "",
        can_retry=labels.can_retry(job.status, job.error) if job else False,
        can_reprocess=VideoStatus(view.status).final and not (reason and reason.hopeless),
        retry_at=job.next_attempt_at.isoformat() if job and retrying and job.next_attempt_at else "",
        attempt=job.attempt_count if job else 0,
        in_progress=view.status in IN_PROGRESS,
        playable=view.playable,
        source_download=_download(view, SOURCE) if view.status != VideoStatus.UPLOADING else "",
        preset=labels.preset(view.preset, view.preset_version, title=preset_title),
        audio_tracks=_audio_tracks(view),
        subtitles=", ".join(each.title for each in view.tracks if each.kind == RenditionKind.SUBTITLES),
        codec=labels.codec(codec),
        codec_type=known.browser_type if known else "",
        loop=_download(view, loop.name) if loop else "",
        loop_is_video=loop is not None and loop.suffix == "mp4",
    )


def _loop(view: VideoView) -> RenditionView | None:
    """The animation, if there is no player to show."""
    return next((each for each in view.renditions if each.height and each.suffix), None) if not view.playback else None


def _audio_tracks(view: VideoView) -> str:
    """Titles of the tracks, if there are several or the language is known. The title of a single track says nothing."""
    tracks = [each for each in view.tracks if each.kind == RenditionKind.AUDIO]
    informative = len(tracks) > 1 or any(each.language for each in tracks)
    return ", ".join(each.title for each in tracks) if informative else ""


def renditions_of(view: VideoView) -> list[RenditionRow]:
    """The renditions, the largest first, audio files last."""
    return [
        RenditionRow(
            name=each.name,
            label=labels.rendition(each.name, each.suffix),
            dimensions=f"{each.width} × {each.height}" if each.height else "Audio only",
            bitrate=formatting.bitrate(each.bitrate_bps) if each.bitrate_bps else "–",
            vmaf=f"{each.vmaf:.1f}" if each.vmaf is not None else "–",
            size_bytes=each.size_bytes,
            download=_download(view, each.name) if each.suffix or view.status == VideoStatus.COMPLETED else "",
        )
        for each in sorted(view.renditions, key=lambda each: -each.height)
    ]


def _download(view: VideoView, rendition: str) -> str:
    return routes.download(str(view.id), rendition)


def attempts_of(jobs: Sequence[JobView]) -> list[AttemptRow]:
    """Attempts of all jobs, the newest first. Of the parts of a shared job only failed attempts are listed."""
    listed = [
        (job, attempt)
        for job in jobs
        for attempt in job.attempts
        if job.parent_id is None or attempt.outcome not in (None, Outcome.COMPLETED, Outcome.CANCELLED)
    ]
    listed.sort(key=lambda each: each[1].started_at, reverse=True)
    return [
        _attempt_row(attempt, key=f"{job.id}.{attempt.number}", name=_attempt_name(job, attempt, jobs))
        for job, attempt in listed
    ]


def _attempt_name(job: JobView, attempt: AttemptView, jobs: Sequence[JobView]) -> str:
    """`Attempt 2, 3 of 8 chunks done`, or `Chunk 3, attempt 1` for a part."""
    if job.parent_id is not None:
        part = f"Chunk {job.chunk + 1}" if job.chunk is not None else labels.task(job.kind)
        return f"{part}, attempt {attempt.number}"
    chunks = [each for each in jobs if each.parent_id == job.id and each.chunk is not None]
    done = sum(each.status is JobState.COMPLETED for each in chunks)
    return f"Attempt {attempt.number}" + (f", {done} of {len(chunks)} chunks done" if len(chunks) > 1 else "")


def _attempt_row(attempt: AttemptView, *, key: str, name: str) -> AttemptRow:
    seconds = (attempt.ended_at - attempt.started_at).total_seconds() if attempt.ended_at else None
    return AttemptRow(
        key=key,
        name=name,
        outcome=attempt.outcome or "running",
        outcome_label=labels.outcome(attempt.outcome),
        worker=attempt.worker,
        started_at=attempt.started_at.isoformat(),
        duration=formatting.elapsed(seconds) if seconds is not None else "",
        error=attempt.error.detail if attempt.error else "",
        command=attempt.command or "",
        log_tail=attempt.log_tail or "",
    )
