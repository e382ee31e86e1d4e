"""Figures as rows of a table and as JSON, with the machine that they come from."""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from mediaproc.settings import available_cores

RESULTS = Path("bench-results")
"""Where figures are kept, beside the code but not in its history."""


@dataclass(frozen=True)
class Figure:
    """One row of the table. `met` compares the value with the limit."""

    name: str
    value: float
    limit: str
    met: bool
    detail: str


def parser(name: str) -> argparse.ArgumentParser:
    """The options that every bench has."""
    made = argparse.ArgumentParser(prog=f"bench {name}")
    made.add_argument("--json", type=Path, default=RESULTS / f"{name}.json", help="where the figures are written too")
    return made


def show_machine() -> None:
    """The line above the table."""
    print(f"{available_cores()} cores, load {os.getloadavg()[0]:.1f}", flush=True)


def show(each: Figure) -> None:
    """One row."""
    met = "met" if each.met else "not met"
    print(f"{each.name:<40} {each.value:>8.2f}  {each.limit:<8} {met:<8} {each.detail}", flush=True)


def write(figures: Sequence[Figure], path: Path) -> None:
    """All of them as JSON, and say where."""
    path.parent.mkdir(parents=True, exist_ok=True)
    machine = {"cores": available_cores(), "load": os.getloadavg()[0]}
    path.write_text(json.dumps({**machine, "figures": [asdict(each) for each in figures]}, indent=2) + "\n")
    print(f"Written to {path}", flush=True)
