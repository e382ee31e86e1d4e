"""The bucket's rules, on a real S3."""

from __future__ import annotations

import httpx
import pytest

from mediaproc.settings import settings
from mediaproc.storage import bucket
from mediaproc.storage.client import client, signing_client


@pytest.fixture
def prepared(services: dict[str, str]) -> str:
    """The bucket, prepared twice: the second time must be as good as the first."""
    bucket.prepare()
    bucket.prepare()
    return settings().s3_bucket


def _allowed_methods(name: str, *, origin: str, method: str) -> set[str]:
    """What S3 tells a browser that asks before it sends; without its method there it sends nothing."""
    url = signing_client().generate_presigned_url("put_object", Params={"Bucket": name, "Key": "some/key"})
    answer = httpx.options(url, headers={"Origin": origin, "Access-Control-Request-Method": method})
    methods = answer.headers.get("access-control-allow-methods", "") if answer.is_success else ""
    return {each.strip() for each in methods.split(",") if each.strip()}


def test_a_browser_may_put_parts_from_our_page_and_read_their_etag(prepared: str) -> None:
    origin = settings().origins[0]
    url = signing_client().generate_presigned_url("put_object", Params={"Bucket": prepared, "Key": "some/key"})
    answer = httpx.put(url, content=b"bytes", headers={"Origin": origin})
    assert _allowed_methods(prepared, origin=origin, method="PUT") == {"GET", "HEAD", "PUT"}
    assert answer.headers["access-control-allow-origin"] == origin
    assert "etag" in answer.headers["access-control-expose-headers"].lower()


def test_a_browser_may_not_put_from_another_page(prepared: str) -> None:
    assert "PUT" not in _allowed_methods(prepared, origin="https://elsewhere.example", method="PUT")


def test_players_may_read_from_any_page(prepared: str) -> None:
    assert "GET" in _allowed_methods(prepared, origin="https://elsewhere.example", method="GET")


def test_unfinished_uploads_are_aborted_by_s3_itself(prepared: str) -> None:
    rules = client().get_bucket_lifecycle_configuration(Bucket=prepared)["Rules"]
    days = [rule["AbortIncompleteMultipartUpload"]["DaysAfterInitiation"] for rule in rules]
    assert days == [bucket.ABORT_UPLOADS_AFTER_DAYS]
