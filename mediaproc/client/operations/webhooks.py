"""Operations on webhooks. All need the scope `webhooks:write`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from mediaproc.client.methods import listing, operation
from mediaproc.client.models import Delivery, NewWebhook, VideoEvent, Webhook, WebhookChanges
from mediaproc.client.request import Listing, Repeat, Request, model_of, nothing


class WebhookOperations:
    """Webhooks and their deliveries."""

    @listing
    def webhooks(self) -> Listing[Webhook]:
        """All webhooks, newest first."""
        return Listing("/webhooks", Webhook)

    @operation
    def webhook(self, id: str) -> Request[Webhook]:
        """Get a webhook."""
        return Request("GET", "/webhooks/{id}", model_of(Webhook), {"id": id})

    @operation
    def create_webhook(self, url: str, events: Sequence[VideoEvent], *, description: str = "") -> Request[NewWebhook]:
        """Create a webhook. Only this response contains its signing secret."""
        body = {"url": url, "events": list(events), "description": description}
        return Request("POST", "/webhooks", model_of(NewWebhook), json=body, repeat=Repeat.NEVER)

    @operation
    def update_webhook(self, id: str, **changes: Unpack[WebhookChanges]) -> Request[Webhook]:
        """Change fields of a webhook: `update_webhook(id, enabled=False)`."""
        return Request("PATCH", "/webhooks/{id}", model_of(Webhook), {"id": id}, json={**changes})

    @operation
    def rotate_webhook_secret(self, id: str) -> Request[NewWebhook]:
        """Replace the signing secret. The old one stays valid for 24 hours."""
        return Request("POST", "/webhooks/{id}/rotate-secret", model_of(NewWebhook), {"id": id}, repeat=Repeat.NEVER)

    @operation
    def delete_webhook(self, id: str) -> Request[None]:
        """Delete a webhook and its delivery log."""
        return Request("DELETE", "/webhooks/{id}", nothing, {"id": id})

    @operation
    def test_webhook(self, id: str) -> Request[Delivery]:
        """Send a `webhook.test` event to a webhook."""
        return Request("POST", "/webhooks/{id}/test", model_of(Delivery), {"id": id}, repeat=Repeat.WITH_KEY)

    @listing
    def deliveries(self, id: str) -> Listing[Delivery]:
        """Delivery log of a webhook, newest first."""
        return Listing("/webhooks/{id}/deliveries", Delivery, {"id": id})

    @operation
    def resend(self, id: str, delivery_id: str) -> Request[Delivery]:
        """Send the event of a delivery to its webhook again."""
        return Request(
            "POST", "/webhooks/{id}/deliveries/{delivery_id}/resend", model_of(Delivery),
            {"id": id, "delivery_id": delivery_id}, repeat=Repeat.WITH_KEY,
        )  # fmt: skip
