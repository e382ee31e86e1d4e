"""Helpers that tests and benches share: clips, real services, workers, a browser, rows of the database."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
"""The root of the repository."""
