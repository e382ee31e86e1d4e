"""The generated parts of the documentation have everything that the code has."""

from __future__ import annotations

import re
from typing import Any

import pytest
import typer.main

from docs_build import api, cli, errors, hooks, presets, settings
from mediaproc.__main__ import cli as program
from mediaproc.domain.errors import Expected
from mediaproc.media.presets import PRESETS
from mediaproc.settings import Settings
from testing import documentation

_TEXT = "\n".join(documentation.pages().values())
MARKERS = set(re.findall(r"^<!-- generated: (.+) -->$", _TEXT, re.M))


@pytest.mark.parametrize("marker", sorted(MARKERS))
def test_a_marker_becomes_text(marker: str) -> None:
    text = hooks.on_page_markdown(f"before\n<!-- generated: {marker} -->\nafter")
    assert "generated:" not in text
    assert len(text) > 100


def test_every_generator_is_used() -> None:
    assert {marker.split()[0] for marker in MARKERS} == set(hooks.GENERATORS)


@pytest.mark.parametrize("marker", ["nothing", "api nothing", "cli nobody"])
def test_a_marker_that_means_nothing_fails_the_build(marker: str) -> None:
    with pytest.raises(KeyError):
        hooks.on_page_markdown(f"<!-- generated: {marker} -->")


def test_the_settings_page_has_every_setting_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \| .+ \|$", settings.table(), re.M))
    assert list(rows) == [name.upper() for name in Settings.model_fields]
    assert rows["DATABASE_URL"] == "**required**"
    assert rows["S3_ENDPOINT_URL"] == ""
    assert rows["MAX_ATTEMPTS"] == "`3`"


def test_every_tag_of_the_api_has_its_page() -> None:
    assert {f"api {tag}" for tag in api.tags()} <= MARKERS


def test_every_operation_and_object_is_on_a_page() -> None:
    text = "\n".join(map(api.operations, api.tags()))
    headings = re.findall(r"^## (\w+ \S+)", text, re.M)
    paths = api.document()["paths"]
    assert sorted(headings) == sorted(
        f"{method.upper()} {path}" for path, methods in paths.items() for method in methods
    )
    assert re.findall(r"^## (\w+)$", api.objects(), re.M) == sorted(api.document()["components"]["schemas"])


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "format": "uuid"}, "string (uuid)"),
        ({"$ref": "#/components/schemas/VideoView"}, "[VideoView](objects.md#videoview)"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
        ({"type": "array", "items": {"type": "string"}}, "array of string"),
        ({"enum": [1, 2, 6], "type": "integer"}, "`1`, `2`, `6`"),
        ({}, "any"),
    ],
)
def test_a_type_in_words(schema: api.Schema, words: str) -> None:
    assert api.type_of(schema) == words


def test_every_error_code_is_on_the_page() -> None:
    rows = errors.table("requests") + errors.table("processing")
    codes = {each.code for each in errors.kinds(Expected)} - {"error"}
    assert codes <= set(re.findall(r"^\| `(\w+)`", rows, re.M))


def test_every_preset_is_on_the_page() -> None:
    assert re.findall(r"^## (.+)$", presets.presets(), re.M) == list(PRESETS)


def test_every_command_is_on_the_page() -> None:
    app: Any = typer.main.get_command(program)
    expected = {
        f"{name} {each}" if each else name
        for name, command in app.commands.items()
        for each in getattr(command, "commands", [""])
    }
    sections = "\n".join(map(cli.commands, cli.PANELS))
    found = re.findall(r"^### (.+)$", sections, re.M)
    assert expected <= set(found)
    assert len(found) == len(set(found))
