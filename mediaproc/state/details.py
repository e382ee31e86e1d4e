"""What the video page shows, as frozen values with every number already in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from mediaproc.domain.states import JobState, Outcome, Priority, RenditionKind, Stage, VideoStatus
from mediaproc.operations.videos import VideoView
from mediaproc.state import advice, formatting, labels
from mediaproc.state.cards import MOVING

STAGES = tuple((stage.value, labels.stage(stage.value)) for stage in (Stage.PROBE, Stage.ENCODE, Stage.PACKAGE))
"""The steps that the page shows; the poster is made on the way."""

PRIORITIES = tuple((each.value, labels.priority(each)) for each in Priority)
"""What may be chosen while there is work to do."""


@dataclass(frozen=True)
class Details:
    """The video itself. `retry_at` is set while it waits for another attempt after a failed one."""

    id: str = ""
    title: str = ""
    filename: str = ""
    size: str = ""
    duration: str = ""
    picture: str = ""
    rate: str = ""
    created_at: str = ""
    ready_at: str = ""
    status: str = ""
    state: str = ""
    trouble: str = ""
    advice: str = ""
    retry_at: str = ""
    attempt: int = 0
    moving: bool = False
    playable: bool = False
    priority: str = ""
    has_source: bool = False
    recipe: str = ""
    sounds: str = ""
    subtitles: str = ""
    codec: str = ""
    loop: str = ""
    loop_moves: bool = False


@dataclass(frozen=True)
class RenditionRow:
    """One line of the table of renditions. `download` is empty while there is nothing to download."""

    name: str
    label: str
    picture: str
    bitrate: str
    vmaf: str
    size: str
    download: str


@dataclass(frozen=True)
class AttemptRow:
    """One attempt on the time line."""

    key: str
    name: str
    outcome: str
    outcome_name: str
    worker: str
    started_at: str
    lasted: str
    trouble: str
    command: str
    log_tail: str


def details_of(view: VideoView) -> Details:
    """A video in words."""
    job, error = view.job, view.error
    loop = next((each for each in view.renditions if each.height and each.suffix), None) if not view.playback else None
    waits = job is not None and job.status == JobState.RETRYING
    return Details(
        id=str(view.id),
        title=view.title,
        priority=view.priority.value,
        filename=view.filename,
        size=formatting.size(view.size_bytes),
        duration=formatting.clock(view.duration_seconds),
        picture=f"{view.width} × {view.height}" if view.width and view.height else "",
        rate=f"{view.frame_rate:.4g} fps" if view.frame_rate else "",
        created_at=view.created_at.isoformat(),
        ready_at=view.ready_at.isoformat() if view.ready_at else "",
        status=view.status,
        state=labels.status(view.status),
        trouble=error.detail if error else "",
        advice=advice.for_error(error.code) if error else "",
        retry_at=job.next_attempt_at.isoformat() if job and waits and job.next_attempt_at else "",
        attempt=job.attempt_count if job else 0,
        moving=view.status in MOVING,
        playable=view.playable,
        has_source=view.status != VideoStatus.UPLOADING,
        recipe=labels.recipe(view.preset, view.preset_version),
        sounds=_sounds(view),
        subtitles=", ".join(each.title for each in view.tracks if each.kind == RenditionKind.SUBTITLES),
        codec=view.renditions[0].codec if view.renditions else "",
        loop=download(view, loop.name) if loop else "",
        loop_moves=loop is not None and loop.suffix == "mp4",
    )


def _sounds(view: VideoView) -> str:
    """Their names, where there are several or the language of the one is known: "Sound" alone tells nothing."""
    found = [each for each in view.tracks if each.kind == RenditionKind.AUDIO]
    return ", ".join(each.title for each in found) if len(found) > 1 or any(each.language for each in found) else ""


def renditions_of(view: VideoView) -> list[RenditionRow]:
    """The renditions, the largest first; files of sound alone come last."""
    shown = sorted(view.renditions, key=lambda each: -each.height)
    return [
        RenditionRow(
            name=each.name,
            label=labels.rendition(each.name, each.suffix),
            picture=f"{each.width} × {each.height}" if each.height else "Sound",
            bitrate=formatting.bitrate(each.bitrate_bps) if each.bitrate_bps else "–",
            vmaf=f"{each.vmaf:.1f}" if each.vmaf is not None else "–",
            size=formatting.size(each.size_bytes) if each.size_bytes else "–",
            download=download(view, each.name) if view.status == VideoStatus.COMPLETED else "",
        )
        for each in shown
    ]


def download(view: VideoView, rendition: str) -> str:
    """Where a browser gets the file under its right name."""
    return f"/api/v1/videos/{view.id}/download?rendition={rendition}"


def attempts_of(jobs: list[Any]) -> list[AttemptRow]:
    """Every attempt of every job, the newest first. Of the parts of a job only what went wrong has its own row."""
    found = [
        (job, attempt)
        for job in jobs
        for attempt in job.attempts
        if job.parent_id is None or attempt.outcome not in (None, Outcome.COMPLETED, Outcome.CANCELLED)
    ]
    found.sort(key=lambda each: each[1].started_at, reverse=True)
    return [
        _attempt_row(attempt, key=f"{job.id}.{attempt.number}", name=_name(job, attempt, jobs))
        for job, attempt in found
    ]


def _name(job: Any, attempt: Any, jobs: list[Any]) -> str:
    """ "Attempt 2", with how many of its chunks are done; or "Chunk 3, attempt 1"."""
    if job.parent_id is not None:
        part = f"Chunk {job.chunk + 1}" if job.chunk is not None else str(job.kind.value).capitalize()
        return f"{part}, attempt {attempt.number}"
    chunks = [each for each in jobs if each.parent_id == job.id and each.chunk is not None]
    done = sum(each.status is JobState.COMPLETED for each in chunks)
    return f"Attempt {attempt.number}" + (f", {done} of {len(chunks)} chunks done" if len(chunks) > 1 else "")


def _attempt_row(attempt: Any, *, key: str, name: str) -> AttemptRow:
    ended = attempt.ended_at or datetime.now(UTC)
    return AttemptRow(
        key=key,
        name=name,
        outcome=attempt.outcome or "running",
        outcome_name=labels.outcome(attempt.outcome),
        worker=attempt.worker,
        started_at=attempt.started_at.isoformat(),
        lasted=formatting.elapsed((ended - attempt.started_at).total_seconds()) if attempt.ended_at else "",
        trouble=attempt.error.detail if attempt.error else "",
        command=attempt.command or "",
        log_tail=attempt.log_tail or "",
    )
