"""What ffprobe's answers mean, case by case."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from mediaproc.media import ffprobe, probe, refusals
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source

PICTURE: dict[str, Any] = {
    "index": 0, "codec_type": "video", "codec_name": "h264", "width": 1920, "height": 1080, "pix_fmt": "yuv420p",
    "avg_frame_rate": "30000/1001", "r_frame_rate": "30000/1001", "disposition": {"default": 1},
}  # fmt: skip
AUDIO: dict[str, Any] = {
    "index": 1, "codec_type": "audio", "codec_name": "aac", "channels": 6, "sample_rate": "48000",
    "tags": {"language": "ENG"},
}  # fmt: skip
CONTAINER = {"format_name": "mov,mp4,m4a,3gp,3g2,mj2", "duration": "12.5", "size": "1000", "bit_rate": "640"}


def read(*streams: dict[str, Any], container: dict[str, Any] | None = None) -> MediaInfo:
    return probe.parse_ffprobe(json.dumps({"format": container or CONTAINER, "streams": streams}))


def test_a_plain_source() -> None:
    info = read(PICTURE, AUDIO, {"index": 2, "codec_type": "subtitle", "codec_name": "mov_text"})
    assert (info.duration_seconds, info.size_bytes, info.bitrate_bps) == (12.5, 1000, 640)
    assert info.video.frame_rate == Fraction(30000, 1001)
    assert (info.audio[0].channels, info.audio[0].sample_rate_hz, info.audio[0].language) == (6, 48000, "eng")
    assert [track.codec for track in info.text] == ["mov_text"]


def test_it_goes_through_json_and_back() -> None:
    info = read(PICTURE, AUDIO)
    assert MediaInfo.from_json(json.loads(json.dumps(info.to_json()))) == info
    assert info.to_json()["video"]["frame_rate"] == pytest.approx(29.97, abs=0.001)


@pytest.mark.parametrize(
    ("changes", "shown", "rotation"),
    [
        ({}, (1920, 1080), 0),
        ({"side_data_list": [{"rotation": -90}]}, (1080, 1920), 90),
        ({"side_data_list": [{"side_data_type": "x"}, {"rotation": 90}]}, (1080, 1920), 270),
        ({"side_data_list": [{"rotation": -180}]}, (1920, 1080), 180),
        ({"width": 1440, "sample_aspect_ratio": "4:3"}, (1920, 1080), 0),
        ({"width": 720, "height": 576, "sample_aspect_ratio": "64:45"}, (1024, 576), 0),
        ({"width": 1440, "sample_aspect_ratio": "4:3", "side_data_list": [{"rotation": 90}]}, (1080, 1920), 270),
        ({"sample_aspect_ratio": "0:1"}, (1920, 1080), 0),
        ({"sample_aspect_ratio": "1:999"}, (1920, 1080), 0),
        ({"sample_aspect_ratio": "N/A"}, (1920, 1080), 0),
    ],
)
def test_display_size(changes: dict[str, Any], shown: tuple[int, int], rotation: int) -> None:
    video = read(PICTURE | changes).video
    assert (video.display_width, video.display_height) == shown
    assert video.rotation == rotation
    assert video.short_side == min(shown)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, 8),
        ({"bits_per_raw_sample": "10"}, 10),
        ({"pix_fmt": "yuv420p10le"}, 10),
        ({"pix_fmt": "p010le"}, 10),
        ({"pix_fmt": "yuv444p12le"}, 12),
        ({"pix_fmt": "gbrp"}, 8),
        ({"pix_fmt": None}, 8),
    ],
)
def test_bit_depth(changes: dict[str, Any], expected: int) -> None:
    assert read(PICTURE | changes).video.bit_depth == expected


@pytest.mark.parametrize(
    ("average", "nominal", "rate", "variable"),
    [
        ("25/1", "25/1", Fraction(25), False),
        ("0/0", "25/1", Fraction(25), False),
        ("18263/1000", "60/1", Fraction(18263, 1000), True),
        ("0/0", "0/0", Fraction(0), False),
        ("2997/100", "30000/1001", Fraction(2997, 100), False),
    ],
)
def test_frame_rate(average: str, nominal: str, rate: Fraction, variable: bool) -> None:
    video = read(PICTURE | {"avg_frame_rate": average, "r_frame_rate": nominal}).video
    assert (video.frame_rate, video.variable_frame_rate) == (rate, variable)


def test_interlaced_and_hdr_are_seen() -> None:
    assert read(PICTURE | {"field_order": "tt"}).video.interlaced
    assert not read(PICTURE | {"field_order": "progressive"}).video.interlaced
    assert read(PICTURE | {"color_transfer": "arib-std-b67"}).video.hdr
    assert not read(PICTURE | {"color_transfer": "bt709"}).video.hdr


def test_the_default_picture_is_taken_and_cover_art_is_none() -> None:
    cover = PICTURE | {"index": 3, "width": 4000, "height": 4000, "disposition": {"attached_pic": 1}}
    second = PICTURE | {"index": 2, "width": 3840, "height": 2160, "disposition": {"default": 0}}
    assert read(cover, second, PICTURE).video.index == 0


def test_the_length_may_stand_on_a_track_alone() -> None:
    assert read(PICTURE | {"duration": "7.25"}, container={"format_name": "flv"}).duration_seconds == 7.25
    assert read(PICTURE, container={"format_name": "flv", "duration": "N/A"}).duration_seconds == 0


def test_a_matroska_that_begins_late_is_no_longer_for_that() -> None:
    late = {"format_name": "matroska,webm", "start_time": "20.0", "duration": "90.023"}
    assert read(PICTURE, container=late).duration_seconds == 70.023
    assert read(PICTURE, container=late | {"start_time": "-0.007"}).duration_seconds == 90.023
    assert read(PICTURE, container=CONTAINER | {"start_time": "3.0"}).duration_seconds == 12.5


@pytest.mark.parametrize("output", ["", "{}", "[]", "not json", '{"streams": []}', '{"format": {"a": 1}}'])
def test_nothing_readable_is_no_video(output: str) -> None:
    with pytest.raises(refusals.NotMedia, match=r"^This file is not a video \(text/plain\)$"):
        probe.parse_ffprobe(output, content_type="text/plain")
    with pytest.raises(refusals.NotMedia, match=r"^This file is not a video$"):
        probe.parse_ffprobe(output)


def test_sound_alone_has_no_picture() -> None:
    for streams in ([AUDIO], [AUDIO, PICTURE | {"disposition": {"attached_pic": 1}}]):
        with pytest.raises(refusals.NoVideo):
            read(*streams)


@pytest.mark.parametrize(
    ("streams", "container", "words"),
    [
        ([PICTURE | {"width": 16384, "height": 16384}], CONTAINER, "too large: 16384×16384"),
        ([PICTURE | {"width": 0}], CONTAINER, "can't be read"),
        ([PICTURE | {"width": 60000, "height": 2}], CONTAINER, "too large"),
        ([PICTURE], CONTAINER | {"duration": "1e9"}, "longer than 48 hours"),
        ([PICTURE, *[AUDIO] * 100], CONTAINER, "101 tracks"),
    ],
)
def test_what_no_honest_video_has(streams: list[dict[str, Any]], container: dict[str, Any], words: str) -> None:
    with pytest.raises(refusals.BeyondLimits, match=words):
        read(*streams, container=container)


def test_a_local_file_may_open_files_only_and_an_address_the_network_only() -> None:
    local = ffprobe.ffprobe_arguments(Source("/work/a:b.mp4"))
    remote = ffprobe.ffprobe_arguments(Source("https://s3/x?X-Amz-Signature=1"))
    assert local[-2:] == ["-i", "file:/work/a:b.mp4"]
    assert local[local.index("-protocol_whitelist") + 1] == "file"
    assert remote[remote.index("-protocol_whitelist") + 1] == "http,https,tcp,tls"
    for arguments in (local, remote):
        allowed = arguments[arguments.index("-format_whitelist") + 1].split(",")
        assert not {"hls", "concat", "dash", "sdp", "image2", "svg_pipe", "srt", "webvtt", "data"} & set(allowed)
