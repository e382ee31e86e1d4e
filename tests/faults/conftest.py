"""Options of the fault campaign."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--seconds` and `--seed`."""
    parser.addoption("--seconds", type=float, default=180, help="Time in which new rounds of the campaign begin.")
    parser.addoption("--seed", type=int, default=None, help="Repeat a campaign's order and timing. Default: random.")
