"""A source with several sounds and subtitles, from its bytes in S3 to what players are offered, on real services."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as xml

import httpx
import pytest

from mediaproc import database
from mediaproc.client import models as client_models
from mediaproc.domain.states import JobKind, JobState
from mediaproc.domain.tables import Video
from mediaproc.media import dash
from mediaproc.media.commands import subtitles
from mediaproc.operations import playback, views
from mediaproc.settings import settings
from mediaproc.storage.client import client
from mediaproc_worker import attempt
from mediaproc_worker.consumer import bound_huey
from testing import clips
from testing.jobs import attempts_of, job_now, parts_of, perform_all, uploaded
from testing.videos import renditions_of, video_now
from testing.web_server import Web

TONES_HZ = {"audio": 800, "audio-2": 400, "audio-3": 1600}
"""What is heard in each rendition: the default, which is the source's second, then the others in its order."""

ANY_NAME = ("-allowed_extensions", "ALL", "-extension_picky", "0")
"""FFmpeg's demuxer wants addresses that end like files; presigned ones don't."""

LABELS = (
    *("-metadata:s:a:0", "language=eng", "-disposition:a:0", "0"),
    *("-metadata:s:a:1", "language=ger", "-disposition:a:1", "default"),
    *("-metadata:s:a:2", "language=eng", "-metadata:s:a:2", "title=The director", "-disposition:a:2", "comment"),
    *("-metadata:s:s:0", "language=eng", "-disposition:s:0", "default+hearing_impaired"),
    *("-metadata:s:s:1", "language=ger", "-disposition:s:1", "forced"),
)

SRT = "1\n00:00:00,500 --> 00:00:01,500\n<b>Grüß</b> <script>alert(1)</script>\n"


@pytest.fixture(scope="module")
def video(connected: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Video:
    """Two seconds with three sounds and two texts, made whole."""
    bound_huey()
    folder = tmp_path_factory.mktemp("tracks")
    source, words = folder / "many.mkv", folder / "words.srt"
    words.write_text(SRT)
    tones = [f"sine=frequency={hz}:sample_rate=48000:duration=2" for hz in (400, 800, 1600)]
    clips.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=size=192x108:rate=25:duration=2"),
        *(word for tone in tones for word in ("-f", "lavfi", "-i", tone)),
        *("-i", str(words)),
        *("-map", "0", "-map", "1", "-map", "2", "-map", "3", "-map", "4", "-map", "4"),
        *("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-c:s", "subrip", *LABELS, str(source)),
    )
    return processed(source)


def processed(source: Path) -> Video:
    job = uploaded(source)
    perform_all(job)
    assert job_now(job.id).state is JobState.COMPLETED, attempts_of(job.id)[-1].log_tail
    return video_now(job.video_id)


def top_of(video: Video) -> list[str]:
    with database.transaction() as session:
        return playback.multivariant_playlist(session, video).splitlines()


def media(video: Video, sort: str) -> list[dict[str, str]]:
    """The attributes of each EXT-X-MEDIA of a sort, without the address."""
    lines = [line for line in top_of(video) if line.startswith(f"#EXT-X-MEDIA:TYPE={sort},")]
    pairs = [dict(re.findall(r'([A-Z-]+)=("[^"]*"|[^,]*)', line)) for line in lines]
    return [{name: value.strip('"') for name, value in each.items() if name not in ("URI", "TYPE")} for each in pairs]


def tone_hz(file: Path | str, track: str, *options: str) -> float:
    """How high the tone is that is heard in a track of a file: a wave crosses zero twice."""
    told = clips.ffmpeg(
        *(*options, "-i", str(file), "-map", f"0:{track}", "-f", "null"),
        *("-af", "astats=metadata=1,ametadata=print:key=lavfi.astats.1.Zero_crossings_rate:file=-", "-"),
    )
    return round(float(told.rpartition("=")[2]) * 48_000 / 2, -2)


def test_every_sound_is_an_alternate_of_the_playlist(video: Video) -> None:
    alike = {"GROUP-ID": "sound", "CHANNELS": "2"}
    assert media(video, "AUDIO") == [
        alike | {"NAME": "German", "LANGUAGE": "de", "DEFAULT": "YES", "AUTOSELECT": "YES"},
        alike | {"NAME": "English", "LANGUAGE": "en", "DEFAULT": "NO", "AUTOSELECT": "YES"},
        alike | {"NAME": "English, The director", "LANGUAGE": "en", "DEFAULT": "NO", "AUTOSELECT": "NO"},
    ]
    variants = [line for line in top_of(video) if line.startswith("#EXT-X-STREAM-INF")]
    assert all('AUDIO="sound"' in line and line.count("mp4a.40.2") == 1 for line in variants)


