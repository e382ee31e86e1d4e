"""The uploads: the whole window takes a drop, a tray shows each file (decision 0002)."""

from __future__ import annotations

import reflex as rx

rx.asset("upload_engine.js", shared=True)
rx.asset("upload_tabs.js", shared=True)


class Uploader(rx.NoSSRComponent):
    """Drop zone, file picker and tray. Any element with `data-pick-files` opens the picker.

    `owner` is the email of who is signed in: unfinished uploads are found again only by them.
    """

    library = rx.asset("uploader.jsx", shared=True).importable_path
    tag = "Uploader"
    lib_dependencies: list[str] = ["@uppy/core@5.2.0", "@uppy/aws-s3@5.1.0"]

    owner: rx.Var[str]


uploader = Uploader.create

OPENS_PICKER = {"data-pick-files": "true"}
