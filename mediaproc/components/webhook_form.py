"""Form that adds a webhook and shows its secret once."""

from __future__ import annotations

import reflex as rx
from reflex.event import no_args_event_spec

rx.asset("api_key_form.jsx", shared=True)


class WebhookForm(rx.Component):
    """Its children are the fields `url`, `description` and `event` (several)."""

    library = rx.asset("webhook_form.jsx", shared=True).importable_path
    tag = "WebhookForm"

    on_create: rx.EventHandler[no_args_event_spec]


webhook_form = WebhookForm.create
