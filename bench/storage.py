"""What storage alone costs a job on the same cores: its objects once more, as plainly as boto3 does it."""

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
"""To play it as it is and to encode it."""


def stored_by(video_id: UUID) -> list[tuple[str, int]]:
    """Key and size in bytes of each object of a video."""
    pages = client().get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=settings().s3_bucket, Prefix=keys.video_prefix(video_id))
    return [(each["Key"], each["Size"]) for page in found for each in page.get("Contents", ())]


@contextmanager
def again(objects: Sequence[tuple[str, int]], *, source_key: str) -> Generator[None]:
    """While `with` lasts, and until it is done: objects of these sizes are put, and what a job reads is read."""
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
        if key.endswith(".m4s") and f"/{layout.INSTANT}/" not in key:  # to make the files to download
            s3.get_object(Bucket=bucket, Key=name)["Body"].read()
