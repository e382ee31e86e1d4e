"""Webhook client: one POST, signed as Standard Webhooks says. Redirects are not followed."""

from __future__ import annotations

import ssl
import time
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

import httpcore
import httpx
from standardwebhooks import Webhook as Signer

from mediaproc import logs
from mediaproc.domain.webhooks import Answer
from mediaproc.operations.webhooks import Claim
from mediaproc.settings import settings
from mediaproc_worker.ssrf_guard import GuardedNetwork, Refused

log = logs.get_logger(__name__)

MAX_BODY_BYTES = 4096
"""Bytes of a receiver's answer that are stored for the delivery log."""


def post(claim: Claim) -> Answer:
    """Send a delivery once. A failed connection is an answer too, with its reason."""
    began = time.monotonic()
    answer = _tried(claim, deadline=began + settings().webhook_timeout_seconds)
    return replace(answer, seconds=time.monotonic() - began)


def headers_of(claim: Claim, *, at: datetime) -> dict[bytes | str, bytes | str]:
    """Return the headers, signed with every secret that is valid at `at`. `webhook-id` is the same at each attempt."""
    id = str(claim.event_id)
    signatures = [Signer(secret).sign(id, at, claim.body) for secret in claim.secrets]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Mediaproc-Webhooks/1",
        "webhook-id": id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def _tried(claim: Claim, *, deadline: float) -> Answer:
    try:
        return _exchange(claim, deadline=deadline)
    except Refused as error:
        return Answer(error=str(error), refused=True)
    except httpcore.TimeoutException:
        return Answer(error=f"No answer within {settings().webhook_timeout_seconds:g} seconds")
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as error:
        return Answer(error=_words(error))
    except Exception:
        log.exception("webhook_not_sent", webhook_id=str(claim.webhook_id))
        return Answer(error="Something unexpected happened here")


def _exchange(claim: Claim, *, deadline: float) -> Answer:
    url = httpx.URL(claim.url)
    if url.scheme != "https" and not settings().webhook_allow_http:
        raise Refused("Webhooks only go to https:// addresses")
    network = GuardedNetwork(deadline=deadline, allowed=settings().webhook_networks)
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
    headers = headers_of(claim, at=datetime.now(UTC))
    with (
        httpcore.ConnectionPool(ssl_context=_tls(), network_backend=network) as pool,
        pool.stream("POST", target, headers=headers, content=claim.body.encode()) as response,
    ):
        return Answer(
            status=response.status, body=_beginning(response), retry_after_seconds=_retry_after_seconds(response)
        )


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _beginning(response: httpcore.Response) -> str:
    """Return the first bytes of the body, without reading the rest. A body that breaks off is no failure."""
    body = b""
    try:
        for chunk in response.iter_stream():
            body += chunk
            if len(body) >= MAX_BODY_BYTES:
                break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        pass
    return body[:MAX_BODY_BYTES].decode("utf-8", "replace").replace("\0", "�")


def _retry_after_seconds(response: httpcore.Response) -> int:
    given = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"")
    return int(given) if given.isdigit() and len(given) < 6 else 0


def _words(error: Exception) -> str:
    """Return the reason of a failure for the delivery log: the system's message without its number."""
    said = str(error).partition("] ")[2] or str(error) or type(error).__name__
    return f"The connection failed: {said}"[:300]
