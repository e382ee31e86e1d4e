"""Languages: tags for players (RFC 5646), codes for containers (ISO 639), and English names for people.

Tags and names are those of Unicode's CLDR, by way of `langcodes` and its data.
"""

from __future__ import annotations

import re
from functools import lru_cache

import langcodes
from langcodes.tag_parser import LanguageTagError

_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}")
_NONE = frozenset({"und", "mis", "mul", "zxx"})
"""Undetermined, without a code, several, no speech: nothing that a viewer could choose by."""


@lru_cache(maxsize=1000)
def tag(language: str) -> str:
    """Return the RFC 5646 tag with the shortest code: `de` for `ger` and `deu`. Empty for none."""
    wanted = language.replace("_", "-").lower()
    if wanted.partition("-")[0] in _NONE or not _TAG.fullmatch(wanted):
        return ""
    try:
        return langcodes.standardize_tag(wanted)
    except LanguageTagError:
        return ""


@lru_cache(maxsize=1000)
def name(language: str) -> str:
    """Return the English name, such as `Portuguese (Brazil)`; the tag itself if it has none. Empty for none."""
    found = tag(language)
    named = langcodes.Language.get(found).display_name("en") if found else ""
    return found if named.startswith("Unknown language") else named


def three_letters(language: str) -> str:
    """Return the code that MP4 uses (ISO 639-2/T), such as `deu`. Empty if there is none."""
    primary = tag(language).partition("-")[0]
    try:
        return langcodes.Language.get(primary).to_alpha3(variant="T") if primary else ""
    except LookupError:
        return ""


def distance(one: str, other: str) -> int:
    """Return how far two tags are apart: 0 if equal, 1 for the same language with another region, 2 for others."""
    return 0 if one == other else 1 if one.partition("-")[0] == other.partition("-")[0] else 2
