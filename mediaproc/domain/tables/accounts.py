"""Tables of accounts: users, teams, sessions, API keys, idempotent answers."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

from mediaproc.domain.roles import Role
from mediaproc.domain.tables.columns import created_at_field, enum_column, new_id, time_column


class User(SQLModel, table=True):
    """A person with an account. `email` is in lower case."""

    __tablename__ = "user_account"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(default_factory=new_id, primary_key=True)
    email: str = Field(max_length=320, unique=True)
    password_hash: str
    created_at: datetime = created_at_field()


class Team(SQLModel, table=True):
    """A team owns videos, keys, presets and webhooks. Each user has a personal one."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    name: str = Field(max_length=200)
    personal: bool = True
    created_at: datetime = created_at_field()


class Membership(SQLModel, table=True):
    """A user's membership of a team. `domain.roles` says what its `role` may do."""

    team_id: UUID = Field(foreign_key="team.id", primary_key=True, ondelete="CASCADE")
    user_id: UUID = Field(foreign_key="user_account.id", primary_key=True, ondelete="CASCADE", index=True)
    role: Role = Field(default=Role.OWNER, sa_column=enum_column(Role))


class Session(SQLModel, table=True):
    """A session on one device: the family of its refresh tokens. Ending it ends access at once."""

    __tablename__ = "sign_in_session"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="user_account.id", index=True, ondelete="CASCADE")
    user_agent: str = Field(default="", max_length=400)
    created_at: datetime = created_at_field()
    last_used_at: datetime = created_at_field()
    ended_at: datetime | None = Field(default=None, sa_column=time_column())


class RefreshToken(SQLModel, table=True):
    """A refresh token, stored as its SHA-256. It is used once; a second use ends the session."""

    __tablename__ = "refresh_token"  # pyright: ignore[reportAssignmentType]

    id: UUID = Field(default_factory=new_id, primary_key=True)
    session_id: UUID = Field(foreign_key="sign_in_session.id", index=True, ondelete="CASCADE")
    token_hash: str = Field(max_length=64, unique=True)
    created_at: datetime = created_at_field()
    expires_at: datetime = Field(sa_column=time_column(nullable=False))
    used_at: datetime | None = Field(default=None, sa_column=time_column())


class ApiKey(SQLModel, table=True):
    """An API key, stored as its SHA-256. `prefix` is the start of the key, by which people tell keys apart."""

    __tablename__ = "api_key"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (Index("ix_api_key_team_newest", "team_id", text("id DESC")),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    team_id: UUID = Field(foreign_key="team.id", ondelete="CASCADE")
    user_id: UUID = Field(foreign_key="user_account.id", index=True, ondelete="CASCADE")
    name: str = Field(max_length=100)
    prefix: str = Field(max_length=16)
    key_hash: str = Field(max_length=64, unique=True)
    scopes: list[str] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = created_at_field()
    expires_at: datetime | None = Field(default=None, sa_column=time_column())
    last_used_at: datetime | None = Field(default=None, sa_column=time_column())
    revoked_at: datetime | None = Field(default=None, sa_column=time_column())


class IdempotentAnswer(SQLModel, table=True):
    """The answer to a POST with an `Idempotency-Key`, for 24 hours. Unique per team, route and key."""

    __tablename__ = "idempotent_answer"  # pyright: ignore[reportAssignmentType]
    __table_args__ = (UniqueConstraint("team_id", "route", "key"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    team_id: UUID = Field(foreign_key="team.id", ondelete="CASCADE")
    route: str = Field(max_length=200)
    key: str = Field(max_length=255)
    request_hash: str = Field(max_length=64)
    status: int
    body: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    created_at: datetime = created_at_field()
