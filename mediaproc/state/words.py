"""Numbers and states in a person's words: sizes, lengths, speeds, what happens now and what to do next."""

from __future__ import annotations

from collections.abc import Sequence

from mediaproc.domain.states import JobKind, JobState, Outcome, Priority, Stage, VideoStatus
from mediaproc.media.presets import PRESETS

_SIZES = ("B", "kB", "MB", "GB", "TB")

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

_TURNS = {Priority.INTERACTIVE: "First", Priority.NORMAL: "In turn", Priority.BATCH: "Last"}

_ADVICE = {
    "not_a_video": "Choose another file: one that plays in a video player.",
    "no_video_track": "Choose a file that has a picture.",
    "no_audio_track": "Process it with another preset, or choose a file that has sound.",
    "unsupported_codec": "Convert it to H.264, HEVC, VP9 or AV1 first, then upload it again.",
    "not_copyable": "Process it again with the preset Web, which makes what every browser plays.",
    "damaged_source": "Check that it plays on your computer, then upload it again.",
    "beyond_limits": "Upload a smaller or shorter version.",
    "source_missing": "Upload the file again.",
    "timed_out": "Try again when less is being processed, or upload a shorter version.",
}


def priority(priority: Priority) -> str:
    """When its turn comes."""
    return _PRIORITIES[priority]


def turn(priority: Priority) -> str:
    """The same in a word or two."""
    return _TURNS[priority]


def job_state(state: JobState) -> str:
    """How it stands with a job."""
    return _JOB_STATES[state]


def task(kind: JobKind, chunks: Sequence[int] = ()) -> str:
    """What a worker does: `Sound`, or `Encoding chunks 4, 5`. Chunks are counted from 0, and said from 1 on."""
    numbers = ", ".join(str(chunk + 1) for chunk in sorted(chunks))
    return f"{_TASKS[kind]} {'chunks' if len(chunks) > 1 else 'chunk'} {numbers}" if chunks else _TASKS[kind]


def size(size_bytes: float) -> str:
    """`12.4 MB`: three figures at most, decimal units."""
    power = 0
    while size_bytes >= 999.5 and power < len(_SIZES) - 1:
        size_bytes /= 1000
        power += 1
    figures = 0 if power < 2 or size_bytes >= 99.95 else 1
    return f"{size_bytes:.{figures}f} {_SIZES[power]}"


def clock(seconds: float | None) -> str:
    """`9:56` or `1:02:03`; empty when unknown."""
    if seconds is None:
        return ""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def lasted(seconds: float) -> str:
    """`0.8 s`, `42 s`, `3 min 20 s` or `2 h 5 min`."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def left(eta_seconds: float | None) -> str:
    """`3 min left`; coarser the farther away, so that it does not jump."""
    if eta_seconds is None:
        return ""
    if eta_seconds < 5:
        return "almost done"
    if eta_seconds < 55:
        return f"{5 * round(eta_seconds / 5)} s left"
    if eta_seconds < 3570:
        return f"{max(1, round(eta_seconds / 60))} min left"
    return f"{round(eta_seconds / 360) / 10:g} h left"


def bitrate(bitrate_bps: float) -> str:
    """`4.2 Mbit/s` or `128 kbit/s`."""
    if bitrate_bps >= 999_500:
        return f"{bitrate_bps / 1e6:.1f} Mbit/s"
    return f"{bitrate_bps / 1000:.0f} kbit/s"


def height(pixels: int | None, *, width: int | None = None) -> str:
    """`1080p`, by the shorter side, as people name pictures; empty when unknown."""
    if not pixels:
        return ""
    return f"{min(pixels, width or pixels)}p"


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


def part(start_seconds: float, end_seconds: float | None) -> str:
    """`from 0:05 to 0:10`: what is kept of a video."""
    begin = f"from {clock(start_seconds)}" if start_seconds else ""
    end = "" if end_seconds is None else f"to {clock(end_seconds)}"
    return f"{begin} {end}".strip()


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


def advice(code: str) -> str:
    """What to do about an error."""
    return _ADVICE.get(code, "Try again. If it fails again, the log under Activity says more.")


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
