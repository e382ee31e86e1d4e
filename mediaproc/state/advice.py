"""Advice: what to do next about an error, by its code."""

from __future__ import annotations

_ADVICE = {
    "not_a_video": "Upload a file that plays in a video player.",
    "no_video_track": "Upload a file that contains video.",
    "no_audio_track": "Reprocess it with another preset, or upload a file that contains audio.",
    "unsupported_codec": "Convert the file to H.264, HEVC, VP9 or AV1, then upload it again.",
    "not_copyable": "Reprocess it with the Web preset, which plays in every browser.",
    "damaged_source": "Check that the file plays on your computer, then upload it again.",
    "beyond_limits": "Upload a smaller or shorter version.",
    "source_missing": "Upload the file again.",
    "timed_out": "Retry when the server is less busy, or upload a shorter version.",
}


def for_error(code: str) -> str:
    """Advice for an error code of a video."""
    return _ADVICE.get(code, "Retry. If it fails again, check the log under Activity.")
