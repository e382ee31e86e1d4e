"""Columns that all tables share: ids, times, enums as text, priorities."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, SmallInteger, String
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field
from uuid_utils.compat import uuid7

from mediaproc.domain.states import Priority


def now() -> datetime:
    """The current time, in UTC and aware."""
    return datetime.now(UTC)


def new_id() -> UUID:
    """A UUID of version 7: sortable by time."""
    return uuid7()


class EnumText(TypeDecorator[StrEnum]):
    """A StrEnum stored as plain text, so that a new member needs no migration."""

    impl = String(32)
    cache_ok = True

    def __init__(self, enum: type[StrEnum]) -> None:
        super().__init__()
        self.enum = enum

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:  # noqa: ARG002
        return None if value is None else self.enum(value).value

    def process_result_value(self, value: Any, dialect: Any) -> StrEnum | None:  # noqa: ARG002
        return None if value is None else self.enum(value)


class Rank(TypeDecorator[Priority]):
    """A priority stored as its rank, so that the database can sort by it: 0 goes first."""

    impl = SmallInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> int | None:  # noqa: ARG002
        return None if value is None else _RANKS.index(Priority(value))

    def process_result_value(self, value: Any, dialect: Any) -> Priority | None:  # noqa: ARG002
        return None if value is None else _RANKS[value]


_RANKS = list(Priority)


def priority_field() -> Any:
    """A priority, `normal` by default."""
    normal = str(_RANKS.index(Priority.NORMAL))
    return Field(default=Priority.NORMAL, sa_column=Column(Rank, nullable=False, server_default=normal))


def enum_column(enum: type[StrEnum], *, nullable: bool = False, default: StrEnum | None = None) -> Any:
    """A column of an enum, stored as text."""
    return Column(EnumText(enum), nullable=nullable, server_default=default.value if default else None)


def time_column(*, nullable: bool = True) -> Any:
    """A column of an aware time."""
    return Column(DateTime(timezone=True), nullable=nullable)


def created_at_field() -> Any:
    """The time at which a row is made."""
    return Field(default_factory=now, sa_column=time_column(nullable=False))


def bytes_column(*, nullable: bool = False) -> Any:
    """A column of a size in bytes, which may exceed 32 bits."""
    return Column(BigInteger, nullable=nullable)


def rank_field() -> Any:
    """A field of a rank (see `domain.fair_ranks`), 0 at first."""
    return Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
