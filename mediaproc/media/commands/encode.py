"""FFmpeg's command lines, each argument with its reason: encode a ladder, remux a rung, take a poster.

All are arguments without the program's own name, to be run in the workspace (see `layout`). ffmpeg-python builds
the graph of the ladder; it never runs anything.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import Any, cast

import ffmpeg

from mediaproc.media import audio_copy, languages, layout, tracks
from mediaproc.media.chunks import Chunk
from mediaproc.media.edits import NO_EDITS, Edits, entry_options, picture_filters
from mediaproc.media.encoders import picture_options
from mediaproc.media.filters import hdr, overlay
from mediaproc.media.filters import scale as scale_module
from mediaproc.media.ladder import Rung
from mediaproc.media.presets import AudioTarget, Preset
from mediaproc.media.probe import AudioTrack, MediaInfo
from mediaproc.media.sources import Source, input_arguments, input_options, location, option_arguments
from mediaproc.media.track_roles import Role
from mediaproc.media.tracks import Label, SelectedTrack

GLOBAL_ARGUMENTS = (
    "-hide_banner",  # the log's tail is for errors
    *("-loglevel", "warning"),
    "-nostdin",  # a stray key press ends FFmpeg
    "-y",  # the workspace is its own
)

PROGRESS_ARGUMENTS = (
    *("-progress", "pipe:1"),
    *("-stats_period", "0.2"),  # seconds, longer than anything waits on the way to the page: five reports a second
    "-nostats",
)

OWN_DEMUXERS = ("mov,mp4,m4a,3gp,3g2,mj2",)
"""The only demuxer that reads what was encoded here."""


def filter_threads(threads: int) -> tuple[str, ...]:
    """So many threads for the filters, too: FFmpeg's own choice is all cores of the host, whatever it may use."""
    return ("-filter_threads", str(threads), "-filter_complex_threads", str(threads))


def encode_arguments(
    info: MediaInfo,
    *,
    source: Source,
    preset: Preset,
    rungs: Sequence[Rung],
    threads: int,
    chunk: Chunk | None = None,
) -> list[str]:
    """One FFmpeg that decodes once and writes every rung, and each sound once beside them, as CMAF (see `fragments`).

    Of a `chunk` it writes the rungs alone: the sound of all chunks is encoded in one go, so that no seam is heard.
    """
    reading = scale_module.reading(info, source)
    opened = ffmpeg.input(location(source), threads=threads, **reading, **_entry(chunk, preset))
    made = scale_module.cascade(opened[str(info.video.index)], info, preset, rungs, chunk)
    outputs = [
        ffmpeg.output(
            picture,
            layout.whole(rung.name),
            **_video_options(rung, preset, threads, from_start=not (chunk and chunk.number)),
        )
        for picture, rung in zip(made, rungs, strict=True)
    ]
    if chunk is None:
        outputs += sound_outputs(opened, info, preset)
    built = cast("list[str]", ffmpeg.merge_outputs(*outputs).get_args())
    return [*GLOBAL_ARGUMENTS, *PROGRESS_ARGUMENTS, *filter_threads(threads), *built]


def sound_arguments(info: MediaInfo, *, source: Source, preset: Preset) -> list[str]:
    """Only the sound, whole, of every track that is kept. There is at least one."""
    opened = ffmpeg.input(location(source), **input_options(source), **entry_options(preset.edits))
    built = cast("list[str]", ffmpeg.merge_outputs(*sound_outputs(opened, info, preset)).get_args())
    return [*GLOBAL_ARGUMENTS, *PROGRESS_ARGUMENTS, *built]


def sound_outputs(opened: Any, info: MediaInfo, preset: Preset) -> list[Any]:
    """The sound of an opened source, each track that is kept as an output of its own."""
    return [sound_output(opened, info, kept, preset) for kept in tracks.sounds(info)]


def sound_output(opened: Any, info: MediaInfo, kept: SelectedTrack, preset: Preset) -> Any:
    """One sound track of an opened source, kept as it is if it may be."""
    if audio_copy.kept(tracks.track_of(info, kept), preset):
        return copied_sound(opened, kept)
    options = audio_options(preset.audio.of(kept.channels))
    return ffmpeg.output(even_sound(opened[str(kept.index)]), layout.whole(kept.rendition), **options)


