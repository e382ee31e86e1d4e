"""Preset reference, from the table of built-in presets."""

from __future__ import annotations

from collections.abc import Iterable

from docs_build.markdown import code, table
from mediaproc.media.presets import PRESETS, AudioTarget, LoopFile, Preset


def presets() -> str:
    """A section for each built-in preset: its output and encoder settings."""
    return "\n\n".join(map(_section, PRESETS.values()))


def _section(preset: Preset) -> str:
    return "\n\n".join([f"## {preset.name}", preset.description, table(("", ""), _facts(preset)), *_tables(preset)])


def _facts(preset: Preset) -> Iterable[tuple[str, str]]:
    yield "Version", str(preset.version)
    yield "Output", ", ".join(code(each) for each in preset.containers)
    if preset.rungs:
        yield "Video", f"{code(preset.encoder)} {code(preset.encoder_preset)}, at most {preset.frame_rate_cap} fps"
        yield "Segments", f"{preset.segment_seconds} s"
    if preset.copies:
        yield "Video", "copied from the source"
    if preset.rungs or preset.copies or preset.audio_files:
        yield "Audio", _audio(preset.audio)


def _audio(audio: AudioTarget) -> str:
    loudness = f", {audio.loudness_lufs:g} LUFS".replace("-", "−") if audio.loudness_lufs is not None else ""
    return (
        f"{audio.codec.upper()}, {_kilobits(audio.bitrate_bps)}, {audio.channels} channels, "
        f"{audio.sample_rate_hz // 1000} kHz{loudness}"
    )


def _tables(preset: Preset) -> Iterable[str]:
    if preset.rungs:
        rows = (
            (code(each.name), f"{each.long_side} × {each.short_side}", str(each.crf), _kilobits(each.max_bitrate_bps))
            for each in preset.rungs
        )
        yield table(("Rung", "Fits into", "CRF", "Maximum bit rate"), rows)
    if preset.audio_files:
        files = preset.audio_files
        rows = ((code(f".{each.suffix}"), code(each.encoder), _kilobits(each.bitrate_bps)) for each in files)
        yield table(("File", "Encoder", "Bit rate"), rows)
    if preset.loop:
        yield f"{preset.loop.seconds:g} s in all, from {preset.loop.moments} place(s) in the video."
        yield table(("File", "Encoder", "Long side", "Frame rate"), map(_loop_file, preset.loop.files))


def _loop_file(file: LoopFile) -> tuple[str, str, str, str]:
    return code(f".{file.suffix}"), code(file.encoder), f"{file.long_side} pixels", f"{file.frame_rate} fps"


def _kilobits(bits_per_second: int) -> str:
    return f"{bits_per_second // 1000:,} kbit/s"
