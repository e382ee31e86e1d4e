"""Reuse of renditions: those of the team's other outputs that were encoded from the same bytes in the same way."""

from __future__ import annotations

from sqlmodel import Session, col, select

from mediaproc.domain.states import RenditionKind
from mediaproc.domain.tables import Attempt, Job, Rendition, Video
from mediaproc.media.tracks import Label
from mediaproc.operations.jobs.duplicates import same_request
from mediaproc.operations.jobs.lease import Claim, LockedJob, fence

AudioTracks = dict[str, tuple[str | None, Label]]
"""Fingerprint and label of each audio track of an output, by the name of its rendition."""


def reusable(session: Session, claim: Claim) -> dict[str, Rendition]:
    """The renditions of outputs of the same source, by fingerprint. Raises LostLease.

    Empty if the video is reprocessed with the recipe that made its output: somebody wants it encoded anew.
    """
    locked = fence(session, claim)
    if locked.video.source_etag is None or _is_same_request(session, locked):
        return {}
    same = (
        col(Video.team_id) == locked.video.team_id,
        col(Video.source_etag) == locked.video.source_etag,
        col(Video.size_bytes) == locked.video.size_bytes,
    )
    shown = (col(Video.ready_at).is_not(None), col(Rendition.attempt) == col(Video.output_attempt))
    whole = (col(Rendition.finished), col(Rendition.fingerprint).is_not(None))
    query = select(Rendition).join(Video).where(*same, *shown, *whole).order_by(col(Rendition.created_at))
    return {each.fingerprint: each for each in session.exec(query) if each.fingerprint}


def reused_names(session: Session, job: Job) -> set[str]:
    """The names of the renditions that the newest attempt of a whole job reuses; of a part, those of its whole.

    A job that has not begun still has the attempt number of the job before it, so it reuses none.
    """
    whole, output = job.parent_id or job.id, job.output or job.attempt
    begun = select(Attempt.id).where(col(Attempt.job_id) == whole, col(Attempt.number) == output).exists()
    mine = (col(Rendition.video_id) == job.video_id, col(Rendition.attempt) == output, col(Rendition.reused))
    return set(session.exec(select(Rendition.name).where(*mine, begun)).all())


def audio_tracks_of(session: Session, rendition: Rendition) -> AudioTracks:
    """The audio tracks in the MP4 file of a rung."""
    mine = (col(Rendition.video_id) == rendition.video_id, col(Rendition.attempt) == rendition.attempt)
    found = session.exec(select(Rendition).where(*mine, col(Rendition.kind) == RenditionKind.AUDIO)).all()
    return {each.name: (each.fingerprint, each.label) for each in found}


def _is_same_request(session: Session, locked: LockedJob) -> bool:
    made = (
        select(Job.id)
        .join(Attempt)
        .where(
            col(Job.video_id) == locked.video.id,
            col(Job.parent_id).is_(None),
            col(Attempt.number) == locked.video.output_attempt,
            same_request(locked.job),
        )
    )
    return locked.video.ready_at is not None and session.exec(made.limit(1)).first() is not None
