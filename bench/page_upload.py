"""`python -m bench.page_upload [--json FILE] [--size-mib N] [--rounds N]`: a file through the page in Chromium.

Beside it boto3 puts the same parts into the same S3 server, as large and as many at a time as the page's; and the floor
is measured that no page comes below: the same Chromium puts them by bare XMLHttpRequests, with nothing on its page.
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
_ENGINE = ROOT / "mediaproc" / "components" / "upload" / "transfer.js"
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
    """Print the figures, or why there are none."""
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
    way = Way()
    with tempfile.TemporaryDirectory(prefix="mediaproc-bench-") as folder, running_site() as site:
        path = Path(folder) / "source.mp4"
        path.write_bytes(os.urandom(_MIB) * (size_bytes // _MIB))
        page = browser.new_context(base_url=site.url).new_page()
        page.on("response", way.see)
        register(page)
        for _ in range(rounds):
            ours.append(_through_the_page(page, path))
            plain.append(_timed(lambda: _put(path, site, way)))
            bare.append(_by_bare_requests(browser, path, site, way))
        with machine.sampled(
            _memory_of_chromium, every_seconds=0.25
        ) as held:  # not timed: looking costs a share of a core
            _through_the_page(page, path)
    name = "upload through the page over "
    parts = f"{size_bytes // _MIB} MiB in parts of {way.part_bytes // _MIB}, {_parts_at_once()} at once"
    return [
        _figure(name + "boto3", min(ours), min(plain), MOST, parts),
        _figure(name + "bare Chromium", min(ours), min(bare), MOST_OVER_BARE, "the floor"),
        _flat(held, size_bytes),
    ]


def _flat(held: Sequence[float], size_bytes: int) -> Figure:
    """Whether the browser holds no more of a file the longer it uploads."""
    half = len(held) // 2
    first, second = max(held[:half]), max(held[half:])
    detail = f"{second:.0f} MiB after {first:.0f}, of all processes, for {size_bytes // _MIB} MiB"
    return Figure("memory, second half over first", second / first, "≤ 1.1", second / first <= MOST_GROWTH, detail)


def _memory_of_chromium() -> float:
    """MiB that all processes of the browser hold for themselves alone."""
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
    """Seconds from the choice of the file to the answer that says it is whole."""
    page.reload()
    page.wait_for_load_state("networkidle")
    page.evaluate(_NOTE_EACH_STATE)
    began = time.time()
    choose(page, path)
    wait_until(page, lambda: not {"processing", "failed"}.isdisjoint(_states(page)), seconds=600)
    return _states(page)["processing"] / 1000 - began


def _by_bare_requests(browser: Browser, path: Path, site: Site, way: Way) -> float:
    """Seconds in which the browser puts the parts, from a page of which nothing is shown."""
    storage, place = _storage(site, way), {"Bucket": way.bucket, "Key": f"bench/{time.time_ns()}"}
    begun = {**place, "UploadId": storage.create_multipart_upload(**place)["UploadId"]}
    numbers = range(1, math.ceil(path.stat().st_size / way.part_bytes) + 1)
    urls = [storage.generate_presigned_url("upload_part", {**begun, "PartNumber": number}) for number in numbers]
    page = browser.new_context(base_url=site.url, bypass_csp=True).new_page()
    page.goto("/livez")
    page.evaluate("""() => { document.body.innerHTML = '<input type=file id=bare>' }""")
    page.locator("#bare").set_input_files(str(path))
    seconds = page.evaluate(_BARE, [urls, way.part_bytes, _parts_at_once()])
    page.context.close()
    storage.abort_multipart_upload(**begun)
    return seconds


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
    secrets = data_dir.secrets_of(site.data_dir)
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
