"""Parts of an upload: which are missing, where each is sent to, and how many bytes were sent. Sends nothing itself."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from mediaproc.client import retry
from mediaproc.client.errors import ClientError, FileChanged, NotReachable, TransferFailed
from mediaproc.client.models import NewUpload, PartUrl, Transfer, Upload

PARALLEL = 6
ATTEMPTS = 8
READ_BYTES = 1024**2
TIMEOUT = httpx.Timeout(60, connect=10)
_SIGNED_TOGETHER = 50
_REPORT_SECONDS = 0.05

OnProgress = Callable[[Transfer], None]


@dataclass(frozen=True)
class UploadPlan:
    """Sizes of an upload's parts, and the parts that storage has (`stored`: size in bytes by number)."""

    id: str
    size_bytes: int
    part_size_bytes: int
    part_count: int
    urls: dict[int, str] = field(default_factory=dict[int, str])
    stored: dict[int, int] = field(default_factory=dict[int, int])

    @classmethod
    def of_new(cls, upload: NewUpload, size_bytes: int) -> UploadPlan:
        """Plan of an upload that was just created."""
        urls = {part.part_number: part.url for part in upload.parts}
        return cls(upload.id, size_bytes, upload.part_size_bytes, upload.part_count, urls=urls)

    @classmethod
    def of_earlier(cls, upload: Upload) -> UploadPlan:
        """Plan that continues an earlier upload."""
        stored = {part.part_number: part.size_bytes for part in upload.uploaded_parts}
        return cls(upload.id, upload.size_bytes, upload.part_size_bytes, upload.part_count, stored=stored)

    def offset(self, number: int) -> int:
        """First byte of a part."""
        return (number - 1) * self.part_size_bytes

    def size(self, number: int) -> int:
        """Size of a part, in bytes."""
        return min(self.part_size_bytes, self.size_bytes - self.offset(number))

    def missing(self) -> list[int]:
        """Numbers of the parts to send."""
        return [n for n in range(1, self.part_count + 1) if self.stored.get(n) != self.size(n)]

    def stored_bytes(self) -> int:
        """Bytes that need not be sent."""
        return self.size_bytes - sum(self.size(number) for number in self.missing())

    def read(self, file: int, number: int, done_bytes: int) -> bytes:
        """The next bytes of a part from a file descriptor; empty at its end. Raises FileChanged."""
        size = min(READ_BYTES, self.size(number) - done_bytes)
        chunk = os.pread(file, size, self.offset(number) + done_bytes)
        if len(chunk) < size:
            raise FileChanged("The file became shorter during its upload")
        return chunk


def resumable(upload: Upload, path: Path) -> bool:
    """True if the upload can continue with this file."""
    return upload.state == "open" and upload.size_bytes == path.stat().st_size


@dataclass(frozen=True)
class FileVersion:
    """Size and modification time of a file, to notice changes during its upload."""

    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, path: Path) -> FileVersion:
        """Version of the file now."""
        stat = path.stat()
        return cls(stat.st_size, stat.st_mtime_ns)

    def require_unchanged(self, path: Path) -> None:
        """Raise FileChanged if the file is another version by now."""
        if FileVersion.of(path) != self:
            raise FileChanged(f"{path.name} changed during its upload")


class PartUrls:
    """Presigned URLs of parts. The first come with the upload; the others are signed in batches when needed."""

    def __init__(self, plan: UploadPlan) -> None:
        self._urls = dict(plan.urls)
        self._wanted = plan.missing()

    def get(self, number: int) -> str | None:
        """URL of a part; None if it must be signed first."""
        return self._urls.get(number)

    def batch(self, number: int) -> list[int]:
        """Parts to sign together: this one and those after it."""
        position = self._wanted.index(number)
        return [n for n in self._wanted[position : position + _SIGNED_TOGETHER] if n not in self._urls]

    def add(self, parts: Iterable[PartUrl]) -> None:
        """Take signed URLs."""
        self._urls |= {part.part_number: part.url for part in parts}

    def forget(self, number: int) -> None:
        """Drop a URL that may have expired."""
        self._urls.pop(number, None)


class Progress:
    """Counter of sent bytes. Reports at most twenty times a second, and at the end. Threads may share it."""

    def __init__(self, plan: UploadPlan, on_progress: OnProgress | None) -> None:
        self._total_bytes = plan.size_bytes
        self._on_progress = on_progress
        self._done_bytes = 0
        self._of_part: dict[int, int] = {}
        self._reported_at = 0.0
        self._lock = threading.Lock()
        self.add(plan.stored_bytes())

    def add(self, size: int, *, part: int = 0) -> None:
        """Count bytes that were sent."""
        with self._lock:
            self._done_bytes += size
            self._of_part[part] = self._of_part.get(part, 0) + size
            self._report()

    def take_back(self, part: int) -> None:
        """Discount a part that is sent again."""
        with self._lock:
            self._done_bytes -= self._of_part.pop(part, 0)

    def _report(self) -> None:
        now = time.monotonic()
        due = now - self._reported_at > _REPORT_SECONDS or self._done_bytes >= self._total_bytes
        if self._on_progress and due:
            self._reported_at = now
            self._on_progress(Transfer(done_bytes=self._done_bytes, total_bytes=self._total_bytes))


def failure_of(outcome: httpx.Response | httpx.TransportError, number: int) -> ClientError | None:
    """The error of one attempt to send a part; None if storage has it."""
    if isinstance(outcome, httpx.TransportError):
        return NotReachable(f"Storage does not respond ({outcome or type(outcome).__name__})")
    if outcome.is_success:
        return None
    return TransferFailed(f"Storage rejected part {number} (status {outcome.status_code})")


def pause_seconds(failure: ClientError, attempts: int) -> float:
    """Pause before a part is sent again. Raises the failure after the last attempt."""
    if attempts == ATTEMPTS:
        raise failure
    return retry.pause_seconds(attempts)
