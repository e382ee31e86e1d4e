"""From a command to the server and back: the client to use, answers on standard output, trouble on standard error."""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from mediaproc import invocation
from mediaproc.cli import exits, kept
from mediaproc.cli.exits import Exit
from mediaproc.client import ApiError, Client, ClientError

errors = Console(stderr=True)


@contextmanager
def speaking(*, as_json: bool) -> Generator[Client]:
    """The client that the environment and the sign-in ask for. What it raises becomes a message and an exit code."""
    sign_in = kept.read_sign_in()
    with trouble(as_json=as_json), Client(kept.url(sign_in), kept.api_key(sign_in)) as client:
        yield client


@contextmanager
def trouble(*, as_json: bool) -> Generator[None]:
    """Turn what the client raises into a message and an exit code."""
    try:
        yield
    except ClientError as error:
        complain(error, as_json=as_json)
        raise typer.Exit(exits.code_of(error)) from error
    except KeyboardInterrupt:
        raise typer.Exit(Exit.INTERRUPTED) from None


def complain(error: ClientError, *, as_json: bool) -> None:
    """Say on standard error what went wrong; as JSON the problem as the API tells it."""
    if as_json:
        problem = error.problem if isinstance(error, ApiError) else {}
        print(json.dumps({"code": _word(error), "detail": str(error), **problem}), file=sys.stderr)
        return
    errors.print(f"[red]{escape(str(error))}[/]", highlight=False)
    if isinstance(error, ApiError) and error.status == 401:
        errors.print(f"Run `{invocation.command('login')}`, or set {kept.KEY_VARIABLE}.", highlight=False)


def say(value: BaseModel | dict[str, Any] | list[Any], text: str, *, as_json: bool) -> None:
    """One answer: as JSON in one line, or as a sentence."""
    typer.echo(to_json(value) if as_json else text)


def table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Rows for a person. Where nobody looks, each row is a line with tabs."""
    console = Console()
    if not console.is_terminal:
        for row in rows:
            typer.echo("\t".join(row))
        return
    drawn = Table(*columns, box=None, pad_edge=False, header_style="dim")
    for row in rows:
        drawn.add_row(*(escape(cell) for cell in row))
    console.print(drawn)


def to_json(value: Any) -> str:
    """One line of JSON."""
    if isinstance(value, list):
        return json.dumps([_plain(each) for each in value])
    return json.dumps(_plain(value))


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def _word(error: ClientError) -> str:
    """`NotReachable` is `not_reachable`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(error).__name__).strip("_")
