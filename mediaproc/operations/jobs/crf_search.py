"""Which quality a whole's chunks are encoded with, found by one of its parts; until then the chunks are held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlmodel import Session

from mediaproc.domain.tables import Job
from mediaproc.media.presets import ChosenCrf, Preset
from mediaproc.operations.jobs import children, transitions
from mediaproc.operations.jobs.lease import Claim, fenced


def set_chosen(session: Session, claim: Claim, chosen: Sequence[ChosenCrf]) -> None:
    """Write it into the recipe of the whole and of each part, and let those begin that were held. Raises LostLease."""
    held = fenced(session, claim)
    whole = children.whole_of(session, held)
    for job in (whole.job, *children.unfinished(session, whole.job.id)):
        _write(job, chosen)
        if job.held:
            job.held = False
            transitions.send(session, job, at=held.now)
    session.flush()


def _write(job: Job, chosen: Sequence[ChosenCrf]) -> None:
    if job.recipe is not None:
        job.recipe = replace(Preset.from_json(job.recipe), chosen=tuple(chosen)).to_json()
