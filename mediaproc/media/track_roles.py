"""Track roles: the purpose of an audio or text track, from the dispositions in its container."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """A track's purpose. `MAIN` is a track without a special one."""

    MAIN = "main"
    DESCRIPTION = "description"
    """Audio that describes what is seen, for blind viewers."""
    COMMENTARY = "commentary"
    CAPTIONS = "captions"
    """Text that includes other audio than speech, for deaf viewers."""
    FORCED = "forced"
    """Text of the few parts that are in a foreign language for every viewer."""


_AUDIO_ROLES = (
    ("visual_impaired", Role.DESCRIPTION),
    ("descriptions", Role.DESCRIPTION),
    ("comment", Role.COMMENTARY),
)
_TEXT_ROLES = (
    ("forced", Role.FORCED),
    ("hearing_impaired", Role.CAPTIONS),
    ("captions", Role.CAPTIONS),
    ("comment", Role.COMMENTARY),
)


def of_audio(disposition: Mapping[str, int]) -> Role:
    """Return the role of an audio track from ffprobe's dispositions."""
    return next((role for word, role in _AUDIO_ROLES if disposition.get(word)), Role.MAIN)


def of_text(disposition: Mapping[str, int]) -> Role:
    """Return the role of a text track from ffprobe's dispositions."""
    return next((role for word, role in _TEXT_ROLES if disposition.get(word)), Role.MAIN)
