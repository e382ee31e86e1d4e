"""What a caller may do, in words that an API key is made with."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Scope(StrEnum):
    """One thing that a caller may do."""

    VIDEOS_READ = "videos:read"
    VIDEOS_WRITE = "videos:write"
    WEBHOOKS_WRITE = "webhooks:write"
    ADMIN = "admin"


EVERY_SCOPE = frozenset(Scope)
"""What a person may do who has signed in."""


def allows(granted: Collection[Scope], needed: Scope) -> bool:
    """Whether these scopes are enough. `admin` holds all others; writing does not hold reading."""
    return needed in granted or Scope.ADMIN in granted
