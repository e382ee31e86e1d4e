"""The schema on a real Postgres."""

import subprocess
import sys
from pathlib import Path


def test_migrations_make_exactly_the_tables_of_the_code(services: dict[str, str]) -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run([sys.executable, "-m", "alembic", "check"], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
