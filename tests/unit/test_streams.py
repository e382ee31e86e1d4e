"""Choice of streams in an ffprobe report: those processed, and what the log says of the others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from mediaproc.media import ffprobe, probe, refusals, streams, tracks

DECODERS = frozenset({"h264", "mjpeg", "aac", "mp2", "opus", "vp9"})


def stream(index: int, kind: str, codec: str, **more: Any) -> dict[str, Any]:
    about = {"width": 320, "height": 180} if kind == "video" else {"channels": 2} if kind == "audio" else {}
    return {"index": index, "codec_type": kind, "codec_name": codec, **about, **more}


def report(*found: dict[str, Any], programs: tuple[dict[str, Any], ...] = (), **about: Any) -> dict[str, Any]:
    return {"streams": list(found), "programs": list(programs), "format": {"format_name": "mpegts", **about}}


def programme(number: int, name: str, *indexes: int) -> dict[str, Any]:
    members = [{"index": index} for index in indexes]
    return {"program_num": number, "tags": {"service_name": name}, "streams": members}


FILM = stream(0, "video", "h264", nb_frames="200")
AAC = stream(1, "audio", "aac")


def indexes(chosen: streams.Choice) -> list[int]:
    return [int(each["index"]) for each in chosen.streams]


@pytest.mark.parametrize(
    ("lost", "sentence"),
    [
        (stream(2, "audio", "unknown", codec_tag_string="apac"), "Audio track 3 (apac) can't be decoded"),
        (stream(2, "audio", "ac4"), "Audio track 3 (ac4) can't be decoded"),
        (stream(2, "video", "av2"), "Video track 3 (av2) can't be decoded"),
        (stream(2, "audio", "aac", channels=0), "Audio track 3 (aac) has no data"),
        (stream(2, "audio", "opus", tags={"enc_key_id": "MTIz"}), "Audio track 3 (opus) is encrypted (DRM)"),
        (stream(2, "audio", "aac", codec_tag_string="enca"), "Audio track 3 (aac) is encrypted (DRM)"),
        (stream(2, "video", "mjpeg", nb_frames="1"), "Video track 3 (mjpeg) is an image"),
        (stream(2, "video", "h264", nb_frames="1"), "Video track 3 (h264) is an image"),
        (stream(2, "video", "mjpeg", tags={"DURATION": "00:00:00.040000000"}), "Video track 3 (mjpeg) is an image"),
        (stream(2, "video", "mjpeg", nb_read_packets="1"), "Video track 3 (mjpeg) is an image"),
        (stream(2, "video", "mjpeg", disposition={"attached_pic": 1}), "Video track 3 (mjpeg) is an image"),
    ],
)
def test_a_track_that_is_no_use_is_left_out_with_a_sentence(lost: dict[str, Any], sentence: str) -> None:
    for order in ([FILM, AAC, lost], [lost, FILM, AAC]):
        chosen = streams.choose(report(*order), DECODERS)
        assert sorted(indexes(chosen)) == [0, 1]
        assert chosen.left_out == (f"{sentence} and is left out",)


def test_without_a_list_of_decoders_nothing_is_left_out_for_its_codec() -> None:
    assert indexes(streams.choose(report(FILM, stream(1, "audio", "ac4")))) == [0, 1]


def test_a_single_image_is_still_the_video_where_nothing_moves() -> None:
    still = stream(0, "video", "h264", nb_frames="1")
    assert indexes(streams.choose(report(still, AAC), DECODERS)) == [0, 1]


def test_the_film_is_what_moves_though_an_image_is_larger_and_default() -> None:
    cover = stream(0, "video", "mjpeg", width=2000, height=2000, disposition={"default": 1}, nb_frames="1")
    info = probe.parse_ffprobe(json.dumps(report(cover, FILM | {"index": 1}, AAC | {"index": 2})), decoders=DECODERS)
    assert (info.video.index, info.video.codec, info.video.width) == (1, "h264", 320)
    assert tracks.left_out(info) == ["Video track 1 (mjpeg) is an image and is left out"]


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ((stream(0, "video", "h264"), AAC), False),
        ((stream(0, "video", "h264"), stream(1, "video", "mjpeg", disposition={"attached_pic": 1})), False),
        ((FILM, stream(1, "video", "mjpeg", nb_frames="1")), False),
        ((stream(0, "video", "h264"), stream(1, "video", "mjpeg")), True),
    ],
)
def test_packets_are_counted_only_where_nothing_else_tells(found: tuple[dict[str, Any], ...], wanted: bool) -> None:
    assert ffprobe.needs_packets(json.dumps(report(*found))) is wanted


def test_counted_packets_decide() -> None:
    output = json.dumps(report(stream(0, "video", "mjpeg", width=900), stream(1, "video", "h264")))
    counted = json.dumps({"streams": [{"index": 0, "nb_read_packets": "1"}, {"index": 1, "nb_read_packets": "240"}]})
    assert probe.parse_ffprobe(ffprobe.with_packets(output, counted)).video.index == 1


def test_of_several_programmes_the_first_with_video_is_processed() -> None:
    radio, film = programme(1, "Radio", 0), programme(7, "TV", 1, 2)
    other, stray = programme(9, "Other", 3, 2), stream(4, "audio", "mp2")
    found = [AAC | {"index": 0}, FILM | {"index": 1}, AAC | {"index": 2}, FILM | {"index": 3}, stray]
    chosen = streams.choose(report(*found, programs=(radio, film, other)), DECODERS)
    assert indexes(chosen) == [1, 2, 4]  # a track of both programmes and one of none stay
    assert chosen.left_out == (
        "Programme 1 “Radio” is left out: only 7 “TV” is processed",
        "Programme 9 “Other” is left out: only 7 “TV” is processed",
    )


def test_a_programme_without_tracks_or_alone_changes_nothing() -> None:
    for programs in ((), (programme(1, "TV", 0, 1),), (programme(1, "", 0, 1), programme(2, "Data"))):
        chosen = streams.choose(report(FILM, AAC, programs=programs), DECODERS)
        assert (indexes(chosen), chosen.left_out) == ([0, 1], ())


@pytest.mark.parametrize(
    ("found", "refused"),
    [
        ((stream(0, "video", "av2"), AAC), refusals.Undecodable),
        ((stream(0, "video", "h264", tags={"enc_key_id": "MTIz"}), AAC), refusals.Encrypted),
        ((stream(0, "video", "h264", codec_tag_string="drmi"), AAC), refusals.Encrypted),
        ((stream(0, "video", "mjpeg", disposition={"attached_pic": 1}), AAC), refusals.NoVideo),
        ((AAC,), refusals.NoVideo),
    ],
)
def test_a_video_fails_only_where_nothing_is_left(
    found: tuple[dict[str, Any], ...], refused: type[refusals.Refused]
) -> None:
    with pytest.raises(refused):
        probe.parse_ffprobe(json.dumps(report(*found)), decoders=DECODERS)


def test_audio_beside_video_that_is_lost_is_enough_only_where_audio_was_asked_for() -> None:
    output = json.dumps(report(stream(0, "video", "av2"), AAC))
    with pytest.raises(refusals.Undecodable):
        probe.parse_ffprobe(output, decoders=DECODERS, video_needed=False)
    info = probe.parse_ffprobe(output, decoders=DECODERS, video_needed=False, audio_suffices=True)
    assert (info.video.shown, len(info.audio)) == (False, 1)


def test_what_is_left_out_and_how_far_was_read_are_stored() -> None:
    lost = stream(2, "audio", "ac4")
    info = probe.parse_ffprobe(json.dumps(report(FILM, AAC | {"channel_layout": "stereo"}, lost)), decoders=DECODERS)
    assert info.audio[0].layout == "stereo"
    again = probe.MediaInfo.from_json(json.loads(json.dumps(info.to_json())))
    assert again == info
    stored = info.to_json()
    del stored["left_out"], stored["probe_bytes"], stored["audio"][0]["layout"], stored["video"]["matrix"]
    assert probe.MediaInfo.from_json(stored).left_out == ()  # of a version before
