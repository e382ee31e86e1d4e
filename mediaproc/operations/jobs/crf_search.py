"""Result of a CRF search: recorded by the part that searched, for the chunks that are held until then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session

from mediaproc.domain.tables import Job
from mediaproc.media.presets import ChosenCrf, Preset
from mediaproc.operations.jobs import children, transitions
from mediaproc.operations.jobs.lease import Claim, fence


def set_crfs(session: Session, claim: Claim, chosen: Sequence[ChosenCrf]) -> None:
    """Write the CRF of each rung into the recipe of the whole and its parts; release held parts. Raises LostLease."""
    locked = fence(session, claim)
    whole = children.whole_of(session, locked)
    for job in (whole.job, *children.unfinished(session, whole.job.id)):
        _write(job, chosen)
        if job.held:
            job.held = False
            transitions.send(session, job, at=locked.now)
    session.flush()


def _write(job: Job, chosen: Sequence[ChosenCrf]) -> None:
    if job.recipe is not None:
        job.recipe = replace(Preset.from_json(job.recipe), chosen=tuple(chosen)).to_json()
