"""Uploader: the whole window accepts dropped files, and a tray shows each upload (decision 0002)."""

from __future__ import annotations

import reflex as rx

from mediaproc.domain.states import VideoStatus
from mediaproc.state import labels

for _module in (
    "api",
    "cross_tab",
    "engine",
    "fingerprint",
    "pace",
    "processing",
    "resume",
    "store",
    "transfer",
):
    rx.asset(f"{_module}.js", shared=True)

_STAGES = {**labels.STAGES, "": labels.status(VideoStatus.QUEUED), "unknown": labels.status(VideoStatus.PROCESSING)}


class Uploader(rx.NoSSRComponent):
    """Drop zone, file picker and tray. Any element with `data-pick-files` opens the picker.

    `owner` is the email of the user who is signed in: unfinished uploads are shown only to them. `stages` labels the
    stages of processing.
    """

    library = rx.asset("uploader.jsx", shared=True).importable_path
    tag = "Uploader"
    lib_dependencies: list[str] = ["@uppy/core@5.2.0", "@uppy/aws-s3@5.1.0"]

    owner: rx.Var[str]
    stages: rx.Var[dict[str, str]] = rx.Var.create(_STAGES)


uploader = Uploader.create

OPENS_PICKER = {"data-pick-files": "true"}
