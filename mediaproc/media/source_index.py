"""Source index: what a source's container says of its keyframes and audio, read once and only when needed."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from mediaproc.media import audio_copy, matroska, source_times
from mediaproc.media.commands import remux
from mediaproc.media.mp4 import boxes, keyframes, protection
from mediaproc.media.mp4.boxes import Read
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo, VideoTrack
from mediaproc.media.refusals import Encrypted, Incomplete

_EVEN_FRAME_RATE = 3
"""Below this rate a single frame more makes a segment half a second longer."""


class SourceIndex:
    """The index of a source of `size_bytes`, read by range. Errors of `read` are not caught.

    `info` is the source as it is known; `checked` and its users replace it.
    """

    def __init__(self, info: MediaInfo, read: Read, size_bytes: int) -> None:
        self.info = info
        self._read = read
        self._size_bytes = size_bytes

    @cached_property
    def keyframes(self) -> list[float]:
        """Presentation times of the video's keyframes in seconds; empty if the container has no index of them."""
        video = self.info.video
        if self._container == "matroska":
            return matroska.keyframe_seconds(self._read, self._size_bytes, track=video.index)
        return keyframes.keyframe_seconds(self._moov, track=video.index, size_bytes=self._size_bytes)

    def checked(self) -> MediaInfo:
        """Return the source without encrypted audio.

        Raises Encrypted if its video is encrypted, and Incomplete if the file ends before its first frame.
        """
        info, video = self.info, self.info.video
        encrypted = protection.encrypted_tracks(self._moov) if self._moov else frozenset[int]()
        audio = [each for each in info.audio if each.index in encrypted]
        if video.index in encrypted or (audio and not video.shown and len(audio) == len(info.audio)):
            raise Encrypted
        if video.shown and protection.begins_beyond(self._moov, track=video.index, size_bytes=self._size_bytes):
            raise Incomplete
        sentences = [f"Audio track {each.index + 1} is encrypted (DRM) and is left out" for each in audio]
        missing = protection.missing_bytes(self._read, self._size_bytes) if self._container == "mov" else 0
        if missing:
            sentences.append(f"This file is incomplete: its last {missing:,} bytes are missing")
        self.info = info.without_audio({each.index for each in audio}, sentences)
        return self.info

    def describe(self, preset: Preset) -> MediaInfo:
        """Return the source with what the index says beyond the probe, read only where the preset needs it.

        That is `gapless` of audio that might be copied, the longest GOP of video that is played without encoding, and
        the longest frame of video whose frames are unevenly or widely spaced.
        """
        audio = tuple(
            replace(each, gapless=audio_copy.gapless(self._moov, track=each.index))
            if audio_copy.is_copyable(each, preset)
            else each
            for each in self.info.audio
        )
        return replace(self.info, audio=audio, video=self._bounded(preset))

    def _bounded(self, preset: Preset) -> VideoTrack:
        info, video = self.info, self.info.video
        instant = bool(preset.rungs) and preset.edits.leaves_video and remux.plays_as_it_is(info, ())
        if video.shown and (preset.copies or instant):
            longest = remux.longest_gop_seconds(self.keyframes, info.duration_seconds)
            spliced = keyframes.edit_count(self._moov, track=video.index) > 1
            video = replace(video, longest_gop_seconds=longest, spliced=spliced)
        if video.shown and preset.rungs:
            video = self._paced(video)
        if video.shown and preset.rungs and (video.variable_frame_rate or video.frame_rate < _EVEN_FRAME_RATE):
            video = replace(video, longest_frame_seconds=self._longest_frame_seconds)
        return video

    def _paced(self, video: VideoTrack) -> VideoTrack:
        """Return video with what an MP4's table says of its rate: exact, nearly constant, or truly variable."""
        runs = keyframes.frame_durations(self._moov, track=video.index)
        if len({seconds for _, seconds in runs[:-1]}) < 2 or not video.frame_rate:
            return video
        rate = source_times.even_rate(runs, video.frame_rate)
        if rate is None:
            return replace(video, variable_frame_rate=True, steps_per_frame=0)
        return replace(video, variable_frame_rate=False, frame_rate=rate, steps_per_frame=1)

    @property
    def _longest_frame_seconds(self) -> float:
        """Of an MP4 exactly; of a Matroska the longest GOP, which no frame exceeds; else 0, for unknown."""
        if self._container == "mov":
            return keyframes.longest_frame_seconds(self._moov, track=self.info.video.index)
        return remux.longest_gop_seconds(self.keyframes, self.info.duration_seconds)

    @cached_property
    def _moov(self) -> bytes:
        found = boxes.find_moov(self._read, self._size_bytes) if self._container == "mov" else None
        return self._read(found.offset, found.size) if found else b""

    @property
    def _container(self) -> str:
        return self.info.container.partition(",")[0]
