"""Subtitles: the text tracks of a source as WebVTT. Tracks that can't be read are left out with a line in the log.

Each is stored in one piece: text is small, and a player then has it for the whole video.
"""

from __future__ import annotations

from mediaproc.domain.errors import BeyondLimits, DamagedSource, EncodeFailed, UnsupportedCodec
from mediaproc.domain.states import RenditionKind
from mediaproc.media import layout, tracks
from mediaproc.media.commands import subtitles
from mediaproc.media.commands.arguments import shell_line
from mediaproc.media.storyboard import VTT_MIME_TYPE
from mediaproc.media.tracks import SelectedTrack
from mediaproc.operations.jobs import execution as jobs
from mediaproc.storage import keys
from mediaproc.storage.objects import put_bytes
from mediaproc_worker import ffmpeg
from mediaproc_worker.context import AttemptContext


def extract_subtitles(context: AttemptContext) -> None:
    """Perform one attempt of a job of kind `subtitles`."""
    source = context.source
    arguments = subtitles.arguments(context.info, source=source, preset=context.preset)
    context.write(jobs.note, command=shell_line(arguments, source=source))
    store_subtitles(context, arguments)


def store_subtitles(context: AttemptContext, arguments: list[str]) -> None:
    """Store the text tracks of a source that has some. `arguments` are FFmpeg's, which write them."""
    try:
        ffmpeg.run(context, arguments)
    except (DamagedSource, UnsupportedCodec, BeyondLimits, EncodeFailed) as error:
        context.log(f"The subtitles can't be read and are left out: {error.detail}")
        return
    for track in tracks.selected_subtitles(context.info):
        _store(context, track)


def _store(context: AttemptContext, track: SelectedTrack) -> None:
    """Upload one track, then record it."""
    text = subtitles.served_vtt((context.workspace / layout.text(track.rendition)).read_bytes())
    if text is None:
        context.log(f"Subtitles “{track.label.title}” have no text that can be read, or too much, and are left out")
        return
    claim, body = context.claim, text.encode()
    key = keys.file(claim.video_id, claim.output, track.rendition, "vtt")
    put_bytes(body, key, content_type=VTT_MIME_TYPE)
    rendition_id = context.write(jobs.add_rendition, _row(track))
    seconds = context.info.duration_seconds or subtitles.end_seconds(text)
    whole = jobs.NewSegment(number=0, object_key=key, duration_seconds=seconds, size_bytes=len(body))
    context.write(jobs.add_segments, rendition_id, [whole])
    context.write(jobs.finish_rendition, rendition_id)


def _row(track: SelectedTrack) -> jobs.NewRendition:
    return jobs.NewRendition(
        name=track.rendition,
        kind=RenditionKind.SUBTITLES,
        codec="webvtt",
        codecs="",
        init_key="",
        **vars(track.label),
    )
