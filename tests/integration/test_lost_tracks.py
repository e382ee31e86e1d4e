"""Tracks that are easily lost, or fail a video: files as people have them, from S3 to HLS and MP4, on real services."""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mediaproc.domain.errors import EncryptedSource, IncompleteSource, UnsupportedCodec
from mediaproc.domain.states import JobState, RenditionKind
from mediaproc.domain.tables import Job
from mediaproc.media.sources import Source
from mediaproc_worker import source
from mediaproc_worker.consumer import bound_huey
from testing import clips
from testing.jobs import attempts_of, job_now, perform_all, uploaded
from testing.videos import fetched, renditions_of, stitched, video_now

FILM = ("-f", "lavfi", "-i", "testsrc2=size=160x90:rate=25:duration=2")
COVER = ("-f", "lavfi", "-i", "color=red:size=400x400:duration=0.04")
TONE = ("-f", "lavfi", "-i", "sine=frequency=1000:sample_rate=48000:duration=2")
NINE = ("-f", "lavfi", "-i", f"aevalsrc={'|'.join(['0'] * 8)}|0.5*sin(2*PI*1000*t):s=48000:d=2")
X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac")
CENC = (
    *("-encryption_scheme", "cenc-aes-ctr"),
    *("-encryption_key", "76a6c65c5ea762046bd749a2e632ccbb"),
    *("-encryption_kid", "a7e61c373e219033c21091fa607bf3b8"),
)
BOTH = pytest.mark.parametrize("preset", ["web", "source-copy"])

pytestmark = pytest.mark.usefixtures("connected")


@dataclass(frozen=True)
class Output:
    """The output of a file: its log, its HLS renditions and its MP4, as files."""

    log: str
    video: Path
    audio: list[Path]
    mp4: Path


def made(file: Path, preset: str) -> Output:
    """The output of a file. A job that has to be tried again in one piece is."""
    bound_huey()
    job = uploaded(file, preset=preset)
    perform_all(job)
    if job_now(job.id).state is JobState.RETRYING:
        perform_all(job)
    log = "\n".join(each.log_tail for each in attempts_of(job.id))
    assert job_now(job.id).state is JobState.COMPLETED, log
    found = renditions_of(video_now(job.video_id).id)
    (rung,) = [each for each in found.values() if each.kind is RenditionKind.VIDEO and each.mp4_key]
    audio = [stitched(each, file.parent) for each in found.values() if each.kind is RenditionKind.AUDIO]
    return Output(log, stitched(rung, file.parent), audio, fetched(rung.mp4_key, file.parent))


def failed(file: Path) -> Job:
    bound_huey()
    job = uploaded(file)
    perform_all(job)
    assert job_now(job.id).state is JobState.FAILED
    return job_now(job.id)


