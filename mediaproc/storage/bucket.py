"""The bucket: made if it is missing, with the rules that uploads from a browser need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from botocore.exceptions import ClientError

from mediaproc import logs
from mediaproc.settings import settings
from mediaproc.storage.client import client

log = logs.get_logger(__name__)

ABORT_UPLOADS_AFTER_DAYS = 8
"""A day more than an upload may take here, so that S3 only sweeps what we forgot."""


def prepare() -> None:
    """Make the bucket and set its CORS and lifecycle rules. Safe to run again. Raises botocore's errors."""
    bucket = settings().s3_bucket
    _make(bucket)
    client().put_bucket_cors(Bucket=bucket, CORSConfiguration=cors_rules(settings().origins))
    client().put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=lifecycle_rules())


def cors_rules(origins: Sequence[str]) -> dict[str, Any]:
    """Parts are put from our pages only, which must read their ETag. Reading needs a signed address anyway."""
    return {
        "CORSRules": [
            {
                "AllowedOrigins": list(origins),
                "AllowedMethods": ["PUT"],
                "AllowedHeaders": ["*"],
                "ExposeHeaders": ["ETag"],
                "MaxAgeSeconds": 3600,
            },
            {
                "AllowedOrigins": ["*"],
                "AllowedMethods": ["GET", "HEAD"],
                "AllowedHeaders": ["*"],
                "ExposeHeaders": ["ETag", "Content-Length", "Content-Range", "Accept-Ranges"],
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
