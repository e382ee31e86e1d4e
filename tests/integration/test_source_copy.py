"""A source that is kept as it is, on real services: not one bit of the picture changes, and nothing is encoded."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mediaproc import database
from mediaproc.domain.states import JobKind, JobState, Lane
from mediaproc.domain.tables import Job, Rendition, Video
from mediaproc.media import hls
from mediaproc.operations import plans, playback
from mediaproc.storage import objects
from mediaproc_worker import attempt, packaging, server_side_remux
from mediaproc_worker.consumer import bound_huey
from testing import clips
from testing.jobs import attempts_of, job_now, parts_of, perform_all, uploaded
from testing.videos import fetched, renditions_of, segments_of, stitched, video_now
from tests.integration.conftest import Account

X264 = ("-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "20", "-c:a", "aac")
UNEVEN = "select='not(eq(mod(n,5),2))'"


@pytest.fixture(autouse=True)
def _worker(connected: dict[str, str]) -> None:
    bound_huey()


def kept(source: Path) -> tuple[Job, dict[str, Rendition]]:
    """The job and the renditions of a source that went well."""
    job = uploaded(source, preset="source-copy")
    perform_all(job)
    assert job_now(job.id).state is JobState.COMPLETED, attempts_of(job.id)[-1].log_tail
    return job_now(job.id), renditions_of(job.video_id)


def test_a_real_clip_is_kept_to_the_bit(tmp_path: Path) -> None:
    job, made = kept(clips.bunny())
    video = video_now(job.video_id)
    assert (set(made), video.playable, video.preset_version) == ({"720p", "audio"}, True, 1)
    assert [(part.kind, part.lane) for part in parts_of(job)] == [
        (JobKind.COPY, Lane.COPY), (JobKind.STORYBOARD, Lane.QUICK)
    ]  # fmt: skip
    mp4 = fetched(made["720p"].mp4_key, tmp_path)
    for track in ("v:0", "a:0"):
        assert clips.bits(mp4, track) == clips.bits(clips.bunny(), track)
        assert clips.packet_times(mp4, track) == pytest.approx(clips.packet_times(clips.bunny(), track), abs=0.001)
    assert clips.decode(stitched(made["720p"], tmp_path)).frames == clips.decode(clips.bunny()).frames == 132
    assert clips.decode(stitched(made["audio"], tmp_path), "a:0").end_seconds == pytest.approx(5.3, abs=0.05)
    order = clips.box_order(mp4)
    assert order.index("moov") < order.index("mdat")
    assert clips.ffprobe(fetched(video.poster_key, tmp_path))["streams"][0]["width"] == 1280
    log = attempts_of(job.id)[0].log_tail
    assert "Copying video and audio as 720p, without encoding them" in log
    assert "-c:v copy" in attempts_of(job.id)[0].command
    assert_the_playlist_is_true(job, made)


def test_of_a_large_file_storage_copies_the_media_by_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent but an index without the names and places that the camera wrote down."""
    filled = ("-b:v", "48M", "-minrate", "48M", "-maxrate", "48M", "-bufsize", "48M", "-x264-params", "nal-hrd=cbr")
    encode = (*X264, *filled, "-metadata", "location=+52.5+13.4/")
    source = clips.make(tmp_path / "large.mp4", size="64x48", encode=encode)
    assert source.stat().st_size > 10 * 1024**2
    monkeypatch.setattr(server_side_remux, "SMALLEST_BYTES", 1)
    monkeypatch.setattr(packaging, "package", None)
    _, made = kept(source)
    mp4 = fetched(made["48p"].mp4_key, tmp_path)
    assert mp4.stat().st_size == made["48p"].mp4_size_bytes
    assert clips.box_order(mp4) == ["ftyp", "moov", "mdat"]
    assert b"loci" in source.read_bytes()
    assert b"loci" not in mp4.read_bytes()
    for track in ("v:0", "a:0"):
        assert clips.bits(mp4, track) == clips.bits(source, track)
        assert clips.packet_times(mp4, track) == clips.packet_times(source, track)
    assert clips.decode(mp4).frames == 50


