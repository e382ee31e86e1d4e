"""FFmpeg's command lines: what they must contain, and what must never be in them."""

from __future__ import annotations

import itertools
import shlex
from dataclasses import replace
from fractions import Fraction

import pytest

from mediaproc.media import ladder, presets, segment_edges
from mediaproc.media.commands import audio, download, poster
from mediaproc.media.commands.arguments import shell_line
from mediaproc.media.commands.encode import encode_arguments
from mediaproc.media.probe import AudioTrack, MediaInfo, VideoTrack
from mediaproc.media.sources import Source
from mediaproc.media.track_roles import Role
from mediaproc.media.tracks import Label

REMOTE = Source("http://127.0.0.1:9000/media/videos/1/source/a.mp4?X-Amz-Signature=secret&X-Amz-Date=1")
VIDEO = VideoTrack(
    index=1, codec="h264", width=1920, height=1080, display_width=1920, display_height=1080, frame_rate=Fraction(25),
    pixel_format="yuv420p", bit_depth=8, rotation=0, interlaced=False, hdr=False,
)  # fmt: skip
INFO = MediaInfo(
    container="mov", duration_seconds=60, size_bytes=1, bitrate_bps=1, video=VIDEO,
    audio=(AudioTrack(index=0, codec="aac", channels=6, sample_rate_hz=44100), AudioTrack(2, "ac3", 2, 48000)),
)  # fmt: skip

SOUNDS = [("audio", Label("German", "de", is_default=True)), ("audio-2", Label("Talk", role=Role.COMMENTARY))]


def encode(info: MediaInfo = INFO, *, source: Source = REMOTE, threads: int = 2) -> list[str]:
    rungs = ladder.rungs_for(info, presets.WEB)
    return encode_arguments(info, source=source, preset=presets.WEB, rungs=rungs, threads=threads)


def graph(info: MediaInfo = INFO) -> str:
    arguments = encode(info)
    return arguments[arguments.index("-filter_complex") + 1]


def with_video(**changes: object) -> MediaInfo:
    return replace(INFO, video=replace(VIDEO, **changes))


def values(arguments: list[str], name: str) -> list[str]:
    return [value for word, value in itertools.pairwise(arguments) if word == name]


def test_the_source_is_opened_and_decoded_once() -> None:
    assert values(encode(), "-i") == [REMOTE.location]
    assert graph().count("[0:1]") == 1
    assert values(encode(), "-c:v") == ["libx264"] * 3


def test_each_rung_is_scaled_from_the_one_above() -> None:
    scales = [part for part in graph().split(";") if "scale=" in part]
    assert [part.split("scale=")[1].split("[")[0].split(":out")[0] for part in scales] == [
        "1920:1080", "1280:720", "854:480",
    ]  # fmt: skip
    assert graph().count("split=2") == 2


def test_all_rungs_have_their_keyframes_at_the_same_times() -> None:
    expression = f"expr:{segment_edges.keyframe_expression(4)}"
    assert values(encode(), "-force_key_frames") == [expression] * 3
    assert set(values(encode(), "-sc_threshold")) == {"0"}


def test_every_sound_is_encoded_once_by_the_same_process() -> None:
    assert "[0:0]aresample" in graph()
    assert "[0:2]aresample" in graph()
    assert values(encode(), "-c:a") == ["aac"] * 2
    assert [word for word in encode() if word.startswith("audio")] == ["audio.cmaf", "audio-2.cmaf"]
    alone = audio.arguments(replace(INFO, audio=INFO.audio[:1]), source=REMOTE, preset=presets.WEB)
    assert [word for word in alone if word.endswith(".cmaf")] == ["audio.cmaf"]
    together = audio.arguments(INFO, source=REMOTE, preset=presets.WEB)
    assert values(together, "-i") == [REMOTE.location]
    assert together[-1] == "audio-2.cmaf"


def test_a_silent_source_has_no_sound() -> None:
    silent = replace(INFO, audio=())
    assert values(encode(silent), "-c:a") == []
    assert "aresample" not in graph(silent)


