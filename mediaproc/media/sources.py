"""FFmpeg input: location of a source, and the protocols and demuxers that may be used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

DEMUXERS = (
    "avi",
    "asf",
    "dv",
    "flv",
    "gif",
    "matroska,webm",
    "mov,mp4,m4a,3gp,3g2,mj2",
    "mpeg",
    "mpegts",
    "mxf",
    "ogg",
    # Audio files are let in so that the message can say "no video" rather than "not a video".
    "aac",
    "flac",
    "mp3",
    "wav",
)
"""Demuxers of self-contained files. Playlists (hls, dash), scripts (concat, ffconcat), session descriptions
(sdp), numbered files (image2), drawings (svg) and subtitle texts name other files, so none of them is here."""

FILE_PROTOCOLS = ("file",)
NETWORK_PROTOCOLS = ("http", "https", "tcp", "tls")
"""`https` uses `tls` and `tcp`; a presigned URL needs nothing else."""


@dataclass(frozen=True)
class Source:
    """Source: a presigned http(s) URL, or the path of a local file."""

    location: str
    probe_bytes: int = 0
    """Bytes that FFmpeg must read to find every track (see `MediaInfo.probe_bytes`); 0 for its default."""

    @property
    def remote(self) -> bool:
        """True if it is read over the network."""
        return self.location.startswith(("http://", "https://"))


def input_arguments(source: Source, *, demuxers: tuple[str, ...] = DEMUXERS) -> list[str]:
    """Return `-i` and the options before it, for ffmpeg and ffprobe alike (both 8 or later)."""
    return [*option_arguments(input_options(source, demuxers=demuxers)), "-i", location(source)]


def option_arguments(options: Mapping[str, str]) -> list[str]:
    """Return options by name as command-line arguments."""
    return [word for name, value in options.items() for word in (f"-{name}", value)]


def input_options(source: Source, *, demuxers: tuple[str, ...] = DEMUXERS) -> dict[str, str]:
    """Return the options of an input, by name."""
    guards = {
        "protocol_whitelist": ",".join(NETWORK_PROTOCOLS if source.remote else FILE_PROTOCOLS),
        "format_whitelist": ",".join(demuxers),
    }
    return guards | (_RANGE_READING if source.remote else {}) | _probing(source)


def _probing(source: Source) -> dict[str, str]:
    """Return the options that let FFmpeg look further for the beginning of every track; none by default."""
    if not source.probe_bytes:
        return {}
    return {"probesize": str(source.probe_bytes), "analyzeduration": str(_PROBE_MICROSECONDS)}


_PROBE_MICROSECONDS = 3600 * 1_000_000
"""`probesize` ends the search before this does."""


def location(source: Source) -> str:
    """Return the input as FFmpeg takes it. A local path gets its protocol, so that a colon in it has no meaning."""
    return source.location if source.remote else f"file:{source.location}"


def sequential_input_options(source: Source) -> dict[str, str]:
    """Return the options of an input that is read once from beginning to end, in longer ranges."""
    return input_options(source) | (_LONG_RANGES if source.remote else {})


_LONG_RANGES = {"request_size": str(64 * 1024**2)}
"""Each range costs a round trip to storage: at 1 MiB that was most of the time."""

_RANGE_READING = {
    "max_redirects": "0",  # storage answers itself; a redirect could lead anywhere
    "multiple_requests": "1",  # one connection for all ranges
    "initial_request_size": "65536",  # while the header is read: a moov at the end costs one small request
    "request_size": "1048576",  # else FFmpeg asks for everything and throws away what is in flight at each seek
    "reconnect": "1",  # a dropped connection goes on from the byte it was at
    "reconnect_on_network_error": "1",
    "reconnect_on_http_error": "5xx",
    "reconnect_delay_max": "16",  # seconds; after 0, 1, 3, 7, 15 it gives up: a restart of storage is waited for
    "rw_timeout": "30000000",  # microseconds without a byte
}
