"""`/metrics`: Prometheus metrics, protected by METRICS_TOKEN."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from mediaproc import database
from mediaproc.api.dependencies import BearerToken
from mediaproc.api.middleware.metrics import exposition
from mediaproc.domain.errors import NotFound, NotSignedIn
from mediaproc.operations.metrics import Figures, figures
from mediaproc.settings import settings

router = APIRouter()


@router.get("/metrics", include_in_schema=False)
def metrics(bearer: BearerToken) -> Response:
    """Current metrics in the Prometheus text format. 404 while METRICS_TOKEN is unset, 401 without the token."""
    expected = settings().metrics_token
    if expected is None:
        raise NotFound
    given = bearer.credentials if bearer else ""
    if not hmac.compare_digest(given.encode(), expected.get_secret_value().encode()):
        raise NotSignedIn("METRICS_TOKEN is required as a Bearer token")
    with database.transaction() as session:
        now = figures(session)
    return Response(_exposition(now) + exposition(), media_type=CONTENT_TYPE_LATEST)


def _exposition(now: Figures) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Gauges(now))
    return generate_latest(registry)


class _Gauges(Collector):
    """Gauges, under the names that the documentation lists."""

    def __init__(self, now: Figures) -> None:
        self._now = now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        jobs = GaugeMetricFamily("mediaproc_jobs", "Jobs by lane and state.", labels=["lane", "state"])
        for (lane, state), count in self._now.jobs.items():
            jobs.add_metric([lane, state], count)
        yield jobs
        yield _by("mediaproc_videos", "Videos by status.", "status", self._now.videos)
        yield _by("mediaproc_queue_messages", "Messages in a lane's queue.", "lane", self._now.messages)
        yield _by(
            "mediaproc_oldest_waiting_job_seconds",
            "Waiting time of the oldest job that is due; 0 if none waits.",
            "lane",
            self._now.oldest_waiting_seconds,
        )


def _by(name: str, about: str, label: str, values: Mapping[Any, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=[label])
    for word, value in values.items():
        family.add_metric([word], value)
    return family
