"""Character encodings of text tracks: UTF-8, or the legacy encoding that the text itself points to."""

from __future__ import annotations

from charset_normalizer import CharsetMatch, from_bytes

from mediaproc.media import languages

_WESTERN = ("cp1252", "cp1250", "cp1254", "cp1257")
_ALL = (
    *("cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949", "cp874", "koi8_r", "cp866"),
)
"""Encodings by preference among those that fit equally well."""

_BY_LANGUAGE = {
    **dict.fromkeys(("bs", "cs", "hr", "hu", "pl", "ro", "sk", "sl", "sq"), ("cp1250",)),
    **dict.fromkeys(("be", "bg", "mk", "ru", "sr", "uk"), ("cp1251", "koi8_r", "cp866", "cp1250")),
    **dict.fromkeys(("et", "lt", "lv"), ("cp1257",)),
    **dict.fromkeys(("az", "tr"), ("cp1254",)),
    **dict.fromkeys(("ar", "fa", "ur"), ("cp1256",)),
    **dict.fromkeys(("ja",), ("cp932", "euc_jp")),
    **dict.fromkeys(("zh", "yue"), ("gb18030", "big5")),
    "el": ("cp1253",),
    "he": ("cp1255",),
    "ko": ("cp949",),
    "th": ("cp874",),
    "vi": ("cp1258",),
}
"""Encodings of a language; `_WESTERN` of others that are known."""

_MOSTLY_ASCII = 0.4
"""Below this share of letters beyond ASCII a text is in Latin script."""

_SAMPLE_BYTES = 64 * 1024


def decoded(raw: bytes, *, language: str = "") -> tuple[str, str | None]:
    """Return a text, and the legacy encoding it was in; None if it is UTF-8. `language` is of any form, or empty.

    Lines that are not UTF-8 are read in the encoding that suits all of them. Nothing is ever lost: what is in no
    encoding is read as the most likely one, with replacement characters.
    """
    lines = raw.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    foreign = [line for line in lines if not _is_utf8(line)]
    if not foreign:
        return b"\n".join(lines).decode(), None
    encoding = _detected(b"\n".join(foreign)[:_SAMPLE_BYTES], languages.tag(language).partition("-")[0])
    # A line that happens to be UTF-8 belongs to the others if they are the rule.
    beyond = sum(not line.isascii() for line in lines)
    alike = 2 * len(foreign) > beyond
    texts = (line.decode(encoding if alike or not _is_utf8(line) else "utf-8", errors="replace") for line in lines)
    return "\n".join(texts), encoding


def _detected(raw: bytes, language: str) -> str:
    known = _BY_LANGUAGE.get(language, _WESTERN if language else ())
    allowed = known or (_WESTERN if _share_beyond_ascii(raw) < _MOSTLY_ASCII else _ALL)
    found = from_bytes(
        raw, cp_isolation=list(allowed), steps=5, chunk_size=max(256, len(raw) // 5), threshold=0.6,
        enable_fallback=False,
    )  # fmt: skip
    matches = sorted(found, key=lambda match: _rank(match, allowed))
    return _preferred(matches[0], allowed) if matches else allowed[0]


def _rank(match: CharsetMatch, allowed: tuple[str, ...]) -> tuple[float, float, int]:
    return round(match.chaos, 1), -round(match.coherence, 1), allowed.index(_preferred(match, allowed))


def _preferred(match: CharsetMatch, allowed: tuple[str, ...]) -> str:
    """Return the first of the encodings that read the same from a text."""
    return next((each for each in allowed if each in match.could_be_from_charset), match.encoding)


def _share_beyond_ascii(raw: bytes) -> float:
    beyond = sum(byte > 127 for byte in raw)
    letters = sum(65 <= byte & 0xDF <= 90 for byte in raw if byte <= 127)
    return beyond / max(1, beyond + letters)


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
