"""Fixtures of all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.services import Services, real_services

FOLDER = Path(__file__).parent

NOT_NICE = "0"
"""Niceness of encodes: tests that run beside would starve the encodes that a test waits for."""


HEAVY = (
    "e2e/test_up",
    "e2e/test_library",
    "e2e/test_uploads",
    "e2e/test_main_job",
    "integration/test_rungs_used_again",
    "integration/test_worker_kills",
    "integration/test_real_encode_kills",
    "integration/test_chunk_kills",
    "integration/test_presets",
    "integration/test_odd_sources",
    "integration/test_process_video",
    "integration/test_client",
    "integration/test_chunks",
    "integration/test_fuzz",
)
"""Files that take longest, the longest first."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take longest, so that none is left for the end, when other processes have no work."""
    ranks = {f"{name}.py": rank for rank, name in enumerate(HEAVY)}
    items.sort(key=lambda item: ranks.get(item.path.relative_to(FOLDER).as_posix(), len(ranks)))


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """Settings that lead to real services, made for this pytest worker alone; also put into `os.environ`."""
    os.environ["ENCODE_NICE"] = NOT_NICE
    with real_services() as running:
        yield running
