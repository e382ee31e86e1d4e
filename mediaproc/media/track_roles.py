"""What a track of sound or text is for, by the dispositions that its container gives it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Role(StrEnum):
    """A track's purpose. One that says nothing else is as good as any other of its language."""

    MAIN = "main"
    DESCRIPTION = "description"
    """Sound that tells what is seen, for those who don't see it."""
    COMMENTARY = "commentary"
    CAPTIONS = "captions"
    """Text that tells what is heard too, for those who don't hear it."""
    FORCED = "forced"
    """Text of the few parts that viewers of the film's own language don't understand either."""


_SOUNDS = (
    ("visual_impaired", Role.DESCRIPTION),
    ("descriptions", Role.DESCRIPTION),
    ("comment", Role.COMMENTARY),
)
_TEXTS = (
    ("forced", Role.FORCED),
    ("hearing_impaired", Role.CAPTIONS),
    ("captions", Role.CAPTIONS),
    ("comment", Role.COMMENTARY),
)


def of_sound(disposition: Mapping[str, int]) -> Role:
    """The role of a sound track, by ffprobe's words."""
    return next((role for word, role in _SOUNDS if disposition.get(word)), Role.MAIN)


def of_text(disposition: Mapping[str, int]) -> Role:
    """The role of a text track."""
    return next((role for word, role in _TEXTS if disposition.get(word)), Role.MAIN)
