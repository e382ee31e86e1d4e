"""Labels: the words that the page shows for states, kinds of jobs, priorities, codecs and files."""

from __future__ import annotations

from collections.abc import Sequence

from mediaproc.domain.states import JobKind, JobState, Outcome, Priority, Stage, VideoStatus
from mediaproc.media.presets import PRESETS

_STAGES: dict[str, str] = {
    Stage.PROBE: "Reading",
    Stage.ENCODE: "Encoding",
    Stage.POSTER: "Making the poster",
    Stage.PACKAGE: "Finishing",
}

_STATUSES = {
    VideoStatus.UPLOADING: "Upload not finished",
    VideoStatus.QUEUED: "Waiting to be processed",
    VideoStatus.PROCESSING: "Processing",
    VideoStatus.COMPLETED: "Ready",
    VideoStatus.FAILED: "Failed",
    VideoStatus.CANCELLED: "Cancelled",
}

_OUTCOMES = {
    Outcome.COMPLETED: "Completed",
    Outcome.FAILED: "Failed",
    Outcome.CANCELLED: "Cancelled",
    Outcome.LOST: "Worker lost",
}

_JOB_STATES = {
    JobState.QUEUED: "Waiting",
    JobState.RUNNING: "Running",
    JobState.RETRYING: "Trying again",
    JobState.COMPLETED: "Done",
    JobState.FAILED: "Failed",
    JobState.CANCELLED: "Cancelled",
}

_TASKS = {
    JobKind.PROCESS: "Reading",
    JobKind.ENCODE: "Encoding",
    JobKind.REMUX: "Copying the picture",
    JobKind.COPY: "Copying the source",
    JobKind.FILES: "Making the files",
    JobKind.AUDIO: "Sound",
    JobKind.SUBTITLES: "Subtitles",
    JobKind.POSTER: "Poster",
    JobKind.TUNE: "Finding the quality",
    JobKind.ASSEMBLE: "Finishing",
    JobKind.STORYBOARD: "Storyboard",
    JobKind.MEASURE: "Measuring the quality",
}

_PRIORITIES = {
    Priority.INTERACTIVE: "Before everything else",
    Priority.NORMAL: "In turn",
    Priority.BATCH: "After everything else",
}

_SHORT_PRIORITIES = {Priority.INTERACTIVE: "First", Priority.NORMAL: "In turn", Priority.BATCH: "Last"}


def priority(priority: Priority) -> str:
    """When its turn comes."""
    return _PRIORITIES[priority]


def short_priority(priority: Priority) -> str:
    """The same in a word or two."""
    return _SHORT_PRIORITIES[priority]


def job_state(state: JobState) -> str:
    """How it stands with a job."""
    return _JOB_STATES[state]


def task(kind: JobKind, chunks: Sequence[int] = ()) -> str:
    """What a worker does: `Sound`, or `Encoding chunks 4, 5`. Chunks are counted from 0, and said from 1 on."""
    numbers = ", ".join(str(chunk + 1) for chunk in sorted(chunks))
    return f"{_TASKS[kind]} {'chunks' if len(chunks) > 1 else 'chunk'} {numbers}" if chunks else _TASKS[kind]


def stage(word: str) -> str:
    """What an attempt is doing now."""
    return _STAGES.get(word, "Processing")


def status(word: str) -> str:
    """A video's status."""
    return _STATUSES[VideoStatus(word)]


def outcome(word: str | None) -> str:
    """How an attempt ended."""
    return _OUTCOMES[Outcome(word)] if word else "Running"


def codec(word: str) -> str:
    """A codec as people write it."""
    return _CODECS.get(word, word.upper())


def recipe(preset: str, version: int) -> str:
    """A preset by its title, with its version."""
    title = PRESETS[preset].title if preset in PRESETS else preset
    return f"{title}, version {version}"


def quality(crf: int, vmaf: float | None) -> str:
    """`CRF 22`, or `CRF 26 for VMAF 93.1` where it was found for that."""
    return f"CRF {crf}" + (f" for VMAF {vmaf:.1f}" if vmaf is not None else "")


def rendition(name: str, suffix: str | None) -> str:
    """What a rendition is: its size, or the sort of its file."""
    return name if name[:1].isdigit() or not suffix else _FILES.get(suffix, suffix.upper())


_CODECS = {"h264": "H.264"}
_FILES = {"webp": "WebP", "opus": "Opus", "m4a": "AAC", "mp4": "MP4 loop"}


_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("python-httpx/", "A program"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device(user_agent: str) -> str:
    """`Firefox on Linux`, as far as a browser tells. The first that fits counts: browsers pose as each other."""
    browser = next((word for mark, word in _BROWSERS if mark in user_agent), "Something")
    system = next((word for mark, word in _SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser
