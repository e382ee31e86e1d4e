"""`/api/v1/images`: PNG images for watermarks. They pass through the web app; video bytes never do."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field

from mediaproc.api.dependencies import SignedIn
from mediaproc.api.problems import documented
from mediaproc.database import transaction
from mediaproc.operations import images
from mediaproc.operations.tenancy import Principal

router = APIRouter(prefix="/images", tags=["presets"])

PNG = "image/png"
_FOR_GOOD = "private, max-age=31536000, immutable"
"""An image is addressed by its content, so it never changes."""

Id = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]


class ImageView(BaseModel):
    """A stored image."""

    id: str = Field(description="SHA-256 of its bytes: the same image always has the same id.")
    width: int
    height: int
    size_bytes: int


class Png(Response):
    """A PNG image."""

    media_type = PNG


_CONTENT = {"content": {PNG: {"schema": {"type": "string", "format": "binary", "contentMediaType": PNG}}}}
_BODY = {"requestBody": {"required": True, **_CONTENT}}
_FOUND: dict[int | str, dict[str, Any]] = {200: {"description": "The image.", **_CONTENT}}


@router.post(
    "", operation_id="upload_image", status_code=201, responses=documented(401, 403, 409, 413, 422), openapi_extra=_BODY
)
async def keep(request: Request, principal: SignedIn) -> ImageView:
    """Upload a PNG for a watermark: at most 1 MiB and 2048 × 2048 pixels."""
    content = await request.body()
    return await run_in_threadpool(_keep, principal, content)


@router.get(
    "/{id}", operation_id="download_image", response_class=Png, responses=_FOUND | documented(401, 403, 404, 422)
)
def image(id: Id, principal: SignedIn) -> Png:
    """Download an image."""
    with transaction() as session:
        content = images.content(session, team_id=principal.team_id, digest=id)
    return Png(content, headers={"Cache-Control": _FOR_GOOD})


def _keep(principal: Principal, content: bytes) -> ImageView:
    with transaction() as session:
        return ImageView.model_validate(images.keep(session, principal, content), from_attributes=True)
