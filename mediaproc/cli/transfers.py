"""Commands that move files and follow processing: upload, download, watch."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from mediaproc.cli import credentials, exit_codes, resume_store
from mediaproc.cli.exit_codes import Exit
from mediaproc.cli.output import connected, print_error, print_result, stderr
from mediaproc.client import Client, ClientError, Event, Transfer, Video


def upload(files: list[Path], *, preset: str, priority: str, parallel: int, wait: bool, as_json: bool) -> None:
    """Upload each file. If one fails, the others are still sent; the exit code is that of the first failure."""
    codes: list[Exit] = []
    with connected(as_json=as_json) as client, _byte_bars() as bars:
        for file in files:
            try:
                video = _upload_one(client, file, bars, preset=preset, priority=priority, parallel=parallel)
                video = client.wait(video.id) if wait else video
                bars.stop()  # so that its lines don't mix with this one
                print_result(video, f"{video.id}\t{video.status}\t{file}", as_json=as_json)
                bars.start()
                codes.append(exit_codes.code_of_status(video.status) if wait else Exit.OK)
            except ClientError as error:
                print_error(error, as_json=as_json)
                codes.append(exit_codes.code_of(error))
    if failed := [code for code in codes if code]:
        raise typer.Exit(failed[0])


def download(id: str, target: Path, *, rendition: str | None, as_json: bool) -> None:
    """Download a file, continuing an earlier attempt."""
    with connected(as_json=as_json) as client, _byte_bars() as bars:
        task = bars.add_task("Download", total=None)

        def show(transfer: Transfer) -> None:
            bars.update(task, completed=transfer.done_bytes, total=transfer.total_bytes)

        path = client.download(id, target, rendition=rendition, on_progress=show)
        bars.stop()
        print_result({"path": str(path), "size_bytes": path.stat().st_size}, str(path), as_json=as_json)


def watch(id: str, *, last_event_id: str, as_json: bool) -> None:
    """Follow a video until its final status, which decides the exit code."""
    with connected(as_json=as_json) as client:
        status = _show_events(client, id, last_event_id, as_json=as_json) or client.video(id).status
    raise typer.Exit(Exit.NOT_FOUND if status == "removed" else exit_codes.code_of_status(status))


def _upload_one(client: Client, file: Path, bars: Progress, *, preset: str, priority: str, parallel: int) -> Video:
    server = credentials.url(credentials.read_sign_in())
    task = bars.add_task(escape(file.name), total=file.stat().st_size)

    def show(transfer: Transfer) -> None:
        bars.update(task, completed=transfer.done_bytes)

    video = client.upload(
        file,
        preset=preset,
        priority=priority,
        resume=resume_store.unfinished_upload(server, file),
        parallel=parallel,
        on_begin=lambda id: resume_store.save_upload(server, file, id),
        on_progress=show,
    )
    resume_store.forget_upload(server, file)
    return video


def _show_events(client: Client, id: str, last_event_id: str, *, as_json: bool) -> str:
    """Print events as they arrive. Returns the final status, or empty if there was none."""
    final = ""
    with _percent_bars() as bars:
        task = bars.add_task("", total=100, visible=False)
        for event in client.events(id, last_event_id=last_event_id):
            if as_json:
                typer.echo(json.dumps({"id": event.id, "event": event.type, "data": event.data}))
            elif stderr.is_terminal:
                bars.update(task, visible=True, description=_description(event), completed=_completed(event))
            elif event.type in {"status", "progress"}:
                typer.echo(_description(event))
            if event.final:
                final = str(event.data.get("status", "removed"))
    if not as_json and stderr.is_terminal and final:
        typer.echo(final)
    return final


def _completed(event: Event) -> float | None:
    """Position of the bar, in percent; None leaves it unchanged."""
    if event.type == "progress":
        return float(event.data["progress"])
    return 100.0 if event.data.get("status") == "completed" else None


def _description(event: Event) -> str:
    data = event.data
    if event.type == "progress":
        return f"{data.get('stage') or 'processing'} {data['progress']:.0f} %"
    if event.type == "status":
        error = data.get("error") or {}
        return f"{data['status']}: {error['detail']}" if error.get("detail") else str(data["status"])
    return event.type


def _byte_bars() -> Progress:
    """Progress bars on standard error, if that is a terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    return Progress(*columns, TimeRemainingColumn(), console=stderr, disable=not stderr.is_terminal)


def _percent_bars() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn())
    return Progress(*columns, console=stderr, disable=not stderr.is_terminal, transient=True)
