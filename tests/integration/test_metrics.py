"""What Prometheus is told, and who may ask."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families as parsed

from mediaproc import database
from mediaproc.domain.states import JOB_LANES, JobState, Lane, VideoStatus
from mediaproc.domain.tables import Job, now
from mediaproc.operations import metrics
from mediaproc.queue import tasks
from mediaproc.queue.huey import huey_of
from mediaproc.settings import settings
from testing.waits import PATIENCE_SECONDS
from testing.web_server import Web, start_web
from tests.integration.conftest import Account
from tests.integration.test_api_videos import make_video

TOKEN = "a token for prometheus"
WITH_TOKEN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def metered(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """METRICS_TOKEN is set."""
    monkeypatch.setenv("METRICS_TOKEN", TOKEN)
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


def _told(text: str, name: str, **labels: str) -> float:
    """The value of one sample, 0 if there is none."""
    samples = [sample for family in parsed(text) for sample in family.samples]
    return sum(each.value for each in samples if each.name == name and labels.items() <= each.labels.items())


def _read(api: TestClient | httpx.Client) -> str:
    answer = api.get("/metrics", headers=WITH_TOKEN)
    assert answer.status_code == 200, answer.text
    return answer.text


def test_without_a_token_in_the_settings_there_is_nothing(api: TestClient) -> None:
    for headers in ({}, WITH_TOKEN, {"Authorization": "Bearer "}):
        answer = api.get("/metrics", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "given", [None, "Bearer", "Bearer another", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer ünïcode"]
)
def test_who_does_not_hold_the_token_is_told_nothing(api: TestClient, metered: None, given: str | None) -> None:
    answer = api.get("/metrics", headers={"Authorization": given.encode()} if given else {})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
    assert "mediaproc_" not in answer.text


def test_a_person_who_has_signed_in_is_told_nothing(account: Callable[[], Account], metered: None) -> None:
    assert account().client.get("/metrics").status_code == 401


def test_it_is_the_text_that_prometheus_reads(api: TestClient, metered: None) -> None:
    answer = api.get("/metrics", headers=WITH_TOKEN)
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert answer.headers["cache-control"] == "no-store"
    names = [family.name for family in parsed(answer.text)]
    assert len(names) == len(set(names))
    assert {
        "mediaproc_jobs",
        "mediaproc_videos",
        "mediaproc_queue_messages",
        "mediaproc_oldest_waiting_job_seconds",
        "mediaproc_event_listeners",
        "mediaproc_http_requests",
        "mediaproc_http_request_seconds",
    } == set(names)


def _job(owner: Account, **fields: Any) -> tuple[UUID, UUID]:
    video_id = make_video(owner, queued=False)
    with database.transaction() as session:
        job = Job(team_id=owner.principal.team_id, video_id=video_id, **fields)
        session.add(job)
    return video_id, job.id


def test_jobs_and_videos_are_counted_and_the_oldest_that_could_begin_is_known(
    api: TestClient, account: Callable[[], Account], metered: None
) -> None:
    before, owner, old = _read(api), account(), now() - timedelta(days=400)
    _job(owner, lane=Lane.QUICK, created_at=old)
    _job(owner, lane=Lane.ENCODE, created_at=old - timedelta(days=1), held=True)
    _job(owner, lane=Lane.ENCODE, state=JobState.COMPLETED, created_at=old - timedelta(days=2))
    _, later = _job(
        owner, state=JobState.RETRYING, created_at=old - timedelta(days=3), next_attempt_at=now() + timedelta(hours=1)
    )
    after = _read(api)

    def more(name: str, **labels: str) -> float:
        return _told(after, name, **labels) - _told(before, name, **labels)

    assert more("mediaproc_jobs", lane="quick", state="queued") == 1
    assert more("mediaproc_jobs", lane="encode", state="queued") == 1
    assert more("mediaproc_jobs", lane="encode", state="completed") == 1
    assert more("mediaproc_jobs", lane="encode", state="retrying") == 1
    assert more("mediaproc_videos") == 4
    waited = timedelta(days=400).total_seconds()
    assert waited <= _told(after, "mediaproc_oldest_waiting_job_seconds", lane="quick") < waited + 60
    assert _told(after, "mediaproc_oldest_waiting_job_seconds", lane="encode") < waited
    with database.transaction() as session:
        session.get_one(Job, later).next_attempt_at = old
    assert _told(_read(api), "mediaproc_oldest_waiting_job_seconds", lane="encode") >= waited


def test_every_word_is_there_even_if_nothing_is(connected: dict[str, str]) -> None:
    with database.transaction() as session:
        counted = metrics.figures(session)
    assert set(counted.jobs) == {(lane, state) for lane in JOB_LANES for state in JobState}
    assert set(counted.videos) == set(VideoStatus)
    assert set(counted.oldest_waiting_seconds) == set(JOB_LANES)
    assert set(counted.messages) == set(Lane)


def test_messages_on_a_queue_are_counted(api: TestClient, metered: None) -> None:
    storage = huey_of(Lane.WEBHOOK).storage
    storage.enqueue(b"a message")
    try:
        assert _told(_read(api), "mediaproc_queue_messages", lane="webhook") == storage.queue_size() >= 1
    finally:
        storage.dequeue()


def test_without_redis_the_rest_is_told(api: TestClient, metered: None, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as away:
        away.setenv("QUEUE_REDIS_URL", "redis://127.0.0.1:9/0")
        _connect_anew()
        text = _read(api)
    _connect_anew()
    assert "mediaproc_videos{" in text
    assert "mediaproc_queue_messages{" not in text


def test_requests_are_counted_by_route_and_never_by_address(
    api: TestClient, account: Callable[[], Account], metered: None
) -> None:
    owner, before = account(), _read(api)
    video_id, stranger = make_video(owner), uuid4()
    first = owner.client.get(f"/api/v1/videos/{video_id}")
    owner.client.get(f"/api/v1/videos/{video_id}", headers={"If-None-Match": first.headers["etag"]})
    owner.client.get(f"/api/v1/videos/{stranger}")
    owner.client.head(f"/api/v1/videos/{video_id}")
    owner.client.get(f"/{stranger}")
    owner.client.request(f"M{stranger.hex}", f"/{stranger}")
    text = _read(api)
    for status, times in (("200", 2), ("304", 1), ("404", 1)):
        labels = {"method": "GET", "route": "/api/v1/videos/{id}", "status": status}
        assert _told(text, "mediaproc_http_requests_total", **labels) == times + _told(
            before, "mediaproc_http_requests_total", **labels
        ), status
    count = "mediaproc_http_request_seconds_count"
    assert _told(text, count, route="/api/v1/videos/{id}") == 4 + _told(before, count, route="/api/v1/videos/{id}")
    assert _told(text, "mediaproc_http_requests_total", route="page", method="other") >= 1
    principal = owner.principal
    for secret in (video_id, stranger, principal.team_id, principal.user_id, owner.email, stranger.hex):
        assert str(secret) not in text


def _wait_for(value: float, read: Callable[[], float]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while read() != value:
        assert time.monotonic() < deadline, read()
        time.sleep(0.05)


@pytest.fixture
def pair(connected: dict[str, str], tmp_path: Path) -> Iterator[tuple[Web, Web]]:
    """Two web processes that count together, as those of `web --workers 2`."""
    settings: dict[str, Any] = {"METRICS_TOKEN": TOKEN, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    both = start_web(**settings), start_web(**settings)
    yield both
    for web in both:
        if web.process.poll() is None:
            web.stop()


def test_whichever_process_is_asked_tells_of_all_and_forgets_the_listeners_of_a_dead_one(
    pair: tuple[Web, Web], account: Callable[[], Account]
) -> None:
    token, (first, second) = account().access_token, pair

    def of_second(name: str, **labels: str) -> float:
        return _told(_read(httpx.Client(base_url=second.url)), name, **labels)

    with httpx.Client(base_url=first.url, headers={"Authorization": f"Bearer {token}"}) as http:
        assert of_second("mediaproc_event_listeners") == 0
        http.get("/api/v1/auth/me")
        with http.stream("GET", "/api/v1/events") as stream:
            chunks = stream.iter_raw()  # closes the stream when it is let go
            next(chunks)
            assert of_second("mediaproc_event_listeners") == 1
        _wait_for(0, lambda: of_second("mediaproc_event_listeners"))
        with http.stream("GET", "/api/v1/events") as stream:
            chunks = stream.iter_raw()
            next(chunks)
            assert of_second("mediaproc_event_listeners") == 1
            first.kill()
    _wait_for(0, lambda: of_second("mediaproc_event_listeners"))
    assert of_second("mediaproc_http_requests_total", route="/api/v1/auth/me", status="200") == 1


def _connect_anew() -> None:
    """A task belongs to the Huey that it was made for."""
    for cached in (settings, huey_of, tasks.task_of):
        cached.cache_clear()
