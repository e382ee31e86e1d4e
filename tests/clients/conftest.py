"""The programs that read the OpenAPI document, installed as they are locked, and a server to call.

Bun's packages are locked in testing/openapi_clients/bun.lock, Python's in requirements-clients.txt.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from mediaproc.api.app import create_api
from mediaproc.commands.lanes import is_required
from testing import ROOT, clips
from testing.services import Services
from testing.web_server import Web, start_web

FILES = ROOT / "testing" / "openapi_clients"
BUN = Path(sys.executable).parent / "bun"
PASSWORD = "a long enough password"

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def _install(what: str, command: list[str], folder: Path) -> None:
    """Install, or skip the tests with what is missing. Where lanes are required, that is a failure."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=400)
    if done.returncode:
        (pytest.fail if is_required() else pytest.skip)(f"{what} can't be installed here: {done.stderr.strip()[-300:]}")


@pytest.fixture(scope="session")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the OpenAPI document and the files of `testing/openapi_clients`."""
    folder = tmp_path_factory.mktemp("clients") / "work"
    shutil.copytree(FILES, folder)
    (folder / "openapi.json").write_text(json.dumps(create_api().openapi()))
    (folder / "image.png").write_bytes(clips.PNG)
    return folder


@pytest.fixture(scope="session")
def npm(workplace: Path) -> Run:
    """Runs a program of an npm package in the workplace, by Bun."""
    _install("The npm packages", [str(BUN), "install", "--frozen-lockfile", "--ignore-scripts"], workplace)
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}

    def run(program: str, *options: str) -> subprocess.CompletedProcess[str]:
        return run_in([str(BUN), "--bun", f"node_modules/.bin/{program}", *options], workplace, quiet)

    return run


@pytest.fixture(scope="session")
def python(workplace: Path) -> Run:
    """Runs a program of requirements-clients.txt in the workplace."""
    venv.create(workplace / "venv", with_pip=True)
    programs = workplace / "venv" / "bin"
    pip = [
        str(programs / "pip"),
        "install",
        "--quiet",
        "--require-hashes",
        "-r",
        str(ROOT / "requirements-clients.txt"),
    ]
    _install("requirements-clients.txt", pip, workplace)

    def run(program: str, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return run_in([str(programs / program), *options], workplace, environment)

    return run


@pytest.fixture(scope="session")
def server(services: Services) -> Iterator[dict[str, str]]:
    """Environment of a program that calls the API: its URL, an API key and an image."""
    web = start_web()
    yield {"MEDIAPROC_URL": web.url, "MEDIAPROC_API_KEY": _key(web)}
    web.stop()


def _key(web: Web) -> str:
    account = {"email": f"{secrets.token_hex(6)}@example.com", "password": PASSWORD}
    token = httpx.post(f"{web.url}/api/v1/auth/register", json=account).raise_for_status().json()["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    body = {"name": "test", "scopes": ["admin"]}
    return httpx.post(f"{web.url}/api/v1/api-keys", json=body, headers=headers).raise_for_status().json()["key"]


def run_in(command: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end."""
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=300
    )
