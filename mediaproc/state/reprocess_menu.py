"""Menu of the presets with which the video on the page can be reprocessed."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from mediaproc.operations import plans, presets, videos
from mediaproc.state.session import SessionState
from mediaproc.state.video import video_id_of


@dataclass(frozen=True)
class PresetRow:
    """One preset of the menu. `unfit` is why it would fail on this video; empty if nothing is known against it."""

    name: str
    title: str
    description: str
    unfit: str


class ReprocessMenuState(SessionState):
    """The menu."""

    presets: list[PresetRow] = []

    @rx.event
    async def show(self, open: bool) -> None:
        """Load the presets when the menu opens."""
        if open and (video_id := video_id_of(self)):
            found = [each.preset for each in await self._ask(presets.offered)]
            unfit = await self._ask(plans.unfit_presets, video_id, found)
            self.presets = [
                PresetRow(each.name, each.title, each.description, unfit.get(each.name, "")) for each in found
            ]

    @rx.event
    async def choose(self, name: str) -> None:
        """Reprocess the video with this preset."""
        if video_id := video_id_of(self):
            await self._ask(videos.reprocess, video_id, preset=name)
