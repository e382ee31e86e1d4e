"""Linters find nothing in the OpenAPI document, and generated clients compile without a warning and work."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from tests.clients.conftest import BUN, Run, run_in

WANTED = {"video": ["a.mp4", "uploading", 1], "missing": "not_found"}


def test_redocly_finds_nothing(npm: Run) -> None:
    done = npm("redocly", "lint", "openapi.json", "--config", "redocly-lint.yaml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in (done.stdout + done.stderr).lower()


def test_spectral_finds_nothing(npm: Run) -> None:
    done = npm("spectral", "lint", "openapi.json", "--ruleset", "spectral.yaml", "--fail-severity", "hint")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_typescript_client_compiles_and_its_calls_run(npm: Run, server: dict[str, str], workplace: Path) -> None:
    made = npm("openapi-typescript", "openapi.json", "--output", "api.d.ts")
    assert made.returncode == 0, made.stderr
    assert "warn" not in (made.stdout + made.stderr).lower()
    checked = npm("tsc", "--project", ".")
    assert checked.returncode == 0, checked.stdout
    _check(run_in([str(BUN), "calls.ts"], workplace, server))


def test_a_python_client_passes_mypy_and_its_calls_run(python: Run, server: dict[str, str], workplace: Path) -> None:
    made = python(
        "openapi-python-client",
        *("generate", "--path", "openapi.json", "--config", "openapi-python-client.yaml", "--meta", "none"),
        *("--output-path", "mediaproc_api", "--overwrite", "--fail-on-warning"),
    )
    assert made.returncode == 0, made.stdout + made.stderr
    assert "warning" not in (made.stdout + made.stderr).lower()
    checked = python("mypy", "--strict", "--cache-dir", os.devnull, "mediaproc_api", "calls.py")
    assert checked.returncode == 0, checked.stdout
    _check(python("python", "calls.py", **server, PNG=str(workplace / "image.png")))


def _check(done: subprocess.CompletedProcess[str]) -> None:
    """A program's one line of JSON is what the server answers."""
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert "web" in answer.pop("presets")
    assert answer == WANTED
