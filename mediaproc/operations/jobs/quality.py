"""VMAF of a completed video's renditions: those to measure, and the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import Session, col, select

from mediaproc.domain.tables import Rendition
from mediaproc.events.messages import EventType
from mediaproc.operations import event_payloads
from mediaproc.operations.jobs import transitions
from mediaproc.operations.jobs.lease import Claim, fence
from mediaproc.operations.jobs.requests import newest


@dataclass(frozen=True)
class Measurable:
    """A finished rung with its MP4 in S3."""

    name: str
    mp4_key: str


def measurable(session: Session, claim: Claim) -> list[Measurable]:
    """The rungs of the claim's output that are not measured yet, the largest first.

    None if the output is gone or about to be replaced: the source's media info is then that of the newer job's edits.
    """
    whole = newest(session, video_id=claim.video_id)
    if whole is None or whole.id != claim.job.parent_id:
        return []
    rungs = [each for each in _rungs(session, claim) if each.vmaf is None]
    return [Measurable(each.name, each.mp4_key) for each in rungs if each.mp4_key]


def set_vmaf(session: Session, claim: Claim, found: Mapping[str, float]) -> None:
    """Record VMAF (0–100) by rendition name, and publish it. Raises LostLease."""
    video = fence(session, claim).video
    measured = [each for each in _rungs(session, claim) if each.name in found]
    for each in measured:
        each.vmaf = found[each.name]
    session.flush()
    if measured:
        data = {"attempt": claim.output, "renditions": [event_payloads.of_rendition(each) for each in measured]}
        transitions.publish(session, video, EventType.QUALITY, data)


def _rungs(session: Session, claim: Claim) -> list[Rendition]:
    mine = (col(Rendition.video_id) == claim.video_id, col(Rendition.attempt) == claim.output)
    rungs = select(Rendition).where(*mine, col(Rendition.height) > 0, col(Rendition.mp4_key).is_not(None))
    return list(session.exec(rungs.order_by(col(Rendition.height).desc())).all())
