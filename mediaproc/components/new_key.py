"""The form that makes an API key, and shows it this once."""

from __future__ import annotations

import reflex as rx
from reflex.event import no_args_event_spec


class NewKey(rx.NoSSRComponent):
    """Its children are the fields `name`, `scope` (several) and `life` (in days, empty for no end)."""

    library = rx.asset("new_key.jsx", shared=True).importable_path
    tag = "NewKey"

    on_made: rx.EventHandler[no_args_event_spec]


new_key = NewKey.create
