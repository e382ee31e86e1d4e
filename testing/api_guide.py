"""Parser of `docs/api.md`: its table of routes, and its examples."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "api.md"
_ROW = re.compile(r"^\| `(GET|POST|PATCH|PUT|DELETE) (\S+)` \| `?([a-z:]+)`? \| ([\d ]+) \|", re.MULTILINE)
_EXAMPLE = re.compile(r"<!-- run: (\w+) -->\n```\w+\n(.*?)```", re.DOTALL)


def routes() -> dict[tuple[str, str], tuple[str, set[str]]]:
    """Scope and success statuses of each (method, path)."""
    rows = _ROW.findall(PAGE.read_text(encoding="utf-8"))
    return {(method, path): (takes, set(statuses.split())) for method, path, takes, statuses in rows}


def example(name: str) -> str:
    """The text of an example."""
    return dict(_EXAMPLE.findall(PAGE.read_text(encoding="utf-8")))[name]
