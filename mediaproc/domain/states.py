"""The states of a video, a job, an attempt and an upload, and the pure rules between them."""

from __future__ import annotations

from enum import StrEnum


class VideoStatus(StrEnum):
    """A video's status, in the words of the API."""

    UPLOADING = "uploading"
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """True if nothing more happens without a request."""
        return self in {VideoStatus.COMPLETED, VideoStatus.FAILED, VideoStatus.CANCELLED}


class JobState(StrEnum):
    """A job's state. `RETRYING` waits for its next attempt."""

    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """True if the job has ended."""
        return self in {JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}

    @property
    def waiting(self) -> bool:
        """True if a worker may claim the job."""
        return self in {JobState.QUEUED, JobState.RETRYING}


class JobKind(StrEnum):
    """Kind of a job. A handler of the worker performs each."""

    PROCESS = "process"
    """A video: it is read and planned; the rest are parts of it, which are jobs of their own."""
    ENCODE = "encode"
    """One chunk of the pictures, in every rung."""
    REMUX = "remux"
    """The source's own picture put into segments, and with it the sound of all renditions."""
    COPY = "copy"
    """All that is made of a source whose picture is kept, in one piece."""
    FILES = "files"
    """All that a preset without a ladder makes, in one piece."""
    AUDIO = "sound"  # the stored value stays
    """Every sound track, whole."""
    SUBTITLES = "subtitles"
    """The text tracks."""
    POSTER = "poster"
    TUNE = "tune"
    """Which CRF each rung needs, found on samples before chunks are encoded."""
    ASSEMBLE = "assemble"
    """What needs all segments: the files to download, and the end."""
    STORYBOARD = "storyboard"
    """Small pictures of a video that is completed."""
    MEASURE = "measure"
    """How good the renditions of a completed video are."""

    @property
    def afterwards(self) -> bool:
        """True if it runs after its parent has ended, which neither waits for it nor fails with it."""
        return self in {JobKind.STORYBOARD, JobKind.MEASURE}


class RenditionKind(StrEnum):
    """Media type of a rendition."""

    VIDEO = "video"
    AUDIO = "audio"
    SUBTITLES = "subtitles"


class Lane(StrEnum):
    """A queue with its own consumers."""

    ENCODE = "encode"
    COPY = "copy"
    """For what goes through a whole file and encodes no picture: little of a processor, but minutes for a long one."""
    QUICK = "quick"
    """For what takes seconds, however long the video is, so that it waits behind nothing else."""
    WEBHOOK = "webhook"
    """For deliveries, which are no jobs: a receiver that takes its time holds up nothing else."""


JOB_LANES = (Lane.ENCODE, Lane.COPY, Lane.QUICK)
"""The lanes that carry jobs."""


class Priority(StrEnum):
    """How urgent a video's work is. All that waits of a higher one goes first; teams take turns within each."""

    INTERACTIVE = "interactive"
    """Somebody waits for it."""
    NORMAL = "normal"
    BATCH = "batch"
    """Whenever nothing else is to be done: archives, a thousand files at night."""


class Outcome(StrEnum):
    """How an attempt ended."""

    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"


class UploadState(StrEnum):
    """An upload's state."""

    OPEN = "open"
    COMPLETED = "completed"
    ABORTED = "aborted"
    EXPIRED = "expired"


class Stage(StrEnum):
    """Stage of an attempt, as the page shows it."""

    PROBE = "probe"
    ENCODE = "encode"
    POSTER = "poster"
    PACKAGE = "package"


VIDEO_STATUS_OF_JOB: dict[JobState, VideoStatus] = {
    JobState.QUEUED: VideoStatus.QUEUED,
    JobState.RUNNING: VideoStatus.PROCESSING,
    JobState.RETRYING: VideoStatus.QUEUED,
    JobState.COMPLETED: VideoStatus.COMPLETED,
    JobState.FAILED: VideoStatus.FAILED,
    JobState.CANCELLED: VideoStatus.CANCELLED,
}
"""A video with a job has the status that its newest job gives it; see `video_status` for one that is ready."""


def video_status(job: JobState, *, ready: bool) -> VideoStatus:
    """Status of a video by its newest job. A video that is `ready` stays so when another job of it ends in vain."""
    return VideoStatus.COMPLETED if ready and job.final else VIDEO_STATUS_OF_JOB[job]
