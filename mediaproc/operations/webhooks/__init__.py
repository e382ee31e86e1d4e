"""Webhooks: a team's addresses, what they are told, and the log of it.

A delivery is a row written in the same transaction as the change that it tells of. To each webhook one request goes at
a time; a video's next event waits until the one before is delivered or given up. Lock order: the video's row, then the
webhook's, then the delivery's.
"""

from mediaproc.operations.webhooks.delivery_log import deliveries, delivery, resend, test
from mediaproc.operations.webhooks.dispatch import Claim, claim, settle
from mediaproc.operations.webhooks.endpoints import (
    MOST_WEBHOOKS,
    NewWebhook,
    change,
    create,
    delete,
    page,
    rotate_secret,
    view,
)
from mediaproc.operations.webhooks.maintenance import prune, rescue_expired, resend_lost
from mediaproc.operations.webhooks.outbox import notify

__all__ = [
    "MOST_WEBHOOKS",
    "Claim",
    "NewWebhook",
    "change",
    "claim",
    "create",
    "delete",
    "deliveries",
    "delivery",
    "notify",
    "page",
    "prune",
    "rescue_expired",
    "resend",
    "resend_lost",
    "rotate_secret",
    "settle",
    "test",
    "view",
]
