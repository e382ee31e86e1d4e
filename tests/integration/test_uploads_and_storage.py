"""Uploads while storage takes its time: nobody else waits, and whatever happens meanwhile nothing is lost."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from botocore.exceptions import EndpointConnectionError
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import col, select

from mediaproc import database
from mediaproc.api.uploads import _joining
from mediaproc.domain.tables import Job, Leftover, Upload, now
from mediaproc.operations import uploads
from mediaproc.settings import settings
from mediaproc.storage.client import client as s3
from testing.waits import PATIENCE_SECONDS
from tests.integration.conftest import ORIGIN, Account

Accounts = Callable[[], Account]

BODY = os.urandom(1000)


def _begin(client: TestClient, **headers: str) -> Any:
    body = {"filename": "clip.mp4", "size_bytes": len(BODY)}
    done = client.post("/api/v1/uploads", json=body, headers=headers)
    assert done.status_code == 201, done.text
    return done.json()


def _begin_and_send(client: TestClient) -> Any:
    upload = _begin(client)
    assert httpx.put(upload["parts"][0]["url"], content=BODY, timeout=PATIENCE_SECONDS).status_code == 200
    return upload


@contextmanager
def _whenever(event: str, action: Callable[[], object]) -> Generator[None]:
    """Do this at each such moment of a request to S3."""

    def handler(**_: Any) -> None:
        action()

    s3().meta.events.register(event, handler)
    try:
        yield
    finally:
        s3().meta.events.unregister(event, handler)


def test_no_connection_is_held_while_storage_is_asked(account: Accounts) -> None:
    client = account().client
    held: list[int] = []
    with _whenever("before-send.s3", lambda: held.append(database.engine().pool.checkedout())):  # type: ignore[attr-defined]
        upload, other, stale = _begin_and_send(client), _begin(client), _begin(client)
        assert client.get(f"/api/v1/uploads/{upload['id']}").status_code == 200
        assert client.post(f"/api/v1/uploads/{upload['id']}/complete").status_code == 201
        assert client.delete(f"/api/v1/uploads/{other['id']}").status_code == 204
        _let_expire(stale)
        assert uploads.expire_stale() >= 1
    assert len(held) >= 8
    assert set(held) == {0}


def test_many_who_wait_for_storage_hold_up_nobody_else(account: Accounts, api_app: FastAPI) -> None:
    me = account()
    ids = [_begin(me.client)["id"] for _ in range(45)]
    go_on, waiting = threading.Event(), threading.Semaphore(0)

    def wait() -> None:
        waiting.release()
        go_on.wait()

    async def scene() -> tuple[int, list[int]]:
        transport = httpx.ASGITransport(app=api_app)
        headers = {"Authorization": f"Bearer {me.access_token}"}
        async with httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers, timeout=60) as client:
            completing = [asyncio.create_task(client.post(f"/api/v1/uploads/{id}/complete")) for id in ids]
            try:
                for _ in range(int(_joining.total_tokens)):  # as many as may wait for storage at once
                    assert await asyncio.to_thread(waiting.acquire, timeout=PATIENCE_SECONDS)
                listed = await asyncio.wait_for(client.get("/api/v1/videos"), PATIENCE_SECONDS)
            finally:
                go_on.set()
            return listed.status_code, [(await each).status_code for each in completing]

    with _whenever("before-send.s3.ListParts", wait):
        status, ends = asyncio.run(scene())
    assert status == 200
    assert set(ends) == {409}, "their parts were never sent"


def test_completing_at_the_same_moment_joins_the_parts_once(account: Accounts) -> None:
    client = account().client
    upload = _begin_and_send(client)
    together = threading.Barrier(4)
    with (
        _whenever("before-send.s3.CompleteMultipartUpload", lambda: together.wait(PATIENCE_SECONDS)),
        ThreadPoolExecutor(4) as pool,
    ):
        path = f"/api/v1/uploads/{upload['id']}/complete"
        answers = list(pool.map(client.post, [path] * 4))
    assert [answer.status_code for answer in answers] == [201] * 4
    with database.transaction() as session:
        key = session.get_one(Upload, UUID(upload["id"])).object_key
        assert len(session.exec(select(Job).where(Job.video_id == UUID(upload["video_id"]))).all()) == 1
    assert s3().get_object(Bucket=settings().s3_bucket, Key=key)["Body"].read() == BODY


def test_giving_up_while_storage_joins_leaves_nothing_there(account: Accounts) -> None:
    client = account().client
    upload = _begin_and_send(client)

    def give_up() -> None:
        assert client.delete(f"/api/v1/uploads/{upload['id']}").status_code == 204

    with _whenever("after-call.s3.CompleteMultipartUpload", give_up):
        done = client.post(f"/api/v1/uploads/{upload['id']}/complete")
    assert (done.status_code, done.json()["code"]) == (409, "upload_ended")
    with database.transaction() as session:
        key = session.get_one(Upload, UUID(upload["id"])).object_key
        assert session.exec(select(Leftover).where(Leftover.prefix == key)).one()


def test_an_upload_that_is_being_joined_does_not_expire(account: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    client = account().client
    upload = _begin_and_send(client)
    with database.transaction() as session:
        session.get_one(Upload, UUID(upload["id"])).expires_at = now() + timedelta(minutes=5)

    def outlast() -> None:
        with monkeypatch.context() as later:
            later.setattr(uploads, "now", lambda: now() + timedelta(minutes=6))
            uploads.expire_stale()

    with _whenever("before-send.s3.CompleteMultipartUpload", outlast):
        done = client.post(f"/api/v1/uploads/{upload['id']}/complete")
    assert (done.status_code, done.json()["status"]) == (201, "queued")


def test_what_came_of_a_key_at_the_same_moment_is_undone_in_storage(account: Accounts) -> None:
    client = account().client
    together = threading.Barrier(4)
    before = _open_in_storage()
    with (
        _whenever("before-send.s3.CreateMultipartUpload", lambda: together.wait(PATIENCE_SECONDS)),
        ThreadPoolExecutor(4) as pool,
    ):
        begun = list(pool.map(lambda key: _begin(client, **{"Idempotency-Key": key}), ["same"] * 4))
    assert len({each["id"] for each in begun}) == 1
    assert len(_open_in_storage() - before) == 1


def test_uploads_expire_while_storage_is_away_and_are_swept_later(
    account: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = account().client
    begun = [_begin(client), _begin(client)]
    for upload in begun:
        _let_expire(upload)

    def away(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="http://s3")

    with monkeypatch.context() as broken:
        broken.setattr(s3(), "abort_multipart_upload", away)
        assert uploads.expire_stale() >= 2
    assert [client.get(f"/api/v1/uploads/{each['id']}").json()["state"] for each in begun] == ["expired"] * 2
    prefixes = [f"videos/{each['video_id']}/" for each in begun]
    with database.transaction() as session:
        assert len(session.exec(select(Leftover).where(col(Leftover.prefix).in_(prefixes))).all()) == 2


def _let_expire(upload: dict[str, Any]) -> None:
    with database.transaction() as session:
        session.get_one(Upload, UUID(upload["id"])).expires_at = now() - timedelta(seconds=1)


def _open_in_storage() -> set[str]:
    pages = s3().get_paginator("list_multipart_uploads").paginate(Bucket=settings().s3_bucket)
    return {each["UploadId"] for page in pages for each in page.get("Uploads", ())}
