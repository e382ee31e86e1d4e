"""Detects the type of a file by its first bytes, for error messages."""

from __future__ import annotations

import re

HEAD_BYTES = 1024
"""How much of a file is looked at."""

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"\x7fELF", "application/x-executable"),
    (b"MZ", "application/x-msdownload"),
    (b"ID3", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"8BPS", "image/vnd.adobe.photoshop"),
    (b"#EXTM3U", "application/vnd.apple.mpegurl"),
    (b"ffconcat", "text/plain"),
    (b"v=0", "application/sdp"),
    (b"WEBVTT", "text/vtt"),
)
"""Leading bytes and the type they mean (https://mimesniff.spec.whatwg.org, and file(1))."""

_MARKUP: tuple[tuple[str, str], ...] = (
    (r"<svg[\s>]", "image/svg+xml"),
    (r"<mpd[\s>]", "application/dash+xml"),
    (r"<!doctype html|<html[\s>]", "text/html"),
    (r"\A\s*<\?xml", "application/xml"),
)


_ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
_ASF_ENCRYPTION = (
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"),
)
"""Header objects of Windows Media DRM (Advanced Systems Format 01.20.05, 3.14 and 3.15)."""


def is_encrypted(head: bytes) -> bool:
    """True if a file that begins with these bytes is a Windows Media file with DRM."""
    return head.startswith(_ASF) and any(each in head for each in _ASF_ENCRYPTION)


def content_type_of(head: bytes) -> str | None:
    """The type of a file by its first `HEAD_BYTES`, or None when they say nothing. Never a video type."""
    for magic, content_type in _MAGIC:
        if head.startswith(magic):
            return content_type
    return _riff_type(head) or _text_type(head[:HEAD_BYTES])


def _riff_type(head: bytes) -> str | None:
    if head[:4] != b"RIFF":
        return None
    return {b"WAVE": "audio/wav", b"WEBP": "image/webp"}.get(head[8:12])


def _text_type(head: bytes) -> str | None:
    text = _as_text(head)
    if text is None:
        return None
    lowered = text.lower()
    return next((kind for pattern, kind in _MARKUP if re.search(pattern, lowered)), "text/plain")


def _as_text(head: bytes) -> str | None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return head.decode("utf-16", errors="ignore")
    if not head or re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]", head):
        return None
    try:
        return head.decode()
    except UnicodeDecodeError as error:
        # A character cut by the end of the head is still text; a stray byte in the middle is Latin-1 at best.
        return head[: error.start].decode() if error.start >= len(head) - 3 else None
