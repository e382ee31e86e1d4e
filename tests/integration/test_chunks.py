"""A long video on many workers: chunks in any order make one whole, frame by frame what one encode makes."""

from __future__ import annotations

import random
import re
import subprocess
from datetime import timedelta
from itertools import pairwise
from math import floor
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from mediaproc import database
from mediaproc.domain.errors import DamagedSource, EncodeFailed, StorageFailed
from mediaproc.domain.states import JobKind, JobState, Lane, Outcome, VideoStatus
from mediaproc.domain.tables import Job, Leftover, Video
from mediaproc.media import chunks as chunks_module
from mediaproc.media import ladder, layout, presets
from mediaproc.media.commands import encode
from mediaproc.media.sources import Source
from mediaproc.operations import playback, views
from mediaproc.operations.jobs import execution, maintenance, requests
from mediaproc.queue import tasks
from mediaproc.queue.huey import huey_of
from mediaproc.settings import settings
from mediaproc.storage import keys
from mediaproc.storage.client import client
from mediaproc_worker import attempt
from mediaproc_worker.consumer import bound_huey
from testing import clips
from testing.jobs import attempts_of, job_now, parts_of, perform_all, uploaded
from testing.videos import events_of, renditions_of, segments_of, stitched, video_now

MPEG4 = ("-c:v", "mpeg4", "-q:v", "5", "-g", "50", "-bf", "2", "-c:a", "aac")
"""What no browser plays, so that nothing is played before the first chunk."""

VP9 = ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime", "-g", "60", "-output_ts_offset", "3.3")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "50", "-c:a", "aac")
B_FRAMES = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "3", "-g", "60", "-c:a", "aac")
NOT_INSTANT = ("foreign.mp4", "late.webm", "fast.mp4", "nearly_fast.mp4", "uneven.mp4", "trimmed.mp4")
"""They have other codecs, keyframes too far apart, or frames that nobody should see."""

UNEVEN = "select='lt(t,3)+gt(t,3)*not(mod(n,3))*lt(t,6)+gt(t,15)*lt(t,18)+gt(t,18)*not(mod(n*n,7))'"


