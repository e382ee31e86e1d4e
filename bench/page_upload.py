"""`python -m bench.page_upload [--json FILE] [--size-mib N] [--rounds N]`: a file through the page in Chromium.

Beside it boto3 puts the same parts into the same S3 server, as large and as many at a time as the page's.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from playwright.sync_api import Browser, Page, Response
from playwright.sync_api import Error as NoBrowser

from bench import figures, machine
from bench.figures import Figure
from mediaproc.embedded import kept
from tests import browsing
from tests.browsing import Site

MOST = 1.3
_MIB = 1024 * 1024
_ENGINE = browsing.ROOT / "mediaproc" / "components" / "upload_engine.js"
_NOTE_EACH_STATE = """() => {
  window.states = {};
  const look = () => {
    const state = document.querySelector(".row")?.dataset.state;
    if (state) window.states[state] ??= Date.now();
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


@dataclass
class Way:
    """How the page uploads: whereto, and how it cuts the file; seen at its own requests."""

    part_bytes: int = 0
    s3_url: str = ""
    bucket: str = ""

    def see(self, response: Response) -> None:
        """Look at an answer that the page got."""
        if response.request.method == "POST" and response.url.endswith("/api/v1/uploads"):
            begun = response.json()
            self.part_bytes = begun["part_size_bytes"]
            part = urlsplit(begun["parts"][0]["url"])
            self.s3_url, self.bucket = f"{part.scheme}://{part.netloc}", part.path.split("/")[1]


def main() -> int:
    """Measure, print, and write what is asked for."""
    parser = argparse.ArgumentParser(prog="bench page_upload")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--size-mib", type=int, default=256)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no server is left behind
    figures.show_machine()
    figure = measure(size_bytes=options.size_mib * _MIB, rounds=options.rounds)
    if options.json:
        figures.write([figure] if figure else [], options.json)
    return 0


def measure(*, size_bytes: int, rounds: int) -> Figure | None:
    """Print the figure, or why there is none."""
    try:
        with browsing.chromium() as browser:
            figure = _figure(browser, size_bytes=size_bytes, rounds=rounds)
    except NoBrowser as error:
        if "executable doesn't exist" not in error.message.lower():
            raise
        print("upload through the page: not measured, there is no Chromium here", flush=True)
        return None
    figures.show(figure)
    return figure


def _figure(browser: Browser, *, size_bytes: int, rounds: int) -> Figure:
    ours: list[float] = []
    plain: list[float] = []
    way = Way()
    with tempfile.TemporaryDirectory(prefix="mediaproc-bench-") as folder, browsing.running_site() as site:
        path = Path(folder) / "source.mp4"
        path.write_bytes(os.urandom(_MIB) * (size_bytes // _MIB))
        page = browser.new_context(base_url=site.url).new_page()
        page.on("response", way.see)
        browsing.register(page)
        for _ in range(rounds):
            ours.append(_through_the_page(page, path))
            plain.append(_timed(lambda: _put(path, site, way)))
    ratio = min(ours) / min(plain)
    parts = f"parts of {way.part_bytes // _MIB}, {_parts_at_once()} at once"
    detail = f"{min(ours):.2f} s over {min(plain):.2f} s, {size_bytes // _MIB} MiB in {parts}, {machine.load()}"
    return Figure("upload through the page over boto3", ratio, f"≤ {MOST}", ratio <= MOST, detail)


def _through_the_page(page: Page, path: Path) -> float:
    """Seconds from the choice of the file to the answer that says it is whole."""
    page.reload()
    page.wait_for_load_state("networkidle")
    page.evaluate(_NOTE_EACH_STATE)
    began = time.time()
    browsing.choose(page, path)
    browsing.wait_until(page, lambda: {"processing", "failed"} & set(_states(page)), seconds=600)
    return _states(page)["processing"] / 1000 - began


def _states(page: Page) -> dict[str, float]:
    """When the upload came to each of its states. What fails before it is processed has no figure."""
    return page.evaluate("window.states")


def _put(path: Path, site: Site, way: Way) -> None:
    config = TransferConfig(
        multipart_threshold=way.part_bytes,
        multipart_chunksize=way.part_bytes,
        max_concurrency=_parts_at_once(),
        use_threads=True,
    )
    _storage(site, way).upload_file(str(path), way.bucket, f"bench/{time.time_ns()}", Config=config)


def _storage(site: Site, way: Way) -> Any:
    secrets = kept.secrets_of(site.data_dir)
    return boto3.client(
        "s3",
        endpoint_url=way.s3_url,
        region_name="us-east-1",
        aws_access_key_id=secrets.s3_access_key,
        aws_secret_access_key=secrets.s3_secret_key,
        config=Config(
            s3={"addressing_style": "path"},
            max_pool_connections=32,
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        ),
    )


def _parts_at_once() -> int:
    found = re.search(r"PARTS_AT_ONCE = (\d+);", _ENGINE.read_text())
    assert found, "the uploader says elsewhere how many parts it sends at once"
    return int(found[1])


def _timed(do: Callable[[], object]) -> float:
    began = time.monotonic()
    do()
    return time.monotonic() - began


if __name__ == "__main__":
    raise SystemExit(main())
