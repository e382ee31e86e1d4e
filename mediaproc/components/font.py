"""Inter font, served from the page's own origin: no request to another host."""

from __future__ import annotations

from typing import Any

from reflex_base.plugins.base import Plugin


class InterPlugin(Plugin):
    """Bundles the variable font; `mediaproc.css` names it first, the system's face second."""

    def get_frontend_dependencies(self, **_context: Any) -> list[str]:
        """The font as an npm package (SIL Open Font License)."""
        return ["@fontsource-variable/inter@5.2.8"]

    def get_stylesheet_paths(self, **_context: Any) -> list[str]:
        """Its `@font-face` rules; a browser loads only the alphabets that a page uses."""
        return ["@fontsource-variable/inter/index.css"]
