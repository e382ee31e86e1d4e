"""One attempt from the source in S3 to a playable, downloadable video, with the real FFmpeg and services."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mediaproc import database
from mediaproc.domain.states import JobState, Outcome, VideoStatus
from mediaproc.domain.tables import Job, Rendition, Video
from mediaproc.media import hls
from mediaproc.operations.jobs import execution, requests
from mediaproc.settings import settings
from mediaproc.storage import keys, objects
from mediaproc.storage.client import client
from mediaproc_worker import packaging
from mediaproc_worker.consumer import bound_huey
from mediaproc_worker.context import AttemptContext, Stopped, StopReason
from mediaproc_worker.reporter import Reporter
from testing import clips
from testing.ffmpeg_gate import FfmpegGate
from testing.jobs import attempts_of, job_now, perform_all, uploaded
from testing.videos import events_of, renditions_of, segments_of, video_now
from testing.waits import PATIENCE_SECONDS, eventually


@pytest.fixture(autouse=True)
def _worker(services: dict[str, str]) -> None:
    bound_huey()


def processed(source: Path, *, filename: str = "clip.mp4") -> tuple[Job, Video]:
    """The job and video after one attempt."""
    job = uploaded(source, filename=filename)
    perform_all(job)
    return job_now(job.id), video_now(job.video_id)


def fetch(key: str, path: Path) -> Path:
    client().download_file(settings().s3_bucket, key, str(path))
    return path


def init_of(rendition: Rendition) -> str:
    """Its key carries a digest, since all chunks share it."""
    assert rendition.init_key.startswith(keys.rendition_prefix(rendition.video_id, 1, rendition.name))
    return rendition.init_key


def keys_under(prefix: str) -> set[str]:
    found = client().list_objects_v2(Bucket=settings().s3_bucket, Prefix=prefix)
    return {each["Key"] for each in found.get("Contents", ())}


@pytest.fixture(scope="module")
def bunny(services: dict[str, str]) -> tuple[Job, Video]:
    """The real clip, processed."""
    bound_huey()
    return processed(clips.bunny())


def test_a_real_clip_ends_playable_and_downloadable(bunny: tuple[Job, Video], tmp_path: Path) -> None:
    job, video = bunny
    assert job.state is JobState.COMPLETED, attempts_of(job.id)[0].log_tail
    assert (video.status, video.playable, video.output_attempt) == (VideoStatus.COMPLETED, True, 1)
    assert (video.width, video.height, video.frame_rate, video.duration_seconds) == (1280, 720, 25.0, 5.312)
    assert video.media_info is not None
    made = renditions_of(video.id)
    assert set(made) == {"720p", "480p", "audio", "instant"}
    assert (made["720p"].width, made["720p"].height, made["720p"].codecs) == (1280, 720, "avc1.64001f")
    assert (made["audio"].codecs, made["audio"].height) == ("mp4a.40.2", 0)
    for rendition in made.values():
        assert rendition.finished
        assert 0 < rendition.bitrate_bps <= rendition.peak_bitrate_bps
        assert_segments_are_whole(rendition, tmp_path)
    assert made["instant"].mp4_key is None
    for name in ("720p", "480p"):
        download = fetch(made[name].mp4_key or "", tmp_path / f"{name}.mp4")
        assert download.stat().st_size == made[name].mp4_size_bytes
        assert clips.decode(download).frames == 132
        assert clips.box_order(download).index("moov") < clips.box_order(download).index("mdat")
    poster = fetch(video.poster_key or "", tmp_path / "poster.jpg")
    assert clips.ffprobe(poster)["streams"][0]["width"] == 1280


def assert_segments_are_whole(rendition: Rendition, folder: Path) -> None:
    """Init and segments from S3, one after another, are what was encoded; sizes and durations are as written."""
    found = segments_of(rendition)
    assert [segment.number for segment in found] == list(range(len(found)))
    whole = folder / f"{rendition.name}.cmaf"
    parts = [rendition.init_key, *(segment.object_key for segment in found)]
    bodies = [fetch(key, folder / "part").read_bytes() for key in parts]
    assert [len(body) for body in bodies[1:]] == [segment.size_bytes for segment in found]
    assert rendition.size_bytes == sum(len(body) for body in bodies[1:])
    whole.write_bytes(b"".join(bodies))
    decoded = clips.decode(whole, "a:0" if rendition.name == "audio" else "v:0")
    assert decoded.end_seconds == pytest.approx(sum(segment.duration_seconds for segment in found), abs=0.05)


def test_progress_rises_to_the_end_and_the_news_come_in_order(bunny: tuple[Job, Video]) -> None:
    job, video = bunny
    events = events_of(video.id)
    progress = [event.data["progress"] for event in events if event.type == "progress"]
    assert progress == sorted(progress)
    assert all(0 <= value <= 100 for value in progress)
    encoding = [event.data for event in events if event.type == "progress" and event.data["stage"] == "encode"]
    assert any(data["fps"] and data["speed"] for data in encoding)
    assert {event.data["stage"] for event in events if event.type == "progress"} >= {"probe", "encode"}
    order = [event.type for event in events if event.type in ("playable", "rendition")]
    assert order == ["playable", "rendition", "rendition", "rendition"]
    made = attempts_of(job.id)[0]
    assert '-i "$SOURCE"' in made.command
    assert "Signature" not in made.command + made.log_tail
    assert "Source: h264 1280×720, 25.000 fps" in made.log_tail


def test_it_plays_while_it_is_still_encoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encode = ("-c:v", "mpeg4", "-q:v", "3", "-c:a", "aac")  # no browser plays it, so nothing is instant
    source = clips.make(tmp_path / "long.mp4", seconds=24, size="426x240", encode=encode)
    gate = FfmpegGate(tmp_path)
    gate.slow_down(6)
    monkeypatch.setenv("FFMPEG_PATH", str(gate.program))
    settings.cache_clear()
    job = uploaded(source)
    seen: list[tuple[int, int]] = []
    worker = threading.Thread(target=perform_all, args=(job,))
    worker.start()
    while worker.is_alive():
        if video_now(job.video_id).playable and job_now(job.id).state is JobState.RUNNING:
            made = renditions_of(job.video_id)
            seen.append(tuple(len(segments_of(made[name])) for name in ("240p", "audio")))  # type: ignore[arg-type]
        time.sleep(0.2)
    worker.join()
    monkeypatch.undo()
    settings.cache_clear()
    assert job_now(job.id).state is JobState.COMPLETED
    assert seen, "never playable before the end"
    assert seen[0][0] < 8, "playable only when all was done"
    assert all(0 < pictures <= 8 for pictures, _ in seen)
    assert seen == sorted(seen)


@pytest.mark.parametrize(
    ("filename", "content", "code", "sentence"),
    [
        ("notes.mp4", b"only some words\n" * 99, "not_a_video", "This file is not a video (text/plain)"),
        ("page.mp4", b"<!doctype html><html></html>", "not_a_video", "This file is not a video (text/html)"),
        ("doc.mov", b"%PDF-1.7\n" + bytes(range(256)) * 9, "not_a_video", "This file is not a video (application/pdf)"),
        ("noise.mkv", bytes(range(256)) * 64, "not_a_video", "This file is not a video"),
        ("list.mp4", b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "not_a_video",
         "This file is not a video (application/vnd.apple.mpegurl)"),
    ],
)  # fmt: skip
def test_what_is_no_video_fails_at_once(
    tmp_path: Path, filename: str, content: bytes, code: str, sentence: str
) -> None:
    source = tmp_path / filename
    source.write_bytes(content)
    job, video = processed(source, filename=filename)
    assert (job.state, video.status) == (JobState.FAILED, VideoStatus.FAILED)
    assert (video.error_code, video.error_detail) == (code, sentence)
    assert job.next_attempt_at is None
    assert len(attempts_of(job.id)) == 1


def test_other_sources_that_never_end_well(tmp_path: Path) -> None:
    sound, cut = tmp_path / "sound.m4a", tmp_path / "cut.mp4"
    clips.ffmpeg("-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac", str(sound))
    cut.write_bytes(clips.bunny().read_bytes()[:300_000].replace(b"moov", b"free"))
    assert processed(cut)[1].error_code == "incomplete_source"
    job = uploaded(sound)
    client().delete_object(Bucket=settings().s3_bucket, Key=video_now(job.video_id).source_key)
    perform_all(job)
    assert (video_now(job.video_id).error_code, job_now(job.id).state) == ("source_missing", JobState.FAILED)


def test_a_cut_off_video_gives_what_there_is(tmp_path: Path) -> None:
    """The index is at the front, the second half of the media is missing."""
    whole = clips.make(tmp_path / "whole.mp4", seconds=4, encode=("-c:v", "libx264", "-movflags", "+faststart"))
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    job, video = processed(cut)
    assert job.state is JobState.COMPLETED, attempts_of(job.id)[0].log_tail
    seconds = sum(segment.duration_seconds for segment in segments_of(renditions_of(video.id)["360p"]))
    assert 0.5 < seconds < 3.9
    assert " of 4.0 s of this video could be decoded" in attempts_of(job.id)[0].log_tail


def test_cancel_ends_ffmpeg(tmp_path: Path) -> None:
    source = tmp_path / "long.mp4"
    clips.ffmpeg("-stream_loop", "7", "-i", str(clips.bunny()), "-c", "copy", str(source))
    job = uploaded(source)
    worker = threading.Thread(target=perform_all, args=(job,))
    worker.start()
    eventually(lambda: video_now(job.video_id).playable)
    with database.transaction() as session:
        requests.cancel(session, job=session.get_one(Job, job.id))
    worker.join(timeout=PATIENCE_SECONDS)
    assert not worker.is_alive()
    assert job_now(job.id).state is JobState.CANCELLED
    assert attempts_of(job.id)[0].outcome is Outcome.CANCELLED


def test_a_silent_upright_video_has_no_audio_rendition(tmp_path: Path) -> None:
    encode = ("-c:v", "mpeg4", "-q:v", "3")
    source = clips.make(tmp_path / "upright.mp4", size="360x640", audio=None, encode=encode)
    job, video = processed(source)
    assert job.state is JobState.COMPLETED
    made = renditions_of(video.id)
    assert {name: (each.width, each.height) for name, each in made.items()} == {"360p": (360, 640)}
    prefix = keys.output_prefix(video.id, 1)
    assert keys_under(prefix) == {
        keys.poster(video.id, 1), init_of(made["360p"]), keys.download(video.id, 1, "360p"),
        keys.segment(video.id, 1, "360p", 0), keys.segment(video.id, 1, "360p", 1),
    }  # fmt: skip


def test_a_plain_player_follows_the_playlists(bunny: tuple[Job, Video], tmp_path: Path) -> None:
    """Playlists made of the rows, with presigned addresses, through ffprobe, which knows nothing of Mediaproc."""
    _, video = bunny
    made = renditions_of(video.id)

    def address(key: str) -> str:
        return str(client().generate_presigned_url("get_object", Params={"Bucket": settings().s3_bucket, "Key": key}))

    for name, rendition in made.items():
        pieces = [hls.MediaSegment(address(each.object_key), each.duration_seconds) for each in segments_of(rendition)]
        text = hls.media_playlist(pieces, init_uri=address(rendition.init_key), finished=True)
        (tmp_path / f"{name}.m3u8").write_text(text)
    for name, track, frames in (("720p", "v:0", 132), ("480p", "v:0", 132), ("audio", "a:0", 249)):
        arguments = ("-protocol_whitelist", "file,http,tcp", "-allowed_extensions", "ALL", "-extension_picky", "0")
        found = clips.ffprobe(tmp_path / f"{name}.m3u8", *arguments, "-count_frames")["streams"][0]
        assert int(found["nb_read_frames"]) >= frames, track


def test_a_cancelled_attempt_stops_in_the_middle_of_a_large_file(tmp_path: Path) -> None:
    job = uploaded(clips.bunny())
    with database.transaction() as session:
        claim = execution.claim(session, job_id=job.id, worker="test")
    assert claim
    with (tmp_path / "480p.mp4").open("wb") as file:
        file.truncate(1024**3)
    key = keys.download(claim.video_id, claim.attempt, "480p")
    context = AttemptContext(claim=claim, workspace=tmp_path, reporter=Reporter(claim))

    def parts() -> bool:
        return "Uploads" in client().list_multipart_uploads(Bucket=settings().s3_bucket, Prefix=key)

    with ThreadPoolExecutor(1) as pool:
        sending = pool.submit(packaging._send, context, "480p")
        eventually(parts)
        context.stop(StopReason.FENCED)
        with pytest.raises(Stopped):
            sending.result(timeout=PATIENCE_SECONDS)
    assert not parts()
    assert objects.head(key) is None
