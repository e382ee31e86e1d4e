"""`python -m bench.page_upload [--json FILE] [--size-mib N] [--rounds N]`: an upload through the page in Chromium.

It is compared with boto3 and with bare XMLHttpRequests from an empty page in the same Chromium, which no page can beat.
Both put the same parts into the same S3 server, with the same concurrency.
"""

from __future__ import annotations

import math
import os
import re
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import psutil
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from playwright.sync_api import Browser, Page, Response
from playwright.sync_api import Error as NoBrowser

from bench import figures, machine
from bench.figures import Figure
from mediaproc.embedded import data_dir
from testing import ROOT
from testing.browser import choose, chromium, register, wait_until
from testing.site import Site, running_site

MOST = 1.3
MOST_OVER_BARE = 1.1
MOST_GROWTH = 1.1
_MIB = 1024 * 1024
_ENGINE = ROOT / "mediaproc" / "components" / "upload" / "pace.js"
_NOTE_EACH_STATE = """() => {
  window.states = {};
  const look = () => {
    const state = document.querySelector(".row")?.dataset.state;
    if (state) window.states[state] ??= Date.now();
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, attributes: true });
}"""


_BARE = """async ([urls, partBytes, atOnce]) => {
  const file = document.querySelector("#bare").files[0];
  const put = (url, bytes) => new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("PUT", url);
    request.upload.onprogress = () => {};
    request.onload = () => (request.status === 200 ? done() : failed(new Error(request.status)));
    request.onerror = failed;
    request.send(bytes);
  });
  let next = 0;
  const lane = async () => {
    while (next < urls.length) {
      const at = next++;
      await put(urls[at], file.slice(at * partBytes, (at + 1) * partBytes));
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: atOnce }, lane));
  return (performance.now() - began) / 1000;
}"""


@dataclass
class Destination:
    """Destination of the page's uploads and its part size, as seen in the page's own requests."""

    part_bytes: int = 0
    s3_url: str = ""
    bucket: str = ""

    def see(self, response: Response) -> None:
        """Read a response that the page received."""
        if response.request.method == "POST" and response.url.endswith("/api/v1/uploads"):
            begun = response.json()
            self.part_bytes = begun["part_size_bytes"]
            part = urlsplit(begun["parts"][0]["url"])
            self.s3_url, self.bucket = f"{part.scheme}://{part.netloc}", part.path.split("/")[1]