def peak_dbfs(file: Path) -> float:
    """The loudest sample of a file's first audio track, as it is decoded."""
    command = [clips.FFMPEG, "-nostdin", "-i", str(file), "-map", "0:a:0", "-af", "volumedetect", "-f", "null", "-"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    return float(re.findall(r"max_volume: (\S+) dB", told)[0])


def assert_whole(output: Output, *, frames: int = 50, audio: int = 1) -> None:
    """The film has every frame, and each audio track is heard, in the HLS and in the MP4."""
    streams = clips.ffprobe(output.mp4)["streams"]
    assert [each["codec_type"] for each in streams] == ["video", *["audio"] * audio]
    assert clips.decode(output.video).frames == clips.decode(output.mp4).frames == frames
    assert len(output.audio) == audio
    for file in [*output.audio, *([output.mp4] if audio else [])]:
        assert peak_dbfs(file) > -25


def edited(file: Path, change: Callable[[bytes], bytes]) -> Path:
    file.write_bytes(change(file.read_bytes()))
    return file


def _with_apac(data: bytes) -> bytes:
    """Call the last audio track Apple's APAC, of which FFmpeg knows nothing."""
    entry, decoder = data.rfind(b"mp4a\0\0\0\0"), data.rfind(b"esds")
    return data[:entry] + b"apac" + data[entry + 4 : decoder] + b"dapa" + data[decoder + 4 :]


# Tracks that can't be decoded -------------------------------------------------------------------------------


@BOTH
def test_audio_without_a_decoder_is_left_out(tmp_path: Path, preset: str) -> None:
    clip = tmp_path / "iphone.mp4"
    clips.ffmpeg(*FILM, *TONE, *TONE, "-map", "0", "-map", "1", "-map", "2", *X264, *AAC, str(clip))
    output = made(edited(clip, _with_apac), preset)
    assert "Audio track 3 (apac) can't be decoded and is left out" in output.log
    assert_whole(output)


@BOTH
def test_the_only_audio_without_a_decoder_leaves_a_silent_film(tmp_path: Path, preset: str) -> None:
    clip = tmp_path / "silent.mp4"
    clips.ffmpeg(*FILM, *TONE, *X264, *AAC, str(clip))
    output = made(edited(clip, _with_apac), preset)
    assert "Audio track 2 (apac) can't be decoded and is left out" in output.log
    assert_whole(output, audio=0)


@pytest.mark.parametrize("preset", ["web", "source-copy"])
def test_audio_that_turns_out_to_be_garbage_is_left_out_when_the_video_is_tried_again(
    tmp_path: Path, preset: str
) -> None:
    clip = tmp_path / "garbage.mp4"
    codecs = ("-c:a:0", "libmp3lame", "-c:a:1", "aac")
    clips.ffmpeg(*FILM, *TONE, *TONE, "-map", "0", "-map", "1", "-map", "2", *X264, *codecs, str(clip))
    packets = clips.ffprobe(clip, "-show_packets", "-select_streams", "1")["packets"]
    data = bytearray(clip.read_bytes())
    for each in packets:
        data[int(each["pos"]) : int(each["pos"]) + int(each["size"])] = b"\xff" * int(each["size"])
    clip.write_bytes(data)
    output = made(clip, preset)
    assert "Audio track 2 (mp3) can't be decoded and is left out" in output.log
    assert_whole(output)


def test_video_without_a_decoder_fails_in_words(tmp_path: Path) -> None:
    clip = tmp_path / "unknown.mkv"
    clips.ffmpeg(*FILM, *TONE, *X264, *AAC, str(clip))
    job = failed(edited(clip, lambda data: data.replace(b"V_MPEG4/ISO/AVC", b"V_MPEG9/ISO/XXX", 1)))
    assert job.error_code == UnsupportedCodec.code
    assert "No video of this file can be decoded" in (job.error_detail or "")


# Tracks that begin late -------------------------------------------------------------------------------------


LATE = ("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=5:duration=10")


@BOTH
def test_audio_that_begins_late_is_found_in_a_transport_stream(tmp_path: Path, preset: str) -> None:
    clip = tmp_path / "late.ts"
    clips.ffmpeg(*LATE, "-itsoffset", "8.5", *TONE, "-t", "10", *X264, *AAC, str(clip))
    assert clips.ffprobe(clip)["streams"][1].get("channels", 0) == 0, "FFmpeg's own probing finds it"
    output = made(clip, preset)
    assert "no audio" not in output.log
    assert len(output.audio) == 1
    assert max(map(peak_dbfs, [*output.audio, output.mp4])) > -25


@pytest.mark.parametrize("container", ["ts", "vob"])
def test_a_language_that_begins_late_is_found(tmp_path: Path, container: str) -> None:
    encode = ("-c:v", "mpeg2video", "-g", "5", "-c:a", "mp2")
    first, second = tmp_path / f"first.{container}", tmp_path / f"second.{container}"
    clips.ffmpeg(*LATE, *TONE, "-map", "0", "-map", "1", "-t", "9", *encode, str(first))
    tail = ("-f", "lavfi", "-i", "testsrc2=size=64x64:rate=5:duration=2")
    maps = ("-map", "0", "-map", "1", "-map", "2")
    clips.ffmpeg(*tail, *TONE, *TONE, *maps, *encode, "-output_ts_offset", "9", str(second))
    clip = tmp_path / f"late.{container}"
    clip.write_bytes(first.read_bytes() + second.read_bytes())
    info = _examined(clip)
    assert len(info.audio) == 2
    assert info.video.shown


def _examined(clip: Path) -> source.MediaInfo:
    data = clip.read_bytes()
    return source.examined(
        Source(str(clip)),
        data=source.Bytes(lambda at, size: data[at : at + size], len(data)),
        directory=clip.parent,
        cancelled=threading.Event(),
    )


# Channels ---------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("layout", ["nine", "ambisonic", "above", "odd"])
def test_any_channels_come_out_as_audio_that_is_heard(tmp_path: Path, layout: str, preset: str) -> None:
    clip = tmp_path / ("audio.mkv" if layout in {"nine", "ambisonic"} else "audio.mov")
    if layout == "ambisonic":
        (tmp_path / "raw").write_bytes(_raw_tone(channels=4))
        audio = ("-f", "s16le", "-ar", "48000", "-ch_layout", "ambisonic 1", "-i", str(tmp_path / "raw"))
        encode: tuple[str, ...] = ("-c:a", "libopus", "-mapping_family", "2")
    else:
        named = {"nine": "", "above": ":c=5.1.4", "odd": ":c=FL+LFE"}[layout]
        count = {"nine": 9, "above": 10, "odd": 2}[layout]
        tones = ["0"] * (count - 1) if layout != "odd" else ["0.5*sin(2*PI*1000*t)"]
        tones.append("0.5*sin(2*PI*1000*t)" if layout != "odd" else "0")
        audio = ("-f", "lavfi", "-i", f"aevalsrc={'|'.join(tones)}:s=48000:d=2{named}")
        encode = ("-c:a", "pcm_s16le")
    clips.ffmpeg(*FILM, *audio, "-map", "0", "-map", "1", *X264, *encode, str(clip))
    assert_whole(made(clip, preset))


def _raw_tone(*, channels: int) -> bytes:
    """Two seconds of a square wave of 1 kHz on the first channel."""
    high, low = ((level).to_bytes(2, "little", signed=True) for level in (12000, -12000))
    rest = bytes(2 * (channels - 1))
    loud = (high + rest) * 24 + (low + rest) * 24
    return loud * 2000


# The film ---------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize(
    ("suffix", "cover"), [("mkv", ("-c:v:0", "mjpeg")), ("mp4", ("-c:v:0", "libx264")), ("live.mkv", ("-c:v:0", "png"))]
)
def test_the_film_is_what_moves(tmp_path: Path, suffix: str, cover: tuple[str, ...], preset: str) -> None:
    clip = tmp_path / f"cover.{suffix}"
    encode = ("-c:v:1", "libx264", "-preset", "ultrafast", "-g", "25", *cover, *AAC)
    flags = ("-disposition:v:0", "default", "-disposition:v:1", "0")
    live = ("-live", "1") if suffix.startswith("live") else ()
    maps = ("-map", "0", "-map", "1", "-map", "2")
    clips.ffmpeg(*COVER, *FILM, *TONE, *maps, *encode, *flags, *live, str(clip))
    output = made(clip, preset)
    assert "Video track 1 (" in output.log
    assert "is an image and is left out" in output.log
    assert_whole(output)