@pytest.fixture(autouse=True)
def _worker(connected: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker to which a quarter of the usual lengths is long: what is tested is the seams, not the waiting."""
    bound_huey()
    for name in ("TARGET_SECONDS", "_SHORTEST_SECONDS", "_LONGEST_SECONDS", "LONGEST_ALONE_SECONDS"):
        monkeypatch.setattr(chunks_module, name, getattr(chunks_module, name) / 4)


def shared_out(source: Path) -> tuple[Job, list[Job]]:
    """A job that has been planned, and its parts."""
    job = uploaded(source)
    attempt.perform(job.id)
    return job, parts_of(job)


def finish(job: Job, parts: list[Job]) -> Video:
    """Perform these parts, then what they let come after them."""
    for part in parts:
        attempt.perform(part.id)
    for part in parts_of(job):
        if part.state.waiting and not part.kind.afterwards:
            attempt.perform(part.id)
    return video_now(job.video_id)


def downloaded(key: str | None, path: Path) -> Path:
    assert key
    client().download_file(settings().s3_bucket, key, str(path))
    return path


def encoded_whole(source: Path, folder: Path) -> Path:
    """What one FFmpeg makes of the source: the folder of its renditions."""
    info = clips.probed(source)
    rungs = ladder.rungs_for(info, presets.WEB)
    arguments = encode.encode_arguments(info, source=Source(str(source)), preset=presets.WEB, rungs=rungs, threads=2)
    folder.mkdir()
    subprocess.run([clips.FFMPEG, *arguments], cwd=folder, check=True, capture_output=True)
    return folder


def times_of(path: Path) -> list[float]:
    packets = clips.ffprobe(path, "-select_streams", "v:0", "-show_entries", "packet=pts_time")["packets"]
    return sorted(float(packet["pts_time"]) for packet in packets)


def ssims(one: Path, other: Path) -> list[float]:
    """How alike each two frames are, from 0 to 1."""
    printed = clips.ffmpeg(
        "-i", str(one), "-i", str(other), "-lavfi", "[0:v][1:v]ssim=stats_file=-", "-f", "null", "-"
    )  # fmt: skip
    return [float(line.split("All:")[1].split()[0]) for line in printed.splitlines() if "All:" in line]


def assert_chunks_begin_with_keyframes(chunks: list[Job], path: Path, *, evenly: bool) -> None:
    """The first frame of each chunk is one, and no two are nearer than a segment, but where a chunk or all begins."""
    times, keyframes = times_of(path), clips.keyframe_times(path)
    starts = [next(at for at in times if at >= (each.start_seconds or 0) - 0.0004) for each in chunks]
    assert set(starts) <= set(keyframes)
    near = [after for before, after in pairwise(keyframes) if after - before < 3]
    assert not evenly or set(near) <= {*starts, *(at for at in keyframes if at < 8)}


def begun_later(clip: Path) -> Path:
    """As a phone trims: the frames before stay in the file, and an edit list says where it begins."""
    trimmed = clip.with_stem("begun-later")
    clips.ffmpeg("-ss", "2.7", "-i", str(clip), "-c", "copy", str(trimmed))
    return trimmed


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("even.mp4", {"encode": X264}),
        ("ntsc.mov", {"encode": B_FRAMES, "rate": "30000/1001"}),
        ("uneven.mp4", {"encode": ("-fps_mode", "vfr", *B_FRAMES, "-g", "36"), "filters": UNEVEN}),
        ("late.mp4", {"encode": (*X264, "-output_ts_offset", "3.3")}),
        ("silent.mp4", {"encode": B_FRAMES, "rate": "24", "audio": None}),
        ("trimmed.mp4", {"encode": B_FRAMES}),
        ("foreign.mp4", {"encode": MPEG4}),
        ("ntsc.mkv", {"encode": B_FRAMES, "rate": "30000/1001"}),
        ("late.webm", {"encode": VP9, "audio": None}),
        ("fast.mp4", {"encode": MPEG4, "rate": "120"}),
        ("nearly_fast.mp4", {"encode": MPEG4, "rate": "95.3"}),
    ],
)  # fmt: skip
def test_stitched_chunks_are_what_one_encode_makes(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    source = clips.make(tmp_path / name, seconds=20, size="192x108", **options)
    if name == "trimmed.mp4":
        source = begun_later(source)
    job, parts = shared_out(source)
    chunks = [each for each in parts if each.kind is JobKind.ENCODE]
    assert len(chunks) >= 2
    random.Random(name).shuffle(parts)
    video = finish(job, parts)
    assert (video.status, job_now(job.id).state) == (VideoStatus.COMPLETED, JobState.COMPLETED)
    made, whole = renditions_of(video.id), encoded_whole(source, tmp_path / "whole")
    sound = {"audio"} if options.get("audio", "") is not None else set()
    instant = set() if name in NOT_INSTANT else {"instant"}
    assert set(made) == {"108p"} | sound | instant
    whole_again, mp4 = stitched(made["108p"], tmp_path), downloaded(made["108p"].mp4_key, tmp_path / "made.mp4")
    one = whole / layout.whole("108p")
    assert times_of(whole_again) == pytest.approx(times_of(one), abs=0.0001)
    assert times_of(mp4) == pytest.approx(times_of(one), abs=0.0001)
    assert_chunks_begin_with_keyframes(chunks, whole_again, evenly=name != "uneven.mp4")
    if name == "trimmed.mp4":
        assert len(times_of(one)) == clips.decode(source).frames < len(times_of(source))
    elif "fast" in name:
        seconds = [floor((at + 0.0004) * presets.WEB.frame_rate_cap) for at in times_of(one)]
        assert len(seconds) == len(set(seconds)) == 20 * presets.WEB.frame_rate_cap, "one frame at each sixtieth"
    else:
        assert len(times_of(one)) == len(times_of(source))
    clips.decode(whole_again)
    alike = ssims(mp4, one)
    assert len(alike) == len(times_of(one))
    assert min(alike) > 0.9
    if instant:
        copied = stitched(made["instant"], tmp_path)
        assert times_of(copied) == pytest.approx(times_of(one), abs=0.0021), "they follow one another on one clock"
        assert made["instant"].finished
    if made.get("audio"):
        sound, alone = clips.decode(stitched(made["audio"], tmp_path), "a:0"), clips.decode(mp4, "a:0")
        assert sound == clips.decode(whole / layout.whole("audio"), "a:0")
        assert alone.end_seconds == pytest.approx(sound.end_seconds, abs=0.03)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clips.make(tmp_path_factory.mktemp("clip") / "long.mp4", seconds=20, size="192x108", encode=MPEG4)


def test_a_plan_gives_up_its_worker_and_waits(clip: Path) -> None:
    job, parts = shared_out(clip)
    assert [each.kind for each in parts] == ["sound", "encode", "encode", "encode", "poster"]
    assert {each.kind: each.lane for each in parts} == {
        JobKind.AUDIO: Lane.COPY, JobKind.ENCODE: Lane.ENCODE, JobKind.POSTER: Lane.QUICK
    }  # fmt: skip
    chunks = [each for each in parts if each.kind is JobKind.ENCODE]
    starts = [(each.start_seconds, each.length_seconds) for each in chunks]
    assert starts == [(0, 8), (8, 8), (16, pytest.approx(4, abs=0.1))]
    waiting = job_now(job.id)
    assert (waiting.state, waiting.lease_expires_at) == (JobState.RUNNING, None)
    with database.transaction() as session:
        maintenance.rescue_expired(session)
    assert job_now(job.id).state is JobState.RUNNING, "nobody has lost it"
    assert video_now(job.video_id).status is VideoStatus.PROCESSING
    assert [each.outcome for each in attempts_of(job.id)] == [None]
    with database.transaction() as session:
        requests.cancel(session, job=job)


def test_a_long_video_does_not_make_others_wait(clip: Path) -> None:
    """Its chunks take turns with those of other long ones, and planning takes none of their slots."""
    for lane in Lane:
        huey_of(lane).flush()
    plans = [shared_out(clip) for _ in range(2)]
    short = uploaded(clip)
    asked = [UUID(huey_of(Lane.ENCODE).dequeue().args[0]) for _ in range(4)]
    chunks = [[part.id for part in parts if part.kind is JobKind.ENCODE] for _, parts in plans]
    assert set(asked) <= {*chunks[0], *chunks[1]}, "whose turn it is the database says: see test_turns"
    assert short.id in tasks.waiting(Lane.QUICK), "it is read and planned while they encode"
    for job in (plans[0][0], plans[1][0], short):
        with database.transaction() as session:
            requests.cancel(session, job=job)


def test_the_playlist_grows_in_order_while_chunks_end_in_any(clip: Path, tmp_path: Path) -> None:
    job, parts = shared_out(clip)
    sound, first, second, third, poster = parts
    attempt.perform(third.id)
    attempt.perform(sound.id)
    assert not video_now(job.video_id).playable, "the beginning is missing"
    attempt.perform(first.id)
    video = video_now(job.video_id)
    assert video.playable
    with database.transaction() as session:
        before = playback.media_playlist(session, video, "108p")
    assert 0 < before.count("#EXTINF") < len(segments_of(renditions_of(video.id)["108p"]))
    assert "#EXT-X-ENDLIST" not in before
    video = finish(job, [second, poster])
    with database.transaction() as session:
        after = playback.media_playlist(session, video, "108p")
    assert after.count("#EXTINF") == len(segments_of(renditions_of(video.id)["108p"])) == 7
    assert "#EXT-X-ENDLIST" in after
    names = [line.split("?")[0] for line in before.splitlines() if line.startswith("http")]
    assert [line.split("?")[0] for line in after.splitlines() if line.startswith("http")][: len(names)] == names
    told = [event.data["progress"] for event in events_of(video.id) if event.type == "progress"]
    assert told == sorted(told)
    assert {event.data["attempt"] for event in events_of(video.id) if event.type == "progress"} == {1}
    assert [event.type for event in events_of(video.id) if event.type in ("playable", "rendition")] == [
        "playable", "rendition", "rendition"
    ]  # fmt: skip
    statuses = [event.data["status"] for event in events_of(video.id) if event.type == "status"]
    assert statuses == ["queued", "processing", "completed"]
    assert video.poster_key == keys.poster(video.id, 1)
    assert [each.outcome for each in attempts_of(job.id)] == [Outcome.COMPLETED]


def test_a_part_that_fails_is_tried_again_and_nothing_else(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETRY_BASE_SECONDS", "0")
    settings.cache_clear()
    job, parts = shared_out(clip)
    chunk = parts[1]
    with database.transaction() as session:
        claim = execution.claim(session, job_id=chunk.id, worker="test:1")
    assert claim and (claim.attempt, claim.output) == (1, 1)
    with database.transaction() as session:
        execution.fail(session, claim, EncodeFailed())
    assert video_now(job.video_id).status is VideoStatus.PROCESSING
    video = finish(job, parts)
    assert video.status is VideoStatus.COMPLETED
    assert [len(attempts_of(each.id)) for each in parts] == [1, 2, 1, 1, 1]
    settings.cache_clear()


def test_a_part_that_fails_for_good_fails_the_whole(clip: Path) -> None:
    job, parts = shared_out(clip)
    with database.transaction() as session:
        other = execution.claim(session, job_id=parts[2].id, worker="test:2")
        claim = execution.claim(session, job_id=parts[1].id, worker="test:1")
    assert claim and other
    with database.transaction() as session:
        session.get_one(Job, parts[1].id).max_attempts = 1
    with database.transaction() as session:
        execution.fail(session, claim, StorageFailed("S3 said no"))
    video = video_now(job.video_id)
    assert (video.status, video.error_code) == (VideoStatus.FAILED, "storage_failed")
    assert job_now(job.id).state is JobState.FAILED
    assert {each.state for each in parts_of(job)} == {JobState.FAILED, JobState.CANCELLED}
    with database.transaction() as session:
        assert not execution.heartbeat(session, job_id=other.job_id, attempt=other.attempt)
        again = requests.retry(session, video=video)
    assert again.attempt == 1
    attempt.perform(again.id)
    assert finish(again, parts_of(again)).status is VideoStatus.COMPLETED


def test_what_chunks_can_not_do_is_done_in_one_piece(clip: Path) -> None:
    job, parts = shared_out(clip)
    attempt.perform(parts[0].id)
    attempt.perform(parts[1].id)
    assert video_now(job.video_id).playable
    with database.transaction() as session:
        claim = execution.claim(session, job_id=parts[2].id, worker="test:1")
    assert claim
    with database.transaction() as session:
        execution.fail(session, claim, DamagedSource())
    assert job_now(job.id).state is JobState.RETRYING
    assert video_now(job.video_id).playable, "until there is something better"
    assert {each.state for each in parts_of(job)} == {JobState.COMPLETED, JobState.FAILED, JobState.CANCELLED}
    perform_all(job)
    video = video_now(job.video_id)
    assert (video.status, video.output_attempt) == (VideoStatus.COMPLETED, 2)
    assert [each.outcome for each in attempts_of(job.id)] == [Outcome.FAILED, Outcome.COMPLETED]
    again = parts_of(job)[len(parts) :]
    assert [each.kind for each in again] == ["sound", "encode", "poster", "assemble", "storyboard"]
    assert "trim=" not in attempts_of(again[1].id)[0].command, "one piece goes to the end, wherever that is"


def test_cancel_ends_the_whole_tree(clip: Path) -> None:
    job, parts = shared_out(clip)
    with database.transaction() as session:
        claim = execution.claim(session, job_id=parts[1].id, worker="test:1")
        assert claim
    with database.transaction() as session:
        requests.cancel(session, job=job)
    assert {each.state for each in parts_of(job)} == {JobState.CANCELLED}
    assert video_now(job.video_id).status is VideoStatus.CANCELLED
    with database.transaction() as session:
        assert not execution.heartbeat(session, job_id=claim.job_id, attempt=1, progress=1.0, whole=1.0)
    assert attempts_of(parts[1].id)[0].outcome is Outcome.CANCELLED


def test_a_source_that_browsers_play_is_played_before_it_is_encoded(tmp_path: Path) -> None:
    source = clips.make(tmp_path / "short.mp4", seconds=3, size="192x108", encode=B_FRAMES)
    job, parts = shared_out(source)
    assert [each.kind for each in parts] == ["remux", "encode", "poster"]
    attempt.perform(parts[0].id)
    video = video_now(job.video_id)
    assert (video.playable, video.status) == (True, VideoStatus.PROCESSING)
    with database.transaction() as session:
        view, top = views.of_videos(session, [video])[0], playback.multivariant_playlist(session, video)
        instant = playback.media_playlist(session, video, "instant")
    assert (view.renditions, view.playback and view.playback.instant) == ([], True)
    assert "instant.m3u8" in top and len(re.findall(r"#EXT-X-STREAM-INF:.*RESOLUTION=", top)) == 1
    assert "#EXT-X-ENDLIST" in instant
    attempt.perform(parts[1].id)
    with database.transaction() as session:
        assert playback.multivariant_playlist(session, video) == top, "nobody changes to a rung that still grows"
    video = finish(job, parts[2:])
    with database.transaction() as session:
        view, top = views.of_videos(session, [video])[0], playback.multivariant_playlist(session, video)
        assert playback.media_playlist(session, video, "instant") == instant, "whoever plays it sees it to its end"
    assert ([each.name for each in view.renditions], view.playback and view.playback.instant) == (["108p"], False)
    assert "instant" not in top
    told = [event.data.get("name") for event in events_of(video.id) if event.type in ("playable", "rendition")]
    assert told == [None, "audio", "108p"]
    _sweep_as_if_played(video)
    assert set(renditions_of(video.id)) == {"108p", "audio"}
    found = client().list_objects_v2(Bucket=settings().s3_bucket, Prefix=keys.output_prefix(video.id, 1))
    assert not [each["Key"] for each in found["Contents"] if "/instant/" in each["Key"]]


def _sweep_as_if_played(video: Video) -> None:
    with database.transaction() as session:
        mine = col(Leftover.prefix) == keys.rendition_prefix(video.id, 1, "instant")
        (leftover,) = session.exec(select(Leftover).where(mine)).all()
        assert leftover.sweep_after > video.created_at + timedelta(hours=5)
        leftover.sweep_after = video.created_at - timedelta(days=9)
    maintenance.sweep_leftovers(limit=100)


def test_a_copy_that_fails_for_good_is_no_failure_of_the_video(tmp_path: Path) -> None:
    source = clips.make(tmp_path / "short.mp4", seconds=2, size="192x108", encode=X264)
    job, parts = shared_out(source)
    with database.transaction() as session:
        session.get_one(Job, parts[0].id).max_attempts = 1
    with database.transaction() as session:
        claim = execution.claim(session, job_id=parts[0].id, worker="test:1")
    assert claim
    with database.transaction() as session:
        execution.fail(session, claim, EncodeFailed())
    assert job_now(job.id).state is JobState.RETRYING
    perform_all(job)
    assert video_now(job.video_id).status is VideoStatus.COMPLETED
    assert set(renditions_of(job.video_id)) == {"108p", "audio"}
