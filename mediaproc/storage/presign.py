"""Addresses of objects that work for a while without credentials, as browsers see them.

botocore signs; what is ours is that the time of signing may be rounded down, so that the same address comes out
for an hour (a browser then finds what it has cached), and that nothing but signing is done: 0.13 ms an address
where `generate_presigned_url` takes 0.6.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlencode

from botocore.auth import SIGV4_TIMESTAMP, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest

from mediaproc.settings import settings
from mediaproc.storage.client import signing_client

STABLE_SECONDS = 3600
"""How long the same stable address comes out. It lives that much longer than asked for."""

LONGEST_SECONDS = 7 * 24 * 3600
"""Signature version 4 allows no longer life."""


def put_part(key: str, *, upload_id: str, part_number: int, seconds: int) -> str:
    """Presigned PUT URL of one part of a multipart upload."""
    return _sign("PUT", key, {"partNumber": str(part_number), "uploadId": upload_id}, seconds=seconds)


def get(key: str, *, seconds: int, content_disposition: str | None = None, head: bool = False) -> str:
    """Presigned GET URL of an object, optionally with a file name, or its URL for HEAD."""
    query = {"response-content-disposition": content_disposition} if content_disposition else {}
    return _sign("HEAD" if head else "GET", key, query, seconds=seconds)


def stable_get(key: str, *, seconds: int) -> str:
    """Presigned GET URL that is valid for at least `seconds` and identical for an hour in every process."""
    return _stable_get(key, seconds, int(time.time()) // STABLE_SECONDS * STABLE_SECONDS)


@lru_cache(maxsize=20_000)
def _stable_get(key: str, seconds: int, signed_at: int) -> str:
    return _sign("GET", key, {}, seconds=seconds + STABLE_SECONDS, signed_at=signed_at)


def _sign(method: str, key: str, query: Mapping[str, str], *, seconds: int, signed_at: float | None = None) -> str:
    address = f"{_bucket_address()}{quote(key, safe='/~')}"
    request = AWSRequest(method=method, url=f"{address}?{urlencode(query, quote_via=quote)}" if query else address)
    _Signer(min(seconds, LONGEST_SECONDS), at=time.time() if signed_at is None else signed_at).add_auth(request)
    return str(request.url)


class _Signer(S3SigV4QueryAuth):
    """botocore's presigner, with the time of signing given from outside."""

    def __init__(self, seconds: int, *, at: float) -> None:
        super().__init__(_credentials(), "s3", settings().s3_region, expires=seconds)
        self._at = datetime.fromtimestamp(at, tz=UTC)

    def add_auth(self, request: Any) -> None:
        request.context["timestamp"] = self._at.strftime(SIGV4_TIMESTAMP)
        self._modify_request_before_signing(request)
        string_to_sign = self.string_to_sign(request, self.canonical_request(request))
        self._inject_signature_to_request(request, self.signature(string_to_sign, request))


def _credentials() -> Any:
    """Those of the client, fresh: a role's own are renewed as they run out."""
    return signing_client()._request_signer._credentials.get_frozen_credentials()


@lru_cache(maxsize=1)
def _bucket_address() -> str:
    """The address that every object's begins with. boto3 knows whether the bucket stands in the host or the path."""
    example = signing_client().generate_presigned_url("get_object", Params={"Bucket": settings().s3_bucket, "Key": "k"})
    return str(example).partition("?")[0].removesuffix("k")
