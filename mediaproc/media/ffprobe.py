"""ffprobe: the arguments that make it describe a source, and what is read off its report before it is parsed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from mediaproc.media import streams
from mediaproc.media.sources import Source, input_arguments


def ffprobe_arguments(source: Source) -> list[str]:
    """Return the arguments of an ffprobe that prints the properties of a source as JSON."""
    return [
        *("-v", "error"),  # what it prints beside the JSON is the reason of a failure
        *("-of", "json"),
        "-show_format",
        "-show_programs",
        "-show_streams",  # with their side data: rotation stands there
        *input_arguments(source),
    ]


def packet_arguments(source: Source) -> list[str]:
    """Return the arguments of an ffprobe that counts the video packets of the first seconds of a source, as JSON."""
    return [
        *("-v", "error"),
        *("-of", "json"),
        *("-select_streams", "v"),
        "-count_packets",
        *("-read_intervals", f"%+{_COUNTED_SECONDS}"),
        *("-show_entries", "stream=index,nb_read_packets"),
        *input_arguments(source),
    ]


_COUNTED_SECONDS = 10


def needs_packets(output: str) -> bool:
    """True if only the packets tell which of several video tracks moves."""
    return streams.needs_packets(report_of(output))


def with_packets(output: str, packets: str) -> str:
    """Return ffprobe's JSON with the counts that `packet_arguments` printed."""
    counts = {each.get("index"): each.get("nb_read_packets") for each in report_of(packets).get("streams") or []}
    answer = report_of(output)
    for stream in answer.get("streams") or []:
        stream["nb_read_packets"] = counts.get(stream.get("index"))
    return json.dumps(answer)


def stream_ids(output: str, wanted: Callable[[Mapping[str, Any]], bool] = bool) -> frozenset[int]:
    """Return the ids that streams have in an MPEG container (PIDs, or start codes): of all, or of those `wanted`."""
    found = cast("list[dict[str, Any]]", report_of(output).get("streams") or [])
    ids = (str(each.get("id", "")) for each in found if wanted(each))
    return frozenset(int(each, 16) for each in ids if each.startswith("0x"))


def silent_ids(output: str) -> frozenset[int]:
    """Return the ids of audio whose packets begin later than ffprobe has read."""
    return stream_ids(output, streams.is_silent)


def audible_ids(output: str) -> frozenset[int]:
    """Return the ids of audio whose channels are known."""
    return stream_ids(output, streams.is_audible)


def has_silent_audio(output: str) -> bool:
    """True if the report has audio whose packets begin later than ffprobe has read."""
    return bool(silent_ids(output))


def container_of(output: str) -> str:
    """Return the name of the demuxer, or nothing if the output has none."""
    return str((report_of(output).get("format") or {}).get("format_name", ""))


def report_of(output: str) -> dict[str, Any]:
    """Return ffprobe's output as JSON values; empty if it is no JSON object."""
    try:
        answer = json.loads(output or "{}")
    except ValueError:
        return {}
    return cast("dict[str, Any]", answer) if isinstance(answer, dict) else {}
