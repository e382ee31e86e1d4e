"""Text tracks of a source, as WebVTT beside the renditions. Those that can't be read are left out and logged.

Each is stored as one object, since text weighs little; playlists cut it into segments (see `operations.text_tracks`).
"""

from __future__ import annotations

from mediaproc.domain.errors import BeyondLimits, DamagedSource, EncodeFailed, UnsupportedCodec
from mediaproc.domain.states import RenditionKind
from mediaproc.media import tracks
from mediaproc.media.commands import subtitles
from mediaproc.media.commands.arguments import shell_line
from mediaproc.media.edits import Edits
from mediaproc.media.probe import MediaInfo
from mediaproc.media.storyboard import VTT_MIME_TYPE
from mediaproc.media.tracks import SelectedTrack
from mediaproc.media.webvtt import cues, extracted
from mediaproc.media.webvtt.extracted import Extracted
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
    keep_texts(context, info, arguments, edits=ffmpeg.preset_of(context).edits)


def keep_texts(context: AttemptContext, info: MediaInfo, arguments: list[str], *, edits: Edits) -> None:
    """Keep the text tracks of a source that has some, by the `arguments` that write them."""
    try:
        ffmpeg.run(context, arguments)
    except (DamagedSource, UnsupportedCodec, BeyondLimits, EncodeFailed) as error:
        context.log(f"The subtitles can't be read and are left out: {error.detail}")
        return
    for kept in tracks.selected_subtitles(info):
        _keep(context, kept, _extracted(context, info, kept), info.duration_seconds, edits)


def _extracted(context: AttemptContext, info: MediaInfo, kept: SelectedTrack) -> Extracted:
    """Read one track, and log what is left out of it or had to be found out."""
    path = context.workspace / subtitles.file_name(info, kept)
    raw = path.read_bytes() if path.exists() else b""
    track = extracted.extracted(raw, subtitles.codec_of(info, kept), language=kept.label.language)
    if track.encoding:
        context.log(f"Subtitles “{kept.label.title}” are not in UTF-8; they are read as {track.encoding}")
    if track.backward:
        context.log(f"{track.backward} of subtitles “{kept.label.title}” end before they begin and are left out")
    return track


def _keep(context: AttemptContext, kept: SelectedTrack, track: Extracted, video_seconds: float, edits: Edits) -> None:
    """Send one track, then give it its rows."""
    text = extracted.served_text(track, start=edits.start_seconds, end=edits.end_seconds)
    if text is None:
        context.log(f"Subtitles “{kept.label.title}” have no text that can be read, or too much, and are left out")
        return
    claim, body = context.claim, text.encode()
    key = keys.file(claim.video_id, claim.output, kept.rendition, "vtt")
    put_bytes(body, key, content_type=VTT_MIME_TYPE)
    rendition_id = context.write(jobs.add_rendition, _row(kept))
    seconds = video_seconds or cues.end_seconds(track.cues)
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