def test_programs_are_told_of_every_track(video: Video) -> None:
    with database.transaction() as session:
        (view,) = views.of_videos(session, [video])
    told = [(each.name, each.kind, each.title, each.language, each.role, each.is_default) for each in view.tracks]
    assert told == [
        ("audio", "audio", "German", "de", "main", True),
        ("audio-2", "audio", "English", "en", "main", False),
        ("audio-3", "audio", "English, The director", "en", "commentary", False),
        ("subtitles", "subtitles", "English, for the hard of hearing", "en", "captions", False),
        ("subtitles-2", "subtitles", "German, foreign parts only", "de", "forced", False),
    ]
    assert [(each.codec, each.channels) for each in view.tracks] == [("aac", 2)] * 3 + [("webvtt", None)] * 2
    assert [each.name for each in view.renditions] == ["108p"]
    known = client_models.Video.model_validate_json(view.model_dump_json())
    assert [track.model_dump() for track in known.tracks] == [track.model_dump() for track in view.tracks]


def test_a_plain_player_finds_each_sound_whole_in_the_hls(video: Video, web: Web) -> None:
    address = playback.hls_url(video).replace(settings().public_url.rstrip("/"), web.url)
    told = clips.ffprobe(address, *ANY_NAME)["streams"]
    sounds = [each["tags"]["language"] for each in told if each["codec_type"] == "audio"]
    assert sounds == ["de", "en", "en", "und"], "the last is the variant of audio alone"
    assert [each["codec_name"] for each in told if each["codec_type"] == "subtitle"] == ["webvtt", "webvtt"]
    top = httpx.get(address).text
    for name, hz in TONES_HZ.items():
        (uri,) = re.findall(rf'URI="({name}\.m3u8\?[^"]*)"', top)
        playlist = address.rpartition("/")[0] + "/" + uri
        assert float(clips.ffprobe(playlist, *ANY_NAME)["format"]["duration"]) == pytest.approx(2.0, abs=0.06)
        assert tone_hz(playlist, "a:0", *ANY_NAME) == hz


def test_the_mp4_has_every_sound_with_its_language(video: Video, tmp_path: Path) -> None:
    made, file = renditions_of(video.id), tmp_path / "made.mp4"
    client().download_file(settings().s3_bucket, made["108p"].mp4_key or "", str(file))
    picture, *sounds = clips.ffprobe(file)["streams"]
    assert picture["codec_type"] == "video"
    assert [(each["codec_name"], each["tags"]["language"], each["disposition"]["default"]) for each in sounds] == [
        ("aac", "deu", 1), ("aac", "eng", 0), ("aac", "eng", 0)
    ]  # fmt: skip
    assert sounds[2]["tags"]["name"] == "English, The director"
    for place, hz in enumerate(TONES_HZ.values()):
        assert clips.decode(file, f"a:{place}").end_seconds == pytest.approx(2.0, abs=0.06)
        assert tone_hz(file, f"a:{place}") == hz


def test_dash_has_a_set_for_each_sound(video: Video) -> None:
    with database.transaction() as session:
        root = xml.fromstring(playback.dash_manifest(session, video))
    sets = root.findall("m:Period/m:AdaptationSet[@contentType='audio']", {"m": dash.NAMESPACE})
    assert [each.get("lang") for each in sets] == ["de", "en", "en"]


def test_every_text_is_offered_and_none_is_shown_unasked(video: Video) -> None:
    alike = {"GROUP-ID": "subtitles", "DEFAULT": "NO", "AUTOSELECT": "YES"}
    captions, parts = media(video, "SUBTITLES")
    assert "transcribes-spoken-dialog" in captions.pop("CHARACTERISTICS")
    assert captions == alike | {"NAME": "English, for the hard of hearing", "LANGUAGE": "en", "FORCED": "NO"}
    assert parts == alike | {"NAME": "German, foreign parts only", "LANGUAGE": "de", "FORCED": "YES"}
    variants = [line for line in top_of(video) if line.startswith("#EXT-X-STREAM-INF")]
    assert len(variants) == 2, "the video, and its audio alone"
    assert all(line.endswith(',AUDIO="sound",SUBTITLES="subtitles",CLOSED-CAPTIONS=NONE') for line in variants)


CUE = ["00:00.500 --> 00:01.500", "<b>Grüß</b> alert(1)"]


