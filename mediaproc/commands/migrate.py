"""`migrate`: applies database migrations."""

from __future__ import annotations

from alembic.config import Config

from alembic import command
from mediaproc.commands import project


def migrate() -> None:
    """Apply all pending migrations."""
    command.upgrade(Config(project.migrations_dir() / "alembic.ini"), "head")
