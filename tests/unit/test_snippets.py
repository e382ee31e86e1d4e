"""Snippets of a video's page: which there are in which state, each on one line."""

from __future__ import annotations

from uuid import UUID

from mediaproc.domain.states import VideoStatus
from mediaproc.operations.views import PlaybackView, RenditionView, VideoView
from mediaproc.state.snippets import snippets_of
from tests.unit.test_page_parts import make_view

SITE = "https://video.example/app/"
ID = UUID("01a20b9c-721e-719f-af91-dc4e70d950db")
MADE = RenditionView(
    id=ID, name="720p", height=720, width=1280, codec="h264", suffix="mp4", bitrate_bps=1, size_bytes=1
)  # fmt: skip


def lines(view: VideoView) -> dict[str, list[str]]:
    return {each.title: [snippet.text for snippet in each.snippets] for each in snippets_of(view, site=SITE)}


def test_a_ready_video_has_a_line_for_all_that_its_page_does() -> None:
    playback = PlaybackView(hls_url="https://video.example/h?token=t", instant=False, dash_url="https://v.example/d")
    found = lines(make_view(playback=playback, renditions=[MADE]))
    assert list(found) == ["Retrieve", "Follow progress", "Play", "Download", "Update"]
    assert found["Play"] == ["https://video.example/h?token=t", "https://v.example/d"]
    assert [line.count("redirect_url") for line in found["Download"]] == [1, 1, 1]
    assert "'https://video.example/app/api/v1/videos/" in found["Download"][1]
    assert found["Retrieve"][0] == (
        f'curl -fsS https://video.example/app/api/v1/videos/{make_view().id} -H "Authorization: Bearer '
        '$MEDIAPROC_API_KEY"'
    )
    everything = [line for chapter in found.values() for line in chapter]
    assert not any("\n" in line for line in everything)
    assert len(set(everything)) == len(everything)


def test_what_can_not_be_had_yet_has_no_line() -> None:
    rising = lines(make_view(status=VideoStatus.UPLOADING, renditions=[]))
    assert list(rising) == ["Retrieve", "Follow progress", "Update"]
    moving = lines(make_view(status=VideoStatus.PROCESSING, renditions=[MADE]))
    assert ["source" in line for line in moving["Download"]] == [True]
