"""Helpers shared by tests and benches: clips, real services, worker processes, a browser, database rows."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
"""The root of the repository."""
