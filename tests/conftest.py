"""Fixtures of all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from testing.services import Services, real_services

NOT_NICE = "0"
"""Niceness of encodes: tests that run beside would starve the encodes that a test waits for."""


@pytest.fixture(scope="session")
def services() -> Iterator[Services]:
    """Settings that lead to real services, made for this pytest worker alone; also put into `os.environ`."""
    os.environ["ENCODE_NICE"] = NOT_NICE
    with real_services() as running:
        yield running
