"""The life of an upload: real parts, put by a real HTTP client into a real S3."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from botocore.exceptions import EndpointConnectionError
from fastapi.testclient import TestClient
from sqlmodel import select

from mediaproc import database
from mediaproc.domain.tables import Job, Leftover, Upload, Video, now
from mediaproc.operations import uploads
from mediaproc.operations.jobs import requests
from mediaproc.settings import settings
from mediaproc.storage import keys, multipart, objects
from mediaproc.storage.client import client as s3
from testing.waits import PATIENCE_SECONDS
from tests.integration.conftest import Account

Accounts = Callable[[], Account]

MIB = 1024**2
BODY = os.urandom(8 * MIB) + os.urandom(3 * MIB)
"""Two parts: one whole, one of 3 MiB."""


def _begin(client: TestClient, **changes: Any) -> Any:
    body = {"filename": "holiday.mov", "size_bytes": len(BODY), "content_type": "video/quicktime", **changes}
    return client.post("/api/v1/uploads", json=body)


def _put(url: str, data: bytes) -> str:
    answer = httpx.put(url, content=data, timeout=PATIENCE_SECONDS)
    assert answer.status_code == 200, answer.text
    return answer.headers["etag"]


def _put_parts(upload: dict[str, Any], numbers: list[int] | None = None) -> list[dict[str, Any]]:
    size = upload["part_size_bytes"]
    wanted = [part for part in upload["parts"] if numbers is None or part["part_number"] in numbers]
    return [
        {
            "part_number": part["part_number"],
            "etag": _put(part["url"], BODY[(part["part_number"] - 1) * size : part["part_number"] * size]),
        }
        for part in wanted
    ]


def _rows(upload: dict[str, Any]) -> tuple[Upload | None, Video | None]:
    with database.transaction() as session:
        return session.get(Upload, UUID(upload["id"])), session.get(Video, UUID(upload["video_id"]))


def test_parts_go_to_s3_and_become_a_queued_video(account: Accounts) -> None:
    client = account().client
    begun = _begin(client)
    assert begun.status_code == 201
    upload = begun.json()
    assert set(upload) == {"id", "video_id", "part_size_bytes", "part_count", "expires_at", "parts"}
    assert (upload["part_size_bytes"], upload["part_count"]) == (8 * MIB, 2)
    assert [part["part_number"] for part in upload["parts"]] == [1, 2]
    assert client.get(f"/api/v1/videos/{upload['video_id']}").json()["status"] == "uploading"
    sent = _put_parts(upload)
    done = client.post(f"/api/v1/uploads/{upload['id']}/complete", json={"parts": sent})
    assert done.status_code == 201
    video = done.json()
    assert (video["id"], video["status"], video["filename"]) == (upload["video_id"], "queued", "holiday.mov")
    assert (video["title"], video["size_bytes"], video["job"]["status"]) == ("holiday", len(BODY), "queued")
    _, row = _rows(upload)
    assert row is not None
    stored = s3().get_object(Bucket=settings().s3_bucket, Key=row.source_key)
    assert stored["Body"].read() == BODY
    assert stored["ContentType"] == "video/quicktime"


def test_completing_again_gives_the_same_answer_and_one_job(account: Accounts) -> None:
    client = account().client
    upload = _begin(client).json()
    _put_parts(upload)
    path = f"/api/v1/uploads/{upload['id']}/complete"
    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(lambda _: client.post(path), range(3)))
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert answers[0].json() == answers[1].json() == answers[2].json() == client.post(path, json={}).json()
    with database.transaction() as session:
        assert len(session.exec(select(Job).where(Job.video_id == UUID(upload["video_id"]))).all()) == 1


def test_a_crash_between_s3s_complete_and_the_commit_loses_nothing(
    account: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = account().client
    upload = _begin(client).json()
    _put_parts(upload)

    def crash(*_: Any, **__: Any) -> None:
        raise MemoryError("killed here")

    with monkeypatch.context() as broken:
        broken.setattr(requests, "enqueue", crash)
        crashed = client.post(f"/api/v1/uploads/{upload['id']}/complete")
    assert (crashed.status_code, crashed.json()["code"]) == (500, "internal_error")
    assert "killed here" not in crashed.text
    assert client.get(f"/api/v1/uploads/{upload['id']}").json()["state"] == "open"
    again = client.post(f"/api/v1/uploads/{upload['id']}/complete")
    assert (again.status_code, again.json()["status"]) == (201, "queued")


def test_missing_parts_are_named(account: Accounts) -> None:
    client = account().client
    upload = _begin(client).json()
    _put_parts(upload, [1])
    done = client.post(f"/api/v1/uploads/{upload['id']}/complete")
    assert done.status_code == 409
    assert done.headers["content-type"] == "application/problem+json"
    assert (done.json()["code"], done.json()["missing_parts"]) == ("upload_incomplete", [2])


def test_a_part_with_another_etag_counts_as_missing(account: Accounts) -> None:
    client = account().client
    upload = _begin(client).json()
    sent = _put_parts(upload)
    path = f"/api/v1/uploads/{upload['id']}/complete"
    wrong = [sent[0], {"part_number": 2, "etag": '"0123"'}]
    assert client.post(path, json={"parts": wrong}).json()["missing_parts"] == [2]
    assert client.post(path, json={"parts": sent[:1]}).json()["missing_parts"] == [2]


def test_a_part_sent_again_counts_once_and_as_it_was_whole(account: Accounts) -> None:
    client = account().client
    upload = _begin(client).json()
    path = f"/api/v1/uploads/{upload['id']}"
    _put(upload["parts"][0]["url"], BODY[: 6 * MIB])
    _put_parts(upload, [2])
    assert client.post(f"{path}/complete").json()["missing_parts"] == [1]
    _put_parts(upload)
    listed = client.get(path).json()["uploaded_parts"]
    assert [(part["part_number"], part["size_bytes"]) for part in listed] == [(1, 8 * MIB), (2, 3 * MIB)]
    assert client.post(f"{path}/complete").status_code == 201
    row, _ = _rows(upload)
    assert row is not None
    assert s3().get_object(Bucket=settings().s3_bucket, Key=row.object_key)["Body"].read() == BODY


def test_another_device_goes_on_from_what_s3_has(account: Accounts) -> None:
    client = account().client
    upload = _begin(client).json()
    [first] = _put_parts(upload, [1])
    found = client.get(f"/api/v1/uploads/{upload['id']}").json()
    assert (found["state"], found["filename"], found["part_count"]) == ("open", "holiday.mov", 2)
    part = {"part_number": 1, "size_bytes": 8 * MIB, "etag": first["etag"].strip('"')}
    assert found["uploaded_parts"] == [part]
    signed = client.post(f"/api/v1/uploads/{upload['id']}/parts", json={"part_numbers": [2]}).json()
    assert set(signed["parts"][0]) == {"part_number", "url", "expires_at"}
    _put(signed["parts"][0]["url"], BODY[8 * MIB :])
    assert client.post(f"/api/v1/uploads/{upload['id']}/complete").status_code == 201


@pytest.mark.parametrize("numbers", [[], [0], [3], [1, 99], ["x"], list(range(1, 1200))])
def test_only_parts_that_the_upload_has_are_signed(account: Accounts, numbers: list[Any]) -> None:
    client = account().client
    upload = _begin(client).json()
    done = client.post(f"/api/v1/uploads/{upload['id']}/parts", json={"part_numbers": numbers})
    assert (done.status_code, done.json()["code"]) == (422, "invalid")
    assert done.json()["errors"][0]["field"].startswith("part_numbers")


def test_giving_up_takes_the_parts_out_of_s3_and_the_video_out_of_the_library(account: Accounts) -> None:
    client = account().client
    upload = _begin(client).json()
    _put_parts(upload)
    row, _ = _rows(upload)
    assert row is not None
    assert client.delete(f"/api/v1/uploads/{upload['id']}").status_code == 204
    with pytest.raises(multipart.NoSuchUpload):
        multipart.uploaded_parts(row.object_key, upload_id=row.s3_upload_id)
    assert client.get(f"/api/v1/videos/{upload['video_id']}").status_code == 404
    assert client.get(f"/api/v1/uploads/{upload['id']}").json()["state"] == "aborted"
    assert client.delete(f"/api/v1/uploads/{upload['id']}").status_code == 204
    for path, body in (("complete", {}), ("parts", {"part_numbers": [1]})):
        ended = client.post(f"/api/v1/uploads/{upload['id']}/{path}", json=body)
        assert (ended.status_code, ended.json()["code"]) == (409, "upload_ended")


def test_a_finished_upload_can_not_be_given_up(account: Accounts) -> None:
    client = account().client
    upload = _begin(client).json()
    _put_parts(upload)
    client.post(f"/api/v1/uploads/{upload['id']}/complete")
    done = client.delete(f"/api/v1/uploads/{upload['id']}")
    assert (done.status_code, done.json()["code"]) == (409, "conflict")


def test_an_upload_that_nobody_finishes_expires(account: Accounts) -> None:
    client = account().client
    upload, kept = _begin(client).json(), _begin(client).json()
    _put_parts(upload, [1])
    with database.transaction() as session:
        row = session.get_one(Upload, UUID(upload["id"]))
        row.expires_at = now() - timedelta(seconds=1)
    ended = client.post(f"/api/v1/uploads/{upload['id']}/parts", json={"part_numbers": [1]})
    assert ended.json()["code"] == "upload_ended"
    assert uploads.expire_stale() == 1
    with pytest.raises(multipart.NoSuchUpload):
        multipart.uploaded_parts(row.object_key, upload_id=row.s3_upload_id)
    assert client.get(f"/api/v1/uploads/{upload['id']}").json()["state"] == "expired"
    assert client.get(f"/api/v1/videos/{upload['video_id']}").status_code == 404
    assert client.get(f"/api/v1/uploads/{kept['id']}").json()["state"] == "open"


def test_a_video_deleted_in_mid_upload_leaves_its_parts_to_the_sweeper(account: Accounts) -> None:
    client = account().client
    upload = _begin(client).json()
    _put_parts(upload)
    assert client.delete(f"/api/v1/videos/{upload['video_id']}").status_code == 204
    assert client.post(f"/api/v1/uploads/{upload['id']}/complete").json()["code"] == "upload_ended"
    prefix = keys.video_prefix(UUID(upload["video_id"]))
    with database.transaction() as session:
        assert len(session.exec(select(Leftover).where(Leftover.prefix == prefix)).all()) == 2
    row, _ = _rows(upload)
    assert row is not None
    objects.delete_prefix(prefix)
    with pytest.raises(multipart.NoSuchUpload):
        multipart.uploaded_parts(row.object_key, upload_id=row.s3_upload_id)


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"size_bytes": 0}, "empty_file", "size_bytes"),
        ({"size_bytes": 50 * 1024**3 + 1}, "file_too_large", "size_bytes"),
        ({"size_bytes": -1}, "invalid", "size_bytes"),
        ({"size_bytes": "many"}, "invalid", "size_bytes"),
        ({"filename": ""}, "invalid", "filename"),
        ({"preset": "no-such"}, "invalid", "preset"),
    ],
)
def test_what_can_not_be_uploaded_is_refused_at_once(
    account: Accounts, changes: dict[str, Any], code: str, field: str
) -> None:
    done = _begin(account().client, **changes)
    assert done.status_code == 422
    problem = done.json()
    assert (problem["code"], problem["errors"][0]["field"]) == (code, field)
    assert problem["status"] == 422


def test_the_largest_file_fits_into_the_parts_that_s3_allows(account: Accounts) -> None:
    upload = _begin(account().client, size_bytes=50 * 1024**3).json()
    assert upload["part_count"] <= 10_000
    assert upload["part_count"] * upload["part_size_bytes"] >= 50 * 1024**3
    assert len(upload["parts"]) == 100


def test_a_wicked_file_name_is_harmless(account: Accounts) -> None:
    client = account().client
    name = "../../etc/\u202epasswd\x00 Ünïcode\n“clip”.MP4"
    upload = _begin(client, filename=name, content_type="text/html\x00").json()
    video = client.get(f"/api/v1/videos/{upload['video_id']}").json()
    assert video["filename"] == "passwd Ünïcode“clip”.MP4"
    _, row = _rows(upload)
    assert row is not None
    assert row.source_key == f"videos/{upload['video_id']}/source/passwd_n_code_clip_.MP4"


def test_s3_away_is_said_and_leaves_nothing(account: Accounts, monkeypatch: pytest.MonkeyPatch) -> None:
    client = account().client

    def away(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="http://s3")

    with monkeypatch.context() as broken:
        broken.setattr(s3(), "create_multipart_upload", away)
        done = _begin(client)
    assert (done.status_code, done.json()["code"]) == (503, "service_unavailable")
    assert done.headers["retry-after"]
    assert client.get("/api/v1/videos").json()["items"] == []


# Idempotency-Key --------------------------------------------------------------------------------------------


def test_the_same_key_and_body_give_the_same_answer(account: Accounts) -> None:
    client = account().client
    key = {"Idempotency-Key": "k1"}
    body = {"filename": "a.mp4", "size_bytes": 5}
    first = client.post("/api/v1/uploads", json=body, headers=key)
    again = client.post("/api/v1/uploads", json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    other = client.post("/api/v1/uploads", json={**body, "size_bytes": 6}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_mismatch")
    assert len(client.get("/api/v1/videos").json()["items"]) == 1


def test_the_same_key_many_times_at_once_happens_once(account: Accounts) -> None:
    client = account().client

    def post(_: int) -> Any:
        headers = {"Idempotency-Key": "at-once"}
        return client.post("/api/v1/uploads", json={"filename": "a.mp4", "size_bytes": 5}, headers=headers)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(post, range(6)))
    assert {answer.json()["id"] for answer in answers} == {answers[0].json()["id"]}
    assert len(client.get("/api/v1/videos").json()["items"]) == 1


def test_a_key_is_ones_own(account: Accounts) -> None:
    key = {"Idempotency-Key": "shared"}
    body = {"filename": "a.mp4", "size_bytes": 5}
    ids = {account().client.post("/api/v1/uploads", json=body, headers=key).json()["id"] for _ in range(2)}
    assert len(ids) == 2


def test_an_error_is_not_remembered(account: Accounts) -> None:
    client = account().client
    key = {"Idempotency-Key": "again"}
    upload = _begin(client).json()
    path = f"/api/v1/uploads/{upload['id']}/complete"
    assert client.post(path, headers=key).status_code == 409
    _put_parts(upload)
    assert client.post(path, headers=key).status_code == 201
    assert client.post(path, headers=key).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 256, "with space"])
def test_a_strange_key_is_refused(account: Accounts, key: str) -> None:
    done = account().client.post(
        "/api/v1/uploads", json={"filename": "a.mp4", "size_bytes": 5}, headers={"Idempotency-Key": key}
    )
    assert (done.status_code, done.json()["errors"][0]["field"]) == (422, "Idempotency-Key")


def test_more_parts_than_fit_on_one_page_of_s3s_list_are_all_found(connected: dict[str, str]) -> None:
    key = "videos/paged/source/x"
    upload_id = multipart.create(key, content_type="video/mp4")
    numbers = range(1, 1006)
    signed = multipart.sign_parts(key, upload_id=upload_id, part_numbers=numbers, seconds=60)
    with httpx.Client() as client, ThreadPoolExecutor(4) as pool:
        assert {answer.status_code for answer in pool.map(lambda n: client.put(signed[n], content=b"x"), numbers)} == {
            200
        }
    found = multipart.uploaded_parts(key, upload_id=upload_id)
    assert [part.part_number for part in found] == list(numbers)
    multipart.abort(key, upload_id=upload_id)
    multipart.abort(key, upload_id=upload_id)
    with pytest.raises(multipart.NoSuchUpload):
        multipart.uploaded_parts(key, upload_id=upload_id)
