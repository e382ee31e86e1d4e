"""Signing secrets of webhooks: derived from JWT_SECRET, so that none is stored (docs/decisions/0010)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime, timedelta
from functools import lru_cache

from mediaproc.domain.tables import Webhook
from mediaproc.settings import settings

OLD_SECRET_LIFE = timedelta(hours=24)
"""How long deliveries are signed with the secret before, too, once there is a new one."""


def newest(webhook: Webhook) -> str:
    """The secret as its owner is shown it, in the form of Standard Webhooks: `whsec_` and 32 bytes in Base64."""
    return _secret(webhook, webhook.secret_number)


def good(webhook: Webhook, *, at: datetime) -> tuple[str, ...]:
    """Every secret to sign with now, the newest first."""
    old = webhook.old_secret_until is not None and at < webhook.old_secret_until
    return (newest(webhook), _secret(webhook, webhook.secret_number - 1)) if old else (newest(webhook),)


def _secret(webhook: Webhook, number: int) -> str:
    derived = hmac.new(_key(), webhook.id.bytes + number.to_bytes(4), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(derived).decode()


@lru_cache(maxsize=1)
def _key() -> bytes:
    return settings().derived_secret("webhook secrets").encode()
