"""The truth about uploaded videos, from Postgres and storage themselves, not from the API."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import boto3
import psycopg
from botocore.config import Config

from testing.site import Site
from tests.faults.faults import PROCESSES

_FINAL = ("completed", "failed", "cancelled")

_STATE = "SELECT state FROM job WHERE video_id = %(id)s AND parent_id IS NULL ORDER BY id DESC LIMIT 1"

_WHOLE_JOBS = "SELECT count(*) FROM job WHERE video_id = %(id)s AND parent_id IS NULL"

_COMPLETED_TWICE = """
    SELECT count(*) FROM (
        SELECT job_id FROM attempt JOIN job ON job.id = attempt.job_id
        WHERE job.video_id = %(id)s AND outcome = 'completed' GROUP BY job_id HAVING count(*) > 1
    ) AS repeated
"""

_SAME_FILE = "SELECT count(*) FROM video WHERE filename = (SELECT filename FROM video WHERE id = %(id)s)"

_KEYS = """
    WITH output AS (
        SELECT coalesce(output, attempt) AS attempt FROM job
        WHERE video_id = %(id)s AND parent_id IS NULL AND state = 'completed' ORDER BY id DESC LIMIT 1
    ), made AS (SELECT rendition.* FROM rendition JOIN output USING (attempt) WHERE video_id = %(id)s)
    SELECT source_key FROM video WHERE id = %(id)s
    UNION SELECT poster_key FROM video WHERE id = %(id)s AND poster_key IS NOT NULL
    UNION SELECT init_key FROM made
    UNION SELECT mp4_key FROM made WHERE mp4_key IS NOT NULL
    UNION SELECT object_key FROM segment JOIN made ON made.id = segment.rendition_id
"""

_SEGMENTS = """
    SELECT count(*) FROM segment JOIN rendition ON rendition.id = segment.rendition_id
    WHERE rendition.video_id = %(id)s AND rendition.height > 0
"""


@dataclass(frozen=True)
class Verdict:
    """The end of one video: `state` of its job, and what is wrong with it in words (empty if nothing is)."""

    state: str
    lost: str = ""
    doubled: str = ""

    @property
    def stuck(self) -> bool:
        """True if its job did not end in time."""
        return self.state not in _FINAL


class Ledger:
    """Postgres and storage of a running site."""

    def __init__(self, site: Site) -> None:
        environment = site.processes(*PROCESSES["web"])[0].environ()
        self._database_url = environment["DATABASE_URL"]
        self._bucket = "mediaproc"
        self._s3 = boto3.client(
            "s3",
            endpoint_url=environment["S3_ENDPOINT_URL"],
            region_name="us-east-1",
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
            config=Config(s3={"addressing_style": "path"}, retries={"mode": "standard", "max_attempts": 8}),
        )

    def verdict(self, video_id: str, *, seconds: float) -> Verdict:
        """Wait until the video's job has ended, and judge it by its rows and objects."""
        state = self._wait_for_end(video_id, seconds=seconds)
        if state is None:
            return Verdict("missing", lost="Postgres has no job for it")
        return Verdict(state, lost=self._lost(video_id, state), doubled=self._doubled(video_id))

    def delete_last_segment(self, video_id: str) -> None:
        """Damage a video: delete the object of one of its segments."""
        key = max(key for (key,) in self._rows(_KEYS, video_id) if key.endswith(".m4s"))
        self._s3.delete_object(Bucket=self._bucket, Key=key)

    def give_the_name_of(self, video_id: str, *, to: str) -> None:
        """Damage a video: make it look like another one made of the same upload."""
        with psycopg.connect(self._database_url) as connection:
            query = "UPDATE video SET filename = (SELECT filename FROM video WHERE id = %(id)s) WHERE id = %(to)s"
            connection.execute(query, {"id": video_id, "to": to})

    def _wait_for_end(self, video_id: str, *, seconds: float) -> str | None:
        deadline = time.monotonic() + seconds
        while (state := self._value(_STATE, video_id)) not in _FINAL and time.monotonic() < deadline:
            time.sleep(0.5)
        return state

    def _lost(self, video_id: str, state: str) -> str:
        if state != "completed":
            return ""
        if not self._value(_SEGMENTS, video_id):
            return "no segment of video"
        wanted = {key for (key,) in self._rows(_KEYS, video_id)}
        absent = wanted - self._stored(f"videos/{video_id}/")
        return f"storage lacks {', '.join(sorted(absent))}" if absent else ""

    def _doubled(self, video_id: str) -> str:
        found = {
            "videos of one upload": self._value(_SAME_FILE, video_id) - 1,
            "jobs of one upload": self._value(_WHOLE_JOBS, video_id) - 1,
            "jobs completed twice": self._value(_COMPLETED_TWICE, video_id),
        }
        return ", ".join(f"{count + 1} {name}" for name, count in found.items() if count > 0)

    def _stored(self, prefix: str) -> set[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return {each["Key"] for page in pages for each in page.get("Contents", ())}

    def _value(self, query: str, video_id: str) -> Any:
        rows = self._rows(query, video_id)
        return rows[0][0] if rows else None

    def _rows(self, query: str, video_id: str) -> list[tuple[Any, ...]]:
        """Ask Postgres, again while it restarts."""
        deadline = time.monotonic() + 60
        while True:
            try:
                with psycopg.connect(self._database_url, connect_timeout=5) as connection:
                    return connection.execute(query.encode(), {"id": video_id}).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
