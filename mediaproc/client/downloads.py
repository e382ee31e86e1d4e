"""Downloads a file from storage; goes on where an earlier try stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.message import Message
from pathlib import Path, PurePosixPath

import httpx

from mediaproc.client.connection import pause_seconds, tls
from mediaproc.client.errors import NotReachable, TransferFailed
from mediaproc.client.models import Transfer

_TRIES = 8
_TIMEOUT = httpx.Timeout(60, connect=10)


def fetch(url: str, target: Path, on_progress: Callable[[Transfer], None] | None = None) -> Path:
    """Save what is at this address. `target` is a file, or a folder that keeps the file's own name.

    It grows as `NAME.part`, which a later try goes on with. Raises TransferFailed and NotReachable.
    """
    for tries in range(1, _TRIES + 1):
        try:
            return _try(url, target, on_progress)
        except httpx.TransportError as error:
            if tries == _TRIES:
                raise NotReachable("Storage does not answer") from error
            time.sleep(pause_seconds(tries))
    raise AssertionError("unreachable")


def _try(url: str, target: Path, on_progress: Callable[[Transfer], None] | None) -> Path:
    path = target / _own_name(url) if target.is_dir() else target
    part = path.with_name(path.name + ".part")
    have = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with httpx.stream("GET", url, headers=headers, timeout=_TIMEOUT, verify=tls()) as answer:
        if answer.status_code == 416:
            part.unlink()
            raise TransferFailed("The unfinished download is of another file; it was removed, please try again")
        if answer.is_error:
            raise TransferFailed(f"Storage did not give the file ({answer.status_code})")
        _save(answer, part, have if answer.status_code == 206 else 0, on_progress)
    part.replace(path)
    return path


def _save(answer: httpx.Response, part: Path, have: int, on_progress: Callable[[Transfer], None] | None) -> None:
    total = have + int(answer.headers.get("Content-Length", 0))
    with part.open("ab" if have else "wb") as file:
        for chunk in answer.iter_raw(1024**2):
            file.write(chunk)
            have += len(chunk)
            if on_progress:
                on_progress(Transfer(done_bytes=have, total_bytes=total))
    if have < total:
        raise httpx.ReadError("The connection ended before the file did")


def _own_name(url: str) -> str:
    """The name that the address says a browser would save under; never a path."""
    header = Message()
    header["Content-Disposition"] = httpx.URL(url).params.get("response-content-disposition", "")
    name = PurePosixPath((header.get_filename() or "").replace("\\", "/")).name
    return name if name not in {"", ".", ".."} else "download.mp4"
