"""Fixtures of all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testing.services import Services, real_services


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """Settings that lead to real services, made for this pytest worker alone; also put into `os.environ`."""
    with real_services() as running:
        yield running
