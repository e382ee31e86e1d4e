"""DASH manifest (MPD, ISO/IEC 23009-1) of a complete video: the same segments as HLS, numbered by a template.

The standard allows a list of presigned URLs, but FFmpeg truncates URLs that are longer than the manifest's own, and an
hour of three rungs would be a manifest of megabytes. So each number is a URL that redirects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, groupby, pairwise
from xml.etree import ElementTree as xml

from mediaproc.media.filters.hdr import SDR
from mediaproc.media.track_roles import Role
from mediaproc.media.tracks import Label

MIME_TYPE = "application/dash+xml"
NAMESPACE = "urn:mpeg:dash:schema:mpd:2011"

_PROFILE = "urn:mpeg:dash:profile:isoff-live:2011"
"""Profile of segments numbered by a template; it applies to complete videos too."""

_CHANNELS = "urn:mpeg:dash:23003:3:audio_channel_configuration:2011"
_TIMESCALE = 90_000

_COLOURS = "urn:mpeg:mpegB:cicp:"
_TRANSFERS = {"PQ": 16, "HLG": 18}
"""Transfer characteristics by ISO/IEC 23091-2, where 9 is BT.2020."""

_ROLE = "urn:mpeg:dash:role:2011"
_ROLES = {Role.DESCRIPTION: "description", Role.COMMENTARY: "commentary"}
_TEXT_ROLES = {Role.CAPTIONS: "caption", Role.FORCED: "forced-subtitle", Role.COMMENTARY: "commentary"}
_AUDIENCES = "urn:tva:metadata:cs:AudioPurposeCS:2007"


@dataclass(frozen=True)
class Representation:
    """One rendition. `media_uri` has `$Number$` for a segment's number, from 0. Audio has channels and no size.

    Audio has a label if there are several tracks. `start_seconds` is the decode time of the first frame: it is not 0
    for a video that begins after the audio.
    """

    id: str
    codecs: str
    bandwidth_bps: int
    init_uri: str
    media_uri: str
    durations: Sequence[float]
    width: int = 0
    height: int = 0
    frame_rate: float = 0.0
    channels: int = 2
    video_range: str = SDR
    label: Label | None = None
    start_seconds: float = 0.0
    sample_aspect: Fraction = Fraction(1)
    sample_rate_hz: int = 0

    @property
    def is_audio(self) -> bool:
        """True if it is audio only."""
        return self.height == 0

    @property
    def end_seconds(self) -> float:
        """End of its last segment, in seconds."""
        return self.start_seconds + sum(self.durations)


@dataclass(frozen=True)
class TextRepresentation:
    """A text track as one WebVTT file."""

    id: str
    uri: str
    bandwidth_bps: int
    label: Label


def mpd(representations: Sequence[Representation], *, texts: Sequence[TextRepresentation] = ()) -> str:
    """Return the manifest of a complete video. Players may switch between representations of the same codec."""
    root = xml.Element(
        "MPD",
        {
            "xmlns": NAMESPACE,
            "profiles": _PROFILE,
            "type": "static",
            "mediaPresentationDuration": _duration(max(each.end_seconds for each in representations)),
            "minBufferTime": _duration(max(seconds for each in representations for seconds in each.durations)),
        },
    )
    period = xml.SubElement(root, "Period", {"id": "0", "start": "PT0S"})
    media = [list(alike) for _, alike in groupby(sorted(representations, key=_kind), key=_kind)]
    for number, alike in enumerate(media):
        _adaptation_set(period, number, alike)
    for number, text in enumerate(texts, start=len(media)):
        _text_set(period, number, text)
    xml.indent(root)
    return xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _kind(representation: Representation) -> tuple[bool, str, bool, str]:
    """Group of representations that a player may switch between by itself. Never several audio tracks; the default
    comes first.
    """
    label = representation.label
    codec = representation.codecs.partition(".")[0]
    return representation.is_audio, codec, bool(label) and not label.is_default, representation.id if label else ""


def _adaptation_set(period: xml.Element, number: int, alike: list[Representation]) -> None:
    kind = "audio" if alike[0].is_audio else "video"
    attributes = {
        "id": str(number),
        "contentType": kind,
        "mimeType": f"{kind}/mp4",
        "segmentAlignment": "true",
        "startWithSAP": "1",  # each segment begins with a keyframe, which is shown first
    }
    label = alike[0].label
    attributes |= {"lang": (label and label.language) or "und"} if alike[0].is_audio else _shapes(alike)
    found = xml.SubElement(period, "AdaptationSet", attributes)
    _coloured(found, alike[0].video_range)
    if label:
        _labelled(found, label)
    for each in alike:
        _representation(found, each)


def _text_set(period: xml.Element, number: int, text: TextRepresentation) -> None:
    attributes = {
        "id": str(number),
        "contentType": "text",
        "mimeType": "text/vtt",
        "lang": text.label.language or "und",
    }
    found = xml.SubElement(period, "AdaptationSet", attributes)
    xml.SubElement(found, "Label").text = text.label.title
    role = _TEXT_ROLES.get(text.label.role, "subtitle")
    xml.SubElement(found, "Role", {"schemeIdUri": _ROLE, "value": role})
    one = xml.SubElement(found, "Representation", {"id": text.id, "bandwidth": str(max(1, text.bandwidth_bps))})
    xml.SubElement(one, "BaseURL").text = text.uri


def _shapes(alike: Sequence[Representation]) -> dict[str, str]:
    """Bounds of a set of videos, by which a player chooses among sets (DASH-IF IOP 4.3, 3.2.4)."""
    aspect = _common_aspect(alike)
    return {
        "par": f"{aspect.numerator}:{aspect.denominator}",
        "maxWidth": str(max(each.width for each in alike)),
        "maxHeight": str(max(each.height for each in alike)),
        **_rate(max(each.frame_rate for each in alike), name="maxFrameRate"),
    }


def _common_aspect(alike: Sequence[Representation]) -> Fraction:
    """The simplest aspect ratio that every size has to the pixel: 854×480 and 1280×720 are both 16:9."""
    largest = max(alike, key=lambda each: each.height)
    exact = Fraction(largest.width, largest.height) * largest.sample_aspect
    simple = (exact.limit_denominator(most) for most in range(1, 100))
    return next((each for each in simple if all(_fits(each, one) for one in alike)), exact)


def _fits(aspect: Fraction, one: Representation) -> bool:
    """True if a size has the aspect, up to the rounding of its sides to even numbers."""
    return abs(one.height * aspect / one.sample_aspect - one.width) <= 1


def _coloured(found: xml.Element, video_range: str) -> None:
    """Add HDR signalling. Supplemental: a player that does not know an essential property would show nothing."""
    transfer = _TRANSFERS.get(video_range)
    for name, value in (("ColourPrimaries", 9), ("TransferCharacteristics", transfer), ("MatrixCoefficients", 9)):
        if transfer:
            said = {"schemeIdUri": f"{_COLOURS}{name}", "value": str(value)}
            xml.SubElement(found, "SupplementalProperty", said)


def _labelled(found: xml.Element, label: Label) -> None:
    """Add the label of one of several audio tracks, in the order that the schema requires."""
    xml.SubElement(found, "Label").text = label.title
    if label.role is Role.DESCRIPTION:
        xml.SubElement(found, "Accessibility", {"schemeIdUri": _AUDIENCES, "value": "1"})  # for people who are blind
    role = _ROLES.get(label.role, "main" if label.is_default else "alternate")
    xml.SubElement(found, "Role", {"schemeIdUri": _ROLE, "value": role})


def _representation(parent: xml.Element, rendition: Representation) -> None:
    attributes = {"id": rendition.id, "codecs": rendition.codecs, "bandwidth": str(rendition.bandwidth_bps)}
    if not rendition.is_audio:
        attributes |= {"width": str(rendition.width), "height": str(rendition.height), **_rate(rendition.frame_rate)}
        attributes["sar"] = f"{rendition.sample_aspect.numerator}:{rendition.sample_aspect.denominator}"
    elif rendition.sample_rate_hz:
        attributes["audioSamplingRate"] = str(rendition.sample_rate_hz)
    found = xml.SubElement(parent, "Representation", attributes)
    if rendition.is_audio:
        xml.SubElement(found, "AudioChannelConfiguration", {"schemeIdUri": _CHANNELS, "value": str(rendition.channels)})
    template = {
        "timescale": str(_TIMESCALE),
        "initialization": rendition.init_uri,
        "media": rendition.media_uri,
        "startNumber": "0",
    }
    timeline = xml.SubElement(xml.SubElement(found, "SegmentTemplate", template), "SegmentTimeline")
    for run in _timeline(rendition.durations, rendition.start_seconds):
        xml.SubElement(timeline, "S", run)


def _timeline(durations: Sequence[float], start_seconds: float) -> list[dict[str, str]]:
    """Return runs of segments of equal length. Edges are rounded, not lengths, so that errors don't accumulate."""
    edges = [round(at * _TIMESCALE) for at in accumulate(durations, initial=start_seconds)]
    ticks = [end - start for start, end in pairwise(edges)]
    runs = [(length, len(list(run))) for length, run in groupby(ticks)]
    rows = [{"d": str(length)} | ({"r": str(count - 1)} if count > 1 else {}) for length, count in runs]
    return [{"t": str(edges[0])} | rows[0], *rows[1:]] if rows else []


def _rate(frame_rate: float, *, name: str = "frameRate") -> dict[str, str]:
    """Return the frame rate attribute, as a fraction for those of television: 29.97 is 30000/1001."""
    if not frame_rate:
        return {}
    exact = Fraction(frame_rate).limit_denominator(1001)
    return {name: str(exact)}


def _duration(seconds: float) -> str:
    """Return a duration in ISO 8601."""
    return f"PT{seconds:.3f}S"
