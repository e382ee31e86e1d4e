"""The DASH manifest: what players need is there, in the order that its schema asks for."""

from __future__ import annotations

import re
from dataclasses import replace
from xml.etree import ElementTree as xml

import pytest

from mediaproc.media import dash
from mediaproc.media.dash import Representation
from mediaproc.media.track_roles import Role
from mediaproc.media.tracks import Label

NS = {"m": dash.NAMESPACE}
CHILDREN = {
    "MPD": ["Period"],
    "Period": ["AdaptationSet"],
    "AdaptationSet": ["SupplementalProperty", "Label", "Accessibility", "Role", "Representation"],
    "Representation": ["AudioChannelConfiguration", "SegmentTemplate"],
    "SegmentTemplate": ["SegmentTimeline"],
    "SegmentTimeline": ["S"],
}
"""In this order (ISO/IEC 23009-1, annex B)."""

REQUIRED = {
    "MPD": {"profiles": r"urn:mpeg:dash:profile:isoff-live:2011", "minBufferTime": r"PT[\d.]+S", "type": "static",
            "mediaPresentationDuration": r"PT[\d.]+S"},
    "AdaptationSet": {"mimeType": r"(video|audio)/mp4", "contentType": r"video|audio"},
    "Representation": {"id": r"\S+", "bandwidth": r"[1-9]\d*", "codecs": r"[\w.]+"},
    "AudioChannelConfiguration": {"schemeIdUri": r"urn:\S+", "value": r"\d+"},
    "Role": {"schemeIdUri": r"urn:\S+", "value": r"main|alternate|description|commentary"},
    "Accessibility": {"schemeIdUri": r"urn:\S+", "value": "1"},
    "SegmentTemplate": {"timescale": r"[1-9]\d*", "startNumber": "0", "initialization": r"\S+/init\.mp4\?\S+",
                        "media": r"\S+/\$Number\$\.m4s\?\S+"},
    "S": {"d": r"[1-9]\d*"},
}  # fmt: skip


def rendition(id: str, codecs: str, durations: list[float], **more: object) -> Representation:
    init, media = f"{id}/init.mp4?a=1&b=2", f"{id}/$Number$.m4s?a=1&b=2"
    return Representation(id, codecs, 1_000_000, init, media, durations, **more)  # type: ignore[arg-type]


HD = rendition("720p", "avc1.64001f", [1.0, 1.0, 2.0, 4.0, 4.0, 1.28], width=1280, height=720, frame_rate=30000 / 1001)
SD = rendition("480p", "avc1.64001e", [1.0, 1.0, 2.0, 4.0, 4.0, 1.28], width=854, height=480, frame_rate=25.0)
SOUND = rendition("audio", "mp4a.40.2", [1.024, 1.003, 2.005])


def labelled(id: str, label: Label) -> Representation:
    return replace(SOUND, id=id, label=label)


SOUNDS = [
    labelled("audio-2", Label("English", "en")),
    labelled("audio", Label("German", "de", is_default=True)),
    labelled("audio-3", Label("Told & shown", "", Role.DESCRIPTION)),
]


@pytest.mark.parametrize("sounds", [[SOUND], SOUNDS])
def test_it_is_what_the_schema_asks_for(sounds: list[Representation]) -> None:
    root = xml.fromstring(dash.mpd([HD, SD, *sounds]))
    ids: list[str] = []
    for element in root.iter():
        name = element.tag.removeprefix(f"{{{dash.NAMESPACE}}}")
        order = CHILDREN.get(name, [])
        places = [order.index(child.tag.removeprefix(f"{{{dash.NAMESPACE}}}")) for child in element]
        assert places == sorted(places)
        for attribute, pattern in REQUIRED.get(name, {}).items():
            assert re.fullmatch(pattern, element.get(attribute, "")), (name, attribute)
        ids += [element.get("id", "")] if name == "Representation" else []
    assert ids == ["720p", "480p", "audio", "audio-2", "audio-3"][: 2 + len(sounds)]


def test_each_of_several_sounds_stands_apart_with_its_language_the_default_first() -> None:
    sets = xml.fromstring(dash.mpd([HD, *SOUNDS])).findall("m:Period/m:AdaptationSet", NS)[1:]
    assert [each.get("lang") for each in sets] == ["de", "en", "und"]
    assert [each.findtext("m:Label", namespaces=NS) for each in sets] == ["German", "English", "Told & shown"]
    assert [each.find("m:Role", NS).get("value") for each in sets] == ["main", "alternate", "description"]  # type: ignore[union-attr]
    (alone,) = xml.fromstring(dash.mpd([HD, SOUND])).findall("m:Period/m:AdaptationSet", NS)[1:]
    assert (alone.get("lang"), alone.find("m:Role", NS)) == ("und", None)


@pytest.mark.parametrize(("video_range", "transfer"), [("PQ", "16"), ("HLG", "18"), ("SDR", None)])
def test_hdr_is_told_by_its_colours(video_range: str, transfer: str | None) -> None:
    (pictures,) = xml.fromstring(dash.mpd([replace(HD, video_range=video_range)])).findall("m:Period/*", NS)
    said = {each.get("schemeIdUri", "").rpartition(":")[2]: each.get("value") for each in pictures}
    said.pop("")
    colours = {"ColourPrimaries": "9", "TransferCharacteristics": transfer, "MatrixCoefficients": "9"}
    assert said == (colours if transfer else {})


def test_sizes_rates_and_addresses_are_there() -> None:
    root = xml.fromstring(dash.mpd([HD, SD, SOUND]))
    pictures, sound = root.findall("m:Period/m:AdaptationSet", NS)
    rates = [(each.get("width"), each.get("frameRate")) for each in pictures.findall("m:Representation", NS)]
    assert rates == [("1280", "30000/1001"), ("854", "25")]
    assert sound.find("m:Representation", NS).get("width") is None  # type: ignore[union-attr]
    assert sound.find(".//m:SegmentTemplate", NS).get("media") == SOUND.media_uri  # type: ignore[union-attr]
    assert root.get("mediaPresentationDuration") == "PT13.280S"


def test_codecs_that_players_can_not_switch_between_stand_apart() -> None:
    other = rendition("480p-hevc", "hvc1.1.6.L90", [4.0], width=854, height=480)
    root = xml.fromstring(dash.mpd([HD, other]))
    assert len(root.findall("m:Period/m:AdaptationSet", NS)) == 2


def test_no_error_of_rounding_adds_up() -> None:
    many = rendition("audio", "mp4a.40.2", [4.0106666667] * 1000)
    rows = xml.fromstring(dash.mpd([many])).findall(".//m:S", NS)
    assert rows[0].get("t") == "0"
    total = sum(int(row.get("d", "0")) * (1 + int(row.get("r", "0"))) for row in rows)
    assert abs(total - 4010.6666667 * 90_000) <= 1
    assert sum(1 + int(row.get("r", "0")) for row in rows) == 1000


def test_a_time_line_begins_with_its_first_frame():
    late = replace(HD, start_seconds=0.52)
    root = xml.fromstring(dash.mpd([late, SOUND]))
    rows = [
        [dict(row.attrib) for row in line.iterfind("m:S", NS)] for line in root.iterfind(".//m:SegmentTimeline", NS)
    ]
    assert rows[0][0] == {"t": "46800", "d": "90000", "r": "1"}
    assert rows[1][0]["t"] == "0"
    assert root.get("mediaPresentationDuration") == "PT13.800S"
