"""Bring the database's tables up to date."""

from __future__ import annotations

from alembic.config import Config

from alembic import command
from mediaproc.commands import project


def migrate() -> None:
    """Apply every migration that the database has not had."""
    command.upgrade(Config(project.migrations_dir() / "alembic.ini"), "head")
