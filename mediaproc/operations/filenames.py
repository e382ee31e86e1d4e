"""File names: made harmless when they come in, and spelled out for a download when they go out."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote

from anyascii import anyascii

LONGEST = 255

_UNSAFE = re.compile(r"[^ !#$&\'()+,\-.0-9;=@A-Z\[\]^_a-z{}~]")
"""Characters that a quoted string can't hold (RFC 9110, 5.6.4), or that some file system doesn't take."""


def clean(name: str) -> str:
    """The name for people: its last component, without control and direction marks, at most 255 characters.

    Invisible characters of direction can make `exe.4pm` read as `mp4.exe` (Unicode TR 36, 2.10).
    """
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    seen = "".join(letter for letter in unicodedata.normalize("NFC", last) if _is_harmless(letter))
    return _shorten(" ".join(seen.split()).lstrip(".") or "video")


def stem(name: str) -> str:
    """The name without its extension."""
    return PurePosixPath(name).stem or name


def suffix(name: str) -> str:
    """The extension, without its dot."""
    return PurePosixPath(name).suffix[1:]


def of_rendition(title: str, rendition: str, key: str) -> str:
    """File name of a rendition's download: `title-720p.mp4`, `title.gif`."""
    ending = suffix(key)
    return f"{clean(title)}.{ending}" if rendition == ending else f"{clean(title)}-{rendition}.{ending}"


def attachment(name: str) -> str:
    """A Content-Disposition that saves under this name (RFC 6266): RFC 5987, and plain ASCII for old clients."""
    return f"attachment; filename=\"{_ascii(name)}\"; filename*=UTF-8''{quote(name, safe='')}"


def _ascii(name: str) -> str:
    """The name in Latin letters, as `curl -OJ` saves it: never empty, hidden, or read as an option by a shell command.

    It is transliterated, so that names of other scripts can be told apart.
    """
    plain = _UNSAFE.sub("_", anyascii(name)).strip(" ").rstrip(".")
    return _shorten(f"video{plain}" if plain[:1] in {"", "-", "."} else plain)


def _is_harmless(letter: str) -> bool:
    joins = letter in "\u200c\u200d"  # Persian words and emoji need them
    return joins or unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def _shorten(name: str) -> str:
    if len(name) <= LONGEST:
        return name
    suffix = PurePosixPath(name).suffix[:20]
    return name[: LONGEST - len(suffix)] + suffix
