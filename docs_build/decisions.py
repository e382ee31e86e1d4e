"""List of decision records, from their titles."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs" / "decisions"


def index() -> str:
    """A link to each record, by its number."""
    return "\n".join(_line(path) for path in sorted(FOLDER.glob("[0-9]*.md")))


def _line(path: Path) -> str:
    title = path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")
    return f"- [{title}]({path.name})"
