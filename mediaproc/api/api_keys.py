"""`/api/v1/api-keys`: API keys, which let programs sign in without a person's password."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from mediaproc.api.dependencies import Administrator
from mediaproc.api.problems import documented
from mediaproc.database import transaction
from mediaproc.domain.roles import Scope
from mediaproc.operations import api_keys
from mediaproc.operations.views import Time

router = APIRouter(prefix="/api-keys", tags=["API keys"])


class WantedKey(BaseModel):
    """Request body: an API key to create."""

    name: str = Field(min_length=1, max_length=api_keys.LONGEST_NAME, examples=["nightly upload"])
    scopes: list[Scope] = Field(min_length=1, max_length=20, description="Permissions of the key.")
    expires_at: AwareDatetime | None = Field(None, description="Expiry. Null: valid until revoked.")


class KeyView(BaseModel):
    """An API key. `prefix` is its beginning; only a hash of the rest is stored."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    prefix: str
    scopes: list[Scope]
    created_at: Time
    expires_at: Time | None
    last_used_at: Time | None = Field(description="Last use, to the minute.")


class NewKeyView(KeyView):
    """A new API key, with its secret."""

    key: str = Field(description="The key, sent as `Authorization: Bearer mp_…`. Shown only once.")


class KeyList(BaseModel):
    """A page of API keys, newest first."""

    model_config = ConfigDict(from_attributes=True)

    items: list[KeyView]
    next_cursor: str | None = Field(description="Pass it as `cursor` to get the next page; null on the last page.")


@router.post("", operation_id="create_api_key", status_code=201, responses=documented(401, 403, 422))
def create(body: WantedKey, principal: Administrator) -> NewKeyView:
    """Create an API key. Its permissions are its scopes, whoever created it."""
    with transaction() as session:
        new = api_keys.create(session, principal, **body.model_dump())
    return NewKeyView.model_validate({**new.row.model_dump(), "key": new.key})


@router.get("", operation_id="list_api_keys", responses=documented(401, 403, 422))
def page(
    principal: Administrator,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str | None, Query(max_length=100, description="`next_cursor` of the previous page.")] = None,
) -> KeyList:
    """List API keys that are not revoked, newest first."""
    with transaction() as session:
        return KeyList.model_validate(api_keys.page(session, principal, limit=limit, cursor=cursor))


@router.delete("/{id}", operation_id="revoke_api_key", status_code=204, responses=documented(401, 403, 404))
def revoke(id: UUID, principal: Administrator) -> None:
    """Revoke an API key. It is rejected with 401 at once; open event streams end within 30 seconds."""
    with transaction() as session:
        api_keys.revoke(session, principal, id)
