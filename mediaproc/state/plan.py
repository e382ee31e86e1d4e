"""The plan of the video that is shown: read when somebody asks for it, since few do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import reflex as rx

from mediaproc.domain.errors import Conflict, NotFound
from mediaproc.operations import plans
from mediaproc.operations.plans import OutlineView
from mediaproc.state import formatting, labels
from mediaproc.state.session import SessionState


@dataclass(frozen=True)
class StepRow:
    """One command, with what it is."""

    name: str
    note: str
    command: str


class PlanState(SessionState):
    """What is done with the video that the address names."""

    rungs: list[list[str]] = []
    chunks: str = ""
    steps: list[StepRow] = []
    missing: str = ""

    @rx.event
    async def load(self) -> Any:
        """Read it afresh: each opening shows how it stands then."""
        self.reset()
        try:
            found = await self._ask(plans.of_video, UUID(self.router.url.path.rstrip("/").rpartition("/")[2]))
        except Conflict as conflict:
            self.missing = f"{conflict.detail}."
            return
        except (NotFound, ValueError):
            return
        self.rungs = [_rung(each, found.reused) for each in found.rungs]
        self.chunks = _chunks(found)
        self.steps = [StepRow(step.name, step.note, step.command) for step in found.steps]


def _rung(rung: plans.PlannedRung, reused: list[str]) -> list[str]:
    size = f"{rung.width} × {rung.height}"
    made = ["from before" if rung.name in reused else "encoded"] if reused else []
    return [
        rung.name,
        size,
        f"{rung.frame_rate:.4g} fps",
        labels.quality(rung.crf, rung.vmaf),
        f"up to {formatting.bitrate(rung.max_bitrate_bps)}",
        *made,
    ]


def _chunks(found: OutlineView) -> str:
    if not found.rungs:
        return "Made in one piece."
    if not found.chunks and found.reused:
        return "The picture was made before in the same way, and is used again."
    if not found.chunks:
        return "Copied as it is, not encoded."
    if len(found.chunks) == 1:
        return "Encoded in one piece."
    return f"Cut into {len(found.chunks)} chunks, encoded by as many workers as are free."
