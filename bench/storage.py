"""Cost of storage alone: writes and reads the objects of a job again with plain boto3, on the same cores."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from uuid import UUID

from mediaproc.media import layout
from mediaproc.settings import settings
from mediaproc.storage import keys
from mediaproc.storage.client import client

_PREFIX = "bench/stored/"
_READS_OF_SOURCE = 2
"""One to play the source as it is, one to encode it."""


def stored_by(video_id: UUID) -> list[tuple[str, int]]:
    """Key and size in bytes of each object of a video."""
    pages = client().get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=settings().s3_bucket, Prefix=keys.video_prefix(video_id))
    return [(each["Key"], each["Size"]) for page in found for each in page.get("Contents", ())]


@contextmanager
def replayed(objects: Sequence[tuple[str, int]], *, source_key: str) -> Generator[None]:
    """Write objects of these sizes, and read what a job reads, in a thread beside `with`. Waits for its end."""
    with ThreadPoolExecutor(1, thread_name_prefix="storing") as pool:
        storing = pool.submit(_store, objects, source_key)
        yield
        storing.result()


def _store(objects: Sequence[tuple[str, int]], source_key: str) -> None:
    bucket, s3 = settings().s3_bucket, client()
    for _ in range(_READS_OF_SOURCE):
        s3.get_object(Bucket=bucket, Key=source_key)["Body"].read()
    written = [(f"{_PREFIX}{number}", key, size) for number, (key, size) in enumerate(objects) if key != source_key]
    for name, _, size in written:
        s3.put_object(Bucket=bucket, Key=name, Body=os.urandom(size))
    for name, key, _ in written:
        if key.endswith(".m4s") and f"/{layout.INSTANT}/" not in key:  # read again to make the downloads
            s3.get_object(Bucket=bucket, Key=name)["Body"].read()
