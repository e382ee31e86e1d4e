"""Source index: what a source's container says of its keyframes and audio, read once and only when needed."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from mediaproc.media import audio_copy, matroska
from mediaproc.media.mp4 import boxes, keyframes
from mediaproc.media.mp4.boxes import Read
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo


class SourceIndex:
    """The index of a source of `size_bytes`, read by range. Errors of `read` are not caught."""

    def __init__(self, info: MediaInfo, read: Read, size_bytes: int) -> None:
        self._info = info
        self._read = read
        self._size_bytes = size_bytes

    @cached_property
    def keyframes(self) -> list[float]:
        """Presentation times of the video's keyframes in seconds; empty if the container has no index of them."""
        video = self._info.video
        if self._container == "matroska":
            return matroska.keyframe_seconds(self._read, self._size_bytes, track=video.index)
        return keyframes.keyframe_seconds(self._moov, track=video.index, size_bytes=self._size_bytes)

    def with_gapless_audio(self, preset: Preset) -> MediaInfo:
        """Return the source with `gapless` set for the audio tracks that the preset might copy."""
        info = self._info
        audio = tuple(
            replace(each, gapless=audio_copy.gapless(self._moov, track=each.index))
            if audio_copy.is_copyable(each, preset)
            else each
            for each in info.audio
        )
        return replace(info, audio=audio)

    @cached_property
    def _moov(self) -> bytes:
        found = boxes.find_moov(self._read, self._size_bytes) if self._container == "mov" else None
        return self._read(found.offset, found.size) if found else b""

    @property
    def _container(self) -> str:
        return self._info.container.partition(",")[0]
