"""Uploads: a video's source goes from the client straight to S3, in parts; here it is begun, signed, joined, ended.

S3 may take minutes to join a large file, so it is asked by `upload_storage` and never within a transaction. The edge
takes the steps one after the other:

    begin     upload_storage.begun (S3)          create (writes down)
    look      find (reads)                       upload_storage.with_parts (S3)
    complete  claim (reads)                      upload_storage.join (S3)            complete (writes down)
    end       abort, expire_stale (write down)   S3 once that is committed; a Leftover makes up for a failure

Each may be taken twice at the same moment, or be the last one before a crash: S3 joins once, and what it has joined
is found by whoever completes next; only the step that writes down holds locks, and looks again at what it finds.

Lock order everywhere: the video's row first, then the upload's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col, select

from mediaproc import database
from mediaproc.domain.errors import Conflict, Detail, Invalid, NotFound, UploadEnded
from mediaproc.domain.states import UploadState
from mediaproc.domain.tables import Leftover, Upload, Video, now
from mediaproc.events.messages import EventType
from mediaproc.operations import ingest, tenancy
from mediaproc.operations.ingest import ObjectSource
from mediaproc.operations.jobs import requests, transitions
from mediaproc.operations.tenancy import Principal
from mediaproc.operations.upload_storage import Begun, FoundUpload
from mediaproc.settings import settings
from mediaproc.storage import keys, multipart

SMALLEST_PART_BYTES, USUAL_PARTS, LARGE_PART_BYTES = 8 * 1024**2, 64, 16 * 1024**2

PART_URL_SECONDS = 24 * 3600
"""A part's address outlives a slow line and a night's pause."""

FIRST_PARTS = 100
"""How many addresses come with a new upload."""

MOST_PARTS_SIGNED = 1000
"""How many addresses one request may ask for."""

LONGEST_JOIN = timedelta(hours=1)
"""An upload that is being completed does not expire so soon."""


@dataclass(frozen=True)
class SignedPart:
    """Presigned URL to PUT one part to, with its expiry."""

    part_number: int
    url: str
    expires_at: datetime


def create(session: Session, principal: Principal, begun: Begun) -> Upload:
    """Write down an upload that was begun in S3, with its video. Raises Invalid for an unknown preset."""
    source = ObjectSource(key=begun.object_key, size_bytes=begun.size_bytes)
    video = ingest.create_video_from(session, principal, source, begun.new_video)
    part_size_bytes = part_size_for(begun.size_bytes)
    upload = Upload(
        team_id=principal.team_id,
        video_id=video.id,
        s3_upload_id=begun.s3_upload_id,
        object_key=video.source_key,
        size_bytes=begun.size_bytes,
        part_size_bytes=part_size_bytes,
        part_count=math.ceil(begun.size_bytes / part_size_bytes),
        expires_at=now() + timedelta(seconds=settings().upload_expiry_seconds),
    )
    session.add(upload)
    session.flush()
    begun.recorded = True
    return upload


def sign_parts(
    session: Session, principal: Principal, id: UUID, *, part_numbers: Sequence[int] | None = None
) -> list[SignedPart]:
    """Fresh addresses for these parts, or the first 100. Raises NotFound, UploadEnded and Invalid."""
    upload = tenancy.find(session, principal, Upload, id)
    _check_open(upload)
    numbers = range(1, min(upload.part_count, FIRST_PARTS) + 1) if part_numbers is None else part_numbers
    _check_numbers(upload, numbers)
    expires_at = now() + timedelta(seconds=PART_URL_SECONDS)
    signed = multipart.sign_parts(
        upload.object_key, upload_id=upload.s3_upload_id, part_numbers=numbers, seconds=PART_URL_SECONDS
    )
    return [SignedPart(number, url, expires_at) for number, url in signed.items()]


def find(session: Session, principal: Principal, id: UUID) -> FoundUpload:
    """An upload and its video. Raises NotFound."""
    upload = tenancy.find(session, principal, Upload, id)
    return FoundUpload(upload, session.get(Video, upload.video_id) if upload.video_id else None)


def claim(session: Session, principal: Principal, id: UUID) -> Upload | None:
    """An upload whose parts may be joined now, or None when that is done. It does not expire meanwhile.

    Raises NotFound and UploadEnded.
    """
    upload = tenancy.find(session, principal, Upload, id, lock=True)
    if upload.state is UploadState.COMPLETED:
        return None
    _check_open(upload)
    upload.expires_at = max(upload.expires_at, now() + LONGEST_JOIN)
    session.flush()
    return upload


def complete(session: Session, principal: Principal, id: UUID) -> Video:
    """Write down that the parts are joined, and enqueue the video's job; once more, it just gives the video again.

    Raises NotFound, and UploadEnded when the upload was given up meanwhile.
    """
    upload, video = _hold(session, principal, id)
    if upload.state not in {UploadState.OPEN, UploadState.COMPLETED}:
        _leave_object(upload)
        raise UploadEnded
    if video is None:
        raise NotFound
    if upload.state is UploadState.OPEN:
        upload.state, upload.completed_at = UploadState.COMPLETED, now()
        requests.enqueue(session, video=video, preset=video.preset)
    return video


def abort(session: Session, principal: Principal, id: UUID) -> None:
    """Throw an unfinished upload away, with its parts and its video. Once more, nothing happens.

    Raises NotFound, and Conflict for a finished one.
    """
    upload, video = _hold(session, principal, id)
    if upload.state is UploadState.COMPLETED:
        raise Conflict(Detail.UPLOAD_COMPLETED_DELETE_VIDEO)
    if upload.state is UploadState.OPEN:
        _end(session, upload, video, UploadState.ABORTED)


def expire_stale(*, limit: int = 100) -> int:
    """Throw away unfinished uploads whose time is over, and forget those that ended. Returns how many expired.

    One transaction for each, so that none waits for the others.
    """
    with database.transaction() as session:
        session.exec(delete(Upload).where(col(Upload.state) != UploadState.OPEN, col(Upload.expires_at) < now()))
        over = select(Upload.id).where(col(Upload.state) == UploadState.OPEN, col(Upload.expires_at) < now())
        ids = session.exec(over.limit(limit)).all()
    return sum(_expire(id) for id in ids)


def leave_behind(session: Session, video: Video) -> None:
    """End the open uploads of a video that is deleted; sweeping its prefix throws their parts away."""
    rows = session.exec(select(Upload).where(Upload.video_id == video.id).with_for_update()).all()
    for upload in rows:
        upload.video_id = None
        if upload.state is UploadState.OPEN:
            upload.state = UploadState.ABORTED
    session.flush()


def part_size_for(size_bytes: int) -> int:
    """The size of a part, in whole MiB: a 64th of the file, but from 8 to 16 MiB, or what 10,000 parts make necessary.

    A browser spends a fifth less on parts of 16 MiB than of 8; what a lost connection costs is small beside the file.
    """
    usual = min(max(_mebibytes(size_bytes / USUAL_PARTS), SMALLEST_PART_BYTES), LARGE_PART_BYTES)
    return max(usual, _mebibytes(size_bytes / multipart.MOST_PARTS))


def _mebibytes(size_bytes: float) -> int:
    """Rounded up to whole ones, in bytes."""
    return math.ceil(size_bytes / 1024**2) * 1024**2


def _check_open(upload: Upload) -> None:
    if upload.state is UploadState.COMPLETED:
        raise UploadEnded(Detail.UPLOAD_COMPLETED)
    if upload.state is not UploadState.OPEN or upload.expires_at < now():
        raise UploadEnded


def _check_numbers(upload: Upload, numbers: Sequence[int]) -> None:
    if len(numbers) > MOST_PARTS_SIGNED:
        message = Detail.PARTS_AT_A_TIME.format(most=MOST_PARTS_SIGNED)
    elif any(not 1 <= number <= upload.part_count for number in numbers):
        message = Detail.PART_NUMBERS.format(count=upload.part_count)
    else:
        return
    raise Invalid.field("part_numbers", message)


def _hold(session: Session, principal: Principal, id: UUID) -> tuple[Upload, Video | None]:
    """The rows of an upload, locked in order and read afresh."""
    video_id = tenancy.find(session, principal, Upload, id).video_id
    video = None
    if video_id is not None:
        query = select(Video).where(Video.id == video_id).with_for_update(key_share=True)
        video = session.exec(query.execution_options(populate_existing=True)).one_or_none()
    query = tenancy.scoped(principal, Upload).where(col(Upload.id) == id).with_for_update()
    return session.exec(query.execution_options(populate_existing=True)).one(), video


def _end(session: Session, upload: Upload, video: Video | None, state: UploadState) -> None:
    upload.state, upload.video_id = state, None
    session.flush()
    if video is not None:
        transitions.publish(session, video, EventType.REMOVED, {})
        session.add(Leftover(prefix=keys.video_prefix(video.id)))
        session.delete(video)
        session.flush()
    database.after_commit(session, lambda: multipart.abort(upload.object_key, upload_id=upload.s3_upload_id))


def _leave_object(upload: Upload) -> None:
    """Let what was joined too late be swept, in a transaction of its own: the error undoes the caller's."""
    with database.transaction() as own:
        own.add(Leftover(prefix=upload.object_key))


def _expire(id: UUID) -> bool:
    """End one stale upload, unless somebody just uses it; then it is left for the next time."""
    with database.transaction() as session:
        video_id = session.exec(select(Upload.video_id).where(Upload.id == id)).one_or_none()
        video = session.exec(
            select(Video).where(Video.id == video_id).with_for_update(skip_locked=True, key_share=True)
        ).one_or_none()
        upload = session.exec(
            select(Upload).where(Upload.id == id).with_for_update(skip_locked=True, key_share=True)
        ).one_or_none()
        if upload is None or not _is_stale(upload) or (video is None) != (upload.video_id is None):
            return False
        _end(session, upload, video, UploadState.EXPIRED)
    return True


def _is_stale(upload: Upload) -> bool:
    return upload.state is UploadState.OPEN and upload.expires_at < now()
