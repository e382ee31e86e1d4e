"""Plan of the video on the page: loaded when its panel is opened, which is rare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from mediaproc.domain.errors import Conflict, NotFound
from mediaproc.operations import plans
from mediaproc.operations.plans import OutlineView
from mediaproc.state import formatting, labels
from mediaproc.state.session import SessionState
from mediaproc.state.video import video_id_of


@dataclass(frozen=True)
class StepRow:
    """One command of the plan."""

    name: str
    note: str
    command: str


class PlanState(SessionState):
    """The plan panel. `missing` says why there is no plan."""

    rungs: list[list[str]] = []
    chunks: str = ""
    steps: list[StepRow] = []
    missing: str = ""

    @rx.event
    async def load(self) -> Any:
        """Load the plan as it is now."""
        self.reset()
        video_id = video_id_of(self)
        if video_id is None:
            return
        try:
            plan = await self._ask(plans.of_video, video_id)
        except Conflict as conflict:
            self.missing = f"{conflict.detail}."
            return
        except NotFound:
            return
        self.rungs = [_rung(each, plan.reused) for each in plan.rungs]
        self.chunks = _chunks(plan)
        self.steps = [StepRow(step.name, step.note, step.command) for step in plan.steps]


def _rung(rung: plans.PlannedRung, reused: list[str]) -> list[str]:
    """Cells of a rung's row. The last one appears only if the video reuses any rendition."""
    origin = ["reused" if rung.name in reused else "encoded"] if reused else []
    return [
        rung.name,
        f"{rung.width} × {rung.height}",
        formatting.frame_rate(rung.frame_rate),
        labels.quality(rung.crf, rung.vmaf),
        f"max {formatting.bitrate(rung.max_bitrate_bps)}",
        *origin,
    ]


def _chunks(plan: OutlineView) -> str:
    if not plan.rungs:
        return "Processed in one step."
    if not plan.chunks and plan.reused:
        return "No encoding needed: all renditions are reused from an identical source."
    if not plan.chunks:
        return "The video stream is copied without re-encoding."
    if len(plan.chunks) == 1:
        return "Encoded in one piece."
    return f"Split into {len(plan.chunks)} chunks, encoded in parallel."
