"""Watermark field of the preset form."""

from __future__ import annotations

import reflex as rx


class WatermarkField(rx.Component):
    """Uploads the image to the API; its id becomes the form's `watermark`. `image` is the initial id."""

    library = rx.asset("watermark_field.jsx", shared=True).importable_path
    tag = "WatermarkField"

    image: rx.Var[str]


watermark_field = WatermarkField.create
