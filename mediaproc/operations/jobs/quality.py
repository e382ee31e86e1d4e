"""Which renditions of a completed video can be measured, and where it is written down how good they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from mediaproc.domain.tables import Rendition
from mediaproc.events.messages import EventType
from mediaproc.operations import event_payloads
from mediaproc.operations.jobs import transitions
from mediaproc.operations.jobs.lease import Claim, fenced
from mediaproc.operations.jobs.requests import newest


@dataclass(frozen=True)
class Measurable:
    """A finished rung with its MP4 in S3."""

    name: str
    mp4_key: str


def measurable(session: Session, claim: Claim) -> list[Measurable]:
    """The rungs of the claim's output that were not yet, the largest first; none if it is gone or about to be replaced.

    What is known of the source is known as the newest job edits it.
    """
    whole = newest(session, video_id=claim.video_id)
    if whole is None or whole.id != claim.job.parent_id:
        return []
    rungs = [each for each in _rungs(session, claim) if each.vmaf is None]
    return [Measurable(each.name, each.mp4_key) for each in rungs if each.mp4_key]


def set_vmaf(session: Session, claim: Claim, found: Mapping[str, float]) -> None:
    """Write down what was measured, by names of renditions, and tell it. Raises LostLease."""
    video = fenced(session, claim).video
    measured = [each for each in _rungs(session, claim) if each.name in found]
    for each in measured:
        each.vmaf = found[each.name]
    session.flush()
    if measured:
        told = {"attempt": claim.output, "renditions": [event_payloads.of_rendition(each) for each in measured]}
        transitions.tell(session, video, EventType.QUALITY, told)


def _rungs(session: Session, claim: Claim) -> list[Rendition]:
    mine = (col(Rendition.video_id) == claim.video_id, col(Rendition.attempt) == claim.output)
    rungs = select(Rendition).where(*mine, col(Rendition.height) > 0, col(Rendition.mp4_key).is_not(None))
    return list(session.exec(rungs.order_by(col(Rendition.height).desc())).all())
