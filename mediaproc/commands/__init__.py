"""Server and developer commands of `./dev` and `mediaproc`, one module each."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
"""The checkout: the folder with rxconfig.py, alembic.ini and the tests."""
