"""Parts of the help that all commands share: the panel, the exit codes, and `--json`."""

from __future__ import annotations

from typing import Annotated

import typer

from mediaproc.cli.exit_codes import MEANINGS

PANEL = "Client"
EPILOG = "Exit codes: " + " ".join(f"{code.value}: {meaning}" for code, meaning in MEANINGS.items())

Json = Annotated[bool, typer.Option("--json", help="Print JSON; errors too, on standard error.")]
