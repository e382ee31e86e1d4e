"""Each built-in preset, from the source in S3 to what can be played and downloaded, on real services."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from mediaproc import database
from mediaproc.domain.states import JobKind, JobState
from mediaproc.domain.tables import Job, Video
from mediaproc.media import presets
from mediaproc.media.preset_request import Recipe
from mediaproc.operations import playback
from mediaproc.operations.jobs import children
from mediaproc_worker import attempt
from mediaproc_worker.consumer import bound_huey
from testing import clips
from testing.jobs import attempts_of, job_now, perform_all, uploaded
from testing.videos import fetched, renditions_of, stitched, storyboard_keys_of, video_now
from tests.integration.conftest import Account
from tests.integration.test_hdr import PQ, hdr, luma


@pytest.fixture(autouse=True)
def _worker(connected: dict[str, str]) -> None:
    bound_huey()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of a moving picture and a soft tone."""
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    return clips.make(path, size="320x180", audio="sine=frequency=440:sample_rate=48000,volume=0.1")


def processed(source: Path, preset: str) -> Video:
    job = uploaded(source, preset=preset)
    perform_all(job)
    assert job_now(job.id).state is JobState.COMPLETED, attempts_of(job.id)[-1].log_tail
    return video_now(job.video_id)


def multivariant(video: Video) -> str:
    with database.transaction() as session:
        return playback.multivariant_playlist(session, video)


@pytest.mark.parametrize(
    ("preset", "codec", "tag", "said"),
    [
        ("web-hevc", "hevc", "hvc1", "hvc1.1.6.L60.90"),
        ("web-av1", "av1", "av01", "av01.0.00M.08"),
        ("mp4-small", "h264", "avc1", "avc1.64001e"),
    ],
)
def test_a_ladder_plays_and_can_be_downloaded(
    clip: Path, tmp_path: Path, preset: str, codec: str, tag: str, said: str
) -> None:
    video = processed(clip, preset)
    made = renditions_of(video.id)
    assert (video.playable, set(made)) == (True, {"180p", "audio", "instant"})
    assert made["180p"].codec == codec
    assert f'CODECS="{said},mp4a.40.2"' in multivariant(video)
    for file in (stitched(made["180p"], tmp_path), fetched(made["180p"].mp4_key, tmp_path)):
        picture = clips.ffprobe(file)["streams"][0]
        assert (picture["codec_name"], picture["codec_tag_string"], picture["pix_fmt"]) == (codec, tag, "yuv420p")
        assert clips.decode(file).frames == 50
        assert clips.keyframe_times(file) == pytest.approx([0.0, 1.0])


@pytest.mark.parametrize("preset", ["web-hevc", "web-av1"])
def test_chunks_of_other_codecs_stitch_too(tmp_path: Path, preset: str) -> None:
    source = clips.make(
        tmp_path / "long.mp4", seconds=48, size="128x72", rate="5",
        encode=("-c:v", "libx264", "-preset", "veryfast", "-bf", "2", "-g", "20", "-c:a", "aac"),
    )  # fmt: skip
    job = uploaded(source, preset=preset)
    attempt.perform(job.id)
    parts = parts_of(job.id)
    chunks = [each for each in parts if each.kind is JobKind.ENCODE]
    assert len(chunks) >= 2
    for part in reversed(parts):
        attempt.perform(part.id)
    for part in parts_of(job.id):
        if part.state.waiting:
            attempt.perform(part.id)
    assert job_now(job.id).state is JobState.COMPLETED
    made = renditions_of(job.video_id)["72p"]
    one, mp4 = stitched(made, tmp_path), fetched(made.mp4_key, tmp_path)
    for file in (one, mp4):
        decoded = clips.decode(file)
        assert decoded.frames == 240
        assert (decoded.start_seconds, decoded.end_seconds) == (0.0, pytest.approx(48.0, abs=0.001))
        times = [float(each["pts_time"]) for each in packets(file)]
        assert sorted(times) == pytest.approx([number / 5 for number in range(240)], abs=0.0001)
    assert {each.start_seconds or 0.0 for each in chunks} <= {round(at, 3) for at in clips.keyframe_times(one)}
    assert min(ssims(mp4, source)) > 0.9


