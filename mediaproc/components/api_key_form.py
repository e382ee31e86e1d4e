"""Form that creates an API key and shows it once."""

from __future__ import annotations

import reflex as rx
from reflex.event import no_args_event_spec


class ApiKeyForm(rx.Component):
    """Its children are the fields `name`, `scope` (several) and `lifetime` (in days, empty for no expiration)."""

    library = rx.asset("api_key_form.jsx", shared=True).importable_path
    tag = "ApiKeyForm"

    on_create: rx.EventHandler[no_args_event_spec]


api_key_form = ApiKeyForm.create
