"""The field of a preset's watermark."""

from __future__ import annotations

import reflex as rx


class WatermarkField(rx.NoSSRComponent):
    """Sends the image that is chosen to the API; its id is the form's `watermark`. `image` is the id at first."""

    library = rx.asset("watermark_field.jsx", shared=True).importable_path
    tag = "WatermarkField"

    image: rx.Var[str]


watermark_field = WatermarkField.create
