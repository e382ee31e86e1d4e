"""Settings: the presets there are, and the form in which a team makes, changes and deletes its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from mediaproc.domain.errors import Invalid
from mediaproc.media.presets import Preset
from mediaproc.operations import presets
from mediaproc.operations.presets import Offered
from mediaproc.state import formatting, labels
from mediaproc.state.preset_form import Filled, SizeRow, asked, beside, filled_of, sizes_for, sizes_of
from mediaproc.state.session import SessionState

_FIRST_HEIGHTS = (1080, 720, 480)
_MOST_SIZES = 6


@dataclass(frozen=True)
class PresetCard:
    """A preset as it is listed. `version` is empty for one that comes with Mediaproc."""

    name: str
    title: str
    description: str
    makes: str
    version: str


class PresetsState(SessionState):
    """What the page of presets shows."""

    ready: bool = False
    built_in: list[PresetCard] = []
    own: list[PresetCard] = []
    editing: str = ""
    filled: Filled = Filled()
    sizes: list[SizeRow] = []
    errors: dict[str, str] = {}
    form_number: int = 0
    spoken_presets: str = ""
    deleting: str = ""
    deleting_title: str = ""
    changes: int = 0
    _rows_made: int = 0

    @rx.var
    def sizes_are_full(self) -> bool:
        """Whether no other size may be added."""
        return len(self.sizes) >= _MOST_SIZES

    @rx.event
    async def load(self) -> None:
        """Last of the page's `on_load`."""
        self.deleting = self.spoken_presets = ""
        self._begin({})
        await self._reload()
        self.ready = True

    @rx.event
    async def edit(self, name: str) -> None:
        """Put one of the team's own presets into the form."""
        found = next((each for each in await self._ask(presets.offered) if each.preset.name == name), None)
        if found is not None and found.asked is not None:
            self._begin(found.asked, name=name)

    @rx.event
    def begin_anew(self) -> None:
        """Empty the form."""
        self._begin({})

    @rx.event
    def add_size(self) -> None:
        """Another row of the form."""
        if not self.sizes_are_full:
            self._rows_made += 1
            self.sizes = [*self.sizes, SizeRow(key=f"more-{self._rows_made}")]

    @rx.event
    def drop_size(self, key: str) -> None:
        """Take a row of the form away."""
        self.sizes = [row for row in self.sizes if row.key != key]

    @rx.event
    async def save(self, form: dict[str, Any]) -> None:
        """Make the preset, or its next version; what is wrong is said beside its field."""
        wanted = asked(form, self.sizes)
        try:
            made = await self._save(wanted)
        except Invalid as error:
            self.errors, self.sizes = beside(error.extra["errors"], self.sizes)
            return
        self.spoken_presets = f"The preset {made.preset.title} is saved"
        self._begin({})
        await self._reload()

    @rx.event
    def ask_to_delete(self, name: str, title: str) -> None:
        """Open the question before a preset is deleted."""
        self.deleting, self.deleting_title = name, title

    @rx.event
    def keep(self, _open: bool) -> None:
        """Close the question."""
        self.deleting = ""

    @rx.event
    async def delete(self) -> None:
        """Delete the preset that was asked about."""
        name, self.deleting = self.deleting, ""
        await self._ask(presets.retire, name)
        self.spoken_presets = f"The preset {self.deleting_title} is deleted"
        if self.editing == name:
            self._begin({})
        await self._reload()

    async def _save(self, wanted: dict[str, Any]) -> Offered:
        if self.editing:
            return await self._ask(presets.change, self.editing, changes=wanted)
        return await self._ask(presets.make, asked=wanted)

    def _begin(self, recipe: dict[str, Any], *, name: str = "") -> None:
        """A form of its own for each recipe: fields keep what is typed until another one takes their place."""
        self.editing, self.errors = name, {}
        self.filled = filled_of(recipe) if recipe else Filled()
        self.sizes = sizes_of(recipe) if recipe else sizes_for(_FIRST_HEIGHTS)
        self.form_number += 1

    async def _reload(self) -> None:
        found = await self._ask(presets.offered)
        self.built_in = [_card(each) for each in found if each.asked is None]
        self.own = [_card(each) for each in found if each.asked is not None]
        self.changes += 1


def _card(offered: Offered) -> PresetCard:
    preset = offered.preset
    return PresetCard(
        name=preset.name,
        title=preset.title,
        description=preset.description,
        makes=_makes(preset),
        version="" if offered.asked is None else f"version {preset.version}",
    )


def _makes(preset: Preset) -> str:
    """`H.264 · 720p, 480p · at most 30 fps · without sound`; for files alone just what they are."""
    if not preset.rungs:
        return ", ".join(each.upper() for each in preset.containers if each != "hls")
    rungs, edits = ", ".join(rung.name for rung in preset.rungs), preset.edits
    parts = [
        labels.codec(preset.codec),
        "10 bits, HDR kept" if preset.bit_depth == 10 else "",
        rungs,
        f"VMAF {preset.target_vmaf:g}" if preset.target_vmaf else "",
        f"at most {preset.frame_rate_cap} fps",
        formatting.time_range(edits.start_seconds, edits.end_seconds) if edits.trimmed else "",
        "cropped" if edits.crop.width < 1 or edits.crop.height < 1 else "",
        f"turned by {edits.rotate}°" if edits.rotate else "",
        "5.1 sound" if preset.audio.channels == 6 and not edits.mute else "",
        "without sound" if edits.mute else "",
        "without subtitles" if edits.without_subtitles else "",
        "subtitles in the picture" if edits.burn_in else "",
        "watermark" if edits.watermark else "",
    ]
    return " · ".join(filter(None, parts))
