"""Commands of the client, with their help. What a command needs is imported when it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from mediaproc.cli import credentials
from mediaproc.cli.options import EPILOG, PANEL, Json
from mediaproc.cli.webhooks_app import webhooks_program

program = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
keys_program = typer.Typer(invoke_without_command=True, help="Manage API keys.", epilog=EPILOG)
program.add_typer(keys_program, name="keys", rich_help_panel=PANEL)
program.add_typer(webhooks_program, name="webhooks", rich_help_panel=PANEL)

VideoId = Annotated[str, typer.Argument(metavar="ID", help="ID of a video.")]
File = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True, metavar="FILE…")]


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def login(
    email: Annotated[str, typer.Option(prompt=True, help="Email address of your account.")],
    url: Annotated[str, typer.Option(envvar=credentials.URL_VARIABLE, help="Server URL.")] = credentials.DEFAULT_URL,
    password_stdin: Annotated[bool, typer.Option(help="Read the password from standard input.")] = False,
    as_json: Json = False,
) -> None:
    """Sign in on this machine. Stores an API key, not the password."""
    from mediaproc.cli import accounts

    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else typer.prompt("Password", hide_input=True)
    accounts.login(url.rstrip("/"), email, password, as_json=as_json)


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def logout(as_json: Json = False) -> None:
    """Sign out, and revoke the API key of this machine."""
    from mediaproc.cli import accounts

    accounts.logout(as_json=as_json)


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def upload(
    files: File,
    preset: Annotated[str, typer.Option(help="Name of a preset; see `presets`.")] = "web",
    priority: Annotated[str, typer.Option(help="Priority of its jobs: interactive, normal or batch.")] = "normal",
    parallel: Annotated[int, typer.Option(min=1, max=64, help="Parts to send in parallel.")] = 6,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until each video is processed.")] = False,
    as_json: Json = False,
) -> None:
    """Upload files. Run again after a failure or Ctrl-C, it sends only what is missing."""
    from mediaproc.cli import transfers

    transfers.upload(files, preset=preset, priority=priority, parallel=parallel, wait=wait, as_json=as_json)


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def videos(
    status: Annotated[list[str] | None, typer.Option(help="Filter by status; may be repeated.")] = None,
    query: Annotated[str | None, typer.Option("--query", "-q", help="Text in the title or file name.")] = None,
    sort: Annotated[str | None, typer.Option(help="Field to sort by, such as title; -title: descending.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number to list.")] = 50,
    as_json: Json = False,
) -> None:
    """List videos, newest first unless sorted."""
    from mediaproc.cli import videos as commands

    commands.videos(status=status or [], query=query, sort=sort, limit=limit, as_json=as_json)


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def watch(
    id: VideoId,
    last_event_id: Annotated[str, typer.Option(help="Continue after this event.")] = "",
    as_json: Json = False,
) -> None:
    """Follow a video until it is processed. With --json, prints one event per line."""
    from mediaproc.cli import transfers

    transfers.watch(id, last_event_id=last_event_id, as_json=as_json)


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def download(
    id: VideoId,
    output: Annotated[Path, typer.Option("--output", "-o", help="File or folder to save to.")] = Path(),
    rendition: Annotated[str | None, typer.Option(help="A rendition, or `source`. Default: the best MP4.")] = None,
    as_json: Json = False,
) -> None:
    """Download a video. Run again after a failure, it continues where it stopped."""
    from mediaproc.cli import transfers

    transfers.download(id, output, rendition=rendition, as_json=as_json)


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def retry(id: VideoId, as_json: Json = False) -> None:
    """Process a failed or cancelled video again."""
    from mediaproc.cli import videos as commands

    commands.retry(id, as_json=as_json)


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def cancel(id: VideoId, as_json: Json = False) -> None:
    """Cancel the processing of a video."""
    from mediaproc.cli import videos as commands

    commands.cancel(id, as_json=as_json)


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def delete(
    ids: Annotated[list[str], typer.Argument(metavar="ID…", help="IDs of videos.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
    as_json: Json = False,
) -> None:
    """Delete videos with all their files."""
    from mediaproc.cli import videos as commands

    if not yes:
        what = "1 video" if len(ids) == 1 else f"{len(ids)} videos"
        typer.confirm(f"Permanently delete {what}?", abort=True, err=True)
    commands.delete(ids, as_json=as_json)


@program.command(rich_help_panel=PANEL, epilog=EPILOG)
def presets(as_json: Json = False) -> None:
    """List presets."""
    from mediaproc.cli import videos as commands

    commands.presets(as_json=as_json)


@keys_program.callback()
def keys(context: typer.Context, as_json: Json = False) -> None:
    """Manage API keys. Without a command, list them."""
    from mediaproc.cli import accounts

    if context.invoked_subcommand is None:
        accounts.keys(as_json=as_json)


@keys_program.command("list", epilog=EPILOG)
def list_keys(as_json: Json = False) -> None:
    """List API keys."""
    from mediaproc.cli import accounts

    accounts.keys(as_json=as_json)


@keys_program.command("create", epilog=EPILOG)
def create_key(
    name: Annotated[str, typer.Argument(help="Name to recognise the key by.")],
    scope: Annotated[
        list[str] | None, typer.Option(help="May be repeated. Default: videos:read, videos:write.")
    ] = None,
    days: Annotated[int | None, typer.Option(min=1, help="Days until it expires. Default: never.")] = None,
    as_json: Json = False,
) -> None:
    """Create an API key. It is shown only once."""
    from mediaproc.cli import accounts

    accounts.create_key(name, scope or ["videos:read", "videos:write"], days, as_json=as_json)


@keys_program.command("revoke", epilog=EPILOG)
def revoke_key(id: Annotated[str, typer.Argument(help="ID of the key.")], as_json: Json = False) -> None:
    """Revoke an API key."""
    from mediaproc.cli import accounts

    accounts.revoke_key(id, as_json=as_json)
