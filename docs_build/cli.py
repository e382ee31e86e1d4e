"""Command-line reference, from the Typer app."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main

from docs_build.markdown import code, table
from mediaproc.__main__ import cli
from mediaproc.cli import options
from mediaproc.commands import ROOT, development

PROGRAM = "mediaproc"
PANELS = {"client": options.PANEL, "servers": None, "development": development.PANEL}
"""The commands of each audience, by the panel of the help that they are in."""


def commands(audience: str) -> str:
    """A section for each command of an audience: the key of one of `PANELS`."""
    # Typer bundles its own Click without types.
    app: Any = typer.main.get_command(cli)
    chosen = (each for each in app.commands.values() if (each.rich_help_panel or None) == PANELS[audience])
    return "\n\n".join(section for each in chosen for section in _sections(each, PROGRAM))


def _sections(command: Any, prefix: str) -> Iterator[str]:
    name = f"{prefix} {command.name}"
    if subcommands := getattr(command, "commands", {}):
        for each in subcommands.values():
            yield from _sections(each, name)
        if not command.invoke_without_command:
            return
    yield "\n\n".join(part for part in (f"### {name.removeprefix(PROGRAM).strip()}", *_body(command, name)) if part)


def _body(command: Any, name: str) -> Iterator[str]:
    parameters = [each for each in command.params if not each.hidden]
    usage = " ".join([name, *(_usage(each) for each in parameters if each.param_type_name == "argument")])
    yield f"```\n{usage}{' [OPTIONS]' if any(_is_option(each) for each in parameters) else ''}\n```"
    yield command.help or ""
    rows = [_row(each) for each in parameters if each.help]
    yield table(("Option", "Description", "Default"), rows) if rows else ""


def _row(parameter: Any) -> tuple[str, str, str]:
    names = ", ".join(parameter.opts) if _is_option(parameter) else parameter.metavar or parameter.name.upper()
    return code(names.replace("|", "` or `")), parameter.help, _default(parameter)


def _default(parameter: Any) -> str:
    if parameter.required or parameter.default is None or parameter.default is False:
        return ""
    return code(str(parameter.default).replace(f"{ROOT}/", ""))


def _usage(parameter: Any) -> str:
    name: str = parameter.metavar or parameter.name.upper()
    return name if parameter.required else f"[{name}]"


def _is_option(parameter: Any) -> bool:
    return parameter.param_type_name == "option"
