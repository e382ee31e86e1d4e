"""Putting what was made into S3: pieces from memory, whole files in parts."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from boto3.exceptions import S3UploadFailedError
from boto3.s3.transfer import TransferConfig

from mediaproc.domain.errors import StorageFailed
from mediaproc.settings import settings
from mediaproc.storage.client import client
from mediaproc.storage.failures import translated

SENDERS = 4
"""Uploads at a time of one attempt: a quarter faster than one against the same server; more gain little."""

_MULTIPART = TransferConfig(
    multipart_threshold=16 * 1024**2, multipart_chunksize=8 * 1024**2, max_concurrency=SENDERS
)  # fmt: skip


def put_bytes(body: bytes, key: str, *, content_type: str) -> None:
    """Store bytes as one object. Raises StorageFailed."""
    with translated(StorageFailed):
        client().put_object(Bucket=settings().s3_bucket, Key=key, Body=body, ContentType=content_type)


def put_large_file(path: Path, key: str, *, content_type: str, check: Callable[[], None]) -> int:
    """Store a file of any size, in parts if it is large, and return its size in bytes. Raises StorageFailed.

    `check` is called all the while; what it raises ends the upload, and nothing of the file is left in S3.
    """

    def sent(_size_bytes: int) -> None:
        check()

    size_bytes = path.stat().st_size
    try:
        with translated(StorageFailed), _told_by(check):
            client().upload_file(
                str(path),
                settings().s3_bucket,
                key,
                ExtraArgs={"ContentType": content_type},
                Config=_MULTIPART,
                Callback=sent,
            )
    except S3UploadFailedError as error:
        raise StorageFailed("Storage did not take the file") from error
    return size_bytes


@contextmanager
def _told_by(check: Callable[[], None]) -> Generator[None]:
    """botocore wraps what a callback raised in an error of its own: let `check` say it again."""
    try:
        yield
    except Exception:
        check()
        raise