@pytest.mark.parametrize(
    ("info", "filters", "missing"),
    [
        (INFO, ["format=yuv420p", "setsar=1", "out_range=tv"], ["bwdif", "select=", "out_color_matrix"]),
        (with_video(interlaced=True), ["bwdif=deint=interlaced:mode=send_frame"], ["select="]),
        (with_video(frame_rate=Fraction(120)), ["*60)"], ["fps="]),
        (with_video(frame_rate=Fraction(60000, 1001)), [], ["select="]),
        (with_video(frame_rate=Fraction(0)), [], ["select="]),
        (with_video(pixel_format="gbrp"), ["out_color_matrix=bt709"], []),
        (with_video(pixel_format="rgba"), ["out_color_matrix=bt709"], ["zscale", "tonemap"]),
        (with_video(hdr=True, transfer="arib-std-b67"), ["color_trc=arib-std-b67", "tonemap=", "format=yuv420p"], []),
    ],
)
def test_filters(info: MediaInfo, filters: list[str], missing: list[str]) -> None:
    for part in filters:
        assert part in graph(info)
    for part in missing:
        assert part not in graph(info)


def test_threads_are_those_of_the_slot() -> None:
    for name in ("-threads", "-filter_threads", "-filter_complex_threads"):
        assert set(values(encode(threads=3), name)) == {"3"}


def test_every_input_is_guarded() -> None:
    for arguments in (
        encode(),
        encode(source=Source("/tmp/a.mp4")),
        download.mp4_arguments("720p", audio=SOUNDS),
        poster.arguments(INFO, source=REMOTE, at_fraction=0.1, threads=1),
    ):
        inputs = arguments.count("-i")
        assert len(values(arguments, "-protocol_whitelist")) == inputs
        assert len(values(arguments, "-format_whitelist")) == inputs
        assert "-nostdin" in arguments


def test_the_line_to_paste_has_no_presigned_address() -> None:
    line = shell_line(encode(), source=REMOTE)
    assert "secret" not in line
    assert '-i "$SOURCE" -filter_complex ' in line
    words = shlex.split(line)
    assert words[0] == "ffmpeg"
    assert [word if word != "$SOURCE" else REMOTE.location for word in words[1:]] == encode()


def test_a_local_line_keeps_its_path() -> None:
    source = Source("/tmp/my clip.mp4")
    assert "'file:/tmp/my clip.mp4'" in shell_line(encode(source=source), source=source)


def test_a_remux_encodes_nothing_and_puts_the_index_first() -> None:
    arguments = download.mp4_arguments("720p", audio=[])
    assert values(arguments, "-c") == ["copy"]
    assert values(arguments, "-movflags") == ["+faststart"]
    assert values(arguments, "-i") == ["file:720p.cmaf"]
    alone = download.mp4_arguments("720p", audio=SOUNDS[:1])
    assert values(alone, "-map") == ["0:v:0", "1:a:0"]
    assert values(alone, "-metadata:s:a:0") == ["language=deu"], "a single track needs no title"
    nameless = download.mp4_arguments("720p", audio=[("audio", Label("Audio", is_default=True))])
    assert "-metadata:s:a:0" not in nameless


def test_an_mp4_has_every_sound_with_its_language_the_default_first() -> None:
    arguments = download.mp4_arguments("720p", audio=SOUNDS)
    assert values(arguments, "-i") == ["file:720p.cmaf", "file:audio.cmaf", "file:audio-2.cmaf"]
    assert values(arguments, "-map") == ["0:v:0", "1:a:0", "2:a:0"]
    assert values(arguments, "-metadata:s:a:0") == ["language=deu", "title=German"]
    assert values(arguments, "-metadata:s:a:1") == ["language=und", "title=Talk"]
    assert [values(arguments, f"-disposition:a:{place}") for place in (0, 1)] == [["default"], ["comment"]]


@pytest.mark.parametrize(
    ("size", "made"),
    [((1920, 1080), (1280, 720)), ((1080, 1920), (720, 1280)), ((641, 361), (640, 360)), ((1, 1), (2, 2))],
)
def test_poster_size(size: tuple[int, int], made: tuple[int, int]) -> None:
    assert poster.size_of(*size) == made


def test_a_poster_must_show_something() -> None:
    def printed(mean: float, low: float, high: float) -> str:
        names = {"YMIN": 0, "YLOW": low, "YAVG": mean, "YHIGH": high}
        return "frame:0 pts:0\n" + "".join(f"lavfi.signalstats.{name}={value}\n" for name, value in names.items())

    assert poster.parse_stats(printed(118.9, 49, 198)).shows_something
    assert not poster.parse_stats(printed(1.2, 0, 3)).shows_something
    assert not poster.parse_stats(printed(235, 235, 236)).shows_something
    assert not poster.parse_stats("").shows_something
