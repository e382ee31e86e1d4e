"""The command line: `mediaproc COMMAND` once installed, `./dev COMMAND` in a checkout."""

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

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port of the page and the API.")]
Data = Annotated[Path, typer.Option(help="Where the built-in servers keep everything.")]
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
    """Self-hosted video processing: a web app, an API, workers, and a client for all of it."""


@cli.command()
@needs(*_ALL)
def up(
    port: Port = 8000,
    host: Host = "127.0.0.1",
    data: Data = _DATA,
    workers: Annotated[int, typer.Option(help="Encodes at a time. 0: one for each four cores.")] = 0,
) -> None:
    """Start everything on this machine; Ctrl-C ends it."""
    from mediaproc.commands.reachable import NotReachable
    from mediaproc.commands.up import CannotStart, Options
    from mediaproc.commands.up import up as run
    from mediaproc.embedded.data_dir import Unreadable
    from mediaproc.runtime.supervisor import SupervisorFailed

    try:
        run(Options(host=host, port=port, data_dir=data.resolve(), workers=workers))
    except (CannotStart, NotReachable, SupervisorFailed, Unreadable) as error:
        _fail(str(error))


@cli.command()
@needs(*_ALL)
def down(data: Data = _DATA) -> None:
    """Stop what a crashed start left behind."""
    from mediaproc.commands.down import down as stop

    print(stop(data.resolve()))


@cli.command()
@needs(*_SERVER)
def web(
    port: Port = 8000,
    host: Host = "127.0.0.1",
    workers: Annotated[int, typer.Option(help="Processes.")] = 1,
    frontend: Frontend = _FRONTEND,
) -> None:
    """Serve the page and the API on the services of the settings."""
    from mediaproc.commands.web import serve

    serve(host=host, port=port, workers=workers, folder=frontend.resolve())


@cli.command()
@needs("worker")
def worker(slots: Annotated[int, typer.Option(help="Encodes at a time. 0: WORKER_SLOTS.")] = 0) -> None:
    """Run a worker on the services of the settings."""
    from mediaproc.commands.worker import work

    work(slots=slots)


@cli.command()
@needs(*_SERVER)
def build(frontend: Frontend = _FRONTEND) -> None:
    """Build the front end into a folder."""
    from mediaproc.commands.frontend import BuildFailed, publish

    try:
        publish(frontend.resolve())
    except BuildFailed as error:
        _fail(str(error))


@cli.command()
@needs(*_SERVER)
def migrate() -> None:
    """Bring the database's tables up to date."""
    from mediaproc.commands.checked import checked_settings
    from mediaproc.commands.migrate import migrate as apply

    checked_settings()
    apply()


@cli.command()
@needs(*_SERVER)
def bucket() -> None:
    """Make the bucket and set its CORS and lifecycle rules."""
    from mediaproc.commands.checked import checked_settings
    from mediaproc.storage.bucket import prepare

    checked_settings()
    prepare()


@cli.command(rich_help_panel=PANEL)
@needs("worker")
def plan(
    what: Annotated[str, typer.Argument(metavar="FILE|ID", help="A file on this machine, or a video's id.")],
    preset: Annotated[str, typer.Option(help="How a file would be processed.")] = "web",
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Print what would be done: rungs, chunks, and every FFmpeg command. A file needs no server."""
    from mediaproc.cli import plans

    if not Path(what).is_file():
        if not _is_id(what):
            _fail(f"There is no file {what}")
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
    """Say what is wrong here and how to mend it."""
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
