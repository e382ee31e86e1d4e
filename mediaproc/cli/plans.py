"""Processing plans: tables of the rungs and chunks, and the FFmpeg commands."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mediaproc.cli.output import connected, to_json
from mediaproc.client import Plan, PlannedRung


def plan_video(id: str, *, as_json: bool) -> None:
    """Show the plan of a video on the server."""
    with connected(as_json=as_json) as client:
        show(client.plan(id), as_json=as_json)


def show(plan: Plan | Mapping[str, Any], *, as_json: bool) -> None:
    """Print a plan, of the server or as a dictionary of the same fields. Commands are not wrapped, for copying."""
    plan = Plan.model_validate(plan)
    if as_json:
        typer.echo(to_json(plan))
        return
    console = Console()
    console.print(
        f"{_source(plan)}, {plan.duration_seconds:.1f} s → preset {plan.preset} (version {plan.preset_version})",
        highlight=False,
    )
    _print_rungs(console, plan)
    _print_chunks(console, plan)
    for step in plan.steps:
        console.print(f"\n[bold]{escape(step.name)}[/]  [dim]{escape(step.note)}[/]", highlight=False)
        typer.echo(step.command)


def _source(plan: Plan) -> str:
    audio = plan.audio_codec or "no audio"
    if not plan.width:
        return audio
    return f"{plan.video_codec} {plan.width}×{plan.height}, {plan.frame_rate:g} fps, {audio}"


def _print_rungs(console: Console, plan: Plan) -> None:
    rows = [
        (
            rung.name,
            f"{rung.width}×{rung.height}",
            f"{rung.frame_rate:g}",
            _quality(rung),
            f"{rung.max_bitrate_bps / 1e6:.1f} Mbit/s",
            "reused" if rung.name in plan.reused else "",
        )
        for rung in plan.rungs
    ]
    _print_table(console, ("Rung", "Size", "fps", "CRF", "Max bitrate", ""), rows)


def _print_chunks(console: Console, plan: Plan) -> None:
    rows = [
        (
            f"{chunk.number + 1}",
            f"{chunk.start_seconds:g} s",
            f"{chunk.length_seconds:.1f} s",
            "to the end" if chunk.segments is None else f"{chunk.segments}",
        )
        for chunk in plan.chunks
    ]
    _print_table(console, ("Chunk", "Start", "Length", "Segments"), rows)


def _quality(rung: PlannedRung) -> str:
    """The CRF, with the VMAF that samples had. Copied video has no CRF of ours."""
    if not rung.crf:
        return "original"
    return f"{rung.crf}" if rung.vmaf is None else f"{rung.crf} for VMAF {rung.vmaf:.1f}"


def _print_table(console: Console, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    if not rows:
        return
    table = Table(*columns, box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    console.print()
    console.print(table)
