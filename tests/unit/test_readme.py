"""The README's table of settings is the table in the code, and its commands are there."""

import re
from pathlib import Path

import typer.main

from mediaproc.__main__ import cli
from mediaproc.settings import Settings

README = Path(__file__).parents[2] / "README.md"


def _table() -> list[str]:
    rows = ["| setting | default | what it is |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        default = "**required**" if field.is_required() else "" if field.default in (None, "") else f"`{field.default}`"
        rows.append(f"| `{name.upper()}` | {default} | {field.description} |")
    return rows


def test_the_readme_lists_every_setting_with_its_default() -> None:
    table = "\n".join(_table())
    assert table in README.read_text(), f"put this table into the README:\n{table}"


def _commands(heading: str) -> list[str]:
    """The commands of Mediaproc that the README's section types, in their order."""
    section = README.read_text().split(f"\n## {heading}\n")[1].split("\n## ")[0]
    return re.findall(r"^(?:python -m mediaproc|\./dev) (\w+)", section, re.MULTILINE)


def test_every_command_of_the_readme_is_one() -> None:
    known = set(typer.main.get_command(cli).commands)  # pyright: ignore[reportAttributeAccessIssue]
    assert {*_commands("Start"), *_commands("On real services"), *_commands("For programs")} <= known


def test_on_real_services_everything_is_made_before_it_is_used() -> None:
    assert _commands("On real services") == ["migrate", "bucket", "build", "web", "worker"]
    section = README.read_text().split("\n## On real services\n")[1]
    assert section.index("pip install -r requirements-runtime.txt") < section.index("python -m mediaproc migrate")
