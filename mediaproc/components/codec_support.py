"""Codec support: replaces a player by a note where the browser cannot decode the codec."""

from __future__ import annotations

import reflex as rx


class CodecSupport(rx.NoSSRComponent):
    """Shows its children if the browser can decode the codec, else a note."""

    library = rx.asset("codec_support.jsx", shared=True).importable_path
    tag = "CodecSupport"

    name: rx.Var[str]
    """The codec as people call it."""
    type: rx.Var[str]
    """MIME type to check; empty if every browser decodes the codec."""


codec_support = CodecSupport.create
