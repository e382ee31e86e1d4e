"""Sends a file's parts straight to storage, several at a time; goes on where an earlier try stopped."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from pathlib import Path

import httpx

from mediaproc.client.connection import Connection, pause_seconds, tls
from mediaproc.client.errors import ApiError, ClientError, FileChanged, Interrupted, NotReachable, TransferFailed
from mediaproc.client.models import Transfer, Upload, Video

PARALLEL = 6
_TRIES = 8
_READ_BYTES = 1024**2
_SIGNED_AT_ONCE = 50
_TIMEOUT = httpx.Timeout(60, connect=10)

OnProgress = Callable[[Transfer], None]


def begin(connection: Connection, path: Path, *, preset: str, content_type: str) -> Upload:
    """A new upload for this file."""
    body = {"filename": path.name, "size_bytes": path.stat().st_size, "content_type": content_type, "preset": preset}
    return Upload.model_validate({**connection.post("/uploads", body), "size_bytes": body["size_bytes"]})


def find(connection: Connection, id: str) -> Upload | None:
    """An earlier upload, with what storage has of it; None where there is no such."""
    try:
        return Upload.model_validate(connection.get(f"/uploads/{id}"))
    except ApiError as error:
        if error.status == 404:
            return None
        raise


def fits(upload: Upload, path: Path) -> bool:
    """Whether this upload can go on with this file."""
    return upload.state == "open" and upload.size_bytes == path.stat().st_size


def send(
    connection: Connection,
    path: Path,
    upload: Upload,
    *,
    parallel: int = PARALLEL,
    on_progress: OnProgress | None = None,
) -> Video:
    """Send what storage does not have, then complete. Raises TransferFailed, FileChanged, NotReachable, ApiError."""
    before = path.stat()
    limits = httpx.Limits(max_connections=parallel, max_keepalive_connections=parallel)
    with path.open("rb") as file, httpx.Client(timeout=_TIMEOUT, limits=limits, verify=tls()) as http:
        _Sending(connection, http, upload, file.fileno(), on_progress).run(parallel)
    after = path.stat()
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise FileChanged(f"{path.name} was changed while it was sent")
    return Video.model_validate(connection.post(f"/uploads/{upload.id}/complete"))


class _Sending:
    """One run over the parts that are missing."""

    def __init__(
        self, connection: Connection, http: httpx.Client, upload: Upload, file: int, on_progress: OnProgress | None
    ) -> None:
        self._http = http
        self._upload = upload
        self._file = file
        self._addresses = _Addresses(connection, upload)
        self._progress = _Progress(upload.size_bytes, on_progress)
        self._stop = threading.Event()

    def run(self, parallel: int) -> None:
        """Send every missing part; the first that can't be sent stops the others."""
        missing = self._missing()
        self._progress.add(self._upload.size_bytes - sum(self._size(number) for number in missing))
        self._addresses.want(missing)
        with ThreadPoolExecutor(parallel) as pool:
            sending = [pool.submit(self._send_part, number) for number in missing]
            try:
                _reraise(wait(sending, return_when=FIRST_EXCEPTION).done)
            finally:
                self._stop.set()
                pool.shutdown(cancel_futures=True)

    def _missing(self) -> list[int]:
        there = {part.part_number: part.size_bytes for part in self._upload.uploaded_parts}
        return [n for n in range(1, self._upload.part_count + 1) if there.get(n) != self._size(n)]

    def _size(self, number: int) -> int:
        begin = (number - 1) * self._upload.part_size_bytes
        return min(self._upload.part_size_bytes, self._upload.size_bytes - begin)

    def _send_part(self, number: int) -> None:
        tries, failure = 1, self._put(number)
        while failure is not None:
            self._progress.take_back(number)
            if tries == _TRIES or self._stop.is_set():
                raise failure
            if isinstance(failure, TransferFailed):
                self._addresses.forget(number)  # it may have expired
            self._stop.wait(pause_seconds(tries))
            tries, failure = tries + 1, self._put(number)

    def _put(self, number: int) -> ClientError | None:
        url, size = self._addresses.of(number), self._size(number)
        try:
            answer = self._http.put(url, content=self._bytes(number), headers={"Content-Length": str(size)})
        except httpx.TransportError as error:
            return NotReachable(f"Storage does not answer ({error or type(error).__name__})")
        if answer.is_success:
            return None
        return TransferFailed(f"Storage did not take part {number} ({answer.status_code})")

    def _bytes(self, number: int) -> Iterator[bytes]:
        begin = (number - 1) * self._upload.part_size_bytes
        end = begin + self._size(number)
        for offset in range(begin, end, _READ_BYTES):
            if self._stop.is_set():
                raise Interrupted("The upload was stopped")
            chunk = os.pread(self._file, min(_READ_BYTES, end - offset), offset)
            if len(chunk) < min(_READ_BYTES, end - offset):
                raise FileChanged("The file became shorter while it was sent")
            yield chunk
            self._progress.add(len(chunk), part=number)


class _Addresses:
    """Signed addresses: the first come with the upload, others are asked for in batches when they are needed."""

    def __init__(self, connection: Connection, upload: Upload) -> None:
        self._connection = connection
        self._upload = upload
        self._known = {part.part_number: part.url for part in upload.parts}
        self._wanted: list[int] = []
        self._lock = threading.Lock()

    def want(self, numbers: list[int]) -> None:
        """Say which parts will be sent, in order."""
        self._wanted = numbers

    def of(self, number: int) -> str:
        """Where this part goes."""
        with self._lock:
            if number not in self._known:
                self._sign(number)
            return self._known[number]

    def forget(self, number: int) -> None:
        """Ask for another address next time."""
        with self._lock:
            self._known.pop(number, None)

    def _sign(self, number: int) -> None:
        position = self._wanted.index(number)
        numbers = [n for n in self._wanted[position : position + _SIGNED_AT_ONCE] if n not in self._known]
        answer = self._connection.post(f"/uploads/{self._upload.id}/parts", {"part_numbers": numbers}, once=True)
        self._known |= {part["part_number"]: part["url"] for part in answer["parts"]}


class _Progress:
    """Counts bytes from several threads, and tells at most twenty times a second, and at the end."""

    def __init__(self, total_bytes: int, on_progress: OnProgress | None) -> None:
        self._total_bytes = total_bytes
        self._on_progress = on_progress
        self._done_bytes = 0
        self._of_part: dict[int, int] = {}
        self._told_at = 0.0
        self._lock = threading.Lock()

    def add(self, count: int, *, part: int = 0) -> None:
        """Count bytes that were sent."""
        with self._lock:
            self._done_bytes += count
            self._of_part[part] = self._of_part.get(part, 0) + count
            self._tell()

    def take_back(self, part: int) -> None:
        """A part has to be sent again."""
        with self._lock:
            self._done_bytes -= self._of_part.pop(part, 0)

    def _tell(self) -> None:
        now = time.monotonic()
        if self._on_progress and (now - self._told_at > 0.05 or self._done_bytes >= self._total_bytes):
            self._told_at = now
            self._on_progress(Transfer(done_bytes=self._done_bytes, total_bytes=self._total_bytes))


def _reraise(done: set[Future[None]]) -> None:
    """Raise what stopped the others: not the Interrupted of those that were stopped."""
    failures = [error for each in done if (error := each.exception())]
    for error in sorted(failures, key=lambda each: isinstance(each, Interrupted)):
        raise error
