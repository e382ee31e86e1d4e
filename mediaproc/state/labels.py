"""Labels of the page for statuses, stages, kinds of jobs, priorities, codecs and devices."""

from __future__ import annotations

from collections.abc import Sequence

from mediaproc.domain import errors
from mediaproc.domain.states import JobKind, JobState, Outcome, Priority, Stage, VideoStatus
from mediaproc.media import codecs
from mediaproc.media.presets import PRESETS
from mediaproc.operations.views import ErrorView

STAGES: dict[str, str] = {
    Stage.PROBE: "Analyzing",
    Stage.ENCODE: "Encoding",
    Stage.POSTER: "Creating poster",
    Stage.PACKAGE: "Finalizing",
}

STATUSES: dict[str, str] = {
    VideoStatus.UPLOADING: "Upload incomplete",
    VideoStatus.QUEUED: "Waiting",
    VideoStatus.PROCESSING: "Processing",
    VideoStatus.COMPLETED: "Ready",
    VideoStatus.FAILED: "Failed",
    VideoStatus.CANCELLED: "Cancelled",
}

PRIORITIES: dict[str, str] = {Priority.INTERACTIVE: "High", Priority.NORMAL: "Normal", Priority.BATCH: "Low"}

_OUTCOMES = {
    Outcome.COMPLETED: "Completed",
    Outcome.FAILED: "Failed",
    Outcome.CANCELLED: "Cancelled",
    Outcome.LOST: "Worker lost",
}

_JOB_STATES = {
    JobState.QUEUED: "Waiting",
    JobState.RUNNING: "Running",
    JobState.RETRYING: "Retrying",
    JobState.COMPLETED: "Completed",
    JobState.FAILED: "Failed",
    JobState.CANCELLED: "Cancelled",
}

_TASKS = {
    JobKind.PROCESS: "Analyzing",
    JobKind.ENCODE: "Encoding",
    JobKind.REMUX: "Remuxing",
    JobKind.COPY: "Copying source",
    JobKind.FILES: "Creating files",
    JobKind.AUDIO: "Encoding audio",
    JobKind.SUBTITLES: "Extracting subtitles",
    JobKind.POSTER: "Creating poster",
    JobKind.TUNE: "Searching CRF",
    JobKind.ASSEMBLE: "Finalizing",
    JobKind.STORYBOARD: "Creating storyboard",
    JobKind.MEASURE: "Measuring VMAF",
}

_FILES = {"webp": "WebP", "opus": "Opus", "m4a": "AAC", "mp4": "MP4 loop"}


def place(position: int, length: int) -> str:
    """Place in the queue: `Waiting, 3rd of 6`, or `Waiting, next` for the only one."""
    return f"Waiting, {ordinal(position)} of {length}" if length > 1 else "Waiting, next in line"


def ordinal(number: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`."""
    suffix = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{suffix}"


def job_state(state: JobState) -> str:
    """State of a job."""
    return _JOB_STATES[state]


def task(kind: JobKind, chunks: Sequence[int] = ()) -> str:
    """Work of a job: `Encoding audio`, or `Encoding chunks 4, 5`. Chunks are numbered from 0, shown from 1."""
    numbers = ", ".join(str(chunk + 1) for chunk in sorted(chunks))
    return f"{_TASKS[kind]} {'chunks' if len(chunks) > 1 else 'chunk'} {numbers}" if chunks else _TASKS[kind]


def stage(name: str) -> str:
    """Stage of an attempt; `Processing` if it is unknown."""
    return STAGES.get(name, "Processing")


def status(name: str) -> str:
    """Status of a video."""
    return STATUSES[VideoStatus(name)]


def outcome(name: str | None) -> str:
    """Outcome of an attempt, None while it runs."""
    return _OUTCOMES[Outcome(name)] if name else "Running"


def codec(name: str) -> str:
    """Name of a codec as it is usually written."""
    return codecs.label(name)


def preset(name: str, version: int | None = None, *, title: str = "") -> str:
    """Title of a preset, with its version if one is given. `title`: of a team's own preset, else its name."""
    title = PRESETS[name].title if name in PRESETS else title or name
    return f"{title}, version {version}" if version is not None else title


def can_retry(state: JobState, error: ErrorView | None) -> bool:
    """True if a job can be repeated and may end otherwise: it was cancelled, or its file is not the reason."""
    return state == JobState.CANCELLED or (
        state == JobState.FAILED and not (error and errors.processing_error(error.code).of_source)
    )


def quality(crf: int, vmaf: float | None) -> str:
    """`CRF 22`, or `CRF 26 (VMAF 93.1)` if it was searched for a target."""
    return f"CRF {crf}" + (f" (VMAF {vmaf:.1f})" if vmaf is not None else "")


def rendition(name: str, suffix: str | None) -> str:
    """Name of a rendition: its height, or the type of its file."""
    return name if name[:1].isdigit() or not suffix else _FILES.get(suffix, suffix.upper())


_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("python-httpx/", "API client"),
    ("curl/", "curl"),
)
"""Token of the User-Agent header, name. The first match counts, since browsers claim to be each other."""

_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)


def device(user_agent: str) -> str:
    """`Firefox on Linux`, from a User-Agent header."""
    browser = next((name for token, name in _BROWSERS if token in user_agent), "Unknown device")
    system = next((name for token, name in _SYSTEMS if token in user_agent), "")
    return f"{browser} on {system}" if system else browser
