"""Uploads: part n holds the bytes from (n − 1) · part_size_bytes; the last part is shorter."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, TypedDict

from mediaproc.client.models.base import Model

UploadState = Literal["open", "completed", "aborted", "expired"] | str


class PartUrl(Model):
    """Presigned URL to PUT one part to."""

    part_number: int
    url: str


class SignedPart(PartUrl):
    """Presigned URL of a part, with its expiry."""

    expires_at: datetime


class NewUpload(Model):
    """A new upload, with the URLs of its first parts (at most 100)."""

    id: str
    video_id: str
    part_size_bytes: int
    part_count: int
    expires_at: datetime
    parts: list[PartUrl]


class UploadedPart(Model):
    """A part that storage has received."""

    part_number: int
    size_bytes: int
    etag: str


class Upload(Model):
    """An upload and the parts that storage has received. `video_id` is None after the video was deleted."""

    id: str
    video_id: str | None = None
    filename: str | None = None
    state: UploadState
    size_bytes: int
    part_size_bytes: int
    part_count: int
    created_at: datetime
    expires_at: datetime
    uploaded_parts: list[UploadedPart]


class SentPart(TypedDict):
    """A part as the client sent it: `etag` is the ETag header of storage's response."""

    part_number: int
    etag: str
