"""DASH of a completed video, through FFmpeg's demuxer, which knows nothing of Mediaproc."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit
from xml.etree import ElementTree as xml

import pytest
from fastapi.testclient import TestClient

from mediaproc import database
from mediaproc.domain.tables import Video
from mediaproc.media import dash
from mediaproc.media.mp4 import boxes
from mediaproc.operations import current_output, playback, views
from mediaproc.operations.jobs import execution
from mediaproc.storage import objects
from mediaproc_worker.consumer import bound_huey
from testing import clips
from testing.jobs import enqueued, perform_all, uploaded
from testing.videos import video_now
from testing.web_server import Web


@pytest.fixture(autouse=True)
def _worker(connected: dict[str, str]) -> None:
    bound_huey()


def test_a_plain_player_reads_every_frame(api: TestClient, web: Web, tmp_path: Path) -> None:
    job = uploaded(clips.make(tmp_path / "clip.mp4", seconds=5, size="640x480"))
    perform_all(job)
    with database.transaction() as session:
        (view,) = views.of_videos(session, [video_now(job.video_id)])
    assert view.playback
    address = urlsplit(view.playback.dash_url or "")
    answer = api.get(f"{address.path}?{address.query}", headers={"Origin": "https://elsewhere.example"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/dash+xml")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert api.get(address.path).status_code == 401
    assert api.get(f"{address.path}?token=wrong").status_code == 404
    read = ("-protocol_whitelist", "http,tcp", "-f", "dash", "-i", f"{web.url}{address.path}?{address.query}")
    counts: list[int] = []
    for track in ("0:v:0", "0:a:0"):
        rows = clips.ffmpeg(*read, "-map", track, "-c", "copy", "-f", "framemd5", "-").splitlines()
        counts.append(sum(not row.startswith("#") for row in rows))
    assert counts == [125, 236]


def test_a_picture_that_begins_after_the_sound_keeps_its_time(tmp_path: Path) -> None:
    """The time line says of each rendition what its segments say, or a player looks for the picture too early."""
    clip, late = clips.make(tmp_path / "clip.mp4", seconds=3), tmp_path / "late.mkv"
    inputs = ("-itsoffset", "0.5", "-i", str(clip), "-i", str(clip))
    clips.ffmpeg(*inputs, "-map", "0:v", "-map", "1:a", "-c", "copy", str(late))
    job = uploaded(late)
    perform_all(job)
    with database.transaction() as session:
        video = video_now(job.video_id)
        mpd = xml.fromstring(playback.dash_manifest(session, video))  # our own
        found = {
            each.name: each for each in current_output.streamed(current_output.renditions(session, [video])[video.id])
        }
        said = {name: _first_decoded(execution.segments_of(session, found[name])[0].object_key) for name in found}
    scales = {name: boxes.timescale_of(objects.get_bytes(each.init_key)) for name, each in found.items()}
    lines = {each.get("id", ""): each for each in mpd.iter(f"{{{dash.NAMESPACE}}}Representation")}
    begins = {name: _begins(line) for name, line in lines.items()}
    assert begins == {name: pytest.approx(said[name] / scales[name], abs=0.0001) for name in lines}
    assert begins == {"360p": pytest.approx(0.5, abs=0.05), "audio": 0}
    assert mpd.get("mediaPresentationDuration") == "PT3.500S"


def _first_decoded(key: str) -> int:
    tfdt = boxes.find(objects.get_bytes(key), "moof", "traf", "tfdt")
    return int.from_bytes(tfdt[4:], "big")


def _begins(representation: xml.Element) -> float:
    template = representation.find(f"{{{dash.NAMESPACE}}}SegmentTemplate")
    first = representation.find(f".//{{{dash.NAMESPACE}}}S")
    assert template is not None
    assert first is not None
    return int(first.get("t", "")) / int(template.get("timescale", ""))


def test_there_is_none_before_the_video_is_whole(api: TestClient) -> None:
    job = enqueued()
    with database.transaction() as session:
        claim = execution.claim(session, job_id=job.id, worker="test")
        assert claim
        row = execution.NewRendition(
            name="480p", codec="h264", codecs="avc1.64001e", init_key="k", height=480, width=854
        )
        rendition_id = execution.add_rendition(session, claim, row)
        segment = execution.NewSegment(number=0, object_key="k/0", duration_seconds=1.0, size_bytes=9)
        execution.add_segments(session, claim, rendition_id, [segment])
        execution.mark_playable(session, claim)
        (view,) = views.of_videos(session, [session.get_one(Video, job.video_id)])
    assert view.playback
    assert view.playback.dash_url is None
    address = urlsplit(view.playback.hls_url.replace("hls/master.m3u8", "dash/manifest.mpd"))
    assert api.get(f"{address.path}?{address.query}").status_code == 404
