"""Output of commands: results on standard output, errors and progress on standard error, for people or as JSON."""

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
from mediaproc.cli import credentials, exit_codes
from mediaproc.cli.exit_codes import Exit
from mediaproc.client import ApiError, Client, ClientError

stderr = Console(stderr=True)


@contextmanager
def connected(*, as_json: bool) -> Generator[Client]:
    """A client for the server and key of the environment or the sign-in. Its errors become a message and exit code."""
    sign_in = credentials.read_sign_in()
    with reported_errors(as_json=as_json), Client(credentials.url(sign_in), credentials.api_key(sign_in)) as client:
        yield client


@contextmanager
def reported_errors(*, as_json: bool) -> Generator[None]:
    """Turn errors of the client, and Ctrl-C, into a message and an exit code."""
    try:
        yield
    except ClientError as error:
        print_error(error, as_json=as_json)
        raise typer.Exit(exit_codes.code_of(error)) from error
    except KeyboardInterrupt:
        raise typer.Exit(Exit.INTERRUPTED) from None


def print_error(error: ClientError, *, as_json: bool) -> None:
    """Print an error to standard error. As JSON: the problem document of the API, or `code` and `detail`."""
    if as_json:
        problem = error.problem if isinstance(error, ApiError) else {}
        print(json.dumps({"code": _code(error), "detail": str(error), **problem}), file=sys.stderr)
        return
    stderr.print(f"[red]{escape(str(error))}[/]", highlight=False)
    if isinstance(error, ApiError) and error.status == 401:
        advice = f"Run `{invocation.command('login')}`, or set {credentials.KEY_VARIABLE}."
        stderr.print(escape(advice), highlight=False)


def print_result(value: BaseModel | dict[str, Any] | list[Any], text: str, *, as_json: bool) -> None:
    """Print one result: the value as one line of JSON, or the text."""
    typer.echo(to_json(value) if as_json else text)


def print_table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    """Print a table with a header on a terminal, and tab-separated lines without a header elsewhere."""
    console = Console()
    if not console.is_terminal:
        for row in rows:
            typer.echo("\t".join(row))
        return
    table = Table(*columns, box=None, pad_edge=False, header_style="dim")
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    console.print(table)


def to_json(value: Any) -> str:
    """One line of JSON. Models, and models in a list, are converted."""
    if isinstance(value, list):
        return json.dumps([_plain(each) for each in value])
    return json.dumps(_plain(value))


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else value


def _code(error: ClientError) -> str:
    """Name of the error class in snake case: `NotReachable` gives `not_reachable`."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in type(error).__name__).strip("_")