def main() -> int:
    """Measure, print the table and write the JSON."""
    parser = figures.parser("page_upload")
    parser.add_argument("--size-mib", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    machine.exit_on_sigterm()
    figures.show_machine()
    measured = measure(size_bytes=options.size_mib * _MIB, rounds=options.rounds)
    figures.write(measured, options.json)
    return 0


def measure(*, size_bytes: int, rounds: int) -> list[Figure]:
    """Measure and print the figures. Without a Chromium, prints that and returns none."""
    try:
        with chromium() as browser:
            measured = _figures(browser, size_bytes=size_bytes, rounds=rounds)
    except NoBrowser as error:
        if "executable doesn't exist" not in error.message.lower():
            raise
        print("upload through the page: not measured, there is no Chromium here", flush=True)
        return []
    for each in measured:
        figures.show(each)
    return measured


def _figures(browser: Browser, *, size_bytes: int, rounds: int) -> list[Figure]:
    ours: list[float] = []
    plain: list[float] = []
    bare: list[float] = []
    destination = Destination()
    with tempfile.TemporaryDirectory(prefix="mediaproc-bench-") as folder, running_site() as site:
        path = Path(folder) / "source.mp4"
        path.write_bytes(os.urandom(_MIB) * (size_bytes // _MIB))
        page = browser.new_context(base_url=site.url).new_page()
        page.on("response", destination.see)
        register(page)
        for _ in range(rounds):
            ours.append(_through_the_page(page, path))
            plain.append(_timed(lambda: _put(path, site, destination)))
            bare.append(_by_bare_requests(browser, path, site, destination))
        with machine.sampled(
            _memory_of_chromium, every_seconds=0.25
        ) as held:  # not timed: sampling costs a share of a core
            _through_the_page(page, path)
    name = "upload through the page over "
    parts = f"{size_bytes // _MIB} MiB in parts of {destination.part_bytes // _MIB}, {_parts_at_once()} at once"
    return [
        _figure(name + "boto3", min(ours), min(plain), MOST, parts),
        _figure(name + "bare Chromium", min(ours), min(bare), MOST_OVER_BARE, "the floor"),
        _flat(held, size_bytes),
    ]


def _flat(held: Sequence[float], size_bytes: int) -> Figure:
    """Growth of the browser's memory during an upload."""
    half = len(held) // 2
    first, second = max(held[:half]), max(held[half:])
    detail = f"{second:.0f} MiB after {first:.0f}, of all processes, for {size_bytes // _MIB} MiB"
    return Figure("memory, second half over first", second / first, "≤ 1.1", second / first <= MOST_GROWTH, detail)


def _memory_of_chromium() -> float:
    """Unique set size of all processes of the browser, in MiB."""
    return sum(_own_bytes(each) for each in psutil.Process().children(recursive=True)) / _MIB


def _own_bytes(process: psutil.Process) -> int:
    try:
        return process.memory_full_info().uss if process.name().startswith("chrom") else 0
    except psutil.Error:
        return 0


def _figure(name: str, ours: float, other: float, most: float, what: str) -> Figure:
    detail = f"{ours:.2f} s over {other:.2f} s, {what}, {machine.load()}"
    return Figure(name, ours / other, f"≤ {most}", ours / other <= most, detail)


def _through_the_page(page: Page, path: Path) -> float:
    """Seconds from choosing the file until the server has confirmed the whole upload."""
    page.reload()
    page.wait_for_load_state("networkidle")
    page.evaluate(_NOTE_EACH_STATE)
    began = time.time()
    choose(page, path)
    wait_until(page, lambda: not {"processing", "failed"}.isdisjoint(_states(page)), seconds=600)
    return _states(page)["processing"] / 1000 - began


def _by_bare_requests(browser: Browser, path: Path, site: Site, destination: Destination) -> float:
    """Seconds in which the browser puts the parts from an empty page."""
    storage, place = _storage(site, destination), {"Bucket": destination.bucket, "Key": f"bench/{time.time_ns()}"}
    begun = {**place, "UploadId": storage.create_multipart_upload(**place)["UploadId"]}
    numbers = range(1, math.ceil(path.stat().st_size / destination.part_bytes) + 1)
    urls = [storage.generate_presigned_url("upload_part", {**begun, "PartNumber": number}) for number in numbers]
    page = browser.new_context(base_url=site.url, bypass_csp=True).new_page()
    page.goto("/livez")
    page.evaluate("""() => { document.body.innerHTML = '<input type=file id=bare>' }""")
    page.locator("#bare").set_input_files(str(path))
    seconds = page.evaluate(_BARE, [urls, destination.part_bytes, _parts_at_once()])
    page.context.close()
    storage.abort_multipart_upload(**begun)
    return seconds


def _states(page: Page) -> dict[str, float]:
    """Time at which the upload reached each state, in epoch milliseconds."""
    return page.evaluate("window.states")


def _put(path: Path, site: Site, destination: Destination) -> None:
    config = TransferConfig(
        multipart_threshold=destination.part_bytes,
        multipart_chunksize=destination.part_bytes,
        max_concurrency=_parts_at_once(),
        use_threads=True,
    )
    _storage(site, destination).upload_file(str(path), destination.bucket, f"bench/{time.time_ns()}", Config=config)


def _storage(site: Site, destination: Destination) -> Any:
    secrets = data_dir.secrets_of(site.data_dir)
    return boto3.client(
        "s3",
        endpoint_url=destination.s3_url,
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
    assert found, "PARTS_AT_ONCE is not in the upload engine"
    return int(found[1])


def _timed(do: Callable[[], object]) -> float:
    began = time.monotonic()
    do()
    return time.monotonic() - began


if __name__ == "__main__":
    raise SystemExit(main())
