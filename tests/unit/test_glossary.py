"""Vocabulary: the glossary of docs/architecture.md against the names and docstrings of the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from testing import ROOT

PACKAGES = ("mediaproc", "mediaproc_worker", "bench", "testing")

BANNED = {
    "sound": "audio",
    "sounds": "audio",
    "picture": "video, frame or image",
    "pictures": "video, frames or images",
    "twin": "duplicate",
    "twins": "duplicates",
    "kept": "selected",
    "doing": "active",
    "turn": "schedule or next",
    "turns": "schedule or next",
    "tell": "publish or notify",
    "tells": "publish or notify",
    "telling": "publish or notify",
    "told": "published or notified",
    "posting": "poster",
    "news": "event",
}
"""Words that no module, class or function has in its name, and what the code says instead."""

GERUNDS = {"formatting", "packaging", "scheduling", "testing", "video_sorting"}
"""Modules named after an activity that the field itself calls so."""

OPENING_SHARE = 0.03
"""Share of all docstrings that may open with a question word."""

_QUESTION = re.compile(r"(What|Whether|Which|Where|Who)\b")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_TABLE = re.compile(r"^\| [Tt]erm \| [Mm]eans \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", re.MULTILINE)

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


@cache
def _modules() -> dict[Path, ast.Module]:
    paths = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def _name_of(path: Path) -> str:
    return path.parent.name if path.stem == "__init__" else path.stem


def _names() -> Iterator[str]:
    """The names of every module, class and function."""
    for path, tree in _modules().items():
        yield _name_of(path)
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name


def _docstrings(kind: type[ast.AST] | tuple[type[ast.AST], ...]) -> Iterator[tuple[Path, str]]:
    for path, tree in _modules().items():
        for node in ast.walk(tree):
            if isinstance(node, Documented) and isinstance(node, kind) and (text := ast.get_docstring(node)):
                yield path, text


def _words_of(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)}


def _rows() -> list[list[str]]:
    """The cells of the glossary's rows."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    (rows,) = _TABLE.findall(text)
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in rows.splitlines()]


def _terms(cell: str) -> list[str]:
    return [term.strip(" `*").lower() for term in re.split(r" / |, ", cell)]


def test_a_term_has_one_meaning() -> None:
    terms = [term for row in _rows() for term in _terms(row[0])]
    assert len(terms) > 30
    assert sorted({term for term in terms if terms.count(term) > 1}) == []
    assert all(len(row) >= 2 and row[1] for row in _rows())


def test_no_term_is_a_banned_word() -> None:
    assert not {term for row in _rows() for term in _terms(row[0])} & set(BANNED)


def test_no_name_has_a_banned_word() -> None:
    found = {name: sorted(_words_of(name) & set(BANNED)) for name in _names()}
    wrong = {name: {word: BANNED[word] for word in words} for name, words in found.items() if words}
    assert wrong == {}


def test_modules_are_nouns() -> None:
    activities = {_name_of(path) for path in _modules() if _name_of(path).endswith("ing")}
    assert activities - GERUNDS == set()


def test_docstrings_of_modules_begin_with_what_they_are() -> None:
    opening = [str(path.relative_to(ROOT)) for path, text in _docstrings(ast.Module) if _QUESTION.match(text)]
    assert opening == []


def test_few_docstrings_open_with_a_question_word() -> None:
    texts = [text for _, text in _docstrings(ast.AST)]
    opening = [text.splitlines()[0] for text in texts if _QUESTION.match(text)]
    assert len(opening) / len(texts) <= OPENING_SHARE, f"{len(opening)} of {len(texts)}"


@pytest.mark.parametrize(
    ("name", "words"),
    [("copied_sound", {"copied", "sound"}), ("SoundTrack", {"sound", "track"}), ("_HTTPTurn", {"http", "turn"})],
)
def test_names_are_read_word_by_word(name: str, words: set[str]) -> None:
    assert _words_of(name) == words
