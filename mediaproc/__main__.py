"""Command line: `mediaproc COMMAND` once installed, `./dev COMMAND` in a checkout."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from mediaproc import invocation, version
from mediaproc.cli.app import PANEL, program
from mediaproc.commands import project
from mediaproc.commands.development import development
from mediaproc.commands.extras import needs

cli = typer.Typer(add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False)
cli.add_typer(program)
if project.is_checkout():
    cli.add_typer(development)

Host = Annotated[str, typer.Option(help="IP address to listen on.")]
Port = Annotated[int, typer.Option(help="Port of the web app and the API.")]
Data = Annotated[Path, typer.Option(help="Folder for all data of the built-in services.")]
Frontend = Annotated[Path, typer.Option(help="Folder of the built front end.")]
_DATA = project.data_home()
_FRONTEND = _DATA / "frontend"
_SERVER = ("server",)
_ALL = ("all",)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mediaproc {version.version()}")
        raise typer.Exit


@cli.callback()
def main(
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Self-hosted video processing: web app, API, workers, and a client."""


@cli.command()
@needs(*_ALL)
def up(
    port: Port = 8000,
    host: Host = "127.0.0.1",
    data: Data = _DATA,
    workers: Annotated[int, typer.Option(help="Concurrent encodes. 0: one per four cores.")] = 0,
) -> None:
    """Start everything on this machine. Ctrl-C stops it."""
    from mediaproc.commands.reachable import NotReachable
    from mediaproc.commands.up import CannotStart, Options
    from mediaproc.commands.up import up as run
    from mediaproc.embedded.data_dir import DataDirDamaged
    from mediaproc.runtime.supervisor import SupervisorFailed

    try:
        run(Options(host=host, port=port, data_dir=data.resolve(), workers=workers))
    except (CannotStart, NotReachable, SupervisorFailed, DataDirDamaged) as error:
        _fail(str(error))


@cli.command()
@needs(*_ALL)
def down(data: Data = _DATA) -> None:
    """Stop everything that runs on the data directory, also after a crash."""
    from mediaproc.commands.down import down as stop

    print(stop(data.resolve()))


@cli.command()
@needs(*_SERVER)
def web(
    port: Port = 8000,
    host: Host = "127.0.0.1",
    workers: Annotated[int, typer.Option(help="Number of processes.")] = 1,
    frontend: Frontend = _FRONTEND,
) -> None:
    """Serve the web app and the API."""
    from mediaproc.commands.web import serve

    serve(host=host, port=port, workers=workers, folder=frontend.resolve())


@cli.command()
@needs("worker")
def worker(slots: Annotated[int, typer.Option(help="Concurrent encodes. 0: WORKER_SLOTS.")] = 0) -> None:
    """Run a worker."""
    from mediaproc.commands.worker import work

    work(slots=slots)


@cli.command()
@needs(*_SERVER)
def build(frontend: Frontend = _FRONTEND) -> None:
    """Build the front end."""
    from mediaproc.commands.frontend import BuildFailed, publish

    try:
        publish(frontend.resolve())
    except BuildFailed as error:
        _fail(str(error))


@cli.command()
@needs(*_SERVER)
def migrate() -> None:
    """Apply database migrations."""
    from mediaproc.commands.checked import checked_settings
    from mediaproc.commands.migrate import migrate as apply

    checked_settings()
    apply()


@cli.command()
@needs(*_SERVER)
def bucket() -> None:
    """Create the bucket and set its CORS and lifecycle rules."""
    from mediaproc.commands.checked import checked_settings
    from mediaproc.storage.bucket import prepare

    checked_settings()
    for refused in prepare():
        print(refused, file=sys.stderr)


@cli.command(rich_help_panel=PANEL)
@needs("worker")
def plan(
    what: Annotated[str, typer.Argument(metavar="FILE|ID", help="Local file, or id of a video.")],
    preset: Annotated[str, typer.Option(help="Preset for a local file.")] = "web",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Print the processing plan: rungs, chunks and every FFmpeg command. A local file needs no server."""
    from mediaproc.cli import plans

    if not Path(what).is_file():
        if not _is_id(what):
            _fail(f"File not found: {what}")
        plans.plan_video(what, as_json=as_json)
        return
    from mediaproc.commands.plan import CannotPlan, plan_file

    try:
        plans.show(plan_file(Path(what), preset=preset), as_json=as_json)
    except CannotPlan as error:
        _fail(str(error))


@cli.command()
@needs(*_ALL)
def doctor(port: Port = 8000, data: Data = _DATA) -> None:
    """Check this machine and its settings, and say how to fix problems."""
    from mediaproc.commands.doctor import examine

    raise typer.Exit(examine(port=port, data_dir=data.resolve()))


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _fail(message: str) -> None:
    print(message, file=sys.stderr)
    raise typer.Exit(1)


if __name__ == "__main__":
    cli(prog_name=invocation.program())