@pytest.mark.parametrize(("codec", "said"), [("hevc", "hvc1.2.4.L60.90"), ("av1", "av01.0.00M.10.0.110.09.16.09.0")])
def test_ten_bits_and_surround_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str, said: str) -> None:
    """PQ stays PQ, 5.1 stays 5.1, one channel stays one; what stands for the video is SDR all the same."""
    asked = {"title": "Deep", "codec": codec, "bit_depth": 10, "rungs": [{"height": 180}], "audio": {"channels": 6}}
    deep = Recipe.model_validate(asked).preset(name="deep", version=1)
    monkeypatch.setattr("mediaproc.operations.presets.PRESETS", {"deep": deep})
    source = with_surround(hdr(tmp_path / "hdr.mkv", PQ, "smpte2084"))
    job = uploaded(source, preset="deep")
    perform_all(job)
    assert job_now(job.id).state is JobState.COMPLETED, attempts_of(job.id)[-1].log_tail
    made, top = renditions_of(job.video_id), multivariant(video_now(job.video_id))
    assert set(made) == {"108p", "audio", "audio-2"}
    assert (made["audio"].channels, made["audio-2"].channels) == (6, 1)
    assert f'CODECS="{said},mp4a.40.2"' in top
    assert [word in top for word in ("VIDEO-RANGE=PQ", 'CHANNELS="6"', 'CHANNELS="1"')] == [True] * 3
    for file in (stitched(made["108p"], tmp_path), fetched(made["108p"].mp4_key, tmp_path)):
        assert picture_of(file) == ("yuv420p10le", "smpte2084", "bt2020", "bt2020nc")
        assert clips.decode(file).frames == 10
        assert min(ssims(file, source)) > 0.95
    sounds = [each for each in clips.ffprobe(file)["streams"] if each["codec_type"] == "audio"]
    assert [(each["codec_name"], each["channel_layout"]) for each in sounds] == [("aac", "5.1"), ("aac", "mono")]
    (board,) = [each for each in parts_of(job.id) if each.kind is JobKind.STORYBOARD]
    attempt.perform(board.id)
    sheet = fetched(next(key for key in storyboard_keys_of(job.video_id) if "preview" not in key), tmp_path)
    assert (luma(sheet, 0) > 190, luma(sheet, 2) < 6) == (True, True)


def with_surround(picture: Path) -> Path:
    """The picture, with a sound of 5.1 and one of a single channel."""
    noise = "anoisesrc=color=brown:sample_rate=48000:amplitude=0.1:seed=1:duration=1"
    file = picture.with_name("surround.mkv")
    clips.ffmpeg(
        "-i", str(picture), "-f", "lavfi", "-i", noise, "-filter_complex",
        "[1:a]asplit=2[one][all];[all]pan=5.1(side)|FL=c0|FR=c0|FC=c0|LFE=c0|SL=c0|SR=c0[six]",
        "-map", "0:v", "-map", "[six]", "-map", "[one]", "-c:v", "copy", "-c:a", "ac3", str(file),
    )  # fmt: skip
    return file


def picture_of(file: Path) -> tuple[str, ...]:
    picture = clips.ffprobe(file)["streams"][0]
    return tuple(picture.get(name, "") for name in ("pix_fmt", "color_transfer", "color_primaries", "color_space"))


def parts_of(job_id: UUID) -> list[Job]:
    with database.transaction() as session:
        return children.parts_of_job(session, job_id)


def packets(file: Path) -> list[dict[str, Any]]:
    return clips.ffprobe(file, "-select_streams", "v:0", "-show_entries", "packet=pts_time")["packets"]


def ssims(one: Path, other: Path) -> list[float]:
    printed = clips.ffmpeg(
        "-i", str(one), "-i", str(other), "-lavfi", "[0:v][1:v]ssim=stats_file=-", "-f", "null", "-"
    )  # fmt: skip
    return [float(line.split("All:")[1].split()[0]) for line in printed.splitlines() if "All:" in line]


def loudness_of(file: Path) -> float:
    done = subprocess.run(
        [clips.FFMPEG, "-nostdin", "-i", str(file), "-af", "ebur128", "-f", "null", "-"], capture_output=True, text=True
    )
    return float(done.stderr.rpartition("I:")[2].split()[0])


def test_sound_alone_has_one_loudness_in_every_format(clip: Path, tmp_path: Path) -> None:
    assert loudness_of(clip) < -35
    video = processed(clip, "audio")
    made = renditions_of(video.id)
    assert (video.playable, set(made)) == (True, {"audio", "opus", "mp3"})
    expected = {"audio": ("aac", "m4a"), "opus": ("opus", "opus"), "mp3": ("mp3", "mp3")}
    for name, (codec, suffix) in expected.items():
        file = fetched(made[name].mp4_key, tmp_path)
        (track,) = clips.ffprobe(file)["streams"]
        assert (track["codec_name"], track["channels"], file.suffix) == (codec, 2, f".{suffix}")
        assert loudness_of(file) == pytest.approx(-16, abs=0.5)
        assert made[name].mp4_size_bytes == file.stat().st_size
    lines = multivariant(video).splitlines()
    assert 'CODECS="mp4a.40.2"' in lines[-2]
    assert lines[-1].startswith("audio.m3u8?token=")
    assert clips.decode(stitched(made["audio"], tmp_path), "a:0").end_seconds == pytest.approx(2.0, abs=0.05)


