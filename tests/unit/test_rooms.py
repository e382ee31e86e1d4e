"""Rooms: SQL is written in operations alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OF_SQL = ("mediaproc/operations/", "mediaproc/domain/")
SQL = {"select", "insert", "update", "delete", "col", "and_", "or_"}


def _sources() -> Iterator[str]:
    for package in ("mediaproc", "mediaproc_worker"):
        for path in (ROOT / package).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if not name.startswith(OF_SQL):
                yield name


def _sql_imports(name: str) -> set[str]:
    tree = ast.parse((ROOT / name).read_text())
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return {alias.name for node in found if node.module in ("sqlalchemy", "sqlmodel") for alias in node.names} & SQL


@pytest.mark.parametrize("name", sorted(_sources()))
def test_sql_is_written_in_operations_alone(name: str) -> None:
    assert not _sql_imports(name)


def test_operations_are_seen_to_write_sql() -> None:
    assert _sql_imports("mediaproc/operations/uploads.py") >= {"select", "delete"}
