"""Two workers on one video, as two hosts are: what dies costs its chunk and nothing else, and a cancel stops both."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from urllib.request import urlopen

import psutil
import pytest
from fastapi.testclient import TestClient
from sqlmodel import col, select

from mediaproc import database, logs
from mediaproc.domain.states import JobKind, JobState, Outcome, VideoStatus
from mediaproc.domain.tables import Job, Rendition, Segment, Video
from mediaproc.operations import views
from mediaproc.operations.jobs import children, requests
from mediaproc.settings import settings
from mediaproc.storage import keys
from mediaproc.storage.client import client
from testing import clips
from testing.jobs import attempts_of, job_now, uploaded
from testing.network_hosts import Host, obstacle, report_single_host
from testing.services import Services
from testing.videos import storyboard_keys_of, video_now
from testing.waits import PATIENCE_SECONDS, eventually
from testing.workers import Workers, gone, kill

SECONDS, RATE = 92, 25
HOSTS = ("one", "two")


@pytest.fixture(scope="module")
def hosts(services: Services, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workers, Workers]]:
    """Two consumers with a slot each, in network namespaces of their own where this machine lets us make them."""
    logs.configure()
    reason = obstacle()
    print(f"Both on this host: {reason}" if reason else "On two hosts")
    if reason:
        report_single_host(reason)
    with ExitStack() as stack:
        started: list[Workers] = []
        for number, name in enumerate(HOSTS):
            folder = tmp_path_factory.mktemp(name)
            host = None if reason else stack.enter_context(Host(name, number))
            forwarded = host.forwarded(services) if host else {}
            started.append(
                Workers(
                    folder,
                    module="mediaproc_worker.consumer",
                    on=host.command if host else (),
                    settings={**forwarded, "LEASE_SECONDS": "6"},  # two hosts share the cores of this machine
                    slow_rate=3,
                )
            )
            stack.callback(lambda each=started[-1]: print(each.log()))
            stack.callback(started[-1].stop)
        yield started[0], started[1]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long enough for three chunks."""
    return clips.make(
        tmp_path_factory.mktemp("clip") / "long.mp4", seconds=SECONDS, size="320x180", rate=str(RATE),
        encode=("-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-c:a", "aac"),
    )  # fmt: skip


def _chunks(job: Job) -> list[Job]:
    with database.transaction() as session:
        return [each for each in children.parts_of_job(session, job.id) if each.kind is JobKind.ENCODE]


def _slowly_encoded(hosts: tuple[Workers, Workers], clip: Path) -> Job:
    """A job of which each host encodes a chunk, with seconds to go."""
    for host in hosts:
        host.slow_down()
    job = uploaded(clip)
    eventually(lambda: hosts[0].encoders() and hosts[1].encoders())
    return job


def _objects_of(job: Job) -> set[str]:
    prefix = f"{keys.video_prefix(job.video_id)}output/"
    found = client().list_objects_v2(Bucket=settings().s3_bucket, Prefix=prefix)
    return {each["Key"] for each in found.get("Contents", ())}


def _lasting(keys: set[str]) -> set[str]:
    """Without the instant rung: it is swept as a whole when nobody can be playing it any more."""
    return {key for key in keys if "/instant/" not in key}


def _named(job: Job) -> set[str]:
    """Every object key that a row names."""
    with database.transaction() as session:
        renditions = session.exec(select(Rendition).where(col(Rendition.video_id) == job.video_id)).all()
        segments = session.exec(
            select(Segment.object_key).join(Rendition).where(col(Rendition.video_id) == job.video_id)
        ).all()
    named = {video_now(job.video_id).poster_key, *segments}
    return {
        key for key in named.union(*((each.init_key, each.mp4_key) for each in renditions)) if key
    } | storyboard_keys_of(job.video_id)


