"""`/api/v1/api-keys`: how programs get in without a person's password."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from mediaproc.api.dependencies import Administrator
from mediaproc.api.problems import documented
from mediaproc.database import transaction
from mediaproc.domain.scopes import Scope
from mediaproc.operations import api_keys
from mediaproc.operations.views import Time

router = APIRouter(prefix="/api-keys", tags=["API keys"])


class WantedKey(BaseModel):
    """A key to make."""

    name: str = Field(min_length=1, max_length=api_keys.LONGEST_NAME, examples=["nightly upload"])
    scopes: list[Scope] = Field(min_length=1, max_length=20, description="What it may do.")
    expires_at: AwareDatetime | None = Field(None, description="Without one it is good until it is revoked.")


class KeyView(BaseModel):
    """A key. `prefix` is how it begins; the rest is not kept."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    prefix: str
    scopes: list[Scope]
    created_at: Time
    expires_at: Time | None
    last_used_at: Time | None = Field(description="To the minute.")


class NewKeyView(KeyView):
    """A key just made."""

    key: str = Field(description="The key itself: `Authorization: Bearer mp_…`. It is shown this once.")


class KeyList(BaseModel):
    """Some keys, the newest first."""

    model_config = ConfigDict(from_attributes=True)

    items: list[KeyView]
    next_cursor: str | None = Field(description="Give it as `cursor` to go on; null at the end.")


@router.post("", status_code=201, responses=documented(401, 403, 422))
def create(body: WantedKey, principal: Administrator) -> NewKeyView:
    """Make a key. It can do no more than its scopes say, whoever made it."""
    with transaction() as session:
        new = api_keys.create(session, principal, **body.model_dump())
    return NewKeyView.model_validate({**new.row.model_dump(), "key": new.key})


@router.get("", responses=documented(401, 403, 422))
def page(
    principal: Administrator,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    cursor: Annotated[str | None, Query(max_length=100, description="`next_cursor` of the page before.")] = None,
) -> KeyList:
    """One's keys that were not revoked, the newest first."""
    with transaction() as session:
        return KeyList.model_validate(api_keys.page(session, principal, limit=limit, cursor=cursor))


@router.delete("/{id}", status_code=204, responses=documented(401, 403, 404))
def revoke(id: UUID, principal: Administrator) -> None:
    """Revoke a key: from now on it is 401, and streams that it opened end within half a minute."""
    with transaction() as session:
        api_keys.revoke(session, principal, id)
