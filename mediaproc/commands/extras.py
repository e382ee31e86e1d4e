"""Optional parts of an installation: a command whose packages are missing names the extra to install."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import typer

P = ParamSpec("P")
R = TypeVar("R")

_OURS = ("mediaproc", "mediaproc_worker")


def needs(*extras: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Decorate a command that needs these extras. Without their packages it says so and exits with 1."""

    def decorate(run: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(run)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return run(*args, **kwargs)
            except ModuleNotFoundError as error:
                if _is_ours(error.name):
                    raise
                print(_advice(run.__name__, error.name or "?", extras), file=sys.stderr)
                raise typer.Exit(1) from None

        return guarded

    return decorate


def _is_ours(module: str | None) -> bool:
    """True for a module of this project: its absence is a defect, not a missing extra."""
    return module is None or module.split(".")[0] in _OURS


def _advice(command: str, module: str, extras: tuple[str, ...]) -> str:
    return (
        f"`{command}` needs packages that are not installed (there is no module {module}).\n"
        f"Install them: pip install 'mediaproc[{','.join(extras)}]'"
    )
