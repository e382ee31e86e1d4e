"""Uploads: a video's source goes from the client straight to S3, in parts; here it is begun, signed, joined, ended.

Lock order everywhere: the video's row first, then the upload's.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlmodel import Session, col, select

from mediaproc import logs
from mediaproc.domain.errors import (
    Conflict,
    EmptyFile,
    Expected,
    FileTooLarge,
    Invalid,
    NotFound,
    UploadEnded,
    UploadIncomplete,
)
from mediaproc.domain.states import UploadState
from mediaproc.domain.tables import Leftover, Upload, Video, new_id, now
from mediaproc.events.messages import EventType
from mediaproc.media.presets import PRESETS
from mediaproc.operations import filenames, jobs, scope
from mediaproc.operations.jobs import moves
from mediaproc.operations.scope import Principal
from mediaproc.settings import settings
from mediaproc.storage import keys, multipart, objects
from mediaproc.storage.multipart import NoSuchUpload, UploadedPart

log = logs.get_logger(__name__)

USUAL_PART_BYTES = 8 * 1024**2
"""Fastest of those measured; larger only where 10,000 parts would not do."""

PART_URL_SECONDS = 24 * 3600
"""A part's address outlives a slow line and a night's pause."""

FIRST_PARTS = 100
"""How many addresses come with a new upload."""

MOST_PARTS_SIGNED = 1000
"""How many addresses one request may ask for."""


@dataclass(frozen=True)
class SignedPart:
    """Where to PUT one part, until when."""

    part_number: int
    url: str
    expires_at: datetime


@dataclass(frozen=True)
class GivenPart:
    """A part as the client says that it sent it."""

    part_number: int
    etag: str


@dataclass(frozen=True)
class FoundUpload:
    """An upload with what S3 has of it; `video` is None once it is gone."""

    upload: Upload
    video: Video | None
    uploaded_parts: Sequence[UploadedPart] = ()


def create(
    session: Session,
    principal: Principal,
    *,
    filename: str,
    size_bytes: int,
    content_type: str = "",
    preset: str = "web",
) -> Upload:
    """Begin an upload, with its video. Raises EmptyFile, FileTooLarge, Invalid and ServiceUnavailable."""
    _check_size(size_bytes)
    check_preset(preset)
    video = _add_video(session, principal, filenames.clean(filename), size_bytes, _kind(content_type), preset)
    part_size_bytes = part_size_for(size_bytes)
    upload = Upload(
        team_id=principal.team_id,
        video_id=video.id,
        s3_upload_id=multipart.create(video.source_key, content_type=_stored_type(content_type)),
        object_key=video.source_key,
        size_bytes=size_bytes,
        part_size_bytes=part_size_bytes,
        part_count=math.ceil(size_bytes / part_size_bytes),
        expires_at=now() + timedelta(seconds=settings().upload_expiry_seconds),
    )
    session.add(upload)
    session.flush()
    moves.tell(session, video, EventType.STATUS, {"status": video.status.value})
    return upload


def sign_parts(
    session: Session, principal: Principal, id: UUID, *, part_numbers: Sequence[int] | None = None
) -> list[SignedPart]:
    """Fresh addresses for these parts, or the first 100. Raises NotFound, UploadEnded and Invalid."""
    upload = scope.find(session, principal, Upload, id)
    _check_open(upload)
    numbers = range(1, min(upload.part_count, FIRST_PARTS) + 1) if part_numbers is None else part_numbers
    _check_numbers(upload, numbers)
    expires_at = now() + timedelta(seconds=PART_URL_SECONDS)
    signed = multipart.sign_parts(
        upload.object_key, upload_id=upload.s3_upload_id, part_numbers=numbers, seconds=PART_URL_SECONDS
    )
    return [SignedPart(number, url, expires_at) for number, url in signed.items()]


def find(session: Session, principal: Principal, id: UUID) -> FoundUpload:
    """An upload with the parts that S3 has: what a client needs to go on. Raises NotFound and ServiceUnavailable."""
    upload = scope.find(session, principal, Upload, id)
    video = session.get(Video, upload.video_id) if upload.video_id else None
    if upload.state is not UploadState.OPEN:
        return FoundUpload(upload, video)
    try:
        parts = multipart.uploaded_parts(upload.object_key, upload_id=upload.s3_upload_id)
    except NoSuchUpload:
        parts = []
    return FoundUpload(upload, video, _each_once(upload, parts))


def complete(session: Session, principal: Principal, id: UUID, *, parts: Sequence[GivenPart] | None = None) -> Video:
    """Join the parts and enqueue the video's job; once more, it just gives the video again.

    Raises NotFound, UploadIncomplete with the missing parts, UploadEnded and ServiceUnavailable.
    """
    upload, video = _hold(session, principal, id)
    if upload.state is not UploadState.COMPLETED:
        _check_open(upload)
    if video is None:
        raise NotFound
    if upload.state is UploadState.OPEN:
        _join(upload, parts)
        upload.state, upload.completed_at = UploadState.COMPLETED, now()
        jobs.enqueue(session, video=video, preset=video.preset)
    return video


def abort(session: Session, principal: Principal, id: UUID) -> None:
    """Throw an unfinished upload away, with its parts and its video. Once more, nothing happens.

    Raises NotFound, ServiceUnavailable, and Conflict for a finished one.
    """
    upload, video = _hold(session, principal, id)
    if upload.state is UploadState.COMPLETED:
        raise Conflict("This upload is finished; delete the video instead")
    if upload.state is UploadState.OPEN:
        _end(session, upload, video, UploadState.ABORTED)


def expire_stale(session: Session, *, limit: int = 100) -> int:
    """Throw away unfinished uploads whose time is over, and forget those that ended. Returns how many expired."""
    session.exec(delete(Upload).where(col(Upload.state) != UploadState.OPEN, col(Upload.expires_at) < now()))
    over = select(Upload.id).where(col(Upload.state) == UploadState.OPEN, col(Upload.expires_at) < now()).limit(limit)
    return sum(_expire(session, id) for id in session.exec(over).all())


def leave_behind(session: Session, video: Video) -> None:
    """End the open uploads of a video that is deleted; sweeping its prefix throws their parts away."""
    rows = session.exec(select(Upload).where(Upload.video_id == video.id).with_for_update()).all()
    for upload in rows:
        upload.video_id = None
        if upload.state is UploadState.OPEN:
            upload.state = UploadState.ABORTED
    session.flush()


def part_size_for(size_bytes: int) -> int:
    """The size of a part: 8 MiB, or as many whole MiB as it takes to need at most 10,000 parts."""
    mebibytes = math.ceil(size_bytes / multipart.MOST_PARTS / 1024**2)
    return max(USUAL_PART_BYTES, mebibytes * 1024**2)


def check_preset(name: str) -> None:
    """Raise Invalid for a preset that there is not."""
    if name not in PRESETS:
        raise Invalid(errors=[{"field": "preset", "message": f"There is no preset of this name; try {_names()}"}])


def _names() -> str:
    return ", ".join(f"“{name}”" for name in PRESETS)


def _check_size(size_bytes: int) -> None:
    largest = settings().max_upload_bytes
    if size_bytes <= 0:
        raise EmptyFile(errors=[{"field": "size_bytes", "message": EmptyFile.title}])
    if size_bytes > largest:
        message = f"This file is larger than the {largest / 1024**3:.3g} GiB that are allowed"
        raise FileTooLarge(
            errors=[{"field": "size_bytes", "message": message}],
        )


def _add_video(
    session: Session, principal: Principal, filename: str, size_bytes: int, content_type: str, preset: str
) -> Video:
    id = new_id()
    video = Video(
        id=id,
        team_id=principal.team_id,
        created_by_id=principal.user_id,
        filename=filename,
        title=filenames.stem(filename),
        content_type=content_type,
        preset=preset,
        source_key=keys.source(id, filename),
        size_bytes=size_bytes,
    )
    session.add(video)
    session.flush()
    return video


def _kind(content_type: str) -> str:
    """The media type without parameters; empty unless it looks like one."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind if re.fullmatch(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}", kind) else ""


