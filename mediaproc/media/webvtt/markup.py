"""Cue markup: the text of SubRip, ASS and WebVTT sources as WebVTT, which knows bold, italic and underlined text.

Whatever is not one of the marks of its format is text, and stays: no text vanishes for a `<` or a `&`.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

_KEPT = {"b": "b", "i": "i", "u": "u", "strong": "b", "em": "i"}
"""HTML elements of SubRip that WebVTT has too."""

_DROPPED = frozenset({"font", "s", "strike", "span", "c", "center", "p", "div", "body", "small", "big", "v", "lang"})
"""Elements that are formatting, and whose content is shown without it."""

_ELEMENT = re.compile(r"<(/?)([A-Za-z]+)(?:\s[^<>]*)?/?>")
_ENTITY = re.compile(r"&(?:[A-Za-z]+|#\d+|#x[0-9A-Fa-f]+);")
_STRAY = re.compile(r"<(?!/?(?:[biuc]|ruby|rt|v|lang)(?:[.\s][^<>]*)?>|(?:\d+:)?\d\d:\d\d\.\d{3}>)")
"""A `<` that opens no WebVTT tag: players would take what follows for one, and hide it."""

_BLOCK = re.compile(r"\{(\\?)([^{}]*)\}")
_TAG = re.compile(r"\\(?P<name>[biup]|r)(?P<value>\d*|(?<=r)[^\\]*)(?=[\\}\s]|$)")
"""Overrides that change a `Style` from there on. (`\\r` may name another style; what it looks like is not followed.)"""
_SPACES = str.maketrans({"\u00a0": " "})


@dataclass(frozen=True)
class Style:
    """State of an ASS text: its marks, whether it is a drawing, and its alignment as on a keypad (2 is below)."""

    bold: bool = False
    italic: bool = False
    underline: bool = False
    drawing: bool = False
    alignment: int = 2


def escaped(text: str) -> str:
    """Return plain text with what means something in WebVTT replaced by its entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def of_subrip(text: str) -> tuple[str, str]:
    """Return the WebVTT text and settings of a SubRip text, which may have HTML and the alignment of ASS."""
    alignment = _alignment_of(text)
    plain = _BLOCK.sub(lambda block: "" if block[1] else block[0], text)
    return _without_blank_lines("".join(_subrip_parts(plain))), settings_of(alignment)


def of_ass(text: str, style: Style, *, literal_braces: bool = False) -> tuple[str, str]:
    """Return the WebVTT text and settings of an ASS text: overrides become marks, drawings nothing.

    `literal_braces`: braces that begin no override are text, as FFmpeg writes those of other formats.
    """
    runs = [(mark, part) for mark, part in _ass_runs(text, style, literal_braces) if part and not mark.drawing]
    marked = "".join(_marked(part, mark) for mark, part in _merged(runs))
    return _without_blank_lines(marked), settings_of(_alignment_of(text) or style.alignment)


def of_webvtt(text: str) -> str:
    """Return a WebVTT text with its own tags, such as voices, and any other `<` as text. No line has an arrow."""
    return _without_blank_lines(_STRAY.sub("&lt;", text).replace("-->", "--&gt;"))


def settings_of(alignment: int) -> str:
    """Return cue settings for an alignment as on a keypad; none for the usual place, below in the middle."""
    row, side = divmod(alignment - 1, 3) if 1 <= alignment <= 9 else (0, 1)
    return " ".join(each for each in (("", "line:50%", "line:0")[row], ("align:left", "", "align:right")[side]) if each)


def _subrip_parts(text: str) -> Iterator[str]:
    """Yield the text with its kept elements balanced, since WebVTT ends a mark only where it is innermost."""
    at, opened = 0, list[str]()
    for found in _ELEMENT.finditer(text):
        name = found[2].lower()
        if name != "br" and name not in _KEPT and name not in _DROPPED:
            continue
        yield _subrip_text(text[at : found.start()])
        at = found.end()
        yield "\n" if name == "br" else _element(_KEPT.get(name, ""), opened, closes=bool(found[1]))
    yield _subrip_text(text[at:])
    yield "".join(f"</{name}>" for name in reversed(opened))


def _element(name: str, opened: list[str], *, closes: bool) -> str:
    if not name or (closes and name not in opened):
        return ""
    if not closes:
        opened.append(name)
        return f"<{name}>"
    inner = opened[len(opened) - opened[::-1].index(name) :]
    opened.reverse()
    opened.remove(name)
    opened.reverse()
    ends, again = (f"</{each}>" for each in reversed(inner)), (f"<{each}>" for each in inner)
    return "".join([*ends, f"</{name}>", *again])


def _subrip_text(text: str) -> str:
    known = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    return escaped(known.replace(r"\N", "\n").replace(r"\h", "\u00a0"))


def _ass_runs(text: str, style: Style, literal_braces: bool) -> Iterator[tuple[Style, str]]:
    now, at = style, 0
    for block in _BLOCK.finditer(text):
        if literal_braces and not block[1]:
            continue
        yield now, _ass_text(text[at : block.start()])
        now, at = _overridden(now, style, block[1] + block[2]), block.end()
    yield now, _ass_text(text[at:])


def _overridden(now: Style, style: Style, block: str) -> Style:
    for tag in _TAG.finditer(block):
        match tag["name"]:
            case "b" | "i" | "u":
                on = tag["value"].strip("0") != ""  # bold may be a weight, such as 700
                now = replace(now, **{{"b": "bold", "i": "italic", "u": "underline"}[tag["name"]]: on})
            case "p":
                now = replace(now, drawing=tag["value"].strip("0") != "")
            case _:
                now = replace(style, drawing=now.drawing)
    return now


def _alignment_of(text: str) -> int:
    """Return the first alignment that an ASS override sets; 0 for none. `\\a` counts as older scripts do."""
    found = re.search(r"\{[^{}]*\\(an?)(\d+)", text)
    if found is None:
        return 0
    number = int(found[2])
    return number if found[1] == "an" else {1: 1, 2: 2, 3: 3, 5: 7, 6: 8, 7: 9, 9: 4, 10: 5, 11: 6}.get(number, 0)


def _ass_text(text: str) -> str:
    return text.replace(r"\N", "\n").replace(r"\n", "\n").replace(r"\h", "\u00a0")


def _merged(runs: Iterable[tuple[Style, str]]) -> list[tuple[Style, str]]:
    found: list[tuple[Style, str]] = []
    for style, text in runs:
        if found and found[-1][0] == style:
            found[-1] = style, found[-1][1] + text
        else:
            found.append((style, text))
    return found


def _marked(text: str, style: Style) -> str:
    names = [name for name, on in (("b", style.bold), ("i", style.italic), ("u", style.underline)) if on]
    if not names or not text.strip():
        return escaped(text)
    return "".join(f"<{name}>" for name in names) + escaped(text) + "".join(f"</{name}>" for name in reversed(names))


def _without_blank_lines(text: str) -> str:
    """Return the text without what would end its cue; a line of spaces that do not break is blank too."""
    return "\n".join(line.strip() for line in text.split("\n") if line.translate(_SPACES).strip())
