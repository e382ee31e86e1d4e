"""Downloads: saves a file from storage, and continues where an earlier attempt stopped."""

from __future__ import annotations

import time
from collections.abc import Callable
from email.message import Message
from itertools import count
from pathlib import Path, PurePosixPath
from typing import BinaryIO

import anyio
import httpx
from anyio import to_thread

from mediaproc.client import retry
from mediaproc.client.connection import tls
from mediaproc.client.errors import NotReachable, TransferFailed
from mediaproc.client.models import Transfer

_ATTEMPTS = 8
_TIMEOUT = httpx.Timeout(60, connect=10)
_CHUNK_BYTES = 1024**2

OnProgress = Callable[[Transfer], None]


def fetch(url: str, target: Path, on_progress: OnProgress | None = None) -> Path:
    """Save the file at a presigned URL. `target` is a file, or a folder in which it gets the name that the URL says.

    It grows as `NAME.part`, with which a later attempt continues. Raises TransferFailed, NotReachable and OSError.
    """
    download = _Download(url, target, on_progress)
    with httpx.Client(timeout=_TIMEOUT, verify=tls()) as http:
        for attempts in count(1):
            try:
                with http.stream("GET", url, headers=download.headers()) as response, download.open(response) as file:
                    for chunk in response.iter_raw(_CHUNK_BYTES):
                        file.write(chunk)
                        download.wrote(len(chunk))
                return download.finish()
            except httpx.TransportError as error:
                time.sleep(_pause_seconds(error, attempts))
    raise AssertionError("unreachable")


async def fetch_async(url: str, target: Path, on_progress: OnProgress | None = None) -> Path:
    """The same as `fetch`, async. Writes to disk in a worker thread."""
    download = _Download(url, target, on_progress)
    async with httpx.AsyncClient(timeout=_TIMEOUT, verify=tls()) as http:
        for attempts in count(1):
            try:
                async with http.stream("GET", url, headers=download.headers()) as response:
                    with download.open(response) as file:
                        async for chunk in response.aiter_raw(_CHUNK_BYTES):
                            await to_thread.run_sync(file.write, chunk)
                            download.wrote(len(chunk))
                return download.finish()
            except httpx.TransportError as error:
                await anyio.sleep(_pause_seconds(error, attempts))
    raise AssertionError("unreachable")


class _Download:
    """State of one download: the file that grows, and how much of it there is."""

    def __init__(self, url: str, target: Path, on_progress: OnProgress | None) -> None:
        self._path = target / _own_name(url) if target.is_dir() else target
        self._part = self._path.with_name(self._path.name + ".part")
        self._on_progress = on_progress
        self._done_bytes = 0
        self._total_bytes = 0

    def headers(self) -> dict[str, str]:
        """Request headers that ask only for what is missing."""
        self._done_bytes = self._part.stat().st_size if self._part.exists() else 0
        return {"Range": f"bytes={self._done_bytes}-"} if self._done_bytes else {}

    def open(self, response: httpx.Response) -> BinaryIO:
        """The file to write the response to. Raises TransferFailed."""
        if response.status_code == 416:
            self._part.unlink()
            raise TransferFailed("The partial download belongs to another file. It was deleted; please try again.")
        if response.is_error:
            raise TransferFailed(f"Storage did not deliver the file (status {response.status_code})")
        if response.status_code != 206:
            self._done_bytes = 0
        self._total_bytes = self._done_bytes + int(response.headers.get("Content-Length", 0))
        return self._part.open("ab" if self._done_bytes else "wb")

    def wrote(self, size: int) -> None:
        """Count and report bytes."""
        self._done_bytes += size
        if self._on_progress:
            self._on_progress(Transfer(done_bytes=self._done_bytes, total_bytes=self._total_bytes))

    def finish(self) -> Path:
        """Give the file its final name. Raises httpx.ReadError if some of it is missing."""
        if self._done_bytes < self._total_bytes:
            raise httpx.ReadError("The connection closed before the end of the file")
        self._part.replace(self._path)
        return self._path


def _pause_seconds(error: httpx.TransportError, attempts: int) -> float:
    """Pause before the next attempt. Raises NotReachable after the last one."""
    if attempts == _ATTEMPTS:
        raise NotReachable("Storage does not respond") from error
    return retry.pause_seconds(attempts)


def _own_name(url: str) -> str:
    """File name under which a browser would save the URL. Never a path."""
    header = Message()
    header["Content-Disposition"] = httpx.URL(url).params.get("response-content-disposition", "")
    name = PurePosixPath((header.get_filename() or "").replace("\\", "/")).name
    return name if name not in {"", ".", ".."} else "download.mp4"