def _stored_type(content_type: str) -> str:
    """Only media types are kept on the object: S3 would serve a claimed `text/html` as a page of its own origin."""
    kind = _kind(content_type)
    return kind if kind.startswith(("video/", "audio/")) else "application/octet-stream"


def _check_open(upload: Upload) -> None:
    if upload.state is UploadState.COMPLETED:
        raise UploadEnded("This upload is finished already")
    if upload.state is not UploadState.OPEN or upload.expires_at < now():
        raise UploadEnded


def _check_numbers(upload: Upload, numbers: Sequence[int]) -> None:
    if len(numbers) > MOST_PARTS_SIGNED:
        message = f"At most {MOST_PARTS_SIGNED} parts at a time"
    elif any(not 1 <= number <= upload.part_count for number in numbers):
        message = f"This upload has parts 1 to {upload.part_count}"
    else:
        return
    raise Invalid(errors=[{"field": "part_numbers", "message": message}])


def _hold(session: Session, principal: Principal, id: UUID) -> tuple[Upload, Video | None]:
    """The rows of an upload, locked in order and read afresh."""
    video_id = scope.find(session, principal, Upload, id).video_id
    video = None
    if video_id is not None:
        query = select(Video).where(Video.id == video_id).with_for_update(key_share=True)
        video = session.exec(query.execution_options(populate_existing=True)).one_or_none()
    query = scope.scoped(principal, Upload).where(col(Upload.id) == id).with_for_update()
    return session.exec(query.execution_options(populate_existing=True)).one(), video