def _played(job: Job, api: TestClient, folder: Path) -> int:
    """How many frames a plain player can show now: those of the best rendition's first segments, and the sound's."""
    with database.transaction() as session:
        (view,) = views.of_videos(session, [session.get_one(Video, job.video_id)])
    assert view.playback
    master = _get(view.playback.hls_url, api)
    sound = re.search(r'TYPE=AUDIO.*URI="([^"]+)"', master)
    picture = next(line for line in master.splitlines() if line and not line.startswith("#"))
    assert sound
    frames = []
    for name, track, address in (("picture", "v:0", picture), ("sound", "a:0", sound[1])):
        playlist = _get(urljoin(view.playback.hls_url, address), api)
        init = re.search(r'#EXT-X-MAP:URI="([^"]+)"', playlist)
        segments = [line for line in playlist.splitlines() if line and not line.startswith("#")]
        assert init and segments
        file = folder / f"{name}.mp4"
        file.write_bytes(b"".join(urlopen(each).read() for each in (init[1], *segments[:2])))
        frames.append(clips.decode(file, track).frames)
    assert frames[1]
    return frames[0]


def _get(address: str, api: TestClient) -> str:
    parts = urlsplit(address)
    answer = api.get(f"{parts.path}?{parts.query}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_a_cancel_in_mid_tree_ends_every_ffmpeg(hosts: tuple[Workers, Workers], clip: Path) -> None:
    job = _slowly_encoded(hosts, clip)
    running = [*hosts[0].ffmpegs(), *hosts[1].ffmpegs()]
    with database.transaction() as session:
        requests.cancel(session, job=job)
    eventually(lambda: gone(*running))
    assert video_now(job.video_id).status is VideoStatus.CANCELLED
    assert {each.state for each in _chunks(job)} == {JobState.CANCELLED}
    eventually(lambda: not _objects_of(job))
    assert not [*hosts[0].ffmpegs(), *hosts[1].ffmpegs()]


def test_a_killed_host_costs_one_chunk(
    hosts: tuple[Workers, Workers], clip: Path, tmp_path: Path, api: TestClient
) -> None:
    job = _slowly_encoded(hosts, clip)
    eventually(lambda: video_now(job.video_id).playable)
    encoder, _ = hosts[0].wait_for_ffmpeg(encoder=True)
    encoder.suspend()  # or its chunk could be done before its host is
    lost = [*hosts[0].children(), psutil.Process(hosts[0].consumer.pid)]
    kill(lost[-1])
    hosts[1].speed_up()
    eventually(lambda: gone(*lost))
    assert encoder in lost
    assert _played(job, api, tmp_path) >= RATE
    assert job_now(job.id).state is JobState.RUNNING, "it played before it was done"
    eventually(lambda: job_now(job.id).state is JobState.COMPLETED, seconds=2 * PATIENCE_SECONDS)
    with database.transaction() as session:
        parts = children.parts_of_job(session, job.id)
    pictures = [part for part in parts if part.kind is JobKind.ENCODE]
    outcomes = sorted([[each.outcome for each in attempts_of(part.id)] for part in pictures], key=len)
    assert outcomes == [[Outcome.COMPLETED]] * (len(pictures) - 1) + [[Outcome.LOST, Outcome.COMPLETED]]
    if not obstacle():
        workers = [each.worker.partition(":")[0] for part in pictures for each in attempts_of(part.id)]
        assert set(workers) == set(HOSTS), "both hosts had a share"
    eventually(lambda: _lasting(_objects_of(job)) == _lasting(_named(job)))
    with database.transaction() as session:
        best = session.exec(
            select(Rendition)
            .where(col(Rendition.video_id) == job.video_id, col(Rendition.mp4_key).is_not(None))
            .order_by(col(Rendition.height).desc())
        ).first()
    assert best and best.mp4_key
    client().download_file(settings().s3_bucket, best.mp4_key, str(tmp_path / "best.mp4"))
    assert clips.decode(tmp_path / "best.mp4").frames == SECONDS * RATE
