"""Roles and scopes: what a member of a team or an API key may do.

To add a scope or a role, add it here and to `tests/unit/test_roles.py`.
"""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Scope(StrEnum):
    """A permission. API keys are created with some of them; `ADMIN` includes all others."""

    VIDEOS_READ = "videos:read"
    VIDEOS_WRITE = "videos:write"
    WEBHOOKS_WRITE = "webhooks:write"
    ADMIN = "admin"


class Role(StrEnum):
    """The role of a member in a team."""

    OWNER = "owner"


SCOPES_OF_ROLE: dict[Role, frozenset[Scope]] = {
    Role.OWNER: frozenset(Scope),
}
"""The scopes that each role grants to a signed-in member."""


def allows(granted: Collection[Scope], needed: Scope) -> bool:
    """True if the granted scopes include the needed one. `admin` includes all; writing does not include reading."""
    return needed in granted or Scope.ADMIN in granted