@BOTH
def test_one_programme_of_a_transport_stream_is_processed(tmp_path: Path, preset: str) -> None:
    clip = tmp_path / "programmes.ts"
    programmes = (
        *("-program", "title=Radio:program_num=1:st=1"),
        *("-program", "title=TV:program_num=2:st=0:st=2"),
        *("-program", "title=Other:program_num=3:st=3:st=4"),
    )
    maps = ("-map", "0", "-map", "1", "-map", "2", "-map", "3", "-map", "4")
    clips.ffmpeg(*FILM, *TONE, *TONE, *FILM, *TONE, *maps, *X264, *AAC, *programmes, str(clip))
    output = made(clip, preset)
    assert "Programme 1 “Radio” is left out: only 2 “TV” is processed" in output.log
    assert "Programme 3 “Other” is left out: only 2 “TV” is processed" in output.log
    assert_whole(output)


# Words ------------------------------------------------------------------------------------------------------


def test_a_chained_ogg_is_what_ffmpeg_makes_of_it(tmp_path: Path) -> None:
    one = tmp_path / "one.ogv"
    clips.ffmpeg(*FILM, *TONE, "-c:v", "libtheora", "-c:a", "libvorbis", str(one))
    chained = tmp_path / "chained.ogv"
    chained.write_bytes(one.read_bytes() * 2)
    plain = tmp_path / "plain.mkv"
    clips.ffmpeg("-i", str(chained), "-map", "0", *X264, *AAC, str(plain))
    assert_whole(made(chained, "web"), frames=clips.decode(plain).frames)


def test_a_matrix_that_the_scaler_does_not_know_is_converted(tmp_path: Path) -> None:
    clip = tmp_path / "screen.mp4"
    clips.ffmpeg(*FILM, *TONE, *X264, "-x264-params", "colormatrix=YCgCo", *AAC, str(clip))
    assert_whole(made(clip, "web"))


@pytest.mark.parametrize("flags", [(), ("-movflags", "+faststart"), ("-movflags", "frag_keyframe+empty_moov")])
def test_an_encrypted_file_says_so(tmp_path: Path, flags: tuple[str, ...]) -> None:
    clip = tmp_path / "protected.mp4"
    clips.ffmpeg(*FILM, *TONE, *X264, *AAC, *flags, *CENC, str(clip))
    assert failed(clip).error_code == EncryptedSource.code


@pytest.mark.parametrize("cut", ["moov missing", "mdat", "after the moov", "in the moov", "mkv header"])
def test_a_cut_off_file_is_incomplete(tmp_path: Path, cut: str) -> None:
    clip = tmp_path / ("cut.mkv" if cut == "mkv header" else "cut.mp4")
    fast = ("-movflags", "+faststart") if cut.endswith("the moov") else ()
    clips.ffmpeg(*FILM, *TONE, *X264, *AAC, *fast, str(clip))
    data = clip.read_bytes()
    mdat = data.find(b"mdat")
    keep = {
        "moov missing": data.rfind(b"moov") - 4,
        "mdat": mdat + 5000,
        "after the moov": mdat + 4,
        "in the moov": mdat - 500,
        "mkv header": 300,
    }[cut]
    clip.write_bytes(data[:keep])
    job = failed(clip)
    assert job.error_code == IncompleteSource.code
    assert "its end is missing" in (job.error_detail or "")
