"""Objects of the bucket: store, read, copy, delete."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from mediaproc.domain.errors import Detail, SourceMissing, StorageFailed
from mediaproc.settings import settings
from mediaproc.storage.client import client
from mediaproc.storage.failures import translated

PARALLEL_UPLOADS = 4
"""Uploads at a time of one attempt: a quarter faster than one against the same server; more gain little."""

_COPY_IN_PARTS = TransferConfig(multipart_threshold=5 * 1024**3, multipart_chunksize=256 * 1024**2)
"""S3 copies up to 5 GiB in one request."""

_UPLOAD_IN_PARTS = TransferConfig(
    multipart_threshold=16 * 1024**2, multipart_chunksize=8 * 1024**2, max_concurrency=PARALLEL_UPLOADS
)


@dataclass(frozen=True)
class StoredObject:
    """Size and ETag (without quotes) of an object. The ETag is empty if the server sends none."""

    size_bytes: int
    etag: str


def head(key: str) -> StoredObject | None:
    """Size and ETag of an object, None if there is none. Raises ServiceUnavailable."""
    try:
        with translated():
            answer = client().head_object(Bucket=settings().s3_bucket, Key=key)
    except ClientError:
        return None
    return StoredObject(size_bytes=int(answer["ContentLength"]), etag=answer.get("ETag", "").strip('"'))


def put_file(path: Path, key: str, *, content_type: str) -> None:
    """Store a file as one object. Raises StorageFailed."""
    with translated(StorageFailed), path.open("rb") as body:
        client().put_object(Bucket=settings().s3_bucket, Key=key, Body=body, ContentType=content_type)


def put_bytes(body: bytes, key: str, *, content_type: str) -> None:
    """Store bytes as one object. Raises StorageFailed."""
    with translated(StorageFailed):
        client().put_object(Bucket=settings().s3_bucket, Key=key, Body=body, ContentType=content_type)


def put_large_file(path: Path, key: str, *, content_type: str, check: Callable[[], None]) -> int:
    """Store a file of any size, in parts if it is large, and return its size in bytes. Raises StorageFailed.

    `check` is called during the upload; an exception from it ends the upload, and nothing of the file stays in S3.
    """

    def sent(_size_bytes: int) -> None:
        check()

    size_bytes = path.stat().st_size
    try:
        with translated(StorageFailed), _reraising(check):
            client().upload_file(
                str(path),
                settings().s3_bucket,
                key,
                ExtraArgs={"ContentType": content_type},
                Config=_UPLOAD_IN_PARTS,
                Callback=sent,
            )
    except S3UploadFailedError as error:
        raise StorageFailed(Detail.STORAGE_REJECTED_FILE) from error
    return size_bytes


def get_bytes(key: str) -> bytes:
    """The content of an object. Raises SourceMissing and StorageFailed."""
    try:
        with translated(StorageFailed):
            return bytes(client().get_object(Bucket=settings().s3_bucket, Key=key)["Body"].read())
    except ClientError as error:
        raise SourceMissing from error


def get_range(key: str, offset: int, size: int) -> bytes:
    """`size` bytes of an object from `offset` on, fewer at its end. Raises SourceMissing and StorageFailed."""
    try:
        with translated(StorageFailed):
            wanted = f"bytes={offset}-{offset + size - 1}"
            return bytes(client().get_object(Bucket=settings().s3_bucket, Key=key, Range=wanted)["Body"].read())
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "InvalidRange":
            return b""
        raise SourceMissing from error


def copy(key: str, to: str, *, large: bool = False) -> None:
    """Copy an object within S3. `large`: it may exceed 5 GiB and is then copied in parts.

    Raises SourceMissing and StorageFailed.
    """
    bucket = settings().s3_bucket
    source = {"Bucket": bucket, "Key": key}
    try:
        with translated(StorageFailed):
            if large:
                client().copy(source, bucket, to, Config=_COPY_IN_PARTS)
            else:
                client().copy_object(Bucket=bucket, Key=to, CopySource=source)
    except ClientError as error:
        raise SourceMissing from error


def url_for_servers(key: str, *, seconds: int) -> str:
    """Presigned URL for our own servers, such as FFmpeg that reads by range; valid for `seconds`."""
    params = {"Bucket": settings().s3_bucket, "Key": key}
    return str(client().generate_presigned_url("get_object", Params=params, ExpiresIn=seconds))


def delete_prefix(prefix: str) -> None:
    """Delete every object under the prefix, and abort every multipart upload there.

    Raises StorageFailed if S3 could not delete some, and botocore's errors if it does not respond.
    """
    _delete_objects(prefix)
    _abort_uploads(prefix)


def delete_others(prefix: str, named: Collection[str]) -> None:
    """Delete the objects under the prefix except the named keys. Raises StorageFailed."""
    with translated(StorageFailed):
        pages = client().get_paginator("list_objects_v2").paginate(Bucket=settings().s3_bucket, Prefix=prefix)
        for page in pages:
            found = [{"Key": each["Key"]} for each in page.get("Contents", ()) if each["Key"] not in named]
            if found:
                _delete(found)


@contextmanager
def _reraising(check: Callable[[], None]) -> Generator[None]:
    """botocore wraps an exception of a callback in its own: let `check` raise it again."""
    try:
        yield
    except Exception:
        check()
        raise


def _delete_objects(prefix: str) -> None:
    pages = client().get_paginator("list_objects_v2").paginate(Bucket=settings().s3_bucket, Prefix=prefix)
    for page in pages:
        found = [{"Key": each["Key"]} for each in page.get("Contents", ())]
        if found:
            _delete(found)


def _delete(found: list[dict[str, str]]) -> None:
    answer = client().delete_objects(Bucket=settings().s3_bucket, Delete={"Objects": found, "Quiet": True})
    if answer.get("Errors"):
        raise StorageFailed(Detail.OBJECTS_NOT_DELETED.format(count=len(answer["Errors"])))


def _abort_uploads(prefix: str) -> None:
    pages = client().get_paginator("list_multipart_uploads").paginate(Bucket=settings().s3_bucket, Prefix=prefix)
    for page in pages:
        for upload in page.get("Uploads", ()):
            client().abort_multipart_upload(Bucket=settings().s3_bucket, Key=upload["Key"], UploadId=upload["UploadId"])
