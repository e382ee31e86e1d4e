"""The form that adds a webhook, and shows its secret this once."""

from __future__ import annotations

import reflex as rx
from reflex.event import no_args_event_spec

rx.asset("new_key.jsx", shared=True)


class NewWebhook(rx.NoSSRComponent):
    """Its children are the fields `url`, `description` and `event` (several)."""

    library = rx.asset("new_webhook.jsx", shared=True).importable_path
    tag = "NewWebhook"

    on_made: rx.EventHandler[no_args_event_spec]


new_webhook = NewWebhook.create
