"""Same-origin plugin: one front-end build for every host name. The page connects to the origin that it came from.

Reflex compiles `api_url`, port included, into the bundle. The web process serves page and backend on one origin, so
the browser's own address is always right. Reflex has no setting for that; this plugin edits the one line.
"""

from __future__ import annotations

from typing import Any

from reflex_base.plugins.base import Plugin

_STATE_JS = "utils/state.js"
_COMPILED = "const endpoint = new URL(url_str);"
_SAME_ORIGIN = (
    'const endpoint = typeof window === "undefined" ? new URL(url_str) :'
    " new URL(new URL(url_str).pathname, window.location.origin);"
)


class SameOriginPlugin(Plugin):
    """Makes the compiled page connect to its own origin."""

    def pre_compile(self, **context: Any) -> None:
        """Register the edit of Reflex's `state.js`."""
        context["add_modify_task"](_STATE_JS, use_page_origin)


def use_page_origin(source: str) -> str:
    """The script, edited. Raises RuntimeError if this Reflex version has another line there."""
    if _SAME_ORIGIN in source:
        return source
    if source.count(_COMPILED) != 1:
        raise RuntimeError(f"{_STATE_JS} of this Reflex version does not contain: {_COMPILED}")
    return source.replace(_COMPILED, _SAME_ORIGIN)