def copied_sound(opened: Any, kept: SelectedTrack) -> Any:
    """One sound track of an opened source, as it is. It must be AAC."""
    # MPEG-TS repeats in each frame what stands in the header here; of others the filter changes nothing.
    options = {"c:a": "copy", "bsf:a": "aac_adtstoasc", **_GROWING_SOUND}
    return ffmpeg.output(opened[str(kept.index)], layout.whole(kept.rendition), **options)


def _entry(chunk: Chunk | None, preset: Preset) -> dict[str, Any]:
    """Where to enter the source: at the keyframe before the chunk. Its frames keep the times they have in the whole."""
    if chunk is None or preset.edits.trimmed:  # what is trimmed is never cut into chunks
        return dict(entry_options(preset.edits))
    return {
        "copyts": None,
        "start_at_zero": None,  # as without `copyts`, time begins with the source
        "noaccurate_seek": None,  # what lies before the chunk is dropped by the same rule as what lies behind
        **({"ss": f"{chunk.start_seconds:g}"} if chunk.start_seconds else {}),
    }


def main_audio(info: MediaInfo) -> AudioTrack | None:
    """The sound track that plays unless somebody chooses another."""
    return next(iter(tracks.default_first(info.audio)), None)


def remux_arguments(rendition: str, *, sounds: Sequence[tuple[str, Label]]) -> list[str]:
    """Put a rung's segments and each sound, by its rendition, into one MP4, without encoding anything."""
    files = [Source(layout.whole(name)) for name in (rendition, *(name for name, _ in sounds))]
    labels = [label for _, label in sounds] if len(sounds) > 1 else []  # a single one needs none to be found by
    return [
        *GLOBAL_ARGUMENTS,
        "-copyts",  # else each input is moved to 0, and a picture that begins after the sound would come too soon
        *(word for file in files for word in input_arguments(file, demuxers=OWN_DEMUXERS)),
        *("-map", "0:v:0"),
        *(word for place in range(len(sounds)) for word in ("-map", f"{place + 1}:a:0")),
        *("-c", "copy"),  # the same bits that HLS plays
        *(word for place, label in enumerate(labels) for word in _labelled(place, label)),
        *("-movflags", "+faststart"),  # the index before the media: it plays while it is still loading
        *("-write_tmcd", "0"),  # no time code track: some players show it as a second video
        layout.download(rendition),
    ]


def poster_arguments(
    info: MediaInfo, *, source: Source, at_fraction: float, threads: int, edits: Edits = NO_EDITS
) -> list[str]:
    """Take one picture near `at_fraction` of the duration, edited as the video is.

    Prints its brightness, without a watermark (see `poster.parse_stats`).
    """
    return [
        *GLOBAL_ARGUMENTS,
        *(
            "-ss",
            f"{edits.start_seconds + info.duration_seconds * at_fraction:.3f}",
        ),  # before -i: seeks, decodes nothing on the way
        *filter_threads(threads),
        *("-threads", str(threads)),
        *option_arguments(scale_module.decoder_options(info)),
        *input_arguments(source),
        *_poster_picture(info, edits),
        *("-frames:v", "1"),
        *("-q:v", "4"),  # mjpeg's 2–31; 4 is about 150 KB at 1280×720
        *("-map_metadata", "-1"),  # where the camera stood is nobody's business
        *("-f", "image2"),
        *("-update", "1"),  # one file, not a numbered row of them
        layout.POSTER,
    ]


