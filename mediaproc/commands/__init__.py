"""What `./dev` and `python -m mediaproc` do, one file a command."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
"""The checkout: where rxconfig.py, alembic.ini and the tests are."""
