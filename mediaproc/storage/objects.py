"""Whole objects in the bucket."""

from __future__ import annotations

from mediaproc.domain.errors import StorageFailed
from mediaproc.settings import settings
from mediaproc.storage.client import client


def delete_prefix(prefix: str) -> None:
    """Delete every object under the prefix and abort every multipart upload that is open there.

    Raises `StorageFailed` when S3 keeps some of them, and botocore's errors when it does not answer.
    """
    _delete_objects(prefix)
    _abort_uploads(prefix)


def _delete_objects(prefix: str) -> None:
    pages = client().get_paginator("list_objects_v2").paginate(Bucket=settings().s3_bucket, Prefix=prefix)
    for page in pages:
        found = [{"Key": each["Key"]} for each in page.get("Contents", ())]
        if found:
            _delete(found)


def _delete(found: list[dict[str, str]]) -> None:
    answer = client().delete_objects(Bucket=settings().s3_bucket, Delete={"Objects": found, "Quiet": True})
    if answer.get("Errors"):
        raise StorageFailed(f"{len(answer['Errors'])} objects could not be deleted")


def _abort_uploads(prefix: str) -> None:
    pages = client().get_paginator("list_multipart_uploads").paginate(Bucket=settings().s3_bucket, Prefix=prefix)
    for page in pages:
        for upload in page.get("Uploads", ()):
            client().abort_multipart_upload(Bucket=settings().s3_bucket, Key=upload["Key"], UploadId=upload["UploadId"])