def assert_the_playlist_is_true(job: Job, made: dict[str, Rendition]) -> None:
    with database.transaction() as session:
        video = session.get_one(Video, job.video_id)
        text, growing = playback.multivariant_playlist(session, video), playback.media_playlist(session, video, "720p")
    pieces = {name: [(each.size_bytes, each.duration_seconds) for each in segments_of(made[name])] for name in made}
    average = sum(hls.average_bitrate_bps(each) for each in pieces.values())
    peak = sum(hls.peak_bitrate_bps(each) for each in pieces.values())
    assert f"BANDWIDTH={peak},AVERAGE-BANDWIDTH={average}," in text
    assert 'CODECS="avc1.4d401f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=25.000' in text
    assert 'CHANNELS="6"' in text
    assert growing.endswith("#EXT-X-ENDLIST\n")


@pytest.mark.parametrize(
    ("name", "options", "codec", "said"),
    [
        ("opus.mkv", {"encode": (*X264[:-1], "libopus")}, "h264", "avc1.64000c,mp4a.40.2"),
        ("clip.ts", {"encode": X264}, "h264", "avc1.64000c,mp4a.40.2"),
        ("uneven.mp4", {"encode": (*X264, "-fps_mode", "vfr"), "filters": UNEVEN}, "h264", "avc1.64000c,mp4a.40.2"),
        ("silent.flv", {"encode": X264, "audio": None}, "h264", "avc1.64000c"),
        ("hevc.mkv", {"encode": ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=1",
                                 "-c:a", "aac")}, "hevc", "hvc1.1.6.L60.90,mp4a.40.2"),
        ("av1.mkv", {"encode": ("-c:v", "libsvtav1", "-preset", "12", "-svtav1-params", "lp=1", "-c:a", "libopus")},
         "av1", "av01.0.00M.08,mp4a.40.2"),
    ],
)  # fmt: skip
def test_other_sources_keep_every_frame_at_its_time(
    tmp_path: Path, name: str, options: dict[str, Any], codec: str, said: str
) -> None:
    source = clips.make(tmp_path / name, size="320x180", **options)
    job, made = kept(source)
    picture = made["180p"]
    assert (picture.codec, picture.width, picture.height) == (codec, 320, 180)
    with database.transaction() as session:
        assert f'CODECS="{said}"' in playback.multivariant_playlist(session, session.get_one(Video, job.video_id))
    expected = clips.packet_times(source, "v:0")
    for file in (fetched(picture.mp4_key, tmp_path), stitched(picture, tmp_path)):
        found = clips.packet_times(file, "v:0")
        assert len(found) == len(expected) > 30
        shift = found[0] - expected[0]
        assert [at - shift for at in found] == pytest.approx(expected, abs=0.0015)
        assert clips.decode(file).frames == len(expected)


def test_every_sound_and_text_is_kept(tmp_path: Path) -> None:
    """AAC as it is, other sound as AAC, subtitles as WebVTT."""
    clip, text, source = clips.make(tmp_path / "c.mp4", size="64x48", seconds=1), tmp_path / "t.srt", tmp_path / "a.mkv"
    text.write_text("1\n00:00:00,100 --> 00:00:00,900\nHello\n")
    clips.ffmpeg(
        "-i", str(clip), "-i", str(text), "-map", "0:v", "-map", "0:a", "-map", "0:a", "-map", "1", "-c", "copy",
        "-c:a:1", "libopus", "-metadata:s:a:1", "language=deu", str(source),
    )  # fmt: skip
    job, made = kept(source)
    assert set(made) == {"48p", "audio", "audio-2", "subtitles"}
    assert [(made[name].channels, made[name].language) for name in ("audio", "audio-2")] == [(1, ""), (2, "de")]
    assert objects.get_bytes(segments_of(made["subtitles"])[0].object_key).startswith(b"WEBVTT")
    mp4 = fetched(made["48p"].mp4_key, tmp_path)
    assert [each["codec_name"] for each in clips.ffprobe(mp4)["streams"]] == ["h264", "aac", "aac"]
    assert clips.bits(mp4, "a:0") == clips.bits(source, "a:0")
    assert "-c:v copy" in attempts_of(job.id)[0].command


