"""What a developer's commands decide: the number of a migration, and whether tests passed."""

from __future__ import annotations

import pytest

from mediaproc.commands import ROOT, checks
from tests.conftest import FOLDER, HEAVY


@pytest.mark.parametrize(
    ("names", "number"),
    [
        ([], "0001"),
        (["0001_initial_tables.py"], "0002"),
        (["0006_storyboards.py", "0008_tracks.py"], "0009"),
        (["0012_video_ranges.py", "0002_webhooks.py", "__init__.py"], "0013"),
        (["9999_many.py"], "10000"),
    ],
)
def test_a_migration_is_numbered_after_the_highest_whatever_is_missing(names: list[str], number: str) -> None:
    assert checks.next_number(names) == number


def test_the_next_migration_has_a_number_of_its_own() -> None:
    names = [path.name for path in (ROOT / "alembic" / "versions").glob("*.py")]
    number = checks.next_number(names)
    assert not [name for name in names if name.startswith(number)]


@pytest.mark.parametrize(
    ("codes", "outcome"),
    [
        ([0, 0], 0),
        ([0, 5], 0),
        ([5, 0], 0),
        ([5], 5),
        ([5, 5], 5),
        ([1, 5], 1),
        ([5, 1], 1),
        ([2, 0], 2),
        ([1, 2], 2),
        ([-9, 0], 1),
    ],
)
def test_a_name_that_no_test_has_is_no_success(codes: list[int], outcome: int) -> None:
    assert checks.outcome(codes) == outcome


def test_files_that_are_begun_with_exist() -> None:
    assert [name for name in HEAVY if not (FOLDER / f"{name}.py").is_file()] == []
