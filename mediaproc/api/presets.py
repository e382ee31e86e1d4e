"""`/api/v1/presets`: the recipes there are."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from mediaproc.api.caller import SignedIn
from mediaproc.api.problems import documented
from mediaproc.media.presets import PRESETS

router = APIRouter(prefix="/presets", tags=["presets"])


class PresetView(BaseModel):
    """A preset, with what it makes: a rung for each size that the source is large enough for, or files alone
    (`sounds`, `loop`).
    """

    model_config = ConfigDict(extra="allow")

    name: str
    version: int
    title: str
    description: str
    codec: str
    rungs: list[dict[str, Any]]
    containers: list[str]


class PresetList(BaseModel):
    """Every preset."""

    items: list[PresetView]
    next_cursor: None = None


@router.get("", responses=documented(401, 403))
def presets(_principal: SignedIn) -> PresetList:
    """The presets with what each makes."""
    return PresetList(items=[PresetView(**preset.to_json()) for preset in PRESETS.values()])
