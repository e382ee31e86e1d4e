"""Tables of presets: a team's own presets and the images that they overlay."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, LargeBinary, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from mediaproc.domain.tables.columns import created_at_field, new_id, time_column


class TeamPreset(SQLModel, table=True):
    """One version of a team's own preset, as the team wrote it; a change adds another version.

    A retired preset is no longer offered, but videos uploaded for it are still processed with it.
    """

    __tablename__ = "team_preset"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("team_id", "name", "version"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    team_id: UUID = Field(foreign_key="team.id", ondelete="CASCADE")
    name: str = Field(max_length=64)
    version: int
    recipe: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = created_at_field()
    retired_at: datetime | None = Field(default=None, sa_column=time_column())


class TeamImage(SQLModel, table=True):
    """A PNG watermark for a team's presets. `digest` is the SHA-256 of its bytes; width and height are in pixels."""

    __tablename__ = "team_image"  # pyright: ignore[reportAssignmentType]

    team_id: UUID = Field(foreign_key="team.id", ondelete="CASCADE", primary_key=True)
    digest: str = Field(max_length=64, primary_key=True)
    content: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    width: int
    height: int
    created_at: datetime = created_at_field()
