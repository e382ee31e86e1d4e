"""Advice: what to do next about an error, by its code."""

from __future__ import annotations

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


def for_error(code: str) -> str:
    """What to do about an error."""
    return _ADVICE.get(code, "Try again. If it fails again, the log under Activity says more.")
