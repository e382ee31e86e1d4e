"""FFmpeg's command lines for presets that make files alone: the sound in several formats, or a short silent loop."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, cast

import ffmpeg

from mediaproc.media import layout, loudness
from mediaproc.media.commands.encode import (
    GLOBAL_ARGUMENTS,
    PROGRESS_ARGUMENTS,
    audio_options,
    even_sound,
    filter_threads,
    main_audio,
)
from mediaproc.media.filters import scale as scale_module
from mediaproc.media.loudness import Loudness
from mediaproc.media.presets import AudioFile, AudioTarget, Loop, LoopFile, Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source, input_arguments, input_options, location

_PRIVATE: dict[str, Any] = {"map_metadata": -1, "map_chapters": -1}
"""Where the camera stood is nobody's business."""


# Sound ------------------------------------------------------------------------------------------------------


def measure_arguments(info: MediaInfo, *, source: Source, preset: Preset) -> list[str]:
    """Measure how loud the sound is, as it will be mixed; see `loudness.parse` for what is written."""
    assert preset.audio.loudness_lufs is not None
    sound = _mixed(ffmpeg.input(location(source), **input_options(source)), info, preset.audio)
    sound = sound.filter("loudnorm", **loudness.measuring(preset.audio.loudness_lufs))
    built = cast("list[str]", ffmpeg.output(sound, "-", format="null").get_args())
    return [*GLOBAL_ARGUMENTS, *built]


def sound_arguments(info: MediaInfo, *, source: Source, preset: Preset, measured: Loudness | None) -> list[str]:
    """Decode the sound once and write it as what plays and as every file, brought to its loudness if it has one."""
    sound = _mixed(ffmpeg.input(location(source), **input_options(source)), info, preset.audio)
    if measured is not None and measured.audible and preset.audio.loudness_lufs is not None:
        sound = sound.filter("loudnorm", **loudness.applying(preset.audio.loudness_lufs, measured))
        sound = sound.filter("aresample", preset.audio.sample_rate_hz)  # loudnorm works at 192 kHz
    each = sound.filter_multi_output("asplit", 1 + len(preset.sounds))
    outputs = [ffmpeg.output(each[0], layout.whole(layout.AUDIO), **audio_options(preset.audio))]
    outputs += [_sound_file(each[number], file, preset) for number, file in enumerate(preset.sounds, start=1)]
    built = cast("list[str]", ffmpeg.merge_outputs(*outputs).get_args())
    return [*GLOBAL_ARGUMENTS, *PROGRESS_ARGUMENTS, *built]


def m4a_arguments() -> list[str]:
    """Put the sound's segments into one file, without encoding anything."""
    return [
        *GLOBAL_ARGUMENTS,
        *input_arguments(Source(layout.whole(layout.AUDIO)), demuxers=("mov,mp4,m4a,3gp,3g2,mj2",)),
        *("-c", "copy"),  # the same bits that HLS plays
        *("-movflags", "+faststart"),  # the index before the media: it plays while it is still loading
        layout.file(layout.AUDIO, "m4a"),
    ]


def _mixed(opened: Any, info: MediaInfo, audio: AudioTarget) -> Any:
    """Mixed down before its loudness is measured: several channels together are louder than each."""
    track = main_audio(info)
    assert track is not None
    layouts = "mono" if audio.channels == 1 else "stereo"
    return even_sound(opened[str(track.index)]).filter("aformat", channel_layouts=layouts)


def _sound_file(sound: Any, file: AudioFile, preset: Preset) -> Any:
    options = {"c:a": file.encoder, "b:a": file.bitrate_bps, "ar": preset.audio.sample_rate_hz, **_PRIVATE}
    return ffmpeg.output(sound, layout.file(file.name, file.suffix), **options)


# Loops ------------------------------------------------------------------------------------------------------


def loop_arguments(info: MediaInfo, *, source: Source, loop: Loop, threads: int) -> list[str]:
    """Cut the moments out of the source and write them, one after another, as every file of the loop."""
    reading = scale_module.reading(info, source)
    inputs = [
        ffmpeg.input(location(source), threads=threads, **reading, ss=f"{start:.3f}", t=f"{length:.3f}")
        for start, length in moments(info.duration_seconds, loop)
    ]
    fastest = max(file.frame_rate for file in loop.files)
    shown = [scale_module.in_time(each[str(info.video.index)], info, Fraction(fastest)) for each in inputs]
    picture = ffmpeg.concat(*shown, v=1, a=0) if len(shown) > 1 else shown[0]
    each = picture.filter_multi_output("split", len(loop.files))
    outputs = [_loop_file(each[number], info, file, threads) for number, file in enumerate(loop.files)]
    built = cast("list[str]", ffmpeg.merge_outputs(*outputs).get_args())
    return [*GLOBAL_ARGUMENTS, *PROGRESS_ARGUMENTS, *filter_threads(threads), *built]


def moments(duration_seconds: float, loop: Loop) -> list[tuple[float, float]]:
    """Where each moment begins and how long it lasts, in seconds: spread evenly, or the beginning if it is one."""
    if loop.moments == 1 or duration_seconds <= loop.seconds:
        return [(0.0, loop.seconds)]
    length, room = loop.seconds / loop.moments, duration_seconds / loop.moments
    return [(room * number + (room - length) / 2, length) for number in range(loop.moments)]


def loop_size(info: MediaInfo, file: LoopFile) -> tuple[int, int]:
    """The size of a loop: even, and never larger than the source."""
    width, height = info.video.display_width, info.video.display_height
    scale = min(1.0, file.long_side / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def _loop_file(picture: Any, info: MediaInfo, file: LoopFile, threads: int) -> Any:
    picture = picture.filter("fps", file.frame_rate)
    picture = scale_module.fitted(picture, info, *loop_size(info, file))
    picture, options = _LOOPS[file.encoder](picture, file)
    return ffmpeg.output(picture, layout.file(file.name, file.suffix), threads=threads, **options, **_PRIVATE)


def _mp4(picture: Any, file: LoopFile) -> tuple[Any, dict[str, Any]]:
    return picture, {"c:v": file.encoder, "crf": file.quality, "movflags": "+faststart"}


def _webp(picture: Any, file: LoopFile) -> tuple[Any, dict[str, Any]]:
    return picture, {"c:v": file.encoder, "quality": file.quality, "loop": 0}  # 0: for ever


def _gif(picture: Any, file: LoopFile) -> tuple[Any, dict[str, Any]]:
    """The colours that change count most; what stays still stays the same, so it costs nothing."""
    both = picture.filter_multi_output("split", 2)
    palette = both[0].filter("palettegen", max_colors=file.quality, stats_mode="diff")
    made = ffmpeg.filter([both[1], palette], "paletteuse", dither="bayer", bayer_scale=4, diff_mode="rectangle")
    return made, {"c:v": file.encoder, "loop": 0}


_LOOPS: dict[str, Callable[[Any, LoopFile], tuple[Any, dict[str, Any]]]] = {
    "libx264": _mp4,
    "libwebp_anim": _webp,
    "gif": _gif,
}
