"""How pages leave the server: the door before them, what a browser may run in them, how long it may keep them."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, urlsplit

from reflex.constants import Dirs
from reflex.utils.prerequisites import get_web_dir
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mediaproc import routes
from mediaproc.settings import settings

_BEHIND_THE_DOOR = re.compile(r"/|/jobs/?|/settings/?|/settings/presets/?|/videos/[^/.]+/?")
_FOLDERS = routes.PUBLIC | {routes.JOBS, routes.SETTINGS, routes.PRESETS}
_INLINE_SCRIPT = re.compile(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL)


def guarded(app: ASGIApp) -> ASGIApp:
    """The whole web app, with the door before its pages and with headers on them."""

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] not in {"GET", "HEAD"}:
            await app(scope, receive, send)
        elif away := way_to_the_door(HTTPConnection(scope)):
            await RedirectResponse(away, status_code=303)(scope, receive, send)
        else:
            await app(_as_folder(scope), receive, _with_headers(scope["path"], send))

    return serve


def _as_folder(scope: Scope) -> Scope:
    """The build keeps `/sign-in` as `sign-in/index.html`; the static server would redirect to the folder's name."""
    return {**scope, "path": scope["path"] + "/"} if scope["path"] in _FOLDERS else scope


def way_to_the_door(request: HTTPConnection) -> str | None:
    """Where someone goes who can't be signed in, before any page is drawn. The page's state checks in full."""
    path = request.url.path
    if not _BEHIND_THE_DOOR.fullmatch(path) or "mp_access" in request.cookies:
        return None
    page = routes.RENEW if "mp_refresh" in request.cookies else routes.SIGN_IN
    here = path + (f"?{request.url.query}" if request.url.query else "")
    return page if here == routes.LIBRARY else f"{page}?next={quote(here, safe='/')}"


def _with_headers(path: str, send: Send) -> Send:
    async def add(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if headers.get("content-type", "").startswith("text/html"):
                headers.setdefault("Content-Security-Policy", _policy())
                headers["Cache-Control"] = "no-cache"
            elif path.startswith("/assets/") and message["status"] == 200:
                headers["Cache-Control"] = "public, max-age=31536000, immutable"
        await send(message)

    return add


@lru_cache(maxsize=1)
def _policy() -> str:
    """What a page may load: ourselves and the storage; of inline scripts only those of the build."""
    storage = _storage_origin()
    return "; ".join(
        [
            "default-src 'self'",
            f"script-src 'self' {' '.join(_inline_scripts())}",
            "style-src 'self' 'unsafe-inline'",
            f"img-src 'self' data: blob: {storage}",
            f"media-src 'self' blob: data: {storage}",  # hls.js begins each text track with an empty one
            f"connect-src 'self' {storage}",
            f"frame-src 'self' {storage}",  # in which several files are downloaded
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
    pages = Path(get_web_dir(), Dirs.STATIC).rglob("*.html")
    scripts = {script for page in pages for script in _INLINE_SCRIPT.findall(page.read_text(encoding="utf-8"))}
    return sorted(
        f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" for script in scripts
    )
