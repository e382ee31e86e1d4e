"""Presets page: the built-in presets, and those that a team creates, edits and deletes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import reflex as rx

from mediaproc.domain.errors import Invalid
from mediaproc.media.presets import Preset
from mediaproc.operations import presets
from mediaproc.operations.presets import Offered
from mediaproc.state import formatting, labels
from mediaproc.state.preset_form import FormValues, SizeRow, by_field, request_of, rows_for, rows_of, values_of
from mediaproc.state.session import SessionState

_FIRST_HEIGHTS = (1080, 720, 480)
_MOST_SIZES = 6
WATERMARK_REFUSED = "watermark_refused"
"""Field of the form that is filled while the image that was selected is not uploaded."""


@dataclass(frozen=True)
class PresetCard:
    """One preset. `summary` says what it creates; `version` is empty for a built-in preset."""

    name: str
    title: str
    description: str
    summary: str
    version: str


class PresetsState(SessionState):
    """The page. `changes` counts reloads of the list, for components that hold a copy."""

    ready: bool = False
    built_in: list[PresetCard] = []
    own: list[PresetCard] = []
    editing: str = ""
    values: FormValues = FormValues()
    sizes: list[SizeRow] = []
    errors: dict[str, str] = {}
    refusals: int = 0
    form_number: int = 0
    preset_announcement: str = ""
    deleting: str = ""
    deleting_title: str = ""
    changes: int = 0
    _rows_made: int = 0

    @rx.var
    def sizes_are_full(self) -> bool:
        """True if no row can be added."""
        return len(self.sizes) >= _MOST_SIZES

    @rx.event
    async def load(self) -> None:
        """Load the page."""
        self.deleting = self.preset_announcement = ""
        self._begin({})
        await self._reload()
        self.ready = True

    @rx.event
    async def edit(self, name: str) -> None:
        """Open one of the team's presets in the form."""
        found = next((each for each in await self._ask(presets.offered) if each.preset.name == name), None)
        if found is not None and found.asked is not None:
            self._begin(found.asked, name=name)

    @rx.event
    def discard(self) -> None:
        """Clear the form."""
        self._begin({})

    @rx.event
    def add_size(self) -> None:
        """Add a row to the form."""
        if not self.sizes_are_full:
            self._rows_made += 1
            self.sizes = [*self.sizes, SizeRow(key=f"more-{self._rows_made}")]

    @rx.event
    def drop_size(self, key: str) -> None:
        """Remove a row from the form."""
        self.sizes = [row for row in self.sizes if row.key != key]

    @rx.event
    async def save(self, form: dict[str, Any]) -> None:
        """Create the preset, or its next version. Validation errors appear next to their fields."""
        wanted = request_of(form, self.sizes)
        if form.get(WATERMARK_REFUSED):  # the field says why
            self.errors, self.refusals = {}, self.refusals + 1
            return
        try:
            saved = await self._save(wanted)
        except Invalid as error:
            self.errors, self.sizes = by_field(error.extra["errors"], self.sizes)
            self.refusals += 1
            return
        self.preset_announcement = f"Preset {saved.preset.title} saved"
        self._begin({})
        await self._reload()

    @rx.event
    def ask_to_delete(self, name: str, title: str) -> None:
        """Open the dialog that confirms the deletion of a preset."""
        self.deleting, self.deleting_title = name, title

    @rx.event
    def close_dialog(self, _open: bool) -> None:
        """Close the dialog."""
        self.deleting = ""

    @rx.event
    async def delete(self) -> None:
        """Delete the preset of the dialog."""
        name, self.deleting = self.deleting, ""
        await self._ask(presets.retire, name)
        self.preset_announcement = f"Preset {self.deleting_title} deleted"
        if self.editing == name:
            self._begin({})
        await self._reload()

    async def _save(self, wanted: dict[str, Any]) -> Offered:
        if self.editing:
            return await self._ask(presets.change, self.editing, changes=wanted)
        return await self._ask(presets.make, asked=wanted)

    def _begin(self, request: dict[str, Any], *, name: str = "") -> None:
        """Fill the form anew: its fields are uncontrolled, and `form_number` has the browser create them again."""
        self.editing, self.errors, self.refusals = name, {}, 0
        self.values = values_of(request) if request else FormValues()
        self.sizes = rows_of(request) if request else rows_for(_FIRST_HEIGHTS)
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
        summary=_summary(preset),
        version="" if offered.asked is None else f"version {preset.version}",
    )


def _summary(preset: Preset) -> str:
    """`H.264 · 720p, 480p · max 30 fps · no audio`, or the file types of a preset without renditions."""
    if not preset.rungs:
        return ", ".join(each.upper() for each in preset.containers if each != "hls")
    rungs, edits = ", ".join(rung.name for rung in preset.rungs), preset.edits
    parts = [
        labels.codec(preset.codec),
        "10-bit, keeps HDR" if preset.bit_depth == 10 else "",
        rungs,
        f"VMAF {preset.target_vmaf:g}" if preset.target_vmaf else "",
        f"max {preset.frame_rate_cap} fps",
        formatting.time_range(edits.start_seconds, edits.end_seconds) if edits.trimmed else "",
        "cropped" if edits.crop.width < 1 or edits.crop.height < 1 else "",
        f"rotated {edits.rotate}°" if edits.rotate else "",
        "5.1 audio" if preset.audio.channels == 6 and not edits.mute else "",
        "no audio" if edits.mute else "",
        "no subtitles" if edits.without_subtitles else "",
        "burned-in subtitles" if edits.burn_in else "",
        "watermark" if edits.watermark else "",
    ]
    return " · ".join(filter(None, parts))
