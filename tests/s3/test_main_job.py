"""The main job on each S3 server: upload by signed addresses, process, play by the playlist, download."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import boto3
import httpx
import pytest

from mediaproc.client import Client, Video
from testing import ROOT, clips
from testing.site import Site, new_key
from testing.waits import eventually

pytestmark = pytest.mark.timeout(600)  # with the build of the page, perhaps on a busy machine

BUNNY_SECONDS = 5.3
MIB = 1024**2


@pytest.fixture(scope="module")
def key(site: Site) -> str:
    """An API key of a new account."""
    return new_key(site)


@pytest.fixture(scope="module")
def client(site: Site, key: str) -> Iterator[Client]:
    """Their client."""
    with Client(site.url, key) as connected:
        yield connected


@pytest.fixture(scope="module")
def player(site: Site, key: str) -> Iterator[httpx.Client]:
    """Fetches playlists with the key. Their segments are at signed addresses of storage, which refuse a second key."""
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=site.url, headers=headers, follow_redirects=True, timeout=30) as connected:
        yield connected


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real clip, small so that it is encoded fast, with so much after it that it takes two parts to upload."""
    path = tmp_path_factory.mktemp("clips") / "Big Buck Bunny.mp4"
    clips.ffmpeg("-i", str(clips.bunny()), "-s", "320x180", "-c:v", "libx264", "-c:a", "aac", "-ac", "2", str(path))
    free_box = (9 * MIB).to_bytes(4, "big") + b"free" + bytes(9 * MIB - 8)
    path.write_bytes(path.read_bytes() + free_box)
    return path


@pytest.fixture(scope="module")
def video(client: Client, source: Path) -> Video:
    """The clip, uploaded and processed."""
    made = client.wait(client.upload(source).id)
    assert made.error is None, made.error
    assert made.status == "completed"
    return made


def test_the_playlists_lead_to_every_second(player: httpx.Client, video: Video, tmp_path: Path) -> None:
    assert video.playback
    master_url = video.playback.hls_url
    playlist_url = urljoin(master_url, _addresses(_text(player, master_url))[0])
    playlist = _text(player, playlist_url)
    assert "#EXT-X-ENDLIST" in playlist
    lengths = [float(each) for each in re.findall(r"^#EXTINF:([\d.]+)", playlist, re.MULTILINE)]
    assert sum(lengths) == pytest.approx(BUNNY_SECONDS, abs=0.2)
    init = re.findall(r'^#EXT-X-MAP:URI="([^"]+)"', playlist, re.MULTILINE)
    stitched = tmp_path / "stitched.mp4"
    pieces = [urljoin(playlist_url, each) for each in (*init, *_addresses(playlist))]
    stitched.write_bytes(b"".join(httpx.get(each).raise_for_status().content for each in pieces))  # signed: no key
    assert clips.probed(stitched).video is not None


def test_the_mp4_and_the_source_are_downloaded_whole(
    client: Client, video: Video, source: Path, tmp_path: Path
) -> None:
    client.download(video.id, tmp_path / "best.mp4")
    assert clips.probed(tmp_path / "best.mp4").duration_seconds == pytest.approx(BUNNY_SECONDS, abs=0.2)
    client.download(video.id, tmp_path / "source.mp4", rendition="source")
    assert (tmp_path / "source.mp4").read_bytes() == source.read_bytes()


def test_a_deleted_video_leaves_nothing_in_storage(client: Client, video: Video, storage: dict[str, str]) -> None:
    s3 = boto3.client("s3", endpoint_url=storage["S3_ENDPOINT_URL"], **_credentials(storage))

    def stored() -> list[Any]:
        found = s3.list_objects_v2(Bucket="mediaproc", Prefix=f"videos/{video.id}/").get("Contents", [])
        return [each for each in found if not each["Key"].endswith("/")]  # a server on files may list empty folders

    assert stored()
    client.delete(video.id)
    eventually(lambda: not stored(), seconds=60)


def test_bucket_goes_on_where_a_rule_is_refused_and_says_what_to_set(
    storage: dict[str, str], request: pytest.FixtureRequest
) -> None:
    settings = {"DATABASE_URL": "postgresql://unused", "REDIS_URL": "redis://unused", "JWT_SECRET": "unused" * 8}
    command = [sys.executable, "-m", "mediaproc", "bucket"]
    environment = {"PATH": "", **settings, **storage}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    said = ("AllowedOrigins" in done.stderr, "DaysAfterInitiation" in done.stderr)
    assert said == ((True, True) if "juicefs" in request.node.callspec.id else (False, False))


def _credentials(storage: dict[str, str]) -> dict[str, str]:
    return {
        "region_name": storage["AWS_DEFAULT_REGION"],
        "aws_access_key_id": storage["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": storage["AWS_SECRET_ACCESS_KEY"],
    }


def _text(player: httpx.Client, url: str) -> str:
    return player.get(url).raise_for_status().text


def _addresses(playlist: str) -> list[str]:
    return [line for line in playlist.splitlines() if line and not line.startswith("#")]
