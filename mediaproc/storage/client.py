"""The boto3 clients: one for servers, one that signs the addresses browsers see."""

from __future__ import annotations

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
    return boto3.client(
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
