"""The life of a job: the verbs of callers, of the worker that runs an attempt, and of the periodic upkeep.

Lock order everywhere: the video's row first, then the job's. Every write of an attempt is fenced by
`(job, running, attempt number)`; an attempt that is no longer the one raises `LostLease` and changes nothing.
"""

from mediaproc.operations.jobs.attempts import (
    Claim,
    claim,
    complete,
    fail,
    give_back,
    heartbeat,
    leave_behind,
    note,
)
from mediaproc.operations.jobs.children import (
    ENCODED,
    PLANNED,
    Part,
    Share,
    chunks_of,
    of_job,
    of_output,
    share_of,
    share_out,
)
from mediaproc.operations.jobs.crf_search import set_chosen
from mediaproc.operations.jobs.duplicates import Duplicate, know_source, own_key, take_over
from mediaproc.operations.jobs.lease import LostLease
from mediaproc.operations.jobs.maintenance import prune, rescue_expired, resend_lost, sweep_leftovers
from mediaproc.operations.jobs.outputs import (
    NewRendition,
    NewSegment,
    add_rendition,
    add_segments,
    finish_rendition,
    mark_playable,
    segments_of,
    set_media_info,
    set_poster,
)
from mediaproc.operations.jobs.quality import Measurable, measurable, set_vmaf
from mediaproc.operations.jobs.rendition_reuse import Sounds, reusable, reused_of, sounds_of
from mediaproc.operations.jobs.requests import cancel, enqueue, newest, prioritize, reprocess, retry
from mediaproc.operations.jobs.scheduling import claim_next
from mediaproc.operations.jobs.storyboards import Frames, frames_of, set_storyboard

__all__ = [
    "ENCODED",
    "PLANNED",
    "Claim",
    "Duplicate",
    "Frames",
    "LostLease",
    "Measurable",
    "NewRendition",
    "NewSegment",
    "Part",
    "Share",
    "Sounds",
    "add_rendition",
    "add_segments",
    "cancel",
    "chunks_of",
    "claim",
    "claim_next",
    "complete",
    "enqueue",
    "fail",
    "finish_rendition",
    "frames_of",
    "give_back",
    "heartbeat",
    "know_source",
    "leave_behind",
    "mark_playable",
    "measurable",
    "newest",
    "note",
    "of_job",
    "of_output",
    "own_key",
    "prioritize",
    "prune",
    "reprocess",
    "rescue_expired",
    "resend_lost",
    "retry",
    "reusable",
    "reused_of",
    "segments_of",
    "set_chosen",
    "set_media_info",
    "set_poster",
    "set_storyboard",
    "set_vmaf",
    "share_of",
    "share_out",
    "sounds_of",
    "sweep_leftovers",
    "take_over",
]
