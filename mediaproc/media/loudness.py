"""Loudness by EBU R 128, in two passes: the first measures the audio, the second normalizes it."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any, cast

from mediaproc.media import layout

TRUE_PEAK_DBTP = -1.5
"""Limit of the true peak, between samples: encoders overshoot by up to a decibel (AES TD1008)."""

_RANGE_LU = 20.0
"""Target loudness range. Audio of this range or less gets a constant gain; a wider range is compressed a little."""


@dataclass(frozen=True)
class Loudness:
    """Measured loudness: integrated loudness and threshold in LUFS, range in LU, true peak in dBTP."""

    integrated: float
    true_peak: float
    range: float
    threshold: float
    offset: float

    @property
    def audible(self) -> bool:
        """True if anything is above the absolute gate of R 128."""
        return math.isfinite(self.integrated) and self.integrated > -70


def measuring(target_lufs: float) -> dict[str, Any]:
    """Return the options of the filter `loudnorm` that measures and writes `layout.LOUDNESS`."""
    return _target(target_lufs) | {"print_format": "json", "stats_file": layout.LOUDNESS}


def applying(target_lufs: float, measured: Loudness) -> dict[str, Any]:
    """Return the options of the filter `loudnorm` that normalizes measured audio, with a constant gain if possible."""
    return _target(target_lufs) | {
        "measured_I": measured.integrated,
        "measured_TP": measured.true_peak,
        "measured_LRA": measured.range,
        "measured_thresh": measured.threshold,
        "offset": measured.offset,
        "linear": "true",
    }


def parse(text: str) -> Loudness:
    """Parse the output of `loudnorm`. Raises ValueError if there is none."""
    said = cast("dict[str, str]", json.loads(text))
    return Loudness(
        integrated=float(said["input_i"]),
        true_peak=float(said["input_tp"]),
        range=float(said["input_lra"]),
        threshold=float(said["input_thresh"]),
        offset=float(said["target_offset"]),
    )


UNKNOWN = Loudness(integrated=-20.0, true_peak=-20.1, range=20.2, threshold=-20.3, offset=20.4)
"""Placeholder in commands that are shown before anything is measured; see `with_variables`."""

_VARIABLES = {
    "measured_I": "input_i",
    "measured_TP": "input_tp",
    "measured_LRA": "input_lra",
    "measured_thresh": "input_thresh",
    "offset": "target_offset",
}
"""Options of the filter, and the names of their measured values in its output."""

_READ = r"""sed -nE 's/.*"([a-z_]+)" *: *"(-?[0-9.]+)".*/\1=\2/p'"""
READ_IN_SHELL = f'eval "$({_READ} {layout.LOUDNESS})"'
"""Shell line that puts the measured values into variables."""


def with_variables(line: str) -> str:
    """Return a shell line with those variables in place of the values of `UNKNOWN`."""
    said = applying(0.0, UNKNOWN)
    for option, variable in _VARIABLES.items():
        line = line.replace(f":{option}={said[option]}", f""":{option}='"${variable}"'""")
    return line


def _target(lufs: float) -> dict[str, Any]:
    return {"I": lufs, "TP": TRUE_PEAK_DBTP, "LRA": _RANGE_LU}
