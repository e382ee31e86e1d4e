"""The index of a source: what its container says in one place, read once and only if it is asked for."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from mediaproc.media import audio_copy, matroska
from mediaproc.media.mp4 import keyframes, sample_tables
from mediaproc.media.mp4.boxes import Read
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo


class Index:
    """Of a source of so many bytes, that `read` gives by offset and size. `read` may raise what it likes."""

    def __init__(self, info: MediaInfo, read: Read, size_bytes: int) -> None:
        self._info = info
        self._read = read
        self._size_bytes = size_bytes

    @cached_property
    def keyframes(self) -> list[float]:
        """When the keyframes of the picture are shown, in seconds, if the container says so in one place; else none."""
        video = self._info.video
        if self._container == "matroska":
            return matroska.keyframe_seconds(self._read, self._size_bytes, track=video.index)
        return keyframes.keyframe_seconds(self._moov, track=video.index, size_bytes=self._size_bytes)

    def listened_to(self, preset: Preset) -> MediaInfo:
        """The source with what its index says of the sounds that the preset might keep as they are."""
        info = self._info
        audio = tuple(
            replace(each, gapless=audio_copy.gapless(self._moov, track=each.index))
            if audio_copy.fits(each, preset)
            else each
            for each in info.audio
        )
        return replace(info, audio=audio)

    @cached_property
    def _moov(self) -> bytes:
        found = sample_tables.find_index(self._read, self._size_bytes) if self._container == "mov" else None
        return self._read(found.offset, found.size) if found else b""

    @property
    def _container(self) -> str:
        return self._info.container.partition(",")[0]
