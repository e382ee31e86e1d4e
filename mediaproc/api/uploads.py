"""`/api/v1/uploads`: create an upload, sign its parts, complete it. Bytes go from the client straight to S3.

S3 may take minutes to join a large file. Requests that wait for it use threads of their own and hold no database
connection, so that other requests are not delayed.
"""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import anyio
from anyio import to_thread
from fastapi import APIRouter, Body
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlmodel import Session

from mediaproc.api.dependencies import SignedIn
from mediaproc.api.once import Once, OnceOnly
from mediaproc.api.problems import documented
from mediaproc.database import transaction
from mediaproc.domain.states import Priority, UploadState
from mediaproc.operations import upload_storage, uploads, views
from mediaproc.operations.tenancy import Principal
from mediaproc.operations.upload_storage import Begun, FoundUpload, GivenPart
from mediaproc.operations.views import Time, VideoView

router = APIRouter(prefix="/uploads", tags=["uploads"])

_joining = anyio.CapacityLimiter(16)
_asking = anyio.CapacityLimiter(12)
"""Threads that wait for storage, so that quick requests don't queue behind joins."""


class NewUpload(BaseModel):
    """Request body: a file to upload."""

    filename: str = Field(min_length=1, max_length=1024, examples=["holiday.mov"])
    size_bytes: int = Field(ge=0, le=2**62, examples=[734003200])
    content_type: str = Field("", max_length=255, examples=["video/quicktime"])
    preset: str = Field("web", max_length=64, description="Name of a preset from `GET /presets`.")
    priority: Priority = Field(
        Priority.NORMAL, description="Priority of its jobs. `PATCH /videos/{id}` changes it while they wait."
    )


class PartUrl(BaseModel):
    """URL to PUT one part to. `complete` takes the ETag header of S3's response."""

    part_number: int
    url: str


class SignedPartView(PartUrl):
    """URL of a part, with its expiry."""

    model_config = ConfigDict(from_attributes=True)

    expires_at: Time


class BegunUpload(BaseModel):
    """A new upload. Part n holds the bytes from (n−1) · part_size_bytes; the last part is shorter."""

    id: UUID
    video_id: UUID
    part_size_bytes: int
    part_count: int
    expires_at: Time
    parts: list[PartUrl] = Field(
        description="URLs of the first parts, at most 100. `POST /uploads/{id}/parts` gives more."
    )


class WantedParts(BaseModel):
    """Request body: part numbers, from 1."""

    part_numbers: list[int] = Field(min_length=1, max_length=uploads.MOST_PARTS_SIGNED)


class SignedParts(BaseModel):
    """Presigned URLs of parts."""

    parts: list[SignedPartView]


class UploadedPartView(BaseModel):
    """A part that S3 has received."""

    model_config = ConfigDict(from_attributes=True)

    part_number: int
    size_bytes: int
    etag: str


class UploadView(BaseModel):
    """An upload and the parts that S3 has, for clients that resume after a crash or on another device."""

    id: UUID
    video_id: UUID | None = Field(description="Null after the video was deleted.")
    filename: str | None
    state: UploadState
    size_bytes: int
    part_size_bytes: int
    part_count: int
    created_at: Time
    expires_at: Time
    uploaded_parts: list[UploadedPartView]


class SentPart(BaseModel):
    """A part as the client sent it."""

    part_number: int
    etag: str = Field(max_length=255)


class Completion(BaseModel):
    """Request body: the uploaded parts. Without it, S3's own list counts."""

    parts: list[SentPart] | None = Field(None, max_length=10_000)


@router.post(
    "",
    operation_id="create_upload",
    status_code=201,
    response_model=BegunUpload,
    responses=documented(401, 403, 409, 422, 503),
)
async def create(body: NewUpload, once: OnceOnly) -> JSONResponse:
    """Create an upload. 422 `empty_file` or `file_too_large`."""
    return await to_thread.run_sync(_create, once, body, limiter=_asking)


@router.post("/{id}/parts", operation_id="sign_upload_parts", responses=documented(401, 403, 404, 409, 422))
def sign_parts(id: UUID, body: WantedParts, principal: SignedIn) -> SignedParts:
    """Get presigned URLs for parts, at any time until the upload ends."""
    with transaction() as session:
        signed = uploads.sign_parts(session, principal, id, part_numbers=body.part_numbers)
    return SignedParts(parts=[SignedPartView.model_validate(part) for part in signed])


@router.get("/{id}", operation_id="get_upload", responses=documented(401, 403, 404, 503))
async def show(id: UUID, principal: SignedIn) -> UploadView:
    """Get an upload and the parts that S3 has received."""
    return await to_thread.run_sync(_show, principal, id, limiter=_asking)


@router.post(
    "/{id}/complete",
    operation_id="complete_upload",
    status_code=201,
    response_model=VideoView,
    responses=documented(401, 403, 404, 409, 422, 503),
)
async def complete(id: UUID, once: OnceOnly, body: Annotated[Completion | None, Body()] = None) -> JSONResponse:
    """Complete an upload and queue its video. Repeating the request is harmless. 409 `upload_incomplete` lists
    `missing_parts`.
    """
    return await to_thread.run_sync(_complete, once, id, body, limiter=_joining)


@router.delete("/{id}", operation_id="abort_upload", status_code=204, responses=documented(401, 403, 404, 409))
async def abort(id: UUID, principal: SignedIn) -> None:
    """Abort an unfinished upload. Deletes its parts from storage and its video from the library."""
    await to_thread.run_sync(_abort, principal, id, limiter=_asking)


def _create(once: Once, body: NewUpload) -> JSONResponse:
    known = once.known()
    if known is not None:
        return known
    with upload_storage.begun(**body.model_dump()) as begun:
        return once.answer(lambda session: _write_down(session, once.principal, begun), status=201)


def _write_down(session: Session, principal: Principal, begun: Begun) -> BegunUpload:
    upload = uploads.create(session, principal, begun)
    signed = uploads.sign_parts(session, principal, upload.id)
    return BegunUpload.model_validate(
        {**upload.model_dump(), "parts": [PartUrl(part_number=part.part_number, url=part.url) for part in signed]}
    )


def _show(principal: Principal, id: UUID) -> UploadView:
    with transaction() as session:
        found = uploads.find(session, principal, id)
    return _view(upload_storage.with_parts(found))


def _complete(once: Once, id: UUID, body: Completion | None) -> JSONResponse:
    known = once.known()
    if known is not None:
        return known
    with transaction() as session:
        claimed = uploads.claim(session, once.principal, id)
    if claimed is not None:
        upload_storage.join(claimed, _given(body))
    return once.answer(lambda session: _completed(session, once.principal, id), status=201)


def _abort(principal: Principal, id: UUID) -> None:
    with transaction() as session:
        uploads.abort(session, principal, id)


def _given(body: Completion | None) -> list[GivenPart] | None:
    if body is None or body.parts is None:
        return None
    return [GivenPart(part.part_number, part.etag) for part in body.parts]


def _completed(session: Session, principal: Principal, id: UUID) -> VideoView:
    return views.of_videos(session, [uploads.complete(session, principal, id)])[0]


def _view(found: FoundUpload) -> UploadView:
    return UploadView(
        **found.upload.model_dump(),
        filename=found.video.filename if found.video else None,
        uploaded_parts=[UploadedPartView.model_validate(part) for part in found.uploaded_parts],
    )
