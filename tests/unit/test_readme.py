"""The commands and links of the README and of the documentation are right."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from mediaproc.__main__ import cli
from testing import documentation

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
TEXTS = {"README.md": README.read_text(encoding="utf-8"), **documentation.pages()}


def _commands(text: str) -> list[str]:
    """The commands of Mediaproc on lines of their own, in their order."""
    return re.findall(r"^(?:python -m mediaproc|mediaproc|\./dev) ([a-z]+)", text, re.MULTILINE)


@pytest.mark.parametrize("name", sorted(name for name, text in TEXTS.items() if _commands(text)))
def test_every_command_exists(name: str) -> None:
    app: Any = typer.main.get_command(cli)
    assert set(_commands(TEXTS[name])) <= set(app.commands)


def test_the_readme_starts_with_two_commands() -> None:
    assert _commands(TEXTS["README.md"].partition("\n## Start\n")[2]) == ["up", "test"]


def test_every_link_of_the_readme_leads_to_a_file() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)", TEXTS["README.md"])
    assert len(links) > 15
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_on_real_services_everything_is_made_before_it_is_used() -> None:
    text = TEXTS["how-to/real-services.md"]
    assert _commands(text) == ["migrate", "bucket", "build", "web", "worker"]
    assert text.index("pip install -r requirements-runtime.txt") < text.index("python -m mediaproc migrate")
