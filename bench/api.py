"""`python -m bench.api [--json FILE] [--size-mib N] [--rounds N]`: lists, uploads, and the delay until work begins.

Each figure is compared with a floor from the same run: plain boto3 with the same parts for uploads, a response that
reads no list for lists.
"""

from __future__ import annotations

import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import httpx
from boto3.s3.transfer import TransferConfig
from sqlalchemy import text
from sqlmodel import col, select

from bench import figures, machine, page_upload
from bench.figures import Figure
from mediaproc import database
from mediaproc.client import Client
from mediaproc.client.upload_parts import PARALLEL
from mediaproc.domain.tables import Attempt, Job, new_id
from mediaproc.operations import cursors
from mediaproc.operations.uploads import part_size_for
from mediaproc.settings import settings
from mediaproc.storage.client import client as storage
from testing.services import real_services
from testing.waits import eventually
from testing.web_server import Web, start_web
from testing.workers import Workers

ROWS = 100_000
PAGE = 50
_MIB = 1024 * 1024

_MANY_VIDEOS = """
INSERT INTO video (id, team_id, filename, title, content_type, preset, source_key, size_bytes, status, playable,
                   progress, created_at)
SELECT uuidv7(), :team_id, 'clip-' || n || '.mp4', 'Holiday ' || n, '', 'web', 'none', 1, 'completed', false, 100, now()
FROM generate_series(1, :rows) AS n
"""


def main() -> int:
    """Measure, print the table and write the JSON."""
    parser = figures.parser("api")
    parser.add_argument("--size-mib", type=int, default=1024)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    machine.exit_on_sigterm()
    os.environ |= {"RATE_LIMIT_PER_MINUTE": "0", "LOG_LEVEL": "WARNING"}
    measured: list[Figure] = []
    figures.show_machine()
    with tempfile.TemporaryDirectory(prefix="mediaproc-bench-") as folder, real_services():
        for figure in _measure(Path(folder), size_bytes=options.size_mib * _MIB, rounds=options.rounds):
            measured.append(figure)
            figures.show(figure)
    measured += page_upload.measure(size_bytes=options.size_mib * _MIB, rounds=options.rounds)
    figures.write(measured, options.json)
    return 0


def _measure(folder: Path, *, size_bytes: int, rounds: int) -> Iterator[Figure]:
    web = start_web()
    try:
        token, team_id = _new_account(web)
        with Client(web.url, token) as client:
            yield _upload(client, folder, size_bytes=size_bytes, rounds=rounds)
            yield _start_of_work(client, folder)
        yield from _lists(web, token, team_id)
    finally:
        web.stop()


def _new_account(web: Web) -> tuple[str, UUID]:
    account = {"email": f"{secrets.token_hex(6)}@example.com", "password": secrets.token_hex(8)}
    done = httpx.post(f"{web.url}/api/v1/auth/register", json=account, timeout=30).raise_for_status().json()
    with database.transaction() as session:
        found = session.connection().execute(
            text("SELECT team_id FROM membership WHERE user_id = :id"), {"id": UUID(done["user"]["id"])}
        )
        return done["access_token"], found.scalar_one()


# Uploads ----------------------------------------------------------------------------------------------------


def _upload(client: Client, folder: Path, *, size_bytes: int, rounds: int) -> Figure:
    """Time of an upload by the Python client over that of boto3, with the same part size and concurrency."""
    path = folder / "source.bin"
    path.write_bytes(os.urandom(_MIB) * (size_bytes // _MIB))
    ours: list[float] = []
    plain: list[float] = []
    for _ in range(rounds):
        plain.append(_timed(lambda: _put(path, part_bytes=part_size_for(size_bytes))))
        ours.append(_timed(lambda: client.upload(path)))
    ratio = min(ours) / min(plain)
    detail = f"{min(ours):.2f} s over {min(plain):.2f} s, {size_bytes // _MIB} MiB, {machine.load()}"
    return Figure("upload over plain boto3", ratio, "≤ 1.05", ratio <= 1.05, detail)


def _put(path: Path, *, part_bytes: int) -> None:
    config = TransferConfig(
        multipart_threshold=part_bytes, multipart_chunksize=part_bytes, max_concurrency=PARALLEL, use_threads=True
    )
    storage().upload_file(str(path), settings().s3_bucket, f"bench/{new_id()}", Config=config)


def _start_of_work(client: Client, folder: Path, *, rounds: int = 15) -> Figure:
    """Delay from the job's row, which `complete` inserts, to the first attempt by an idle worker."""
    waits: list[float] = []
    path = folder / "no video.txt"
    path.write_text("Not a video, so the worker is idle again at once.")
    workers = Workers(folder, module="mediaproc_worker.consumer")
    try:
        for _ in range(rounds + 1):
            waits.append(_wait_of(UUID(client.upload(path).id)))
    finally:
        workers.stop()
    p50 = statistics.median(waits[1:])
    detail = f"p50 of {rounds}, longest {max(waits[1:]):.0f}, {machine.load()}"
    return Figure("ms from complete to a worker's start", p50, "≤ 30", p50 <= 30, detail)


def _wait_of(video_id: UUID) -> float:
    """Delay of one job in milliseconds. Returns after its attempt has ended, so that the worker is idle again."""

    def ended() -> list[tuple[Job, Attempt]]:
        with database.transaction() as session:
            of_job = select(Job, Attempt).where(col(Attempt.job_id) == col(Job.id), col(Job.video_id) == video_id)
            return list(session.exec(of_job.where(col(Attempt.ended_at).is_not(None))).all())

    [(job, attempt), *_] = eventually(ended, seconds=60)
    return (attempt.started_at - job.created_at).total_seconds() * 1000


# Lists ------------------------------------------------------------------------------------------------------


def _lists(web: Web, token: str, team_id: UUID) -> Iterator[Figure]:
    with database.transaction() as session:
        session.connection().execute(text(_MANY_VIDEOS), {"team_id": team_id, "rows": ROWS})
        before = text("SELECT id FROM video WHERE team_id = :id ORDER BY id DESC OFFSET :rows LIMIT 1")
        last = session.connection().execute(before, {"id": team_id, "rows": 999 * PAGE - 1}).scalar_one()
    with database.engine().connect() as connection:  # as autovacuum does after so many inserts
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE video"))
    pages = {
        "page 1": {"limit": str(PAGE)},
        "page 1,000": {"limit": str(PAGE), "cursor": cursors.after(last)},
        "a search": {"limit": str(PAGE), "q": "day 77777"},
    }
    with httpx.Client(base_url=f"{web.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=30) as http:
        floor = _answers(lambda: http.get("/auth/me"), count=100)
        for name, asked in pages.items():
            times = _answers(lambda asked=asked: http.get("/videos", params=asked), count=200)
            p99 = machine.of_100(times, 99)
            detail = f"p50 {statistics.median(times):.1f}; without a list {statistics.median(floor):.1f}"
            yield Figure(
                f"ms for {name} of {ROWS:,} videos, p99", p99, "≤ 40", p99 <= 40, f"{detail}; {machine.load()}"
            )


def _answers(ask: Callable[[], httpx.Response], *, count: int) -> list[float]:
    """Response times in milliseconds, after ten requests to warm up."""
    for _ in range(10):
        ask().raise_for_status()
    return [_timed(lambda: ask().raise_for_status()) * 1000 for _ in range(count)]


def _timed(do: Callable[[], object]) -> float:
    began = time.monotonic()
    do()
    return time.monotonic() - began


if __name__ == "__main__":
    raise SystemExit(main())
