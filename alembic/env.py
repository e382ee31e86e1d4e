"""Alembic's environment: the tables of `mediaproc.domain`, on the database of the settings."""

from sqlalchemy import create_engine
from sqlmodel import SQLModel
from sqlmodel.sql.sqltypes import AutoString

from alembic import context
from mediaproc.domain import tables
from mediaproc.settings import settings


def render_item(kind, item, _context):
    """Write our own column types as the plain SQL types that they are, so migrations import nothing of ours."""
    if kind == "type" and isinstance(item, tables.EnumText):
        return "sa.String(length=32)"
    if kind == "type" and isinstance(item, tables.Rank):
        return "sa.SmallInteger()"
    if kind == "type" and isinstance(item, AutoString):
        return f"sa.String(length={item.length})" if item.length else "sa.String()"
    return False


target_metadata = SQLModel.metadata
assert tables  # importing it fills the metadata

engine = create_engine(settings().database_url)
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=target_metadata, compare_type=True, render_item=render_item
    )
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