def test_a_text_is_served_in_segments_for_the_whole_video(video: Video, web: Web) -> None:
    with database.transaction() as session:
        lines = playback.media_playlist(session, video, "subtitles-2").splitlines()
    assert [line for line in lines if "MAP" in line] == []
    assert lines[-3].startswith("#EXTINF:2.0")
    assert lines[-1] == "#EXT-X-ENDLIST"
    answer = httpx.get(f"{web.url}/api/v1/videos/{video.id}/hls/{lines[-2]}")
    assert answer.headers["content-type"].startswith("text/vtt")
    assert answer.text.splitlines()[:2] == ["WEBVTT", "X-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0"]
    assert answer.text.splitlines()[-2:] == CUE
    beyond = httpx.get(f"{web.url}/api/v1/videos/{video.id}/hls/{lines[-2].replace('/0.vtt', '/7.vtt')}")
    assert (beyond.status_code, "-->" in beyond.text) == (200, False)
    assert (
        httpx.get(f"{web.url}/api/v1/videos/{video.id}/hls/{lines[-2].replace('subtitles-2', 'audio')}").status_code
        == 404
    )


def test_dash_offers_each_text_whole(video: Video, web: Web) -> None:
    with database.transaction() as session:
        root = xml.fromstring(playback.dash_manifest(session, video))
    sets = root.findall("m:Period/m:AdaptationSet[@contentType='text']", {"m": dash.NAMESPACE})
    assert [each.get("lang") for each in sets] == ["en", "de"]
    address = sets[1].findtext("*/m:BaseURL", namespaces={"m": dash.NAMESPACE})
    answer = httpx.get(f"{web.url}/api/v1/videos/{video.id}/dash/{address}", follow_redirects=True)
    assert answer.headers["content-type"] == "text/vtt"
    assert answer.text.splitlines()[-2:] == CUE


def test_the_first_frame_of_each_segment_is_an_i_frame_stream(video: Video, tmp_path: Path) -> None:
    (line,) = [line for line in top_of(video) if line.startswith("#EXT-X-I-FRAME-STREAM-INF:")]
    assert 'URI="108p/iframes.m3u8?token=' in line
    with database.transaction() as session:
        text = playback.keyframe_playlist(session, video, "108p")
    init, *uris = [httpx.get(each) for each in re.findall(r'(?:URI="|^)(http[^"\n]+)', text, re.MULTILINE)]
    ends = [int(each) for each in re.findall(r"#EXT-X-BYTERANGE:(\d+)@0", text)]
    assert len(ends) == len(uris) > 0
    for answer, end in zip(uris, ends, strict=True):
        frame = tmp_path / "frame.mp4"
        frame.write_bytes(init.content + answer.content[:end])
        told = clips.ffprobe(frame, "-count_frames")["streams"][0]
        assert end < len(answer.content)
        assert told["nb_read_frames"] == "1", "the range ends with the first frame"


def test_subtitles_that_can_not_be_read_cost_the_video_nothing(
    connected: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bound_huey()
    words, source = tmp_path / "words.srt", tmp_path / "one.mkv"
    words.write_text(SRT)
    clips.ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=size=64x48:rate=5:duration=1", "-i", str(words), "-c:v", "mpeg4", str(source))
    )
    monkeypatch.setattr(subtitles, "arguments", lambda *_, **__: ["-i", "file:/dev/null", "out.vtt"])
    job = uploaded(source)
    attempt.perform(job.id)
    text, *others = parts_of(job)
    assert text.kind is JobKind.SUBTITLES
    attempt.perform(text.id)
    assert job_now(text.id).state is JobState.COMPLETED
    assert not video_now(job.video_id).playable, "text alone is nothing to play"
    for part in others:
        attempt.perform(part.id)
    for part in parts_of(job):
        if part.state.waiting:
            attempt.perform(part.id)
    assert job_now(job.id).state is JobState.COMPLETED
    assert "The subtitles can't be read and are left out" in attempts_of(job.id)[0].log_tail
    assert media(video_now(job.video_id), "SUBTITLES") == []


def test_a_single_sound_has_its_language(connected: dict[str, str], tmp_path: Path) -> None:
    bound_huey()
    source = clips.make(
        tmp_path / "one.mp4", seconds=1, size="64x48",
        encode=("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", "-metadata:s:a:0", "language=ger"),
    )  # fmt: skip
    video = processed(source)
    assert media(video, "AUDIO") == [
        {
            "GROUP-ID": "sound", "NAME": "German", "LANGUAGE": "de", "DEFAULT": "YES", "AUTOSELECT": "YES",
            "CHANNELS": "2",
        }
    ]  # fmt: skip
    assert set(renditions_of(video.id)) == {"48p", "audio", "instant"}
    with database.transaction() as session:
        assert ' lang="de"' in playback.dash_manifest(session, video)
        (track,) = views.of_videos(session, [video])[0].tracks
    assert (track.name, track.title, track.language, track.is_default) == ("audio", "German", "de", True)
