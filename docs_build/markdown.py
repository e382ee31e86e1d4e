"""Markdown helpers of the generators."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table. Cells may contain Markdown; line breaks and `|` are made safe."""
    return "\n".join([_row(header), "|---" * len(header) + "|", *map(_row, rows)])


def code(value: object) -> str:
    """Inline code, or nothing for an empty value."""
    return f"`{value}`" if str(value) else ""


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"
