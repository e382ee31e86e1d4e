"""Commands for work on Mediaproc itself. They need its repository, so an installed package does not offer them."""

from __future__ import annotations

from typing import Annotated

import typer

from mediaproc.commands import ROOT

PANEL = "Development"
FORWARDED = {"allow_extra_args": True, "ignore_unknown_options": True}
"""Of a command whose arguments go on to another program."""

development = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@development.command(rich_help_panel=PANEL, context_settings=FORWARDED)
def test(context: typer.Context) -> None:
    """Run the tests: unit, integration or e2e (all by default), or a lane: browsers, clients, faults, package,
    s3.

    Anything after that goes to pytest. A lane says which of its programs this machine lacks.
    """
    from mediaproc.commands import checks

    raise typer.Exit(checks.test(context.args))


@development.command(rich_help_panel=PANEL, context_settings=FORWARDED)
def bench(context: typer.Context) -> None:
    """Measure: media, live, api or events. Prints a table; --json FILE writes the figures too."""
    from mediaproc.commands import checks

    raise typer.Exit(checks.bench(context.args))


@development.command(rich_help_panel=PANEL)
def check() -> None:
    """Run ruff, pyright, import-linter and alembic's check, and build the documentation site."""
    from mediaproc.commands import checks

    raise typer.Exit(checks.check())


@development.command(rich_help_panel=PANEL)
def migration(message: str) -> None:
    """Write the next migration from the tables in the code."""
    from mediaproc.commands import checks

    raise typer.Exit(checks.migration(message))


@development.command(rich_help_panel=PANEL)
def lock(
    upgrade: Annotated[bool, typer.Option("--upgrade", help="Take the newest versions that are allowed.")] = False,
) -> None:
    """Compile requirements*.txt from pyproject.toml, with hashes."""
    from mediaproc.commands import lock as locks

    raise typer.Exit(locks.lock(upgrade=upgrade))


@development.command(rich_help_panel=PANEL)
def docs(
    serve: Annotated[bool, typer.Option("--serve", help="Preview the site, and reload it after each change.")] = False,
    port: Annotated[int, typer.Option(help="Port of the preview.")] = 8001,
) -> None:
    """Build the documentation site into site/."""
    from mediaproc.commands import docs as site

    raise typer.Exit(site.serve(port) if serve else site.build(ROOT / "site"))


@development.command(rich_help_panel=PANEL)
def audit() -> None:
    """Write an SBOM of this environment, and look up known vulnerabilities where possible."""
    from mediaproc.commands import audit as audits

    raise typer.Exit(audits.audit())
