"""Operations on presets and watermark images."""

from __future__ import annotations

from typing import Unpack

from mediaproc.client.methods import operation
from mediaproc.client.models import Image, Preset, PresetChanges, PresetRecipe
from mediaproc.client.request import Repeat, Request, content, items_of, model_of, nothing


class PresetOperations:
    """Presets: the built-in ones and your team's own."""

    @operation
    def presets(self) -> Request[list[Preset]]:
        """All presets: the built-in ones, then your team's."""
        return Request("GET", "/presets", items_of(Preset))

    @operation
    def create_preset(self, name: str, **recipe: Unpack[PresetRecipe]) -> Request[Preset]:
        """Create a preset for your team: `create_preset("trailer", title="Trailer", rungs=[{"height": 720}])`.

        `name` is lowercase words joined by hyphens. ApiError `invalid` lists the fields that are wrong.
        """
        body = {"name": name, **recipe}
        return Request("POST", "/presets", model_of(Preset), json=body, repeat=Repeat.WITH_KEY)

    @operation
    def update_preset(self, name: str, **changes: Unpack[PresetChanges]) -> Request[Preset]:
        """Change fields of a preset, which creates a new version. Existing videos keep the version that made them."""
        return Request("PATCH", "/presets/{name}", model_of(Preset), {"name": name}, json={**changes})

    @operation
    def delete_preset(self, name: str) -> Request[None]:
        """Retire a preset. It is no longer offered; uploads that already use it are still processed."""
        return Request("DELETE", "/presets/{name}", nothing, {"name": name})

    @operation
    def upload_image(self, png: bytes) -> Request[Image]:
        """Upload a PNG for a watermark: at most 1 MiB and 2048 × 2048 pixels. The same image is stored once."""
        return Request("POST", "/images", model_of(Image), content=png, headers={"Content-Type": "image/png"})

    @operation
    def image(self, id: str) -> Request[bytes]:
        """The PNG of an image."""
        return Request("GET", "/images/{id}", content, {"id": id})
