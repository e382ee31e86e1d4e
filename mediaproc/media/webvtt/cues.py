"""Cues: the timed texts of a track, read from WebVTT, cut to a time span, and written as WebVTT files."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

HEADER = "WEBVTT"

_CLOCK = "X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0"
"""Maps the text's clock to that of the segments (RFC 8216, 3.5)."""

_TIME = r"-?(?:\d+:)?-?\d+:-?\d+[.,]-?\d+"
_TIMING = re.compile(rf"({_TIME})[ \t]+-->[ \t]+({_TIME})(?:[ \t]+(\S.*))?")
_SETTING = re.compile(r"(?:vertical:(?:rl|lr)|(?:line|position|size|align):[\w.%,-]+)")
"""Settings that mean something without a region, whose definition FFmpeg does not keep."""

_UNKNOWN_SECONDS = 3.0
"""How long a cue is shown whose source gives no end: until the next cue, and no longer than this."""


@dataclass(frozen=True)
class Cue:
    """One text: from `start` to `end` in seconds, with WebVTT markup in `text`, which has no blank line."""

    start: float
    end: float
    text: str
    settings: str = ""
    identifier: str = ""

    def to_text(self) -> str:
        """Return the cue as it stands in a WebVTT file, without the blank line behind it."""
        timing = f"{_stamp(self.start)} --> {_stamp(self.end)}"
        lines = [*([self.identifier] if self.identifier else []), f"{timing} {self.settings}".rstrip(), self.text]
        return "\n".join(lines)


def parse(text: str) -> list[Cue]:
    """Return the cues of a WebVTT file, or of SubRip, whose blocks differ only in the comma of their times.

    A blank line does not end a cue that no timing follows: SubRip texts may hold some. Text is as it stands.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    timings = [(at, found) for at, line in enumerate(lines) if (found := _TIMING.fullmatch(line.strip()))]
    ends = [*(at for at, _ in timings[1:]), len(lines)][: len(timings)]
    return [
        Cue(
            start=_seconds(found[1]),
            end=_seconds(found[2]),
            text="\n".join(_body(lines, at + 1, end, last=end == len(lines))),
            settings=" ".join(each for each in (found[3] or "").split() if _SETTING.fullmatch(each)),
            identifier=_identifier(lines, at),
        )
        for (at, found), end in zip(timings, ends, strict=True)
    ]


def ordered(found: Iterable[Cue]) -> tuple[list[Cue], int]:
    """Return the cues that can be shown, in the order of their starts, and how many end before they begin.

    Repetitions are left out: ASS draws a text several times for its outlines.
    """
    shown = [cue for cue in found if cue.text.strip()]
    forward = [cue for cue in shown if cue.end >= cue.start]
    unique = list(dict.fromkeys(sorted(forward, key=lambda cue: (cue.start, cue.end))))
    starts = sorted({cue.start for cue in unique})
    following = dict(pairwise(starts))
    return [_with_end(cue, following.get(cue.start)) for cue in unique], len(shown) - len(forward)


def trimmed(found: Sequence[Cue], start: float, end: float | None) -> list[Cue]:
    """Return the cues that are shown between two times in seconds, moved so that `start` is 0. No `end` is no limit."""
    last = float("inf") if end is None else end
    kept = [cue for cue in found if cue.end > start and cue.start < last]
    return [replace(cue, start=max(0.0, cue.start - start), end=min(cue.end, last) - start) for cue in kept]


def file_text(found: Iterable[Cue]) -> str:
    """Return a WebVTT file of a whole track, or of a segment of it."""
    return "\n\n".join([f"{HEADER}\n{_CLOCK}", *(cue.to_text() for cue in found)]) + "\n"


def segment_text(found: Sequence[Cue], start: float, end: float) -> str:
    """Return the segment of a track between two times in seconds, as a WebVTT file.

    A cue that is shown in several segments is in each, with its own times, as RFC 8216, 3.5 requires.
    """
    return file_text(cue for cue in found if cue.start < end and cue.end > start)


def end_seconds(found: Iterable[Cue]) -> float:
    """Return when the last cue ends, in seconds; 0 without any."""
    return max((cue.end for cue in found), default=0.0)


def _body(lines: Sequence[str], start: int, end: int, *, last: bool) -> list[str]:
    """Return the lines of a text without blank ones, and without what stands above the timing behind it."""
    following = end if last else max(start, end - 1 if lines[end - 1].strip() else end)
    return [line.strip() for line in lines[start:following] if line.strip()]


def _identifier(lines: Sequence[str], at: int) -> str:
    """Return the line above a timing; a number is SubRip's counter."""
    above = lines[at - 1].strip() if at else ""
    alone = at < 2 or not lines[at - 2].strip()
    return above if alone and not above.isdigit() and HEADER not in above and "-->" not in above else ""


def _with_end(cue: Cue, following: float | None) -> Cue:
    if cue.end > cue.start:
        return cue
    latest = cue.start + _UNKNOWN_SECONDS
    return replace(cue, end=latest if following is None else min(latest, following))


def _seconds(stamp: str) -> float:
    """Return a time in seconds. FFmpeg writes each part of a negative time with its sign."""
    parts = stamp.replace("-", "").replace(",", ".").split(":")
    seconds = sum(float(part) * 60**place for place, part in enumerate(reversed(parts)))
    return -seconds if "-" in stamp else seconds


def _stamp(seconds: float) -> str:
    thousandths = max(0, round(seconds * 1000))
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{f'{hours:02}:' if hours else ''}{minutes:02}:{rest // 1000:02}.{rest % 1000:03}"
