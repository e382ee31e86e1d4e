"""A campaign of random faults on the whole product while clips are uploaded and processed.

Each round inflicts one fault at a random moment of two uploads, and ends with a verdict on both from Postgres and
storage. `--seed` repeats the order and the delays; what a process does at that moment still varies.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import Random

import pytest

from mediaproc.client import Client, ClientError
from testing import clips
from testing.site import Site, new_key, running_site
from tests.faults.faults import LEASE_SECONDS, Fault, all_faults
from tests.faults.ledger import Ledger, Verdict

CLIPS_PER_ROUND = 2
LATEST_STRIKE_SECONDS = 5.0
UPLOAD_SECONDS = 120
END_SECONDS = 150
"""How long after its upload a video may take. A frozen or killed program is back after some seconds."""

HURRY = {
    "LEASE_SECONDS": str(LEASE_SECONDS),
    "RESCUE_INTERVAL_SECONDS": "0.5",
    "RETRY_BASE_SECONDS": "0.5",
    "MAX_ATTEMPTS": "6",
    "WORKER_SLOTS": "2",
}


@pytest.fixture
def site() -> Iterator[Site]:
    """`./dev up` with short leases."""
    with running_site(HURRY) as running:
        yield running


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    """Twenty seconds of the real clip: long enough to be struck in the middle of its encode."""
    path = tmp_path / "clip.mp4"
    small = ("-s", "640x360", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-ac", "2")
    clips.ffmpeg("-stream_loop", "3", "-i", str(clips.bunny()), *small, str(path))
    return path


@pytest.mark.timeout(3600)
def test_no_fault_loses_doubles_or_stalls_a_video(
    site: Site, clip: Path, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    options = request.config.option
    seed = secrets.randbelow(10**6) if options.seed is None else options.seed
    verdicts = _campaign(site, clip, seconds=options.seconds, random=Random(seed))
    table = _table(verdicts)
    with capsys.disabled():
        print(f"\n--seed {seed}\n{table}")
    assert verdicts
    assert not [each for found in verdicts.values() for each in found if _is_bad(each)], table


@pytest.mark.timeout(900)
def test_the_ledger_sees_a_lost_object_and_a_doubled_video(site: Site, clip: Path) -> None:
    ledger, key = Ledger(site), new_key(site)
    first, second = (_upload(site, key, _unique(clip)) for _ in range(2))
    assert [_is_bad(ledger.verdict(each, seconds=END_SECONDS)) for each in (first, second)] == [False, False]
    ledger.delete_last_segment(first)
    assert "storage lacks" in ledger.verdict(first, seconds=0).lost
    ledger.give_the_name_of(first, to=second)
    assert ledger.verdict(second, seconds=0).doubled == "2 videos of one upload"


def _campaign(site: Site, clip: Path, *, seconds: float, random: Random) -> dict[str, list[Verdict]]:
    """Rounds until the time is over; every fault comes once before any comes again."""
    ledger, key = Ledger(site), new_key(site)
    verdicts: dict[str, list[Verdict]] = {}
    waiting: list[Fault] = []
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        waiting = waiting or random.sample(all_faults(), k=len(all_faults()))
        fault = waiting.pop()
        verdicts.setdefault(fault.name, []).extend(_round(site, clip, key, ledger, fault, random))
    return verdicts


def _round(site: Site, clip: Path, key: str, ledger: Ledger, fault: Fault, random: Random) -> list[Verdict]:
    with ThreadPoolExecutor(CLIPS_PER_ROUND) as pool:
        uploads = [pool.submit(_upload, site, key, _unique(clip)) for _ in range(CLIPS_PER_ROUND)]
        time.sleep(random.uniform(0, LATEST_STRIKE_SECONDS))
        fault.strike(site, random)
        video_ids = [each.result() for each in uploads]
    return [ledger.verdict(each, seconds=END_SECONDS) for each in video_ids]


def _upload(site: Site, key: str, path: Path) -> str:
    """Upload as the command line does: again after a failure, going on with the same upload. Returns the video's id."""
    begun: list[str] = []
    deadline = time.monotonic() + UPLOAD_SECONDS
    while True:
        try:
            with Client(site.url, key) as client:
                return client.upload(path, resume=begun[-1] if begun else None, on_begin=begun.append).id
        except ClientError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _unique(clip: Path) -> Path:
    """A copy that no other video is a duplicate of."""
    path = clip.with_name(f"{secrets.token_hex(8)}.mp4")
    path.write_bytes(clip.read_bytes() + (72).to_bytes(4, "big") + b"free" + secrets.token_bytes(64))
    return path


def _is_bad(verdict: Verdict) -> bool:
    return verdict.state != "completed" or bool(verdict.lost or verdict.doubled)


def _table(verdicts: dict[str, list[Verdict]]) -> str:
    """Faults × what became of the videos, then each reason."""
    head = f"{'fault':26} {'videos':>6} {'done':>5} {'failed':>6} {'lost':>5} {'doubled':>7} {'stuck':>5}"
    rows = [_row(name, found) for name, found in sorted(verdicts.items())]
    reasons = [
        f"{name}: {each.lost or each.doubled or each.state}"
        for name, found in sorted(verdicts.items())
        for each in found
        if _is_bad(each)
    ]
    return "\n".join([head, *rows, *reasons])


def _row(name: str, found: list[Verdict]) -> str:
    states = Counter(each.state for each in found)
    lost, doubled = sum(bool(each.lost) for each in found), sum(bool(each.doubled) for each in found)
    stuck = sum(each.stuck for each in found)
    counts = (len(found), states["completed"], states["failed"], lost, doubled, stuck)
    widths = (6, 5, 6, 5, 7, 5)
    return " ".join([f"{name:26}", *(f"{count:>{width}}" for count, width in zip(counts, widths, strict=True))])
