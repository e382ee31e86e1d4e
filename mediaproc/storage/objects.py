"""Whole objects in the bucket."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from mediaproc.domain.errors import Detail, SourceMissing, StorageFailed
from mediaproc.settings import settings
from mediaproc.storage.client import client
from mediaproc.storage.failures import translated

_IN_PARTS = TransferConfig(multipart_threshold=5 * 1024**3, multipart_chunksize=256 * 1024**2)
"""S3 copies up to 5 GiB at once."""


@dataclass(frozen=True)
class StoredObject:
    """What S3 says of an object."""

    size_bytes: int
    etag: str


def head(key: str) -> StoredObject | None:
    """What S3 says of an object, or None if there is none. Raises ServiceUnavailable."""
    try:
        with translated():
            answer = client().head_object(Bucket=settings().s3_bucket, Key=key)
    except ClientError:
        return None
    return StoredObject(size_bytes=int(answer["ContentLength"]), etag=answer["ETag"].strip('"'))


def put_file(path: Path, key: str, *, content_type: str) -> None:
    """Store a file as one object. Raises StorageFailed."""
    with translated(StorageFailed), path.open("rb") as body:
        client().put_object(Bucket=settings().s3_bucket, Key=key, Body=body, ContentType=content_type)


def get_bytes(key: str) -> bytes:
    """An object's content. Raises SourceMissing and StorageFailed."""
    try:
        with translated(StorageFailed):
            return bytes(client().get_object(Bucket=settings().s3_bucket, Key=key)["Body"].read())
    except ClientError as error:
        raise SourceMissing from error


def get_range(key: str, offset: int, size: int) -> bytes:
    """Bytes of an object, fewer at its end. Raises SourceMissing and StorageFailed."""
    try:
        with translated(StorageFailed):
            wanted = f"bytes={offset}-{offset + size - 1}"
            return bytes(client().get_object(Bucket=settings().s3_bucket, Key=key, Range=wanted)["Body"].read())
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "InvalidRange":
            return b""
        raise SourceMissing from error


def copy(key: str, to: str, *, large: bool = False) -> None:
    """Let S3 copy an object; one that may be `large`, beyond what it copies at once, in parts where it is.

    Raises SourceMissing and StorageFailed.
    """
    bucket = settings().s3_bucket
    source = {"Bucket": bucket, "Key": key}
    try:
        with translated(StorageFailed):
            if large:
                client().copy(source, bucket, to, Config=_IN_PARTS)
            else:
                client().copy_object(Bucket=bucket, Key=to, CopySource=source)
    except ClientError as error:
        raise SourceMissing from error


def url_for_servers(key: str, *, seconds: int) -> str:
    """Where a server of ours (FFmpeg, reading by range) may GET the object for a while."""
    params = {"Bucket": settings().s3_bucket, "Key": key}
    return str(client().generate_presigned_url("get_object", Params=params, ExpiresIn=seconds))


def delete_prefix(prefix: str) -> None:
    """Delete every object under the prefix and abort every multipart upload that is open there.

    Raises `StorageFailed` when S3 keeps some of them, and botocore's errors when it does not answer.
    """
    _delete_objects(prefix)
    _abort_uploads(prefix)


def delete_others(prefix: str, kept: Collection[str]) -> None:
    """Delete the objects under the prefix that are not among those kept. Raises `StorageFailed`."""
    with translated(StorageFailed):
        pages = client().get_paginator("list_objects_v2").paginate(Bucket=settings().s3_bucket, Prefix=prefix)
        for page in pages:
            found = [{"Key": each["Key"]} for each in page.get("Contents", ()) if each["Key"] not in kept]
            if found:
                _delete(found)


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
