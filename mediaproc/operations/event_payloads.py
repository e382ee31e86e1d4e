"""The data of events, the same whether it is told as it happens or later in a snapshot; pure."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from mediaproc.domain.states import VideoStatus
from mediaproc.domain.tables import Job, Rendition, Video


def of_status(status: VideoStatus, job: Job) -> dict[str, Any]:
    """A video's status, with what its newest job says of it: its state, which attempt, when the next one begins, what
    failed. The two differ for a video that stays completed though its newest job failed.
    """
    again_at = job.next_attempt_at.astimezone(UTC).isoformat().replace("+00:00", "Z") if job.next_attempt_at else None
    return {
        "status": status.value,
        "job_status": job.state.value,
        "attempt": job.attempt + 1 if job.state.waiting else max(job.attempt, 1),
        "max_attempts": job.max_attempts,
        "next_attempt_at": again_at,
        "error": {"code": job.error_code, "detail": job.error_detail} if job.error_code else None,
    }


def of_choices(video: Video) -> dict[str, Any]:
    """Fields of a video that people can change at any time."""
    return {"title": video.title, "priority": video.priority.value}


def of_rendition(rendition: Rendition) -> dict[str, Any]:
    """One encoded size."""
    return {
        "attempt": rendition.attempt,
        "id": str(rendition.id),
        "name": rendition.name,
        "height": rendition.height,
        "width": rendition.width,
        "codec": rendition.codec,
        "bitrate_bps": rendition.bitrate_bps,
        "size_bytes": rendition.size_bytes,
        "vmaf": rendition.vmaf,
    }
