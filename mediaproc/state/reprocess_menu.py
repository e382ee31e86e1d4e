"""Processing a video again with another preset: what may be chosen, and the choice."""

from __future__ import annotations

from dataclasses import dataclass

import reflex as rx

from mediaproc.operations import presets, videos
from mediaproc.state.session import SessionState
from mediaproc.state.video import video_id_of


@dataclass(frozen=True)
class PresetRow:
    """One preset of the menu."""

    name: str
    title: str
    description: str


class ReprocessMenuState(SessionState):
    """The menu of a video's page."""

    presets: list[PresetRow] = []
    open: bool = False

    @rx.event
    async def show(self, wanted: bool) -> None:
        """Open or close the menu; what there is to choose is asked for as it opens."""
        if wanted:
            found = [each.preset for each in await self._ask(presets.offered)]
            self.presets = [PresetRow(each.name, each.title, each.description) for each in found]
        self.open = wanted

    @rx.event
    async def choose(self, name: str) -> None:
        """Process the video of this page again."""
        self.open = False
        if video_id := video_id_of(self):
            await self._ask(videos.reprocess, video_id, preset=name)
