"""Jobs for workers: claim one, report on it, record what it made, end it.

Each operation takes `(session, claim, …)`, is fenced, and raises `LostLease` if the attempt no longer holds its job.
"""

from mediaproc.operations.jobs.attempts import claim, heartbeat, note, switch_preset
from mediaproc.operations.jobs.children import (
    ENCODED,
    PLANNED,
    Part,
    Share,
    chunks_of,
    parts_of_output,
    share_of,
    split,
)
from mediaproc.operations.jobs.crf_search import set_crfs
from mediaproc.operations.jobs.duplicates import Duplicate, copy_key, record_source, source_etag, take_over
from mediaproc.operations.jobs.lease import Claim, LostLease
from mediaproc.operations.jobs.outcomes import complete, discard_output, fail, failed_on_source, release
from mediaproc.operations.jobs.outputs import (
    NewRendition,
    NewSegment,
    add_rendition,
    add_segments,
    finish_rendition,
    hold_segment,
    mark_playable,
    renditions_to_assemble,
    segments_of,
    set_duration,
    set_media_info,
    set_poster,
)
from mediaproc.operations.jobs.quality import Measurable, measurable, set_vmaf
from mediaproc.operations.jobs.rendition_reuse import (
    AudioTracks,
    audio_tracks_of,
    reusable,
    reused_names,
)
from mediaproc.operations.jobs.scheduling import claim_next
from mediaproc.operations.jobs.storyboards import Frames, frames_of, set_storyboard

__all__ = [
    "ENCODED",
    "PLANNED",
    "AudioTracks",
    "Claim",
    "Duplicate",
    "Frames",
    "LostLease",
    "Measurable",
    "NewRendition",
    "NewSegment",
    "Part",
    "Share",
    "add_rendition",
    "add_segments",
    "audio_tracks_of",
    "chunks_of",
    "claim",
    "claim_next",
    "complete",
    "copy_key",
    "discard_output",
    "fail",
    "failed_on_source",
    "finish_rendition",
    "frames_of",
    "heartbeat",
    "hold_segment",
    "mark_playable",
    "measurable",
    "note",
    "parts_of_output",
    "record_source",
    "release",
    "renditions_to_assemble",
    "reusable",
    "reused_names",
    "segments_of",
    "set_crfs",
    "set_duration",
    "set_media_info",
    "set_poster",
    "set_storyboard",
    "set_vmaf",
    "share_of",
    "source_etag",
    "split",
    "switch_preset",
    "take_over",
]
