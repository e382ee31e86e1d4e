"""Uploads: sends the parts of a file straight to storage, several at a time in threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from mediaproc.client.connection import tls
from mediaproc.client.errors import ClientError, Interrupted, TransferFailed
from mediaproc.client.models import Video
from mediaproc.client.upload_parts import (
    TIMEOUT,
    FileVersion,
    OnProgress,
    PartUrls,
    Progress,
    UploadPlan,
    failure_of,
    pause_seconds,
)

if TYPE_CHECKING:
    from mediaproc.client.client import Client


def send(client: Client, path: Path, plan: UploadPlan, *, parallel: int, on_progress: OnProgress | None) -> Video:
    """Send the missing parts and complete the upload. Raises TransferFailed, FileChanged, NotReachable, ApiError."""
    version = FileVersion.of(path)
    limits = httpx.Limits(max_connections=parallel, max_keepalive_connections=parallel)
    with path.open("rb") as file, httpx.Client(timeout=TIMEOUT, limits=limits, verify=tls()) as http:
        _PartSender(client, http, plan, file.fileno(), on_progress).run(parallel)
    version.require_unchanged(path)
    return client.complete_upload(plan.id)


class _PartSender:
    """One run over the missing parts."""

    def __init__(
        self, client: Client, http: httpx.Client, plan: UploadPlan, file: int, on_progress: OnProgress | None
    ) -> None:
        self._client = client
        self._http = http
        self._plan = plan
        self._file = file
        self._urls = PartUrls(plan)
        self._urls_lock = threading.Lock()
        self._progress = Progress(plan, on_progress)
        self._stop = threading.Event()

    def run(self, parallel: int) -> None:
        """Send every missing part. The first part that fails stops the others."""
        with ThreadPoolExecutor(parallel) as pool:
            futures = [pool.submit(self._send_part, number) for number in self._plan.missing()]
            try:
                _raise_first(wait(futures, return_when=FIRST_EXCEPTION).done)
            finally:
                self._stop.set()
                pool.shutdown(cancel_futures=True)

    def _send_part(self, number: int) -> None:
        for attempts in count(1):
            failure = self._put(number)
            if failure is None:
                return
            self._progress.take_back(number)
            if self._stop.is_set():
                raise failure
            pause = pause_seconds(failure, attempts)
            if isinstance(failure, TransferFailed):
                self._forget_url(number)
            self._stop.wait(pause)

    def _put(self, number: int) -> ClientError | None:
        headers = {"Content-Length": str(self._plan.size(number))}
        url = self._url(number)
        try:
            return failure_of(self._http.put(url, content=self._content(number), headers=headers), number)
        except httpx.TransportError as error:
            return failure_of(error, number)

    def _content(self, number: int) -> Iterator[bytes]:
        done = 0
        while done < self._plan.size(number):
            if self._stop.is_set():
                raise Interrupted("The upload was stopped")
            chunk = self._plan.read(self._file, number, done)
            yield chunk
            done += len(chunk)
            self._progress.add(len(chunk), part=number)

    def _url(self, number: int) -> str:
        with self._urls_lock:
            while (url := self._urls.get(number)) is None:
                self._urls.add(self._client.sign_parts(self._plan.id, self._urls.batch(number)))
            return url

    def _forget_url(self, number: int) -> None:
        with self._urls_lock:
            self._urls.forget(number)


def _raise_first(done: set[Future[None]]) -> None:
    """Raise the failure that stopped the others, not the Interrupted of a part that was stopped."""
    failures = [error for each in done if (error := each.exception())]
    for error in sorted(failures, key=lambda each: isinstance(each, Interrupted)):
        raise error
