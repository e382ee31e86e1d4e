"""Async uploads: sends the parts of a file straight to storage, several at a time in tasks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
import httpx
from anyio import to_thread

from mediaproc.client.connection import tls
from mediaproc.client.errors import ClientError, TransferFailed
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
    from mediaproc.client.async_client import AsyncClient


async def send(
    client: AsyncClient, path: Path, plan: UploadPlan, *, parallel: int, on_progress: OnProgress | None
) -> Video:
    """Send the missing parts and complete the upload. Raises TransferFailed, FileChanged, NotReachable, ApiError."""
    version = FileVersion.of(path)
    limits = httpx.Limits(max_connections=parallel, max_keepalive_connections=parallel)
    with path.open("rb") as file:
        async with httpx.AsyncClient(timeout=TIMEOUT, limits=limits, verify=tls()) as http:
            await _PartSender(client, http, plan, file.fileno(), on_progress).run(parallel)
    version.require_unchanged(path)
    return await client.complete_upload(plan.id)


class _PartSender:
    """One run over the missing parts. Reads the file in worker threads."""

    def __init__(
        self, client: AsyncClient, http: httpx.AsyncClient, plan: UploadPlan, file: int, on_progress: OnProgress | None
    ) -> None:
        self._client = client
        self._http = http
        self._plan = plan
        self._file = file
        self._urls = PartUrls(plan)
        self._urls_lock = anyio.Lock()
        self._progress = Progress(plan, on_progress)
        self._failure: Exception | None = None

    async def run(self, parallel: int) -> None:
        """Send every missing part. The first part that fails stops the others."""
        numbers = iter(self._plan.missing())
        async with anyio.create_task_group() as group:

            async def send_parts() -> None:
                try:
                    for number in numbers:
                        await self._send_part(number)
                except Exception as error:  # raised alone below, not in an ExceptionGroup
                    self._failure = self._failure or error
                    group.cancel_scope.cancel()

            for _ in range(parallel):
                group.start_soon(send_parts)
        if self._failure:
            raise self._failure

    async def _send_part(self, number: int) -> None:
        for attempts in count(1):
            failure = await self._put(number)
            if failure is None:
                return
            self._progress.take_back(number)
            pause = pause_seconds(failure, attempts)
            if isinstance(failure, TransferFailed):
                self._urls.forget(number)
            await anyio.sleep(pause)

    async def _put(self, number: int) -> ClientError | None:
        headers = {"Content-Length": str(self._plan.size(number))}
        url = await self._url(number)
        try:
            return failure_of(await self._http.put(url, content=self._content(number), headers=headers), number)
        except httpx.TransportError as error:
            return failure_of(error, number)

    async def _content(self, number: int) -> AsyncIterator[bytes]:
        done = 0
        while done < self._plan.size(number):
            chunk = await to_thread.run_sync(self._plan.read, self._file, number, done)
            yield chunk
            done += len(chunk)
            self._progress.add(len(chunk), part=number)

    async def _url(self, number: int) -> str:
        async with self._urls_lock:
            while (url := self._urls.get(number)) is None:
                self._urls.add(await self._client.sign_parts(self._plan.id, self._urls.batch(number)))
            return url
