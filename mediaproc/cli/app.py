"""Every command of the client, with its help. What it takes to run one is imported when one is run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from mediaproc.cli import credentials
from mediaproc.cli.options import EPILOG, PANEL, Json
from mediaproc.cli.webhooks_app import webhooks_program

program = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
keys_program = typer.Typer(invoke_without_command=True, help="API keys: list, create, revoke.", epilog=EPILOG)
program.add_typer(keys_program, name="keys", rich_help_panel=PANEL)
program.add_typer(webhooks_program, name="webhooks", rich_help_panel=PANEL)

VideoId = Annotated[str, typer.Argument(metavar="ID", help="A video's id.")]
File = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE…")]


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def login(
    email: Annotated[str, typer.Option(prompt=True, help="Whom to sign in.")],
    url: Annotated[str, typer.Option(envvar=credentials.URL_VARIABLE, help="The server.")] = credentials.DEFAULT_URL,
    password_stdin: Annotated[bool, typer.Option(help="Read the password from standard input.")] = False,
    as_json: Json = False,
) -> None:
    """Sign in on this machine: keeps an API key, not the password."""
    from mediaproc.cli import accounts

    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else typer.prompt("Password", hide_input=True)
    accounts.login(url.rstrip("/"), email, password, as_json=as_json)


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def logout(as_json: Json = False) -> None:
    """Sign out: the key of this machine is worth nothing any more."""
    from mediaproc.cli import accounts

    accounts.logout(as_json=as_json)


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def upload(
    files: File,
    preset: Annotated[str, typer.Option(help="How to process: see `presets`.")] = "web",
    parallel: Annotated[int, typer.Option(min=1, max=64, help="Parts sent at a time.")] = 6,
    wait: Annotated[bool, typer.Option("--wait", help="Until each video is completed.")] = False,
    as_json: Json = False,
) -> None:
    """Send files. Called again after a failure or Ctrl-C, only what is missing is sent."""
    from mediaproc.cli import transfers

    transfers.upload(files, preset=preset, parallel=parallel, wait=wait, as_json=as_json)


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def videos(
    status: Annotated[list[str] | None, typer.Option(help="Only this status; may be repeated.")] = None,
    query: Annotated[str | None, typer.Option("--query", "-q", help="Stands in the title or file name.")] = None,
    sort: Annotated[str | None, typer.Option(help="By title, size_bytes, …; with a minus the greatest first.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="How many at most.")] = 50,
    as_json: Json = False,
) -> None:
    """List videos, the newest first."""
    from mediaproc.cli import videos as verbs

    verbs.videos(status=status or [], query=query, sort=sort, limit=limit, as_json=as_json)


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def watch(
    id: VideoId,
    last_event_id: Annotated[str, typer.Option(help="Go on after this event.")] = "",
    as_json: Json = False,
) -> None:
    """Follow a video live until its end. With --json: each event a line."""
    from mediaproc.cli import transfers

    transfers.watch(id, last_event_id=last_event_id, as_json=as_json)


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def download(
    id: VideoId,
    output: Annotated[Path, typer.Option("--output", "-o", help="A file, or a folder.")] = Path(),
    rendition: Annotated[str | None, typer.Option(help="Its name, or `source`. Default: the best MP4.")] = None,
    as_json: Json = False,
) -> None:
    """Download a video. Called again after a failure, it goes on where it stopped."""
    from mediaproc.cli import transfers

    transfers.download(id, output, rendition=rendition, as_json=as_json)


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def retry(id: VideoId, as_json: Json = False) -> None:
    """Process a failed or cancelled video again."""
    from mediaproc.cli import videos as verbs

    verbs.retry(id, as_json=as_json)


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def cancel(id: VideoId, as_json: Json = False) -> None:
    """Stop the work on a video."""
    from mediaproc.cli import videos as verbs

    verbs.cancel(id, as_json=as_json)


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def delete(
    ids: Annotated[list[str], typer.Argument(metavar="ID…", help="Videos' ids.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
    as_json: Json = False,
) -> None:
    """Delete videos with everything that belongs to them."""
    from mediaproc.cli import videos as verbs

    if not yes:
        typer.confirm(f"Delete {len(ids)} video(s) for good?", abort=True, err=True)
    verbs.delete(ids, as_json=as_json)


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def presets(as_json: Json = False) -> None:
    """List the ways to process."""
    from mediaproc.cli import videos as verbs

    verbs.presets(as_json=as_json)


@keys_program.callback()
def keys(context: typer.Context, as_json: Json = False) -> None:
    """API keys: list, create, revoke."""
    from mediaproc.cli import accounts

    if context.invoked_subcommand is None:
        accounts.keys(as_json=as_json)


@keys_program.command("list", epilog=EPILOG)
def list_keys(as_json: Json = False) -> None:
    """List the keys."""
    from mediaproc.cli import accounts

    accounts.keys(as_json=as_json)


@keys_program.command("create", epilog=EPILOG)
def create_key(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[list[str] | None, typer.Option(help="May be repeated. Default: read and write videos.")] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Its life. Default: until it is revoked.")] = None,
    as_json: Json = False,
) -> None:
    """Make a key. It is printed this once."""
    from mediaproc.cli import accounts

    accounts.create_key(name, scope or ["videos:read", "videos:write"], days, as_json=as_json)


@keys_program.command("revoke", epilog=EPILOG)
def revoke_key(id: Annotated[str, typer.Argument(help="The key's id.")], as_json: Json = False) -> None:
    """Make a key worth nothing."""
    from mediaproc.cli import accounts

    accounts.revoke_key(id, as_json=as_json)
