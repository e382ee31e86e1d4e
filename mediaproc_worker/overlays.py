"""Overlays: fetches the watermark and the subtitles to burn in to files that FFmpeg reads."""

from __future__ import annotations

from pathlib import Path

import fontpkg_noto_sans  # pyright: ignore[reportMissingTypeStubs]

from mediaproc.domain.errors import BeyondLimits, DamagedSource, EncodeFailed, UnsupportedCodec
from mediaproc.media import layout, tracks
from mediaproc.media.edits import Edits
from mediaproc.media.filters import burn_in, overlay
from mediaproc.media.presets import Preset
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source
from mediaproc.operations import images
from mediaproc.storage import keys, objects
from mediaproc.storage.objects import put_bytes
from mediaproc_worker import ffmpeg
from mediaproc_worker.context import AttemptContext

_FONTS = Path(fontpkg_noto_sans.ROOT) / "files"


def keep_text(context: AttemptContext, info: MediaInfo, source: Source, edits: Edits) -> None:
    """Store the subtitles that the encodes are to burn in: once, since to read them is to read all of the source.

    Those that can't be read are left out, and told of.
    """
    if not overlay.burns_in(info, edits):
        return
    (kept,) = tracks.selected_subtitles(info)
    try:
        ffmpeg.run(context, burn_in.arguments(info, source=source, edits=edits))
        script = (context.workspace / layout.BURNT).read_bytes()
        context.log(f"Burning in the subtitles “{kept.label.title}”")
    except (DamagedSource, UnsupportedCodec, BeyondLimits, EncodeFailed) as error:
        script = burn_in.EMPTY_SCRIPT
        context.log(f"The subtitles can't be read and are not burnt in: {error.detail}")
    key = keys.burnt_text(context.claim.video_id, context.claim.output)
    put_bytes(burn_in.cleaned_script(script, info).encode(), key, content_type="text/x-ssa")


def fetch(context: AttemptContext, info: MediaInfo, preset: Preset) -> None:
    """Put into the workspace what the preset lays over the picture."""
    fetch_mark(context, preset)
    if overlay.burns_in(info, preset.edits):
        body = objects.get_bytes(keys.burnt_text(context.claim.video_id, context.claim.output))
        (context.workspace / layout.BURNT).write_bytes(body)
        (context.workspace / layout.FONTS).symlink_to(_FONTS, target_is_directory=True)


def fetch_mark(context: AttemptContext, preset: Preset) -> None:
    """Only the watermark: a poster has no text."""
    mark = preset.edits.watermark
    if mark is None:
        return
    with context.transaction() as session:
        content = images.content(session, team_id=context.claim.job.team_id, digest=mark.image)
    (context.workspace / layout.WATERMARK).write_bytes(content)
