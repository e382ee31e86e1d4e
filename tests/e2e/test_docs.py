"""The examples of the documentation, run as a stranger runs them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from testing import ROOT, documentation
from testing.browser import choose, row
from testing.site import Site, new_account

needs_jq = pytest.mark.skipif(not (shutil.which("jq") and shutil.which("curl")), reason="the walk takes curl and jq")


def _post(url: str, body: dict[str, Any], token: str) -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
def environment(site: Site) -> dict[str, str]:
    """A stranger's: a key, and nothing else of Mediaproc."""
    _, token = new_account(site)
    wanted = {"name": "a stranger", "scopes": ["videos:read", "videos:write"]}
    key = _post(f"{site.url}/api/v1/api-keys", wanted, token)["key"]
    return {**os.environ, "MEDIAPROC_URL": site.url, "MEDIAPROC_API_KEY": key, "PYTHONPATH": str(ROOT)}


def _run(command: list[str], environment: dict[str, str], folder: Path) -> str:
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stderr
    return done.stdout


@needs_jq
def test_a_stranger_with_curl_uploads_follows_and_downloads(
    environment: dict[str, str], small_bunny: Path, tmp_path: Path
) -> None:
    shutil.copy(small_bunny, tmp_path / "my clip.mp4")
    told = _run(["sh", "-euc", documentation.example("walk")], {**environment, "FILE": "my clip.mp4"}, tmp_path)
    assert '"status": "completed"' in told
    (saved,) = tmp_path.glob("*-*.mp4")
    assert saved.name == "my clip-180p.mp4"
    assert saved.stat().st_size > 10_000
    id = json.loads((tmp_path / "video.json").read_text())["id"]
    finished = {**environment, "VIDEO_ID": id}
    for name, command in (("python", [sys.executable, "-c"]), ("curl", ["sh", "-euc"])):
        assert "completed" in _run([*command, documentation.example(name)], finished, tmp_path), name


def test_the_client_does_the_same_in_a_few_lines(
    environment: dict[str, str], small_bunny: Path, tmp_path: Path
) -> None:
    shutil.copy(small_bunny, tmp_path / "clip.mp4")
    command = [sys.executable, "-c", documentation.example("client")]
    told = _run(command, {**environment, "FILE": "clip.mp4"}, tmp_path)
    assert told.splitlines()[-1] == "clip-180p.mp4"
    assert (tmp_path / "clip-180p.mp4").stat().st_size > 10_000


def test_a_page_follows_by_event_source(page: Page, small_bunny: Path) -> None:
    choose(page, small_bunny)
    expect(row(page, small_bunny.name)).to_have_attribute("data-state", "done")
    link = page.locator(".card").first.get_attribute("href") or ""
    script = f"""(videoId) => new Promise((done) => {{
        const seen = [];
        const show = (what) => {{ seen.push(what); if (what === "completed") done(seen); }};
        {documentation.example("browser")}
    }})"""
    assert page.evaluate(script, link.rpartition("/")[2])[-1] == "completed"
