"""Upload rules: size limits, preset and accepted media type."""

from __future__ import annotations

import re

from mediaproc.domain.errors import Detail, EmptyFile, FileTooLarge
from mediaproc.settings import settings


def check_size(size_bytes: int) -> None:
    """Raise EmptyFile or FileTooLarge for what is not accepted."""
    largest = settings().max_upload_bytes
    if size_bytes <= 0:
        raise EmptyFile.field("size_bytes", EmptyFile.title)
    if size_bytes > largest:
        raise FileTooLarge.field("size_bytes", Detail.FILE_LARGER_THAN.format(gib=f"{largest / 1024**3:.3g}"))


def media_type(content_type: str) -> str:
    """The media type without parameters; empty unless it looks like one."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind if re.fullmatch(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}", kind) else ""


def stored_type(content_type: str) -> str:
    """Only media types are kept on the object: S3 would serve a claimed `text/html` as a page of its own origin."""
    kind = media_type(content_type)
    return kind if kind.startswith(("video/", "audio/")) else "application/octet-stream"
