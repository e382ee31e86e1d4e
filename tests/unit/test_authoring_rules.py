"""Rules of HLS and DASH that a program can check, each with its number, on the manifests of one video.

RFC 8216 is HLS; "Apple" is the HLS Authoring Specification for Apple Devices, by the titles of its chapters, whose
numbers change; "IOP" is the DASH-IF Interoperability Points 4.3, and "DASH" ISO/IEC 23009-1.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from xml.etree import ElementTree as xml

import m3u8
import pytest

from mediaproc.media import dash, hls, target_duration
from mediaproc.media.hls import AudioRendition, KeyframeStream, MediaSegment, TextRendition, Variant
from mediaproc.media.track_roles import Role
from mediaproc.media.tracks import Label
from mediaproc.media.webvtt import cues
from mediaproc.media.webvtt.cues import Cue

SIZES = [("1080p", 1920, 1080, 4_500_000), ("720p", 1280, 720, 2_400_000), ("360p", 640, 360, 500_000)]
LABELS = [
    Label("German", "de", is_default=True),
    Label("English", "en-US"),
    Label("English, audio description", "en-US", Role.DESCRIPTION),
]
TEXTS = [
    Label("German", "de"),
    Label("English, for the hard of hearing", "en", Role.CAPTIONS),
    Label("Signs", "", Role.FORCED),
]
SECONDS = [1.0, 1.0, 2.0, *[4.0] * 12, 1.28]
TARGET = 4


@dataclass(frozen=True)
class Output:
    """The manifests of a video, as independent readers see them."""

    top: Any
    video: Any
    audio: Any
    text: Any
    keyframes: Any
    text_segments: list[str]
    mpd: xml.Element

    @property
    def variants(self) -> list[Any]:
        return [each for each in self.top.playlists if each.stream_info.resolution]

    @property
    def sets(self) -> dict[str, list[xml.Element]]:
        found = self.mpd.findall("*/AdaptationSet")
        return {
            kind: [each for each in found if each.get("contentType") == kind] for kind in ("video", "audio", "text")
        }


def made() -> Output:
    audio = [AudioRendition(f"a{n}.m3u8", "mp4a.40.2", 128_000, 131_000, 2, label) for n, label in enumerate(LABELS)]
    variants = [Variant(f"{name}.m3u8", w, h, 25.0, "avc1.640028", bps, 2 * bps) for name, w, h, bps in SIZES]
    keyframes = [
        KeyframeStream(f"{name}/iframes.m3u8", w, h, "avc1.640028", bps // 20, bps // 10) for name, w, h, bps in SIZES
    ]
    texts = [TextRendition(f"s{n}.m3u8", label) for n, label in enumerate(TEXTS)]
    segments = [MediaSegment(f"{n}.m4s", seconds, 9_000 + n) for n, seconds in enumerate(SECONDS)]
    written = [Cue(1, 2, "one"), Cue(3, 9, "crossing"), Cue(50, 53, "late")]
    starts = range(0, 54, TARGET)
    text_segments = [cues.segment_text(written, at, at + TARGET) for at in starts]
    pieces = [MediaSegment(f"s0/{n}.vtt", min(TARGET, sum(SECONDS) - at)) for n, at in enumerate(starts)]
    films = [
        dash.Representation(name, "avc1.640028", bps, f"{name}/i", f"{name}/$Number$", SECONDS, w, h, 25.0)
        for name, w, h, bps in SIZES
    ]
    sounds = [
        replace(films[0], id=f"a{n}", codecs="mp4a.40.2", width=0, height=0, label=label, sample_rate_hz=48_000)
        for n, label in enumerate(LABELS)
    ]
    tracks = [dash.TextRepresentation(f"s{n}", f"s{n}.vtt", 99, label) for n, label in enumerate(TEXTS)]
    playlists = [
        hls.media_playlist(each, init_uri=init, finished=True, target_seconds=TARGET)
        for each, init in ((segments, "i.mp4"), (segments, "i.mp4"), (pieces, None))
    ]
    video, audio_only, text = (m3u8.loads(each) for each in playlists)
    return Output(
        m3u8.loads(hls.multivariant_playlist(variants, audio=audio, subtitles=texts, keyframes=keyframes)),
        video,
        audio_only,
        text,
        m3u8.loads(hls.keyframe_playlist(segments, init_uri="i.mp4", target_seconds=TARGET)),
        text_segments,
        xml.fromstring(re.sub(r' xmlns="[^"]*"', "", dash.mpd([*films, *sounds], texts=tracks))),
    )


OUTPUT = made()


def alternatives(kind: str) -> list[Any]:
    return [each for each in OUTPUT.top.media if each.type == kind]


def has(elements: list[xml.Element], *names: str) -> bool:
    return bool(elements) and all(each.get(name) for each in elements for name in names)


def representations(kind: str) -> list[xml.Element]:
    return [one for each in OUTPUT.sets[kind] for one in each.findall("Representation")]


RULES: list[tuple[str, str, Callable[[Output], bool]]] = [
    ("RFC 8216 4.3.1.2", "EXT-X-VERSION is what fMP4 needs", lambda out: out.video.version >= 6),
    ("RFC 8216 4.3.2.2", "a byte range needs version 4", lambda out: out.keyframes.version >= 4),
    (
        "RFC 8216 4.3.3.1",
        "no EXTINF, rounded, exceeds the target duration",
        lambda out: all(
            target_duration.rounded(each.duration) <= playlist.target_duration
            for playlist in (out.video, out.audio, out.text, out.keyframes)
            for each in playlist.segments
        ),
    ),
    (
        "Apple, Media Segmentation",
        "all renditions have one target duration",
        lambda out: len({each.target_duration for each in (out.video, out.audio, out.text, out.keyframes)}) == 1,
    ),
    (
        "Apple, Subtitles",
        "text is cut into segments and lasts as long as the video",
        lambda out: (
            len(out.text.segments) > 1 and abs(sum(each.duration for each in out.text.segments) - sum(SECONDS)) < 0.001
        ),
    ),
    (
        "RFC 8216 3.5",
        "each WebVTT segment begins with its header and the map of its clock",
        lambda out: all(
            each.startswith("WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\n") or each.strip().endswith(":0")
            for each in out.text_segments
        ),
    ),
    (
        "RFC 8216 3.5",
        "a cue is in every segment in which it is shown",
        lambda out: [n for n, each in enumerate(out.text_segments) if "crossing" in each] == [0, 1, 2],
    ),
    ("RFC 8216 4.3.3.5", "what is whole is VOD, with an end", lambda out: out.video.is_endlist and out.text.is_endlist),
    ("RFC 8216 4.3.3.6", "an I-frame playlist says so", lambda out: out.keyframes.is_i_frames_only),
    (
        "RFC 8216 4.3.3.6",
        "each I-frame is a byte range, with its init segment before it",
        lambda out: all(each.byterange and each.init_section for each in out.keyframes.segments),
    ),
    (
        "RFC 8216 4.3.4.2",
        "each variant has BANDWIDTH, and AVERAGE-BANDWIDTH below it",
        lambda out: all(
            0 < each.stream_info.average_bandwidth <= each.stream_info.bandwidth for each in out.top.playlists
        ),
    ),
    (
        "RFC 8216 4.3.4.2",
        "each variant has CODECS",
        lambda out: all(each.stream_info.codecs for each in out.top.playlists),
    ),
    (
        "RFC 8216 4.3.4.2",
        "CODECS names every codec of the audio group",
        lambda out: all("mp4a.40.2" in each.stream_info.codecs for each in out.top.playlists),
    ),
    (
        "RFC 8216 4.3.4.2",
        "CLOSED-CAPTIONS is NONE on all variants or on none",
        lambda out: {each.stream_info.closed_captions for each in out.top.playlists} == {"NONE"},
    ),
    (
        "RFC 8216 4.3.4.2",
        "video has RESOLUTION and FRAME-RATE",
        lambda out: len(out.variants) == len(SIZES) and all(each.stream_info.frame_rate for each in out.variants),
    ),
    (
        "RFC 8216 4.3.4.2.1",
        "every group that a variant names exists",
        lambda out: (
            {each.stream_info.audio for each in out.top.playlists} == {each.group_id for each in alternatives("AUDIO")}
            and {each.stream_info.subtitles for each in out.top.playlists}
            == {each.group_id for each in alternatives("SUBTITLES")}
        ),
    ),
    (
        "RFC 8216 4.3.4.1.1",
        "names within a group differ",
        lambda out: len({(each.group_id, each.name) for each in out.top.media}) == len(out.top.media),
    ),
    (
        "RFC 8216 4.3.4.1.1",
        "at most one of a group is the default, and it is selected automatically",
        lambda out: [each.autoselect for each in out.top.media if each.default == "YES"] == ["YES"],
    ),
    (
        "RFC 8216 4.3.4.1",
        "FORCED is only said of subtitles",
        lambda out: (
            [each.forced for each in alternatives("SUBTITLES")] == ["NO", "NO", "YES"]
            and not any(each.forced for each in alternatives("AUDIO"))
        ),
    ),
    (
        "Apple, Accessibility",
        "audio description and captions say what they are",
        lambda out: [bool(each.characteristics) for each in out.top.media] == [False, False, True, False, True, False],
    ),
    ("Apple, Audio", "audio says its channels", lambda out: all(each.channels for each in alternatives("AUDIO"))),
    (
        "RFC 8216 4.3.4.3",
        "I-frame streams have BANDWIDTH, CODECS without audio, RESOLUTION and URI",
        lambda out: all(
            each.uri
            and each.iframe_stream_info.bandwidth
            and each.iframe_stream_info.codecs == "avc1.640028"
            and each.iframe_stream_info.resolution
            for each in out.top.iframe_playlists
        ),
    ),
    (
        "Apple, Trick Play",
        "each size of the video has an I-frame playlist",
        lambda out: (
            {each.iframe_stream_info.resolution for each in out.top.iframe_playlists}
            == {each.stream_info.resolution for each in out.variants}
        ),
    ),
    (
        "Apple, Multivariant Playlist",
        "the first variant is the one nearest to 2 Mbit/s",
        lambda out: out.top.playlists[0].uri == "720p.m3u8",
    ),
    (
        "Apple, Multivariant Playlist",
        "a variant of at most 192 kbit/s is audio alone",
        lambda out: (
            [each.stream_info.bandwidth <= 192_000 for each in out.top.playlists if not each.stream_info.resolution]
            == [True]
        ),
    ),
    ("RFC 8216 4.3.5.1", "segments can be decoded alone", lambda out: out.top.is_independent_segments),
    (
        "IOP 3.2.4",
        "sets of video have par and the bounds of their sizes and rates",
        lambda out: has(out.sets["video"], "par", "maxWidth", "maxHeight", "maxFrameRate"),
    ),
    (
        "IOP 3.2.4",
        "representations of video have width, height, frameRate and sar",
        lambda _: has(representations("video"), "width", "height", "frameRate", "sar"),
    ),
    (
        "IOP 3.2.4",
        "sets of audio have lang",
        lambda out: has(out.sets["audio"], "lang") and len(out.sets["audio"]) == 3,
    ),
    (
        "IOP 3.2.4",
        "representations of audio have audioSamplingRate and their channels",
        lambda _: (
            has(representations("audio"), "audioSamplingRate")
            and all(each.find("AudioChannelConfiguration") is not None for each in representations("audio"))
        ),
    ),
    (
        "IOP 3.2.4",
        "segments of a set are aligned and begin with a keyframe",
        lambda out: has([*out.sets["video"], *out.sets["audio"]], "segmentAlignment", "startWithSAP"),
    ),
    (
        "IOP 6.4.3",
        "text is one WebVTT file, with its language and role",
        lambda out: (
            has(out.sets["text"], "lang")
            and len(out.sets["text"]) == 3
            and {each.get("mimeType") for each in out.sets["text"]} == {"text/vtt"}
            and all(each.findtext("Representation/BaseURL") for each in out.sets["text"])
        ),
    ),
    (
        "DASH 5.3.3.2",
        "numbers of sets differ",
        lambda out: len({each.get("id") for each in out.mpd.iter("AdaptationSet")}) == 7,
    ),
    (
        "DASH 5.3.5.2",
        "names of representations differ and hold no blanks",
        lambda out: (
            len({each.get("id") for each in out.mpd.iter("Representation")}) == 9
            and not any(re.search(r"\s", each.get("id", " ")) for each in out.mpd.iter("Representation"))
        ),
    ),
    (
        "DASH 5.3.9.6",
        "a timeline lasts as long as the presentation",
        lambda out: (
            {
                sum(int(row.get("d", "0")) * (1 + int(row.get("r", "0"))) for row in each.iter("S"))
                for each in out.mpd.iter("SegmentTimeline")
            }
            == {round(sum(SECONDS) * 90_000)}
        ),
    ),
    (
        "DASH 5.8.5.5",
        "one main audio, and roles of the scheme",
        lambda out: (
            [role.get("value") for each in out.sets["audio"] for role in each.findall("Role")]
            == ["main", "alternate", "description"]
        ),
    ),
]


@pytest.mark.parametrize(("number", "rule", "holds"), RULES, ids=[f"{number}: {rule}" for number, rule, _ in RULES])
def test_the_manifests_follow(number: str, rule: str, holds: Callable[[Output], bool]) -> None:
    assert holds(OUTPUT), f"{number}: {rule}"


def test_a_group_without_audio_or_text_is_not_named() -> None:
    top = m3u8.loads(hls.multivariant_playlist([Variant("1.m3u8", 640, 360, 25, "avc1.64001e", 1, 2)]))
    assert (top.media, top.iframe_playlists, len(top.playlists)) == ([], [], 1)
