"""Commands for videos and presets: list, retry, cancel, delete."""

from __future__ import annotations

from itertools import islice

import typer

from mediaproc.cli.output import connected, print_result, print_table, to_json
from mediaproc.client import Preset, Video


def videos(*, status: list[str], query: str | None, sort: str | None, limit: int, as_json: bool) -> None:
    """List videos, newest first unless sorted."""
    with connected(as_json=as_json) as client:
        found = list(islice(client.videos(status=status, query=query, sort=sort), limit))
        if as_json:
            typer.echo(to_json(found))
        else:
            print_table(("ID", "STATUS", "PROGRESS", "LENGTH", "TITLE"), map(_row, found))


def presets(*, as_json: bool) -> None:
    """List presets."""
    with connected(as_json=as_json) as client:
        found = client.presets()
        if as_json:
            typer.echo(to_json(found))
        else:
            print_table(("NAME", "CODEC", "OUTPUTS", "DESCRIPTION"), map(_preset_row, found))


def retry(id: str, *, as_json: bool) -> None:
    """Process a video again."""
    with connected(as_json=as_json) as client:
        _print_status(client.retry(id), as_json=as_json)


def cancel(id: str, *, as_json: bool) -> None:
    """Cancel the processing of a video."""
    with connected(as_json=as_json) as client:
        _print_status(client.cancel(id), as_json=as_json)


def delete(ids: list[str], *, as_json: bool) -> None:
    """Delete videos."""
    with connected(as_json=as_json) as client:
        for id in ids:
            client.delete(id)
            print_result({"deleted": id}, f"Deleted {id}", as_json=as_json)


def _print_status(video: Video, *, as_json: bool) -> None:
    print_result(video, f"{video.title} is {video.status}", as_json=as_json)


def _row(video: Video) -> tuple[str, ...]:
    return video.id, video.status, f"{video.progress:.0f} %", _length(video.duration_seconds), video.title


def _preset_row(preset: Preset) -> tuple[str, ...]:
    outputs = [str(rung["name"]) for rung in preset.rungs] or preset.containers
    return preset.name, preset.codec, " ".join(outputs), preset.description


def _length(seconds: float | None) -> str:
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
