"""Roles and scopes: each role has its scopes, and each scope grants itself alone but for `admin`."""

from __future__ import annotations

import pytest

from mediaproc.domain.roles import SCOPES_OF_ROLE, Role, Scope, allows

SCOPES = {
    Role.OWNER: {"videos:read", "videos:write", "webhooks:write", "admin"},
}


@pytest.mark.parametrize("role", Role)
def test_a_role_grants_its_scopes(role: Role) -> None:
    assert {scope.value for scope in SCOPES_OF_ROLE[role]} == SCOPES[role]


def test_every_role_and_scope_is_listed() -> None:
    assert set(SCOPES_OF_ROLE) == set(SCOPES) == set(Role)
    assert set.union(*SCOPES.values()) == {scope.value for scope in Scope}


@pytest.mark.parametrize("granted", Scope)
@pytest.mark.parametrize("needed", Scope)
def test_a_scope_allows_itself_and_admin_allows_all(granted: Scope, needed: Scope) -> None:
    assert allows({granted}, needed) == (granted is needed or granted is Scope.ADMIN)
