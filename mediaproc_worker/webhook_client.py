"""One POST to a receiver: signed after Standard Webhooks, no redirect followed, little of the answer kept."""

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
from mediaproc.domain.errors import Detail
from mediaproc.domain.webhooks import Answer
from mediaproc.operations.webhooks import Claim
from mediaproc.settings import settings
from mediaproc_worker.ssrf_guard import GuardedNetwork, Refused

log = logs.get_logger(__name__)

KEPT_BYTES = 4096
"""How much of a receiver's answer is kept for people to look at."""


def post(claim: Claim) -> Answer:
    """Send it once. Whatever goes wrong on the way is an answer too."""
    began = time.monotonic()
    answer = _tried(claim, deadline=began + settings().webhook_timeout_seconds)
    return replace(answer, seconds=time.monotonic() - began)


def headers_of(claim: Claim, *, at: datetime) -> dict[bytes | str, bytes | str]:
    """The headers, signed with every secret that is good now. `webhook-id` is the same at each try."""
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
        return Answer(error=Detail.DELIVERY_TIMED_OUT.format(seconds=settings().webhook_timeout_seconds))
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as error:
        return Answer(error=_words(error))
    except Exception:
        log.exception("webhook_not_sent", webhook_id=str(claim.webhook_id))
        return Answer(error=Detail.DELIVERY_UNEXPECTED)


def _exchange(claim: Claim, *, deadline: float) -> Answer:
    url = httpx.URL(claim.url)
    if url.scheme != "https" and not settings().webhook_allow_http:
        raise Refused(Detail.DELIVERY_HTTPS_ONLY)
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
    """The first of the body; the rest is not even read. A status that came counts, though its body breaks off."""
    kept = b""
    try:
        for chunk in response.iter_stream():
            kept += chunk
            if len(kept) >= KEPT_BYTES:
                break
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        pass
    return kept[:KEPT_BYTES].decode("utf-8", "replace").replace("\0", "�")


def _retry_after_seconds(response: httpcore.Response) -> int:
    given = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"")
    return int(given) if given.isdigit() and len(given) < 6 else 0


def _words(error: Exception) -> str:
    """Reason of a failure for the page: the system's message without its number."""
    said = str(error).partition("] ")[2] or str(error) or type(error).__name__
    return Detail.DELIVERY_CONNECTION_FAILED.format(reason=said)[:300]
