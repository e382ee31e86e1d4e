"""Overlays: fetches the watermark and the subtitles to burn in to files that FFmpeg reads."""

from __future__ import annotations

from pathlib import Path

import fontpkg_noto_sans  # pyright: ignore[reportMissingTypeStubs]

from mediaproc.domain.errors import BeyondLimits, DamagedSource, EncodeFailed, UnsupportedCodec
from mediaproc.media import layout, tracks
from mediaproc.media.filters import burn_in, overlay
from mediaproc.media.probe import MediaInfo
from mediaproc.operations import images
from mediaproc.storage import keys, objects
from mediaproc.storage.objects import put_bytes
from mediaproc_worker import ffmpeg
from mediaproc_worker.context import AttemptContext

_FONTS = Path(fontpkg_noto_sans.ROOT) / "files"


def store_burn_in(context: AttemptContext, info: MediaInfo) -> None:
    """Store the subtitles that the encodes burn in. This is done once, since extracting them reads the whole source.

    Subtitles that can't be read are left out with a line in the log.
    """
    edits = context.preset.edits
    if not overlay.burns_in(info, edits):
        return
    (selected,) = tracks.selected_subtitles(info)
    try:
        ffmpeg.run(context, burn_in.arguments(info, source=context.source, edits=edits))
        script = (context.workspace / layout.BURNT).read_bytes()
        context.log(f"Burning in the subtitles “{selected.label.title}”")
    except (DamagedSource, UnsupportedCodec, BeyondLimits, EncodeFailed) as error:
        script = burn_in.EMPTY_SCRIPT
        context.log(f"The subtitles can't be read and are not burnt in: {error.detail}")
    key = keys.burnt_text(context.claim.video_id, context.claim.output)
    put_bytes(burn_in.cleaned_script(script, info).encode(), key, content_type="text/x-ssa")


def fetch(context: AttemptContext) -> None:
    """Put the watermark and the subtitles that the preset draws over the video into the workspace."""
    fetch_watermark(context)
    if overlay.burns_in(context.info, context.preset.edits):
        body = objects.get_bytes(keys.burnt_text(context.claim.video_id, context.claim.output))
        (context.workspace / layout.BURNT).write_bytes(body)
        (context.workspace / layout.FONTS).symlink_to(_FONTS, target_is_directory=True)


def fetch_watermark(context: AttemptContext) -> None:
    """Put the watermark, if the preset has one, into the workspace."""
    watermark = context.preset.edits.watermark
    if watermark is None:
        return
    with context.transaction() as session:
        content = images.content(session, team_id=context.claim.job.team_id, digest=watermark.image)
    (context.workspace / layout.WATERMARK).write_bytes(content)
