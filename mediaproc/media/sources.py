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
    # Sound alone is let in so that the sentence can say "no picture" rather than "not a video".
    "aac",
    "flac",
    "mp3",
    "wav",
)
"""Containers that hold what they show. Playlists (hls, dash), scripts (concat, ffconcat), session descriptions
(sdp), numbered files (image2), drawings (svg) and subtitle texts name other files, so none of them is here."""

FILE_PROTOCOLS = ("file",)
NETWORK_PROTOCOLS = ("http", "https", "tcp", "tls")
"""`https` is made of `tls` and `tcp`; nothing else is opened for a presigned address."""


@dataclass(frozen=True)
class Source:
    """A presigned http(s) address, or the path of a local file."""

    location: str

    @property
    def remote(self) -> bool:
        """True if it is read over the network."""
        return self.location.startswith(("http://", "https://"))


def input_arguments(source: Source, *, demuxers: tuple[str, ...] = DEMUXERS) -> list[str]:
    """`-i` and what must stand before it, for ffmpeg and ffprobe alike (both 8 or later)."""
    return [*option_arguments(input_options(source, demuxers=demuxers)), "-i", location(source)]


def option_arguments(options: Mapping[str, str]) -> list[str]:
    """Options by name as they stand on a command line."""
    return [word for name, value in options.items() for word in (f"-{name}", value)]


def input_options(source: Source, *, demuxers: tuple[str, ...] = DEMUXERS) -> dict[str, str]:
    """The options of an input, by name."""
    guards = {
        "protocol_whitelist": ",".join(NETWORK_PROTOCOLS if source.remote else FILE_PROTOCOLS),
        "format_whitelist": ",".join(demuxers),
    }
    return guards | (_RANGE_READING if source.remote else {})


def location(source: Source) -> str:
    """The input as FFmpeg takes it: a local path gets its protocol, so that a colon in a name means nothing."""
    return source.location if source.remote else f"file:{source.location}"


def sequential_input_options(source: Source) -> dict[str, str]:
    """The options of an input that is read from its beginning to its end, faster than pieces come one by one."""
    return input_options(source) | (_LONG_RANGES if source.remote else {})


_LONG_RANGES = {"request_size": str(64 * 1024**2)}
"""Each piece costs its way to storage and back: at 1 MiB that was most of the time."""

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