@pytest.mark.parametrize(
    ("name", "encode"), [("talk.mp3", ("-c:a", "libmp3lame")), ("talk.m4a", ("-c:a", "aac")), ("talk.wav", ())]
)
def test_a_sound_file_needs_no_picture(tmp_path: Path, name: str, encode: tuple[str, ...]) -> None:
    source = tmp_path / name
    clips.ffmpeg("-f", "lavfi", "-i", "sine=duration=1:frequency=300", *encode, str(source))
    video = processed(source, "audio")
    assert (video.playable, video.poster_key, video.width, set(renditions_of(video.id))) == (
        True, None, None, {"audio", "opus", "mp3"}
    )  # fmt: skip
    assert "sound" not in multivariant(video)
    made = processed(source, "web")
    assert (made.preset, set(renditions_of(made.id))) == ("audio", {"audio", "opus", "mp3"})
    job = uploaded(source, preset="gif")
    perform_all(job)
    assert job_now(job.id).error_code == "no_video_track"


def test_silence_stays_silent(tmp_path: Path) -> None:
    source = clips.make(tmp_path / "quiet.mp4", size="64x48", seconds=1, audio="anullsrc")
    assert set(renditions_of(processed(source, "audio").id)) == {"audio", "opus", "mp3"}


def test_a_picture_without_sound_can_not_become_sound(tmp_path: Path) -> None:
    job = uploaded(clips.make(tmp_path / "mute.mp4", size="64x48", seconds=1, audio=None), preset="audio")
    perform_all(job)
    job = job_now(job.id)
    assert (job.state, job.error_code, job.attempt) == (JobState.FAILED, "no_audio_track", 1)


def test_a_preview_shows_moments_of_all_the_video(tmp_path: Path) -> None:
    """The picture grows brighter by the second, so brightness tells which moments are shown."""
    source = clips.make(
        tmp_path / "ramp.mp4", size="640x360", seconds=16, pattern="color=black", rate="12",
        filters="geq=lum=16+T*12:cb=128:cr=128",
    )  # fmt: skip
    video = processed(source, "preview")
    made = renditions_of(video.id)
    assert (video.playable, {name: (each.width, each.height) for name, each in made.items()}) == (
        False, {"preview": (640, 360), "webp": (480, 270)}
    )  # fmt: skip
    mp4, webp = (fetched(made[name].mp4_key, tmp_path) for name in ("preview", "webp"))
    assert [each["codec_name"] for each in clips.ffprobe(mp4)["streams"]] == ["h264"]
    assert clips.decode(mp4).end_seconds == pytest.approx(6.0, abs=0.1)
    seen = [int(line.split("=")[1].split(".")[0]) for line in stats(mp4) if "YAVG" in line]
    assert [round((seen[round((number + 0.5) * 36)] - 16) / 12) for number in range(4)] == [2, 6, 10, 14]
    assert webp.read_bytes()[:4] == b"RIFF"
    shown = webp.read_bytes().split(b"ANMF")[1:]  # what stays the same is shown longer
    assert sum(int.from_bytes(each[16:19], "little") for each in shown) == pytest.approx(6000, abs=200)


def stats(file: Path) -> list[str]:
    return clips.ffmpeg(
        "-i", str(file), "-vf", "signalstats,metadata=print:file=-", "-f", "null", "-"
    ).splitlines()  # fmt: skip


def test_a_gif_loops_for_ever(clip: Path, tmp_path: Path) -> None:
    video = processed(clip, "gif")
    (made,) = renditions_of(video.id).values()
    file = fetched(made.mp4_key, tmp_path)
    assert b"NETSCAPE2.0\x03\x01\0\0" in file.read_bytes()
    assert (clips.ffprobe(file)["streams"][0]["width"], clips.decode(file).frames) == (320, 24)
    assert (video.playable, made.name, made.codec) == (False, "gif", "gif")


def test_files_are_saved_under_their_own_names_and_types(clip: Path, account: Callable[[], Account]) -> None:
    """What the API says of a preset's files, and what a browser is told when it saves one."""
    owner = account()
    job = uploaded(clip, filename="Ferien 1.mov", preset="gif")
    with database.transaction() as session:
        video = session.exec(select(Video).where(col(Video.id) == job.video_id)).one()
        video.team_id, video.title = owner.principal.team_id, "Ferien 1"
    perform_all(job)
    view = owner.client.get(f"/api/v1/videos/{job.video_id}").json()
    assert (view["playback"], view["playable"], view["preset"]) == (None, False, "gif")
    assert [(each["name"], each["suffix"], each["codec"]) for each in view["renditions"]] == [("gif", "gif", "gif")]
    address = owner.client.get(f"/api/v1/videos/{job.video_id}/download").headers["location"]
    import httpx

    answer = httpx.get(address)
    assert answer.headers["content-type"] == "image/gif"
    assert "filename*=UTF-8''Ferien%201.gif" in answer.headers["content-disposition"]


def test_presets_survive_json() -> None:
    for preset in presets.PRESETS.values():
        assert presets.Preset.from_json(json.loads(json.dumps(preset.to_json()))) == preset
