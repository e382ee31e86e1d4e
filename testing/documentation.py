"""Reads the documentation: the table of API routes, and the examples of all pages."""

from __future__ import annotations

import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"
ROUTES_PAGE = DOCS / "reference" / "api" / "index.md"
_ROW = re.compile(r"^\| `(GET|POST|PATCH|PUT|DELETE) (\S+)` \| `?([a-z:]+)`? \| ([\d ]+) \|", re.MULTILINE)
_EXAMPLE = re.compile(r"<!-- run: (\w+) -->\n```\w+\n(.*?)```", re.DOTALL)


def routes() -> dict[tuple[str, str], tuple[str, set[str]]]:
    """Each route with the scope that it needs, and the statuses of its successful responses."""
    rows = _ROW.findall(ROUTES_PAGE.read_text(encoding="utf-8"))
    return {(method, path): (scope, set(statuses.split())) for method, path, scope, statuses in rows}


def pages() -> dict[str, str]:
    """The text of each page by its path below docs/."""
    return {str(path.relative_to(DOCS)): path.read_text(encoding="utf-8") for path in sorted(DOCS.rglob("*.md"))}


def examples() -> dict[str, str]:
    """The text of each example of any page, by its name. Raises ValueError if two have the same name."""
    found = [pair for text in pages().values() for pair in _EXAMPLE.findall(text)]
    if len(found) != len(dict(found)):
        raise ValueError("Two examples have the same name")
    return dict(found)


def example(name: str) -> str:
    """The text of an example."""
    return examples()[name]
