"""Multipart uploads: begun and ended by us, filled by browsers through signed addresses."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from botocore.exceptions import ClientError

from mediaproc.domain.errors import StorageFailed
from mediaproc.settings import settings
from mediaproc.storage import presign
from mediaproc.storage.client import client
from mediaproc.storage.failures import is_absent, translated

MOST_PARTS = 10_000


@dataclass(frozen=True)
class UploadedPart:
    """A part that S3 has. `etag` is without quotes."""

    part_number: int
    size_bytes: int
    etag: str


class NoSuchUpload(Exception):
    """S3 knows no such upload: it was completed, aborted, or swept."""


def create(key: str, *, content_type: str) -> str:
    """Begin an upload and return S3's id for it. Raises ServiceUnavailable."""
    with translated():
        answer = client().create_multipart_upload(Bucket=settings().s3_bucket, Key=key, ContentType=content_type)
    return str(answer["UploadId"])


def sign_parts(key: str, *, upload_id: str, part_numbers: Iterable[int], seconds: int) -> dict[int, str]:
    """Presigned PUT URLs of parts. Takes 0.13 ms per part: call it in a thread."""
    return {
        number: presign.put_part(key, upload_id=upload_id, part_number=number, seconds=seconds)
        for number in part_numbers
    }


def uploaded_parts(key: str, *, upload_id: str) -> list[UploadedPart]:
    """Every part that S3 has, in order; one that was sent twice may come twice.

    Raises NoSuchUpload and ServiceUnavailable.
    """
    pages = client().get_paginator("list_parts").paginate(Bucket=settings().s3_bucket, Key=key, UploadId=upload_id)
    try:
        with translated():
            found = [part for page in pages for part in page.get("Parts", ())]
    except ClientError as error:
        raise NoSuchUpload from error
    return [UploadedPart(int(part["PartNumber"]), int(part["Size"]), part["ETag"].strip('"')) for part in found]


def put_part(key: str, *, upload_id: str, part_number: int, body: bytes) -> UploadedPart:
    """Send one part ourselves. Raises NoSuchUpload and StorageFailed."""
    try:
        with translated(StorageFailed):
            answer = client().upload_part(
                Bucket=settings().s3_bucket, Key=key, UploadId=upload_id, PartNumber=part_number, Body=body
            )
    except ClientError as error:
        raise NoSuchUpload from error
    return UploadedPart(part_number, len(body), answer["ETag"].strip('"'))


def copy_part(key: str, *, upload_id: str, part_number: int, source_key: str, start: int, end: int) -> UploadedPart:
    """Let S3 take bytes of another object as a part. Raises NoSuchUpload and StorageFailed."""
    bucket = settings().s3_bucket
    try:
        with translated(StorageFailed):
            answer = client().upload_part_copy(
                Bucket=bucket,
                Key=key,
                UploadId=upload_id,
                PartNumber=part_number,
                CopySource={"Bucket": bucket, "Key": source_key},
                CopySourceRange=f"bytes={start}-{end - 1}",
            )
    except ClientError as error:
        raise NoSuchUpload from error
    return UploadedPart(part_number, end - start, answer["CopyPartResult"]["ETag"].strip('"'))


def complete(key: str, *, upload_id: str, parts: Sequence[UploadedPart]) -> None:
    """Join the parts to the object. Raises NoSuchUpload and ServiceUnavailable."""
    joined = [{"PartNumber": part.part_number, "ETag": f'"{part.etag}"'} for part in parts]
    try:
        with translated():
            client().complete_multipart_upload(
                Bucket=settings().s3_bucket, Key=key, UploadId=upload_id, MultipartUpload={"Parts": joined}
            )
    except ClientError as error:
        raise NoSuchUpload from error


def abort(key: str, *, upload_id: str) -> None:
    """Throw the parts away. It is no error when there are none. Raises ServiceUnavailable."""
    try:
        with translated():
            client().abort_multipart_upload(Bucket=settings().s3_bucket, Key=key, UploadId=upload_id)
    except ClientError as error:
        assert is_absent(error)
