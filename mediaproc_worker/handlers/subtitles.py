"""Subtitles: the text tracks of a source as WebVTT. Tracks that can't be read are left out with a line in the log.

Each is stored in one piece, since text is small; playlists cut it into segments (see `operations.text_tracks`).
"""

from __future__ import annotations

from mediaproc.domain.errors import BeyondLimits, DamagedSource, EncodeFailed, UnsupportedCodec
from mediaproc.domain.states import RenditionKind
from mediaproc.media import tracks
from mediaproc.media.commands import subtitles
from mediaproc.media.commands.arguments import shell_line
from mediaproc.media.storyboard import VTT_MIME_TYPE
from mediaproc.media.tracks import SelectedTrack
from mediaproc.media.webvtt import cues, extracted
from mediaproc.media.webvtt.extracted import Extracted
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
        _store(context, track, _extracted(context, track))


def _extracted(context: AttemptContext, track: SelectedTrack) -> Extracted:
    """Read one track, and log what is left out of it or had to be detected."""
    path = context.workspace / subtitles.file_name(context.info, track)
    raw = path.read_bytes() if path.exists() else b""
    codec, title = subtitles.codec_of(context.info, track), track.label.title
    found = extracted.extracted(raw, codec, language=track.label.language)
    if found.encoding:
        context.log(f"Subtitles “{title}” are not in UTF-8; they are read as {found.encoding}")
    if found.backward:
        context.log(f"Subtitles “{title}” have {found.backward} cues that end before they begin, which are left out")
    return found


def _store(context: AttemptContext, track: SelectedTrack, found: Extracted) -> None:
    """Upload one track, then record it."""
    edits = context.preset.edits
    text = extracted.served_text(found, start=edits.start_seconds, end=edits.end_seconds)
    if text is None:
        context.log(f"Subtitles “{track.label.title}” have no text that can be read, or too much, and are left out")
        return
    claim, body = context.claim, text.encode()
    key = keys.file(claim.video_id, claim.output, track.rendition, "vtt")
    put_bytes(body, key, content_type=VTT_MIME_TYPE)
    rendition_id = context.write(jobs.add_rendition, _row(track))
    seconds = context.info.duration_seconds or cues.end_seconds(found.cues)
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
