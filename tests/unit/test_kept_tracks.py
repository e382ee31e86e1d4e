"""Which tracks of a source are kept, and what viewers are told of them."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from mediaproc.media import languages, probe, track_roles, tracks
from mediaproc.media.probe import AudioTrack, MediaInfo, TextTrack, VideoTrack
from mediaproc.media.track_roles import Role
from mediaproc.media.tracks import Label

VIDEO = VideoTrack(
    index=0, codec="h264", width=64, height=36, display_width=64, display_height=36, frame_rate=Fraction(25),
    pixel_format="yuv420p", bit_depth=8, rotation=0, interlaced=False, hdr=False,
)  # fmt: skip


def info(audio: list[AudioTrack] | None = None, text: list[TextTrack] | None = None) -> MediaInfo:
    return MediaInfo("matroska,webm", 2.0, 1, 1, VIDEO, tuple(audio or ()), tuple(text or ()))


def sound(index: int, language: str = "", **more: Any) -> AudioTrack:
    return AudioTrack(index=index, codec="aac", channels=2, sample_rate_hz=48_000, language=language, **more)


def read(**stream: Any) -> MediaInfo:
    picture = {"index": 0, "codec_type": "video", "width": 64, "height": 36}
    return probe.parse_ffprobe(
        json.dumps({"format": {"format_name": "mov"}, "streams": [picture, {"index": 1} | stream]})
    )


@pytest.mark.parametrize(
    ("code", "tag", "name", "three"),
    [
        ("eng", "en", "English", "eng"),
        ("ger", "de", "German", "deu"),
        ("deu", "de", "German", "deu"),
        ("DE", "de", "German", "deu"),
        ("por-br", "pt-BR", "Portuguese (Brazil)", "por"),
        ("en-US", "en-US", "English (United States)", "eng"),
        ("zh_hant", "zh-Hant", "Chinese (Traditional)", "zho"),
        ("nob", "nb", "Norwegian Bokmål", "nob"),
        ("tgl", "fil", "Filipino", "fil"),
        ("iw", "he", "Hebrew", "heb"),
        ("xyz", "xyz", "xyz", "xyz"),
        ("xx", "xx", "xx", ""),
        ("fil", "fil", "Filipino", "fil"),
        ("tlh", "tlh", "Klingon", "tlh"),
        ("und", "", "", ""),
        ("zxx", "", "", ""),
        ("", "", "", ""),
        ('e"n', "", "", ""),
    ],
)
def test_languages(code: str, tag: str, name: str, three: str) -> None:
    assert (languages.tag(code), languages.name(code), languages.three_letters(code)) == (tag, name, three)


def test_one_sound_is_named_as_ever() -> None:
    (kept,) = tracks.selected_audio(info([sound(1, "eng")]))
    assert (kept.rendition, kept.label) == ("audio", Label("English", "en", is_default=True))
    assert tracks.selected_audio(info()) == ()


def test_the_default_sound_comes_first_and_no_two_have_one_name() -> None:
    kept = tracks.selected_audio(
        info(
            [
                sound(1, "eng"),
                sound(3, "eng"),
                sound(4, "ger", is_default=True),
                sound(5, "eng", title="The director talks", role=Role.COMMENTARY),
                sound(6, "eng", title="English 5.1"),
                sound(7, "eng", role=Role.DESCRIPTION),
                sound(8),
            ]
        )
    )
    assert [(each.index, each.rendition) for each in kept] == [
        (4, "audio"), (1, "audio-2"), (3, "audio-3"), (5, "audio-4"), (6, "audio-5"), (7, "audio-6"), (8, "audio-7")
    ]  # fmt: skip
    assert [each.label.title for each in kept] == [
        "German", "English", "English 2", "English, The director talks", "English 5.1", "English, audio description",
        "Audio",
    ]  # fmt: skip
    assert [each.label.is_default for each in kept] == [True, *[False] * 6]


def test_of_very_many_sounds_some_are_kept_and_the_log_says_so() -> None:
    many = info([sound(index) for index in range(1, 20)])
    assert len(tracks.selected_audio(many)) == tracks.MAX_AUDIO_TRACKS
    assert tracks.left_out(many) == ["Of 19 audio tracks 8 are kept"]


def test_subtitles_that_are_pictures_are_left_out_and_the_log_says_so() -> None:
    found = info(
        text=[
            TextTrack(2, "hdmv_pgs_subtitle", "ger"),
            TextTrack(3, "subrip", "eng", role=Role.CAPTIONS),
            TextTrack(4, "eia_608"),
            TextTrack(5, "ass", "eng", role=Role.FORCED),
        ]
    )
    assert [(each.index, each.rendition, each.label.title) for each in tracks.selected_subtitles(found)] == [
        (3, "subtitles", "English, for the hard of hearing"), (5, "subtitles-2", "English, foreign parts only")
    ]  # fmt: skip
    assert tracks.left_out(found) == [
        "Subtitles in German are bitmaps, not text, and are left out",
        "Subtitles are in an unsupported format (eia_608) and are left out",
    ]


@pytest.mark.parametrize(
    ("disposition", "heard", "written"),
    [
        ({}, Role.MAIN, Role.MAIN),
        ({"default": 1}, Role.MAIN, Role.MAIN),
        ({"visual_impaired": 1}, Role.DESCRIPTION, Role.MAIN),
        ({"comment": 1}, Role.COMMENTARY, Role.COMMENTARY),
        ({"hearing_impaired": 1}, Role.MAIN, Role.CAPTIONS),
        ({"forced": 1, "hearing_impaired": 1}, Role.MAIN, Role.FORCED),
    ],
)
def test_roles(disposition: dict[str, int], heard: Role, written: Role) -> None:
    assert (track_roles.of_audio(disposition), track_roles.of_text(disposition)) == (heard, written)


@pytest.mark.parametrize(
    ("said", "tag"),
    [
        ("pt-BR", "pt-BR"),
        ("en-US", "en-US"),
        ("zh-Hant-TW", "zh-Hant-TW"),
        ("es-419", "es-419"),
        ("sr_Latn_RS", "sr-Latn-RS"),
        ("GER", "de"),
        ("und", ""),
        ("english", ""),
        ("", ""),
    ],
)
def test_a_language_keeps_its_region_and_script(said: str, tag: str) -> None:
    found = read(codec_type="audio", codec_name="aac", channels=2, tags={"language": said})
    assert tracks.selected_audio(found)[0].label.language == tag
    again = probe.MediaInfo.from_json(found.to_json())
    assert tracks.selected_audio(again)[0].label.language == tag


def test_what_a_source_says_of_its_tracks_is_read_and_survives_json() -> None:
    tags = {"language": "ger", "title": '  Two\nlines\u202e\u0000 of "words" ' + "x" * 200}
    found = read(codec_type="audio", codec_name="ac3", channels=6, tags=tags, disposition={"default": 1, "comment": 1})
    (track,) = found.audio
    assert (track.language, track.role, track.is_default) == ("ger", Role.COMMENTARY, True)
    assert track.title.startswith('Two lines of "words" xxx')
    assert len(track.title) == probe.MAX_TITLE
    text = read(codec_type="subtitle", codec_name="mov_text", tags={"name": "Signs"}, disposition={"forced": 1})
    assert text.text == (TextTrack(1, "mov_text", "", "Signs", Role.FORCED),)
    for each in (found, text):
        assert MediaInfo.from_json(json.loads(json.dumps(each.to_json()))) == each


def test_what_was_read_by_an_older_version_is_still_understood() -> None:
    value = info([sound(1, "eng")], [TextTrack(2, "subrip")]).to_json()
    for track in (*value["audio"], *value["text"]):
        for added in ("title", "role", "is_default"):
            track.pop(added, None)
    assert MediaInfo.from_json(value) == info([sound(1, "eng")], [TextTrack(2, "subrip")])