def _poster_picture(info: MediaInfo, edits: Edits) -> tuple[str, ...]:
    video = info.video
    width, height = poster_size(video.display_width, video.display_height)
    edited = "".join(f"{name}{'=' if values else ''}{':'.join(values)}," for name, *values in picture_filters(edits))
    chain = (
        f"thumbnail=n={_THUMBNAIL_FRAMES},"  # of so many frames the one nearest to their mean histogram
        f"{edited}{hdr.as_text(scale_module.opaque(video))}{hdr.as_text(hdr.filters(video))}"
        f"scale={width}:{height}:out_range=pc,setsar=1,format=yuv420p,"  # JPEG is full range
        "signalstats,metadata=mode=print:file=-"  # brightness, to standard output
    )
    if edits.watermark is None:
        return ("-map", f"0:{video.index}", "-filter:v", chain)
    mark = hdr.as_text(overlay.mark_filters(edits.watermark, width, height, range="pc"))
    where = ":".join(f"{name}={value}" for name, value in overlay.place(edits.watermark, width, height).items())
    graph = f"[0:{video.index}]{chain}[poster];[1:v:0]{mark}null[mark];[poster][mark]overlay={where}[marked]"
    return (*overlay.mark_arguments(), "-filter_complex", graph, "-map", "[marked]")


def poster_size(width: int, height: int) -> tuple[int, int]:
    """A size of at most 1280 on the long side, even, for a picture of this display size."""
    scale = min(1.0, 1280 / max(width, height))
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def shell_line(arguments: Sequence[str], *, source: Source, program: str = "ffmpeg") -> str:
    """The command to paste into a shell. A presigned address stands as "$SOURCE": it is a secret and expires."""
    secret = location(source) if source.remote else None
    return " ".join([program, *('"$SOURCE"' if word == secret else shlex.quote(word) for word in arguments)])


_THUMBNAIL_FRAMES = 24


def even_sound(sound: Any) -> Any:
    """Silence where packets are missing and before a late start, so that picture and sound stay together."""
    return sound.filter("aresample", **{"async": 1, "first_pts": 0})


def _video_options(rung: Rung, preset: Preset, threads: int, *, from_start: bool) -> dict[str, Any]:
    return {
        **picture_options(rung, preset, threads, from_start=from_start),
        "fps_mode": "vfr",  # each frame keeps its time; none is doubled
        "enc_time_base": "filter",  # in the source's own clock, so that no time is rounded
        # A chunk's decode times run on from its frames' own times, so every chunk of a rung has the same init
        # segment and they can be put one after another; its edit list takes off the delay of B-frames.
        "avoid_negative_ts": "disabled",
        "movflags": f"{CMAF}+frag_keyframe+frag_discont",  # a segment at each keyframe
        **OUTPUT,
    }


def audio_options(audio: AudioTarget) -> dict[str, Any]:
    """How the sound that plays beside the pictures is written."""
    return {
        "c:a": audio.codec,
        "b:a": audio.bitrate_bps,
        "ac": audio.channels,  # as AAC orders them; more are mixed down by FFmpeg's own matrix, which does not clip
        "ar": audio.sample_rate_hz,
        **_GROWING_SOUND,
    }


def _labelled(place: int, label: Label) -> tuple[str, ...]:
    """How an MP4 says what one of several sounds is."""
    flags = [*(["default"] if label.is_default else []), *_DISPOSITIONS.get(label.role, [])]
    return (
        *(f"-metadata:s:a:{place}", f"language={languages.three_letters(label.language) or 'und'}"),
        *(f"-metadata:s:a:{place}", f"title={label.title}"),
        *(f"-disposition:a:{place}", "+".join(flags) or "0"),
    )


_DISPOSITIONS: dict[Role, list[str]] = {Role.DESCRIPTION: ["visual_impaired"], Role.COMMENTARY: ["comment"]}

CMAF = "cmaf+delay_moov"
"""Fragments that HLS, DASH and the MP4 share. The header waits for the first packets, which say what is in it."""

OUTPUT: dict[str, Any] = {
    "format": "mp4",
    "flush_packets": 1,  # a segment is in the file as soon as it is closed
    "map_metadata": -1,  # where the camera stood is nobody's business
    "map_chapters": -1,
}
"""What every growing file has in common."""

_GROWING_SOUND: dict[str, Any] = {
    "avoid_negative_ts": "disabled",  # what the encoder put before the beginning goes into the edit list
    "movflags": CMAF,
    "frag_duration": 1_000_000,  # microseconds: segments are made of whole fragments (see `fragments.Cutter`)
    **OUTPUT,
}
