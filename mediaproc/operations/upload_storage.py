"""S3's part of an upload: begun, listed, joined. It may take minutes: never call this within a transaction."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from mediaproc.domain.errors import Detail, Expected, ServiceUnavailable, UploadEnded, UploadIncomplete
from mediaproc.domain.states import Priority, UploadState
from mediaproc.domain.tables import Upload, Video, new_id
from mediaproc.operations import filenames, upload_rules
from mediaproc.operations.ingest import NewVideo
from mediaproc.storage import keys, multipart, objects
from mediaproc.storage.multipart import NoSuchUpload, UploadedPart


@dataclass
class Begun:
    """An upload that S3 knows of. `recorded` is set once it is in the database, too."""

    new_video: NewVideo
    object_key: str
    s3_upload_id: str
    size_bytes: int
    recorded: bool = False


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


@contextmanager
def begun(
    *,
    filename: str,
    size_bytes: int,
    content_type: str = "",
    preset: str = "web",
    priority: Priority = Priority.NORMAL,
) -> Generator[Begun]:
    """Begin an upload in S3, and undo that unless it was written down within.

    A crash in between leaves S3 an upload without parts, which the bucket's rules end. Raises EmptyFile,
    FileTooLarge and ServiceUnavailable.
    """
    upload = _begin(filenames.clean(filename), size_bytes, content_type, preset, priority)
    try:
        yield upload
    finally:
        if not upload.recorded:
            with suppress(Expected):
                multipart.abort(upload.object_key, upload_id=upload.s3_upload_id)


def with_parts(found: FoundUpload) -> FoundUpload:
    """The upload with the parts that S3 has: what a client needs to go on. Raises ServiceUnavailable."""
    upload = found.upload
    if upload.state is not UploadState.OPEN:
        return found
    try:
        parts = multipart.uploaded_parts(upload.object_key, upload_id=upload.s3_upload_id)
    except NoSuchUpload:
        parts = []
    return replace(found, uploaded_parts=_each_once(upload, parts))


def join(upload: Upload, given: Sequence[GivenPart] | None = None) -> None:
    """Let S3 join the parts, unless it has: before a crash, or for another request at this moment.

    Raises UploadIncomplete with the missing parts, UploadEnded and ServiceUnavailable.
    """
    try:
        there = multipart.uploaded_parts(upload.object_key, upload_id=upload.s3_upload_id)
        multipart.complete(upload.object_key, upload_id=upload.s3_upload_id, parts=_whole(upload, there, given))
    except (NoSuchUpload, UploadIncomplete, ServiceUnavailable) as error:
        if _is_joined(upload):
            return
        if isinstance(error, NoSuchUpload):
            raise UploadEnded(Detail.PARTS_LOST) from None
        raise


def _begin(filename: str, size_bytes: int, content_type: str, preset: str, priority: Priority) -> Begun:
    upload_rules.check_size(size_bytes)
    video_id = new_id()
    key = keys.source(video_id, filename)
    return Begun(
        new_video=NewVideo(
            id=video_id,
            filename=filename,
            content_type=upload_rules.media_type(content_type),
            preset=preset,
            priority=priority,
        ),
        object_key=key,
        s3_upload_id=multipart.create(key, content_type=upload_rules.stored_type(content_type)),
        size_bytes=size_bytes,
    )


def _is_joined(upload: Upload) -> bool:
    stored = objects.head(upload.object_key)
    return stored is not None and stored.size_bytes == upload.size_bytes


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
