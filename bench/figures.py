"""Figures as rows of a table and as JSON, with the machine that they come from."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mediaproc.settings import available_cores


@dataclass(frozen=True)
class Figure:
    """One row of the table. `met` compares the value with the limit."""

    name: str
    value: float
    limit: str
    met: bool
    detail: str


def show_machine() -> None:
    """The line above the table."""
    print(f"{available_cores()} cores, load {os.getloadavg()[0]:.1f}", flush=True)


def show(each: Figure) -> None:
    """One row."""
    met = "met" if each.met else "not met"
    print(f"{each.name:<40} {each.value:>8.2f}  {each.limit:<8} {met:<8} {each.detail}", flush=True)


def write(figures: Sequence[Figure], path: Path) -> None:
    """All of them as JSON."""
    machine = {"cores": available_cores(), "load": os.getloadavg()[0]}
    path.write_text(json.dumps({**machine, "figures": [asdict(each) for each in figures]}, indent=2) + "\n")
