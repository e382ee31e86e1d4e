"""Page headers: what a browser may load and run in a page, and how long it may cache the page and its assets."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from reflex.constants import Dirs
from reflex.utils.prerequisites import get_web_dir
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mediaproc.settings import settings

_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


class PageHeaders:
    """Adds Content-Security-Policy and Cache-Control to pages and assets."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await self.app(scope, receive, send)
            return
        path: str = scope["path"]

        async def add_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.setdefault("Content-Security-Policy", _policy())
                    headers["Cache-Control"] = "no-cache"
                elif path.startswith("/assets/") and message["status"] == 200:
                    headers["Cache-Control"] = "public, max-age=31536000, immutable"
            await send(message)

        await self.app(_as_folder(scope), receive, add_headers)


def _as_folder(scope: Scope) -> Scope:
    """The build has `/sign-in` as `sign-in/index.html`; the static server would redirect to `/sign-in/`."""
    return {**scope, "path": scope["path"] + "/"} if scope["path"] in _folders() else scope


@lru_cache(maxsize=1)
def _folders() -> frozenset[str]:
    """Paths of the pages that are folders of the build."""
    build = _build()
    return frozenset(f"/{page.parent.relative_to(build).as_posix()}" for page in build.rglob("*/index.html"))


@lru_cache(maxsize=1)
def _policy() -> str:
    """A page may load from its own origin and from storage; of inline scripts only those of the build."""
    storage = _storage_origin()
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' {' '.join(_inline_scripts())}",
            "style-src 'self' 'unsafe-inline'",
            f"img-src 'self' data: blob: {storage}",
            f"media-src 'self' blob: data: {storage}",  # hls.js starts each text track with an empty data URL
            f"connect-src 'self' {storage}",
            f"frame-src 'self' {storage}",  # several files are downloaded in frames
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        ]
    )


def _storage_origin() -> str:
    url = settings().public_s3_endpoint_url
    if not url:
        return "https://*.amazonaws.com"
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _inline_scripts() -> list[str]:
    pages = _build().rglob("*.html")
    scripts = {script for page in pages for script in _INLINE_SCRIPT.findall(page.read_text(encoding="utf-8"))}
    return sorted(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )


def _build() -> Path:
    return Path(get_web_dir(), Dirs.STATIC)
