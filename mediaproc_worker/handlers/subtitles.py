"""The text tracks of a source, as WebVTT beside the renditions. Those that can't be read are left out, and told of.

They come in one piece each: text weighs little, and a player that shows it has it at once for the whole video.
"""

from __future__ import annotations

from mediaproc.domain.errors import BeyondLimits, DamagedSource, EncodeFailed, UnsupportedCodec
from mediaproc.domain.states import RenditionKind
from mediaproc.media import layout, tracks
from mediaproc.media.commands import subtitles
from mediaproc.media.commands.arguments import shell_line
from mediaproc.media.probe import MediaInfo
from mediaproc.media.storyboard import VTT_MIME_TYPE
from mediaproc.media.tracks import SelectedTrack
from mediaproc.operations.jobs import execution as jobs
from mediaproc.storage import keys
from mediaproc.storage.objects import put_bytes
from mediaproc_worker import ffmpeg
from mediaproc_worker.context import AttemptContext
from mediaproc_worker.source import source_of


def extract_subtitles(context: AttemptContext) -> None:
    """Perform one attempt of a job of kind `subtitles`."""
    info, source = ffmpeg.info_of(context), source_of(context)
    arguments = subtitles.arguments(info, source=source, preset=ffmpeg.preset_of(context))
    context.write(jobs.note, command=shell_line(arguments, source=source))
    keep_texts(context, info, arguments)


def keep_texts(context: AttemptContext, info: MediaInfo, arguments: list[str]) -> None:
    """Keep the text tracks of a source that has some, by the `arguments` that write them."""
    try:
        ffmpeg.run(context, arguments)
    except (DamagedSource, UnsupportedCodec, BeyondLimits, EncodeFailed) as error:
        context.log(f"The subtitles can't be read and are left out: {error.detail}")
        return
    for kept in tracks.selected_subtitles(info):
        _keep(context, kept, video_seconds=info.duration_seconds)


def _keep(context: AttemptContext, kept: SelectedTrack, *, video_seconds: float) -> None:
    """Send one track, then give it its rows."""
    text = subtitles.served_vtt((context.workspace / layout.text(kept.rendition)).read_bytes())
    if text is None:
        context.log(f"Subtitles “{kept.label.title}” have no text that can be read, or too much, and are left out")
        return
    claim, body = context.claim, text.encode()
    key = keys.file(claim.video_id, claim.output, kept.rendition, "vtt")
    put_bytes(body, key, content_type=VTT_MIME_TYPE)
    rendition_id = context.write(jobs.add_rendition, _row(kept))
    seconds = video_seconds or subtitles.end_seconds(text)
    whole = jobs.NewSegment(number=0, object_key=key, duration_seconds=seconds, size_bytes=len(body))
    context.write(jobs.add_segments, rendition_id, [whole])
    context.write(jobs.finish_rendition, rendition_id)


def _row(kept: SelectedTrack) -> jobs.NewRendition:
    return jobs.NewRendition(
        name=kept.rendition,
        kind=RenditionKind.SUBTITLES,
        codec="webvtt",
        codecs="",
        init_key="",
        **vars(kept.label),
    )
