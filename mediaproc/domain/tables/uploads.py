"""Table of uploads."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from mediaproc.domain.states import UploadState
from mediaproc.domain.tables.columns import bytes_column, created_at_field, enum_column, new_id, time_column


class Upload(SQLModel, table=True):
    """One S3 multipart upload of a video's source, in `part_count` parts of `part_size_bytes` (the last is smaller).

    It outlives a deleted video, so that a client that asks later learns what became of the upload.
    """

    id: UUID = Field(default_factory=new_id, primary_key=True)
    team_id: UUID = Field(foreign_key="team.id", ondelete="CASCADE", index=True)
    video_id: UUID | None = Field(foreign_key="video.id", ondelete="SET NULL", index=True, nullable=True)
    s3_upload_id: str = Field(max_length=1024)
    object_key: str = Field(max_length=512)
    size_bytes: int = Field(sa_column=bytes_column())
    part_size_bytes: int = Field(sa_column=bytes_column())
    part_count: int
    state: UploadState = Field(default=UploadState.OPEN, sa_column=enum_column(UploadState))
    created_at: datetime = created_at_field()
    expires_at: datetime = Field(sa_column=time_column(nullable=False))
    completed_at: datetime | None = Field(default=None, sa_column=time_column())
