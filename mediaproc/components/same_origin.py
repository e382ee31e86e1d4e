"""Lets one front-end build serve every address: the page finds its backend where the page itself came from.

Reflex bakes `api_url`, port included, into the bundle. The web process serves page and backend on one origin, so
the only right answer is the browser's own address. Reflex has no setting for that; this plugin edits the one line.
"""

from __future__ import annotations

from typing import Any

from reflex_base.plugins.base import Plugin

_STATE_JS = "utils/state.js"
_BAKED = "const endpoint = new URL(url_str);"
_SAME_ORIGIN = (
    'const endpoint = typeof window === "undefined" ? new URL(url_str) :'
    " new URL(new URL(url_str).pathname, window.location.origin);"
)


class SameOriginPlugin(Plugin):
    """Makes the compiled page speak to its own origin."""

    def pre_compile(self, **context: Any) -> None:
        """Queue the edit of Reflex's `state.js`."""
        context["add_modify_task"](_STATE_JS, use_page_origin)


def use_page_origin(source: str) -> str:
    """The script with the address taken from the page. Raises RuntimeError when Reflex has changed that line."""
    if _SAME_ORIGIN in source:
        return source
    if source.count(_BAKED) != 1:
        raise RuntimeError(f"{_STATE_JS} of this Reflex version does not hold: {_BAKED}")
    return source.replace(_BAKED, _SAME_ORIGIN)
