"""The boto3 clients: one for servers, one that signs the addresses browsers see."""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from typing import Any

import boto3
from botocore.config import Config

from mediaproc.settings import settings


@lru_cache(maxsize=1)
def client() -> Any:
    """S3 as this process reaches it. Thread-safe; it connects at first use, which must come after a fork."""
    return _client(settings().s3_endpoint_url)


@lru_cache(maxsize=1)
def signing_client() -> Any:
    """S3 as browsers reach it. Only for presigning: it never connects."""
    return _client(settings().public_s3_endpoint_url)


def _client(endpoint_url: str | None) -> Any:
    config = settings()
    secret = config.aws_secret_access_key
    made = boto3.client(
        "s3",
        endpoint_url=endpoint_url,
        region_name=config.s3_region,
        aws_access_key_id=config.aws_access_key_id,
        aws_secret_access_key=secret.get_secret_value() if secret else None,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if endpoint_url else "auto"},
            retries={"mode": "standard", "max_attempts": 5},
            connect_timeout=5,
            read_timeout=60,
            max_pool_connections=32,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )
    made.meta.events.register("before-sign.s3.DeleteObjects", _add_md5)
    return made


def _add_md5(request: Any, **_: object) -> None:
    """Content-MD5 of the body: boto3 sends a CRC32 instead, which MinIO's older versions refuse."""
    digest = hashlib.md5(request.body, usedforsecurity=False).digest()
    request.headers["Content-MD5"] = base64.b64encode(digest).decode()
