"""MkDocs hook: replaces each `<!-- generated: NAME [ARGUMENT] -->` line of a page by Markdown written from the code."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from docs_build import api, cli, decisions, errors, presets, settings

_MARKER = re.compile(r"^<!-- generated: (?P<name>[a-z-]+)(?: (?P<argument>.+?))? -->$", re.MULTILINE)

GENERATORS: dict[str, Callable[..., str]] = {
    "api": api.operations,
    "api-objects": api.objects,
    "cli": cli.commands,
    "decisions": decisions.index,
    "errors": errors.table,
    "presets": presets.presets,
    "settings": settings.table,
}
"""The generator of each marker by its name. `api` takes a tag of the OpenAPI document, `cli` a panel of the help."""


def on_page_markdown(markdown: str, **_: Any) -> str:
    """MkDocs event. Raises KeyError for a marker that names no generator, which fails the build."""
    return _MARKER.sub(_generated, markdown)


def _generated(marker: re.Match[str]) -> str:
    generator = GENERATORS[marker["name"]]
    return generator(marker["argument"]) if marker["argument"] else generator()
