"""What the commands have in common: their panel, their exit codes, and how they answer."""

from __future__ import annotations

from typing import Annotated

import typer

from mediaproc.cli.exit_codes import MEANINGS

PANEL = "For people and scripts"
EPILOG = "Exit codes: " + " ".join(f"{code.value}: {meaning}" for code, meaning in MEANINGS.items())

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON, errors too (on standard error).")]