def _join(upload: Upload, given: Sequence[GivenPart] | None) -> None:
    """Let S3 join the parts, unless it did so before a crash that kept us from writing it down."""
    try:
        there = multipart.uploaded_parts(upload.object_key, upload_id=upload.s3_upload_id)
        multipart.complete(upload.object_key, upload_id=upload.s3_upload_id, parts=_whole(upload, there, given))
    except NoSuchUpload:
        stored = objects.head(upload.object_key)
        if stored is None or stored.size_bytes != upload.size_bytes:
            raise UploadEnded("Storage no longer has the parts of this upload; please begin again") from None


def _whole(upload: Upload, there: Sequence[UploadedPart], given: Sequence[GivenPart] | None) -> list[UploadedPart]:
    """All parts in order. Raises UploadIncomplete naming those that are absent, cut short or not the ones given."""
    etags = None if given is None else {part.part_number: part.etag.strip().strip('"') for part in given}
    good = {part.part_number: part for part in there if _is_whole(upload, part, etags)}
    numbers = range(1, upload.part_count + 1)
    if missing := [number for number in numbers if number not in good]:
        raise UploadIncomplete(missing)
    return [good[number] for number in numbers]


def _each_once(upload: Upload, there: Sequence[UploadedPart]) -> list[UploadedPart]:
    """Each part once, whole if it ever was: SeaweedFS lists what was sent again beside what was sent before."""
    known: dict[int, UploadedPart] = {}
    for part in there:
        if part.part_number not in known or _is_whole(upload, part, None):
            known[part.part_number] = part
    return list(known.values())


def _is_whole(upload: Upload, part: UploadedPart, etags: dict[int, str] | None) -> bool:
    last_bytes = upload.size_bytes - upload.part_size_bytes * (upload.part_count - 1)
    expected = last_bytes if part.part_number == upload.part_count else upload.part_size_bytes
    return part.size_bytes == expected and (etags is None or etags.get(part.part_number) == part.etag)


def _end(session: Session, upload: Upload, video: Video | None, state: UploadState) -> None:
    multipart.abort(upload.object_key, upload_id=upload.s3_upload_id)
    upload.state, upload.video_id = state, None
    session.flush()
    if video is not None:
        moves.tell(session, video, EventType.REMOVED, {})
        session.add(Leftover(prefix=keys.video_prefix(video.id)))
        session.delete(video)
        session.flush()


def _expire(session: Session, id: UUID) -> bool:
    """End one stale upload, unless somebody just uses it or S3 does not answer; then it is left for the next time."""
    video_id = session.exec(select(Upload.video_id).where(Upload.id == id)).one_or_none()
    video = session.exec(
        select(Video).where(Video.id == video_id).with_for_update(skip_locked=True, key_share=True)
    ).one_or_none()
    upload = session.exec(
        select(Upload).where(Upload.id == id).with_for_update(skip_locked=True, key_share=True)
    ).one_or_none()
    if upload is None or upload.state is not UploadState.OPEN or (video is None) != (upload.video_id is None):
        return False
    try:
        _end(session, upload, video, UploadState.EXPIRED)
    except Expected:
        log.warning("upload_not_expired", upload_id=str(id), exc_info=True)
        return False
    return True