def test_sound_and_picture_stay_together(tmp_path: Path) -> None:
    """The picture begins 0.4 s after the sound; both keep their times, also where the sound is encoded."""
    for name, sound in (("late.mp4", "copy"), ("late.mkv", "libopus")):
        clip, source = clips.make(tmp_path / "clip.mp4", size="64x64", seconds=1, encode=X264), tmp_path / name
        clips.ffmpeg(
            "-itsoffset", "0.4", "-i", str(clip), "-i", str(clip), "-map", "0:v", "-map", "1:a", "-c:v", "copy",
            "-c:a", sound, str(source),
        )  # fmt: skip
        _, made = kept(source)
        mp4 = fetched(made["64p"].mp4_key, tmp_path)
        assert clips.decode(mp4).start_seconds == pytest.approx(0.4, abs=0.03)
        assert clips.decode(mp4, "a:0").start_seconds == pytest.approx(0.0, abs=0.03)
        assert clips.decode(stitched(made["64p"], tmp_path)).start_seconds == pytest.approx(0.4, abs=0.03)


def test_a_picture_that_lies_on_its_side_keeps_saying_so(tmp_path: Path) -> None:
    """The turn stands in the header of the segments and of the file, and the playlist says the upright size."""
    clip, source = clips.make(tmp_path / "lying.mp4", size="128x64", seconds=1, encode=X264), tmp_path / "phone.mp4"
    clips.ffmpeg("-display_rotation", "90", "-i", str(clip), "-c", "copy", str(source))
    _, made = kept(source)
    assert (made["64p"].width, made["64p"].height) == (64, 128)
    for file in (fetched(made["64p"].mp4_key, tmp_path), stitched(made["64p"], tmp_path)):
        (turn,) = clips.ffprobe(file)["streams"][0]["side_data_list"]
        assert turn["rotation"] == 90


@pytest.mark.parametrize(
    ("name", "options", "sentence"),
    [
        ("old.mp4", {"encode": ("-c:v", "mpeg4")}, "its picture is MPEG-4 Part 2; only H.264,"),
        ("still.mp4", {"seconds": 40, "rate": "1", "encode": ("-c:v", "libx264", "-g", "999")},
         "its keyframes are up to 40 s apart"),
    ],
)  # fmt: skip
def test_what_browsers_do_not_play_is_refused_for_good(
    tmp_path: Path, name: str, options: dict[str, Any], sentence: str
) -> None:
    job = uploaded(clips.make(tmp_path / name, size="64x48", audio=None, **options), preset="source-copy")
    perform_all(job)
    job, video = job_now(job.id), video_now(job.video_id)
    assert (job.state, job.attempt, video.error_code) == (JobState.FAILED, 1, "not_copyable")
    assert sentence in (video.error_detail or "")


def test_what_fails_on_the_way_begins_again_where_it_stood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of the first attempt play until the second one has its own."""
    monkeypatch.setattr(packaging, "package", lambda *_, **__: 1 / 0)
    job = uploaded(clips.make(tmp_path / "clip.mp4", size="64x48", encode=X264), preset="source-copy")
    attempt.perform(job.id)
    (part,) = parts_of(job)
    attempt.perform(part.id)
    assert (job_now(part.id).state, video_now(job.video_id).playable) == (JobState.RETRYING, True)
    monkeypatch.undo()
    with database.transaction() as session:
        session.get_one(Job, part.id).next_attempt_at = None
    attempt.perform(part.id)
    assert (job_now(job.id).state, video_now(job.video_id).output_attempt) == (JobState.COMPLETED, 1)
    made = renditions_of(job.video_id)
    assert set(made) == {"48p", "audio"}
    assert clips.decode(stitched(made["48p"], tmp_path)).frames == clips.decode(tmp_path / "clip.mp4").frames


def test_its_plan_is_the_command_that_copies(tmp_path: Path, account: Callable[[], Account]) -> None:
    owner = account()
    job = uploaded(clips.make(tmp_path / "clip.mp4", size="64x48", encode=X264), preset="source-copy")
    with database.transaction() as session:
        session.get_one(Video, job.video_id).team_id = owner.principal.team_id
    perform_all(job)
    with database.transaction() as session:
        plan = plans.of_video(session, owner.principal, job.video_id)
    assert ([step.name for step in plan.steps], plan.chunks) == (["Copy", "Poster", "MP4 48p", "Storyboard"], [])
    assert plan.steps[0].command == attempts_of(job.id)[0].command
    answer = owner.client.get(f"/api/v1/videos/{job.video_id}/download")
    assert re.search(r"filename%3D%22[^&]*-48p\.mp4", answer.headers["location"])
