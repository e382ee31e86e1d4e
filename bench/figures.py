"""Figures: measured values with their limits, printed as a table and written as JSON."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mediaproc.settings import available_cores

RESULTS = Path("bench-results")
"""Default folder of the JSON files, ignored by Git."""


@dataclass(frozen=True)
class Figure:
    """One row of the table. `met` is true if the value keeps the limit."""

    name: str
    value: float
    limit: str
    met: bool
    detail: str


def parser(name: str) -> argparse.ArgumentParser:
    """Parser with the options that every bench has."""
    made = argparse.ArgumentParser(prog=f"bench {name}")
    made.add_argument("--json", type=Path, default=RESULTS / f"{name}.json", help="file to write the figures to")
    return made


def show_machine() -> None:
    """Print the line above the table: cores and load."""
    print(f"{available_cores()} cores, load {os.getloadavg()[0]:.1f}", flush=True)


def show(each: Figure) -> None:
    """Print one row."""
    met = "met" if each.met else "not met"
    print(f"{each.name:<40} {each.value:>8.2f}  {each.limit:<8} {met:<8} {each.detail}", flush=True)


def write(figures: Sequence[Figure], path: Path) -> None:
    """Write all figures as JSON and print the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    machine = {"cores": available_cores(), "load": os.getloadavg()[0]}
    path.write_text(json.dumps({**machine, "figures": [asdict(each) for each in figures]}, indent=2) + "\n")
    print(f"Written to {path}", flush=True)
