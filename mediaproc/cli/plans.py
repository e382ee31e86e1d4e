"""Show what is done with a video: a table of its rungs and chunks, and the commands as they stand."""

from __future__ import annotations

from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mediaproc.cli.output import connected, to_json


def plan_video(id: str, *, as_json: bool) -> None:
    """Show the outline of a video of the server."""
    with connected(as_json=as_json) as client:
        show(client.plan(id), as_json=as_json)


def show(outline: dict[str, Any], *, as_json: bool) -> None:
    """For programs as JSON, for people as tables. Commands are never broken into lines: they are to be pasted."""
    if as_json:
        typer.echo(to_json(outline))
        return
    console = Console()
    console.print(
        f"{_source(outline)}, {outline['duration_seconds']:.1f} s "
        f"→ preset {outline['preset']} (version {outline['preset_version']})",
        highlight=False,
    )
    reused = outline.get("reused", [])  # a server of an older version does not tell it
    rungs = [
        (each["name"], f"{each['width']}×{each['height']}", f"{each['frame_rate']:g}", _quality(each),
         f"{each['max_bitrate_bps'] / 1e6:.1f} Mbit/s", "used again" if each["name"] in reused else "")
        for each in outline["rungs"]
    ]  # fmt: skip
    if rungs:
        _table(console, ("Rung", "Size", "fps", "CRF", "At most", ""), rungs)
    chunks = [
        (f"{each['number'] + 1}", f"{each['start_seconds']:g} s", f"{each['length_seconds']:.1f} s",
         "to the end" if each["segments"] is None else f"{each['segments']}")
        for each in outline["chunks"]
    ]  # fmt: skip
    if chunks:
        _table(console, ("Chunk", "From", "Length", "Segments"), chunks)
    for step in outline["steps"]:
        console.print(f"\n[bold]{escape(step['name'])}[/]  [dim]{escape(step['note'])}[/]", highlight=False)
        typer.echo(step["command"])


def _source(outline: dict[str, Any]) -> str:
    sound = outline["audio_codec"] or "no sound"
    if not outline["width"]:
        return sound
    return f"{outline['video_codec']} {outline['width']}×{outline['height']}, {outline['frame_rate']:g} fps, {sound}"


def _quality(rung: dict[str, Any]) -> str:
    """A server of an older version does not tell the VMAF. What is kept as it is has no quality of ours."""
    if not rung["crf"]:
        return "as it is"
    found = rung.get("vmaf")
    return f"{rung['crf']}" if found is None else f"{rung['crf']} for VMAF {found:.1f}"


def _table(console: Console, columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    drawn = Table(*columns, box=None, pad_edge=False, header_style="dim", padding=(0, 3, 0, 0))
    for row in rows:
        drawn.add_row(*(escape(cell) for cell in row))
    console.print()
    console.print(drawn)
