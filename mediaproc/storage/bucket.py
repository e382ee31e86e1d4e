"""The bucket: made if it is missing, with the rules that uploads from a browser need."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from mediaproc import logs
from mediaproc.settings import settings
from mediaproc.storage.client import client

log = logs.get_logger(__name__)

ABORT_UPLOADS_AFTER_DAYS = 8
"""A day more than an upload may take here, so that S3 only sweeps what we forgot."""

_EXPOSED_HEADERS = ["ETag", "Content-Length", "Content-Range", "Accept-Ranges"]

_REFUSALS = frozenset({400, 403, 405, 501})
"""HTTP statuses of a server that lacks a call, or of a key that may not make it. Others are failures."""


@dataclass(frozen=True)
class RefusedRule:
    """A rule that the server would not take. `content` is what to set by hand, as the S3 API spells it."""

    name: str
    reason: str
    purpose: str
    content: dict[str, Any]

    def __str__(self) -> str:
        return (
            f"This S3 server refused the bucket's {self.name} rules ({self.reason}). {self.purpose}\n"
            f"Set them by hand: {json.dumps(self.content)}"
        )


def prepare() -> list[RefusedRule]:
    """Make the bucket and set its CORS and lifecycle rules. Safe to run again.

    Returns the rules that this server refuses: some have no such call. Raises botocore's errors for anything else.
    """
    bucket = settings().s3_bucket
    _make(bucket)
    return [rule for rule in (_set_cors(bucket), _set_lifecycle(bucket)) if rule]


def _set_cors(bucket: str) -> RefusedRule | None:
    rules = cors_rules(settings().origins)
    return _refused(
        lambda: client().put_bucket_cors(Bucket=bucket, CORSConfiguration=rules),
        name="CORS",
        purpose="Browsers can't upload or play unless the server allows these origins.",
        content=rules,
    )


def _set_lifecycle(bucket: str) -> RefusedRule | None:
    rules = lifecycle_rules()
    return _refused(
        lambda: client().put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=rules),
        name="lifecycle",
        purpose="Mediaproc aborts unfinished uploads itself; this rule is a second net for parts that cost storage.",
        content=rules,
    )


def _refused(call: Callable[[], object], *, name: str, purpose: str, content: dict[str, Any]) -> RefusedRule | None:
    try:
        call()
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") not in _REFUSALS:
            raise
        code = str(error.response.get("Error", {}).get("Code", "unknown"))
        return RefusedRule(name=name, reason=code, purpose=purpose, content=content)
    return None


def cors_rules(origins: Sequence[str]) -> dict[str, Any]:
    """Parts are put from our pages only, which must read their ETag. Reading needs a signed address anyway.

    Our own origins are named for reading too: a server answers with the first rule of an origin, and S3 allows
    credentials only to an origin that is named.
    """
    return {
        "CORSRules": [
            {
                "AllowedOrigins": list(origins),
                "AllowedMethods": ["GET", "HEAD", "PUT"],
                "AllowedHeaders": ["*"],
                "ExposeHeaders": _EXPOSED_HEADERS,
                "MaxAgeSeconds": 3600,
            },
            {
                "AllowedOrigins": ["*"],
                "AllowedMethods": ["GET", "HEAD"],
                "AllowedHeaders": ["*"],
                "ExposeHeaders": _EXPOSED_HEADERS,
                "MaxAgeSeconds": 3600,
            },
        ]
    }


def lifecycle_rules() -> dict[str, Any]:
    """Parts of an upload that nobody finished cost storage until they are aborted."""
    return {
        "Rules": [
            {
                "ID": "abort-unfinished-uploads",
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": ABORT_UPLOADS_AFTER_DAYS},
            }
        ]
    }


def _make(bucket: str) -> None:
    try:
        client().head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != 404:
            raise
        client().create_bucket(Bucket=bucket, **_location())
        log.info("bucket_made", bucket=bucket)


def _location() -> dict[str, Any]:
    """AWS wants the region named, except in its first one, where it refuses that."""
    region = settings().s3_region
    if settings().s3_endpoint_url or region == "us-east-1":
        return {}
    return {"CreateBucketConfiguration": {"LocationConstraint": region}}
