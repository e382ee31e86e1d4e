"""Which renditions of a team's other outputs may be used again: of the same bytes, completed, known by fingerprints."""

from __future__ import annotations

from sqlmodel import Session, col, select

from mediaproc.domain.states import RenditionKind
from mediaproc.domain.tables import Attempt, Job, Rendition, Video
from mediaproc.media.tracks import Label
from mediaproc.operations.jobs.duplicates import same_request
from mediaproc.operations.jobs.lease import Claim, Held, fenced

Sounds = dict[str, tuple[str | None, Label]]
"""Fingerprint and label of each sound of an output by its name."""


def reusable(session: Session, claim: Claim) -> dict[str, Rendition]:
    """The renditions of the same source's shown outputs by their fingerprints. Raises LostLease.

    None where the video is asked for again by the very recipe that made it: somebody wants it made anew.
    """
    held = fenced(session, claim)
    if held.video.source_etag is None or _asked_again(session, held):
        return {}
    same = (
        col(Video.team_id) == held.video.team_id,
        col(Video.source_etag) == held.video.source_etag,
        col(Video.size_bytes) == held.video.size_bytes,
    )
    shown = (col(Video.ready_at).is_not(None), col(Rendition.attempt) == col(Video.output_attempt))
    whole = (col(Rendition.finished), col(Rendition.fingerprint).is_not(None))
    query = select(Rendition).join(Video).where(*same, *shown, *whole).order_by(col(Rendition.created_at))
    return {each.fingerprint: each for each in session.exec(query) if each.fingerprint}


def reused_of(session: Session, job: Job) -> set[str]:
    """The names of the renditions that the newest attempt of a whole, or of the whole of a part, uses again.

    A job that has not begun has the attempt's number of the one before.
    """
    whole, output = job.parent_id or job.id, job.output or job.attempt
    begun = select(Attempt.id).where(col(Attempt.job_id) == whole, col(Attempt.number) == output).exists()
    mine = (col(Rendition.video_id) == job.video_id, col(Rendition.attempt) == output, col(Rendition.reused))
    return set(session.exec(select(Rendition.name).where(*mine, begun)).all())


def sounds_of(session: Session, rendition: Rendition) -> Sounds:
    """What is heard in the file of a rung."""
    mine = (col(Rendition.video_id) == rendition.video_id, col(Rendition.attempt) == rendition.attempt)
    found = session.exec(select(Rendition).where(*mine, col(Rendition.kind) == RenditionKind.AUDIO)).all()
    return {each.name: (each.fingerprint, each.label) for each in found}


def _asked_again(session: Session, held: Held) -> bool:
    made = (
        select(Job.id)
        .join(Attempt)
        .where(
            col(Job.video_id) == held.video.id,
            col(Job.parent_id).is_(None),
            col(Attempt.number) == held.video.output_attempt,
            same_request(held.job),
        )
    )
    return held.video.ready_at is not None and session.exec(made.limit(1)).first() is not None
