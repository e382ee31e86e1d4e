"""`/api/v1/uploads`: begin an upload, send its parts to S3, complete it. The bytes never come through here.

Storage may take minutes to join a large file. Requests that wait for it have threads of their own, so that all others
are answered meanwhile, and hold no connection to the database.
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
from mediaproc.operations.scope import Principal
from mediaproc.operations.upload_storage import Begun, FoundUpload, GivenPart
from mediaproc.operations.views import Time, VideoView

router = APIRouter(prefix="/uploads", tags=["uploads"])

_joining = anyio.CapacityLimiter(16)
_asking = anyio.CapacityLimiter(12)
"""Threads that wait for storage; what is asked quickly must not stand behind what is joined."""


class NewUpload(BaseModel):
    """A file to upload."""

    filename: str = Field(min_length=1, max_length=1024, examples=["holiday.mov"])
    size_bytes: int = Field(ge=0, le=2**62, examples=[734003200])
    content_type: str = Field("", max_length=255, examples=["video/quicktime"])
    preset: str = Field("web", max_length=64, description="One of `GET /presets`.")
    priority: Priority = Field(
        Priority.NORMAL, description="How urgent its work is; `PATCH /videos/{id}` changes it while it waits."
    )


class PartUrl(BaseModel):
    """Where to PUT the bytes of one part. The answer's ETag header is what `complete` takes."""

    part_number: int
    url: str


class SignedPartView(PartUrl):
    """A part's address with its end."""

    model_config = ConfigDict(from_attributes=True)

    expires_at: Time


class BegunUpload(BaseModel):
    """An upload to fill: part n holds the bytes from (n−1) · part_size_bytes on; the last is shorter."""

    id: UUID
    video_id: UUID
    part_size_bytes: int
    part_count: int
    expires_at: Time
    parts: list[PartUrl] = Field(description="The first addresses, at most 100; `POST /uploads/{id}/parts` gives more.")


class WantedParts(BaseModel):
    """Numbers of parts, from 1."""

    part_numbers: list[int] = Field(min_length=1, max_length=uploads.MOST_PARTS_SIGNED)


class SignedParts(BaseModel):
    """Fresh addresses."""

    parts: list[SignedPartView]


class UploadedPartView(BaseModel):
    """A part that S3 has."""

    model_config = ConfigDict(from_attributes=True)

    part_number: int
    size_bytes: int
    etag: str


class UploadView(BaseModel):
    """An upload and what S3 has of it, for a client that goes on after a crash or on another device."""

    id: UUID
    video_id: UUID | None = Field(description="Null once the video is gone.")
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
    """The parts that were sent, or nothing: then S3's own list counts."""

    parts: list[SentPart] | None = Field(None, max_length=10_000)


@router.post("", status_code=201, response_model=BegunUpload, responses=documented(401, 403, 409, 422, 503))
async def create(body: NewUpload, once: OnceOnly) -> JSONResponse:
    """Begin an upload. `empty_file` and `file_too_large` are 422."""
    return await to_thread.run_sync(_create, once, body, limiter=_asking)


@router.post("/{id}/parts", responses=documented(401, 403, 404, 409, 422))
def sign_parts(id: UUID, body: WantedParts, principal: SignedIn) -> SignedParts:
    """Fresh addresses for parts, at any time until the upload ends."""
    with transaction() as session:
        signed = uploads.sign_parts(session, principal, id, part_numbers=body.part_numbers)
    return SignedParts(parts=[SignedPartView.model_validate(part) for part in signed])


@router.get("/{id}", responses=documented(401, 403, 404, 503))
async def show(id: UUID, principal: SignedIn) -> UploadView:
    """The upload's state, and the parts that S3 has."""
    return await to_thread.run_sync(_show, principal, id, limiter=_asking)


@router.post(
    "/{id}/complete", status_code=201, response_model=VideoView, responses=documented(401, 403, 404, 409, 422, 503)
)
async def complete(id: UUID, once: OnceOnly, body: Annotated[Completion | None, Body()] = None) -> JSONResponse:
    """Join the parts; the video is queued. Calling it again is harmless. `upload_incomplete` has `missing_parts`."""
    return await to_thread.run_sync(_complete, once, id, body, limiter=_joining)


@router.delete("/{id}", status_code=204, responses=documented(401, 403, 404, 409))
async def abort(id: UUID, principal: SignedIn) -> None:
    """Give up an unfinished upload: its parts go from storage, and its video from the library."""
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
