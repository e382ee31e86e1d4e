"""`/api/v1/presets`: built-in presets and a team's own."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from mediaproc.api.dependencies import SignedIn
from mediaproc.api.once import OnceOnly
from mediaproc.api.problems import documented
from mediaproc.database import transaction
from mediaproc.media.preset_request import NAME_PATTERN, Recipe
from mediaproc.operations import presets
from mediaproc.operations.presets import Offered

router = APIRouter(prefix="/presets", tags=["presets"])


class PresetView(BaseModel):
    """A preset and its outputs: a rung for each size that the source is large enough for, or files only (`sounds`,
    `loop`).
    """

    model_config = ConfigDict(extra="allow")

    name: str
    version: int
    title: str
    description: str
    codec: str
    rungs: list[dict[str, Any]]
    containers: list[str]
    recipe: dict[str, Any] | None = Field(description="The team's own definition; null for a built-in preset.")


class PresetList(BaseModel):
    """All presets."""

    items: list[PresetView]
    next_cursor: None = None


class NewPreset(Recipe):
    """Request body: a preset to create."""

    name: str = Field(pattern=NAME_PATTERN, max_length=64, examples=["trailer"])


class PresetChange(BaseModel):
    """Request body: the preset fields to change, as in `POST /presets`. Each replaces the previous value."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"examples": [{"frame_rate_cap": 30}]})


@router.get("", operation_id="list_presets", responses=documented(401, 403))
def all_presets(principal: SignedIn) -> PresetList:
    """List presets with their outputs: the built-in ones, then your team's."""
    with transaction() as session:
        return PresetList(items=[_view(each) for each in presets.offered(session, principal)])


@router.post(
    "",
    operation_id="create_preset",
    status_code=201,
    response_model=PresetView,
    responses=documented(401, 403, 409, 422),
)
def create(body: NewPreset, once: OnceOnly) -> JSONResponse:
    """Create a preset for your team."""
    recipe = Recipe.model_validate(body.model_dump(exclude={"name"}))
    return once.answer(
        lambda session: _view(presets.create(session, once.principal, name=body.name, recipe=recipe)), status=201
    )


@router.patch("/{name}", operation_id="update_preset", responses=documented(401, 403, 404, 409, 422))
def change(name: str, body: PresetChange, principal: SignedIn) -> PresetView:
    """Change a preset, which creates a new version. Existing videos keep the version that made them."""
    with transaction() as session:
        return _view(presets.change(session, principal, name, changes=body.model_extra or {}))


@router.delete("/{name}", operation_id="delete_preset", status_code=204, responses=documented(401, 403, 404, 409))
def retire(name: str, principal: SignedIn) -> None:
    """Retire a preset. It is no longer offered; uploads that already use it are still processed."""
    with transaction() as session:
        presets.retire(session, principal, name)


def _view(offered: Offered) -> PresetView:
    said = offered.preset.to_json()
    del said["chosen"]  # of one video
    return PresetView(**said, recipe=offered.asked)
