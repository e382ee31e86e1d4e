"""`python -m bench.live [--json FILE] [--rounds N]`: delay of progress from its event to a browser tab.

A clip is uploaded through the page of a Mediaproc of its own. An event's id is the time at which the worker published
it, and the page's clock is that of the same machine.
"""

from __future__ import annotations

import json
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from playwright.sync_api import Browser, Page

from bench import figures, machine
from bench.figures import Figure
from testing import clips
from testing.browser import choose, chromium, register, wait_until
from testing.site import running_site

MOST_MS = 300
LOOPS = 7
"""Repetitions of the clip: 42 s in all, short enough not to be divided into chunks."""

_NOTE_EVERY_PERCENTAGE = """() => {
  window.seen = [];
  const look = () => {
    const text = document.querySelector(".card .end")?.textContent;
    if (text && text !== window.seen.at(-1)?.[1]) window.seen.push([Date.now(), text]);
  };
  new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


@dataclass(frozen=True)
class ProgressEvent:
    """A progress event: publication time, time of receipt through the API, and its text on the page."""

    published_ms: int
    received_ms: float
    text: str


@dataclass
class Delays:
    """Delays of events to the page and to a client of the API, in milliseconds. `seconds` is the observed time."""

    page: list[float] = field(default_factory=list[float])
    api: list[float] = field(default_factory=list[float])
    seconds: float = 0.0


def main() -> int:
    """Measure, print the table and write the JSON."""
    parser = figures.parser("live")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    machine.exit_on_sigterm()
    figures.show_machine()
    measured = list(_figures(_measure(options.rounds)))
    for figure in measured:
        figures.show(figure)
    figures.write(measured, options.json)
    return 0


def _measure(rounds: int) -> Delays:
    delays = Delays()
    with (
        tempfile.TemporaryDirectory(prefix="mediaproc-bench-") as folder,
        running_site() as site,
        chromium() as browser,
    ):
        clip = Path(folder) / "clip.mp4"
        clips.ffmpeg("-stream_loop", str(LOOPS), "-i", str(clips.bunny()), "-c", "copy", str(clip))
        for _ in range(rounds):
            _one(site.url, browser, clip, delays)
    return delays


def _one(url: str, browser: Browser, clip: Path, delays: Delays) -> None:
    """Upload with a new account, and observe it on the page and through the API at the same time."""
    context = browser.new_context(base_url=url)
    page = context.new_page()
    register(page)
    events: list[ProgressEvent] = []
    cookies = {cookie.get("name", ""): cookie.get("value", "") for cookie in context.cookies()}
    following = threading.Thread(target=_follow, args=(url, cookies, events.append), daemon=True)
    following.start()
    page.evaluate(_NOTE_EVERY_PERCENTAGE)
    choose(page, clip)
    wait_until(page, lambda: not following.is_alive(), seconds=240)
    seen = _seen(page)
    context.close()
    _add(delays, events, seen)


def _follow(url: str, cookies: dict[str, str], record: Callable[[ProgressEvent], None]) -> None:
    id = word = ""
    with httpx.stream("GET", f"{url}/api/v1/events", cookies=cookies, timeout=None) as answer:
        for line in answer.iter_lines():
            name, _, value = line.partition(": ")
            id, word = (value if name == "id" else id), (value if name == "event" else word)
            data = json.loads(value) if name == "data" else {}
            if word == "progress" and data and id.partition("-")[2].isdigit():
                record(ProgressEvent(int(id.partition("-")[0]), time.time() * 1000, f"{data['progress']:.0f} %"))
            if word == "status" and data.get("status") in {"completed", "failed"}:
                return


def _seen(page: Page) -> list[tuple[float, str]]:
    page.wait_for_timeout(500)
    return [(float(at_ms), str(text)) for at_ms, text in page.evaluate("window.seen")]


def _add(delays: Delays, events: Sequence[ProgressEvent], seen: Sequence[tuple[float, str]]) -> None:
    """Add the delays of one upload. A text on the page belongs to the first event that has it."""
    first: dict[str, int] = {}
    for each in events:
        first.setdefault(each.text, each.published_ms)
    delays.page += [at_ms - first[text] for at_ms, text in seen if text in first]
    delays.api += [each.received_ms - each.published_ms for each in events]
    delays.seconds += (events[-1].published_ms - events[0].published_ms) / 1000


def _figures(delays: Delays) -> Iterator[Figure]:
    for name, values in (("on the page", delays.page), ("in the API's events", delays.api)):
        most = max(values)
        most_of_them = machine.of_100(values, 95)
        detail = f"median {statistics.median(values):.0f}, 95 of 100 within {most_of_them:.0f}, n={len(values)}"
        yield Figure(f"ms until progress is {name}, longest", most, f"≤ {MOST_MS}", most <= MOST_MS, detail)
    rate = len(delays.api) / delays.seconds
    yield Figure("progress events a second", rate, "≥ 2", rate >= 2, f"in {delays.seconds:.1f} s")


if __name__ == "__main__":
    raise SystemExit(main())
