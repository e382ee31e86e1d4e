"""Refusals: why a source can't be processed, as exceptions with a message for people."""

from __future__ import annotations

from collections.abc import Sequence


class Refused(Exception):
    """A source that can't be processed. `str()` is a message for people."""


class NotMedia(Refused):
    """A file that is not a video, or not of an accepted format. `content_type` is the detected type."""

    def __init__(self, content_type: str | None = None) -> None:
        super().__init__(f"This file is not a video ({content_type})" if content_type else "This file is not a video")


class NoVideo(Refused):
    """A media file without moving video."""

    def __init__(self) -> None:
        super().__init__("This file has no video, only audio or data")


class Undecodable(Refused):
    """A file whose video FFmpeg can't decode. `tracks` are the names of its video tracks."""

    def __init__(self, tracks: Sequence[str]) -> None:
        super().__init__(f"No video of this file can be decoded: {', '.join(tracks)}")


class Encrypted(Refused):
    """A file whose video is encrypted (DRM)."""

    def __init__(self) -> None:
        super().__init__("This video is encrypted (DRM). Only unprotected files can be processed")


class Incomplete(Refused):
    """A file that ends before the data that its header announces."""

    def __init__(self) -> None:
        super().__init__("This file is incomplete: its end is missing. It was cut off while recording or copying")


class BeyondLimits(Refused):
    """A frame size, a duration or a number of tracks beyond the limits."""
