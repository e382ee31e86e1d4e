"""Playlists: what players need is there."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace

import pytest

from mediaproc.media import hls
from mediaproc.media.hls import AudioRendition, MediaSegment, TextRendition, Variant
from mediaproc.media.track_roles import Role
from mediaproc.media.tracks import Label

FULL_HD = Variant(
    uri="1080p.m3u8", width=1920, height=1080, frame_rate=29.97, codecs="avc1.640028",
    bitrate_bps=4_500_000, peak_bitrate_bps=6_000_000,
)  # fmt: skip
SD = Variant(
    uri="480p.m3u8", width=854, height=480, frame_rate=29.97, codecs="avc1.64001e",
    bitrate_bps=1_200_000, peak_bitrate_bps=1_500_000,
)  # fmt: skip
SOUND = AudioRendition(
    uri="audio.m3u8", codecs="mp4a.40.2", bitrate_bps=128_000, peak_bitrate_bps=130_000,
    label=Label("Sound", "de", is_default=True),
)  # fmt: skip


def test_a_variant_counts_its_sound() -> None:
    text = hls.multivariant_playlist([FULL_HD, SD], audio=[SOUND])
    assert (
        "#EXT-X-STREAM-INF:BANDWIDTH=6130000,AVERAGE-BANDWIDTH=4628000,"
        'CODECS="avc1.640028,mp4a.40.2",RESOLUTION=1920x1080,FRAME-RATE=29.970,AUDIO="sound",CLOSED-CAPTIONS=NONE\n1080p.m3u8\n'
    ) in text
    assert (
        '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="sound",NAME="Sound",LANGUAGE="de",DEFAULT=YES,AUTOSELECT=YES,'
        'CHANNELS="2",URI="audio.m3u8"\n'
    ) in text


def test_hdr_is_called_so_and_each_sound_has_its_channels() -> None:
    lines = hls.multivariant_playlist(
        [replace(FULL_HD, video_range="PQ"), SD], audio=[replace(SOUND, channels=6), replace(SOUND, channels=1)]
    ).splitlines()
    assert ['CHANNELS="6"' in lines[3], 'CHANNELS="1"' in lines[4]] == [True, True]
    assert {"1080p" in uri: "VIDEO-RANGE=PQ" in line for line, uri in itertools.pairwise(lines)
            if line.startswith("#EXT-X-STREAM-INF")} == {True: True, False: False}  # fmt: skip


def test_sounds_can_be_told_apart_and_only_one_of_a_sort_is_chosen_by_itself() -> None:
    labels = [
        Label("German", "de", is_default=True),
        Label('English "5.1"\n', "en"),
        Label("English 2", "en"),
        Label("English, audio description", "en", Role.DESCRIPTION),
        Label("The director", "en", Role.COMMENTARY),
    ]
    sounds = [
        AudioRendition(f"{place}.m3u8", "mp4a.40.2", 1, 1 + place, label=label) for place, label in enumerate(labels)
    ]
    lines = hls.multivariant_playlist([SD], audio=sounds).splitlines()
    assert [line.split('GROUP-ID="sound",')[1] for line in lines if "TYPE=AUDIO" in line] == [
        'NAME="German",LANGUAGE="de",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="0.m3u8"',
        'NAME="English \'5.1\'",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="1.m3u8"',
        'NAME="English 2",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=NO,CHANNELS="2",URI="2.m3u8"',
        'NAME="English, audio description",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,'
        'CHARACTERISTICS="public.accessibility.describes-video",CHANNELS="2",URI="3.m3u8"',
        'NAME="The director",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=NO,CHANNELS="2",URI="4.m3u8"',
    ]
    assert f"BANDWIDTH={SD.peak_bitrate_bps + 5}," in lines[-4], "the largest sound counts"
    assert 'CODECS="avc1.64001e,mp4a.40.2",' in lines[-4]


def test_texts_are_never_shown_unasked_and_the_forced_ones_are_marked() -> None:
    labels = [Label("English", "en"), Label("English 2", "en"), Label("German, foreign parts only", "de", Role.FORCED)]
    texts = [TextRendition(f"{place}.m3u8", label) for place, label in enumerate(labels)]
    lines = hls.multivariant_playlist([SD], audio=[SOUND], subtitles=texts).splitlines()
    assert [line.split('GROUP-ID="subtitles",')[1] for line in lines if "TYPE=SUBTITLES" in line] == [
        'NAME="English",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,FORCED=NO,URI="0.m3u8"',
        'NAME="English 2",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=NO,FORCED=NO,URI="1.m3u8"',
        'NAME="German, foreign parts only",LANGUAGE="de",DEFAULT=NO,AUTOSELECT=YES,FORCED=YES,URI="2.m3u8"',
    ]
    assert lines[-4].endswith(',AUDIO="sound",SUBTITLES="subtitles",CLOSED-CAPTIONS=NONE')
    assert "SUBTITLES" not in hls.multivariant_playlist([SD], audio=[SOUND])


def test_a_playlist_of_text_has_no_init_segment() -> None:
    text = hls.media_playlist([MediaSegment("a.vtt", 7200.4)], init_uri=None, finished=True)
    assert "EXT-X-MAP" not in text
    assert "#EXT-X-TARGETDURATION:7200\n" in text


def test_the_first_variant_is_the_one_near_two_megabits() -> None:
    lines = hls.multivariant_playlist([FULL_HD, SD]).splitlines()
    assert [line for line in lines if not line.startswith("#")] == ["480p.m3u8", "1080p.m3u8"]


def test_a_silent_video_names_no_audio_group() -> None:
    text = hls.multivariant_playlist([SD])
    assert "AUDIO" not in text
    assert 'CODECS="avc1.64001e",' in text


def test_no_variant_is_still_a_playlist() -> None:
    assert hls.multivariant_playlist([]).startswith("#EXTM3U\n")


def test_a_finished_playlist_is_vod_with_an_end() -> None:
    text = hls.media_playlist(
        [MediaSegment("a.m4s", 4.0), MediaSegment("b.m4s", 1.5)], init_uri="init.mp4", finished=True, target_seconds=4
    )
    assert text == (
        "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PLAYLIST-TYPE:VOD\n"
        '#EXT-X-INDEPENDENT-SEGMENTS\n#EXT-X-MAP:URI="init.mp4"\n'
        "#EXTINF:4.000000,\na.m4s\n#EXTINF:1.500000,\nb.m4s\n#EXT-X-ENDLIST\n"
    )


def test_a_growing_playlist_starts_at_the_beginning_and_has_no_end() -> None:
    text = hls.media_playlist([MediaSegment("a.m4s", 4.0)], init_uri="init.mp4", finished=False)
    assert "#EXT-X-PLAYLIST-TYPE:EVENT\n" in text
    assert "#EXT-X-START:TIME-OFFSET=0" in text
    assert "ENDLIST" not in text


def test_a_tiny_last_segment_does_not_make_the_peak() -> None:
    pieces = [(500_000, 4.0), (1_000_000, 4.0), (50_000, 0.04)]
    assert hls.peak_bitrate_bps(pieces) == 2_000_000
    assert hls.average_bitrate_bps(pieces) == pytest.approx(1_542_289, abs=1)


def test_the_peak_is_never_below_the_average() -> None:
    pieces = [(400_000, 4.0), (400_000, 1.28)]
    assert hls.peak_bitrate_bps(pieces) == hls.average_bitrate_bps(pieces) == 1_212_122


def test_a_video_shorter_than_the_window_peaks_at_its_average() -> None:
    assert hls.peak_bitrate_bps([(100_000, 1.0)]) == 800_000
    assert hls.peak_bitrate_bps([]) == 0


def test_what_grows_ends_where_the_others_do():
    sound = [hls.MediaSegment(f"{number}", seconds) for number, seconds in enumerate([1.003, 1.003, 2.005, 4.011])]
    assert [each.uri for each in hls.up_to(sound, 2.0)] == ["0", "1"]
    assert [each.uri for each in hls.up_to(sound, 7.9)] == ["0", "1", "2", "3"]
    assert [each.uri for each in hls.up_to(sound, 0.1)] == ["0"], "a playlist names something"
    assert hls.up_to(sound, math.inf) == sound
    assert hls.up_to([], 4.0) == []
