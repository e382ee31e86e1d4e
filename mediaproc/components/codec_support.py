"""What only some browsers can play."""

from __future__ import annotations

import reflex as rx


class CodecSupport(rx.NoSSRComponent):
    """Its content, where the browser can decode the codec; else a sentence."""

    library = rx.asset("codec_support.jsx", shared=True).importable_path
    tag = "CodecSupport"

    codec: rx.Var[str]


codec_support = CodecSupport.create
