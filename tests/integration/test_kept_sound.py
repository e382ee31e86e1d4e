"""Sound that is already what a preset makes is kept to the bit, beside an encoded picture, on real services."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mediaproc.domain.states import JobKind, JobState
from mediaproc.domain.tables import Job, Rendition
from mediaproc_worker.consumer import bound_huey
from testing import clips
from testing.jobs import attempts_of, job_now, parts_of, perform_all, uploaded
from testing.videos import fetched, renditions_of, stitched

SAID = "The audio is copied without encoding"
STEREO = ("-c:a", "aac", "-ac", "2", "-ar", "44100", "-b:a", "160k")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", *STEREO)
MPEG4 = ("-c:v", "mpeg4", *STEREO)


@pytest.fixture(autouse=True)
def _worker(connected: dict[str, str]) -> None:
    bound_huey()


def made_of(source: Path) -> tuple[Job, dict[str, Rendition], str]:
    """The job, the renditions and the log of a source that went well."""
    job = uploaded(source)
    perform_all(job)
    assert job_now(job.id).state is JobState.COMPLETED, attempts_of(job.id)[-1].log_tail
    return job, renditions_of(job.video_id), attempts_of(job.id)[0].log_tail


@pytest.mark.parametrize(("encode", "kind"), [(H264, JobKind.REMUX), (MPEG4, JobKind.AUDIO)])
def test_not_one_bit_of_it_changes(tmp_path: Path, encode: tuple[str, ...], kind: JobKind) -> None:
    source = clips.make(tmp_path / "clip.mp4", size="320x180", seconds=8, encode=encode)
    job, made, log = made_of(source)
    assert SAID in log
    assert kind in {part.kind for part in parts_of(job)}
    (track,) = clips.ffprobe(source, "-select_streams", "a:0")["streams"]
    assert (made["audio"].channels, made["audio"].codecs) == (2, "mp4a.40.2")
    assert made["audio"].bitrate_bps == pytest.approx(int(track["bit_rate"]), rel=0.05)
    heard = clips.decode(source, "a:0")
    mp4 = fetched(made["180p"].mp4_key, tmp_path)
    for file, name in ((mp4, "a:0"), (stitched(made["audio"], tmp_path), "a:0")):
        assert clips.bits(file, name) == clips.bits(source, "a:0")
        assert clips.packet_times(file, name) == pytest.approx(clips.packet_times(source, "a:0"), abs=0.001)
        assert clips.decode(file, name).end_seconds == pytest.approx(heard.end_seconds, abs=0.03)
    assert clips.decode(mp4).frames == clips.decode(source).frames


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("mono.mp4", {"encode": (*H264, "-ac", "1")}),
        ("heavy.mp4", {"encode": (*H264, "-b:a", "320k")}),
        ("gap.mp4", {"encode": (*H264, "-af", "aselect='not(between(t,0.5,1))'")}),
        ("other.mkv", {"encode": (*H264[:4], "-c:a", "libopus")}),
    ],
)
def test_what_is_not_what_the_preset_makes_is_encoded(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    source = clips.make(tmp_path / name, size="64x48", **options)
    _, made, log = made_of(source)
    assert SAID not in log
    mp4 = fetched(made["48p"].mp4_key, tmp_path)
    assert clips.bits(mp4, "a:0") != clips.bits(source, "a:0")
    assert clips.decode(mp4, "a:0").end_seconds == pytest.approx(clips.decode(source, "a:0").end_seconds, abs=0.05)


def test_what_its_edit_list_hides_is_not_heard(tmp_path: Path) -> None:
    """A film whose end was cut off without rewriting its media: neither picture nor sound go on behind it."""
    whole, source = clips.make(tmp_path / "whole.mp4", size="64x48", seconds=4, encode=H264), tmp_path / "cut.mp4"
    source.write_bytes(half_shown(whole.read_bytes()))
    assert clips.decode(source, "a:0").end_seconds == pytest.approx(2.0, abs=0.05)
    _, made, log = made_of(source)
    assert SAID in log
    mp4 = fetched(made["48p"].mp4_key, tmp_path)
    assert clips.decode(mp4, "a:0").end_seconds == pytest.approx(2.0, abs=0.05)
    assert clips.decode(mp4).end_seconds == pytest.approx(2.0, abs=0.05)


def half_shown(data: bytes) -> bytes:
    """An MP4 whose edit lists end half-way (version 0: four bytes of duration behind the count)."""
    cut, at = bytearray(data), 0
    while (at := data.find(b"elst", at)) >= 0:
        at += 12
        cut[at : at + 4] = (int.from_bytes(data[at : at + 4], "big") // 2).to_bytes(4, "big")
    return bytes(cut)
