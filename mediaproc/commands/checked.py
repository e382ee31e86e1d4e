"""Settings that are checked before anything starts."""

from __future__ import annotations

import sys

import typer
from pydantic import ValidationError

from mediaproc import logs
from mediaproc.settings import Settings, explain, settings


def checked_settings() -> Settings:
    """The settings, with logs configured by them. A wrong one ends the program with code 2 and is named."""
    try:
        config = settings()
    except ValidationError as error:
        print(explain(error), file=sys.stderr)
        raise typer.Exit(2) from None
    logs.configure(level=config.log_level, format=config.log_format)
    return config
