"""Our readers and writers of MP4, Matroska and playlists, compared with independent parsers: pymp4, enzyme and m3u8."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import enzyme
import m3u8
import pytest
from mpegdash.parser import MPEGDASHParser  # pyright: ignore[reportMissingTypeStubs]
from pymp4.parser import Box

from mediaproc.commands.plan import index_of
from mediaproc.media import dash, hls, ladder, layout
from mediaproc.media.commands.encode import encode_arguments
from mediaproc.media.dash import Representation, TextRepresentation
from mediaproc.media.mp4 import boxes, faststart, retime, trun
from mediaproc.media.mp4.first_frame import first_frame
from mediaproc.media.mp4.segmenter import Segmenter
from mediaproc.media.presets import WEB
from mediaproc.media.sources import Source
from mediaproc.media.track_roles import Role
from mediaproc.media.tracks import Label
from testing import clips

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "12", "-c:a", "aac", "-ac", "2")


def parsed(data: bytes) -> list[Any]:
    """The boxes of a file, as pymp4 reads them."""
    found: list[Any] = []
    while data:
        box = Box.parse(data)
        found.append(box)
        data = data[box.end - box.offset if "end" in box else len(Box.build(box)) :]
    return found


def child(box: Any, *path: str) -> Any:
    for kind in path:
        box = next(each for each in box.children if each.type == kind.encode())
    return box


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return clips.make(tmp_path_factory.mktemp("clip") / "clip.mp4", seconds=3, size="64x48", rate="25", encode=H264)


@pytest.fixture(scope="module")
def encoded(clip: Path) -> bytes:
    """A rung as FFmpeg writes it here: one fragmented MP4."""
    info = clips.probed(clip)
    rungs = ladder.rungs_for(info, WEB)
    command = encode_arguments(info, source=Source(str(clip)), preset=WEB, rungs=rungs, threads=1)
    subprocess.run([clips.FFMPEG, *command], cwd=clip.parent, check=True, capture_output=True)
    return (clip.parent / layout.whole(rungs[0].name)).read_bytes()


def test_sample_tables_are_read_as_pymp4_reads_them(clip: Path) -> None:
    data = clip.read_bytes()
    found = boxes.find_moov(lambda at, size: data[at : at + size], len(data))
    assert found
    moov = data[found.offset : found.end]
    table = child(Box.parse(moov), "trak", "mdia", "minf", "stbl")
    trak = boxes.track_box(moov, 0, handler=b"vide")
    ours = boxes.sample_durations(boxes.sample_table(trak))
    assert ours == [(row.sample_count, row.sample_delta) for row in child(table, "stts").entries]
    assert boxes.track_timescale(trak) == child(Box.parse(moov), "trak", "mdia", "mdhd").timescale
    numbers = [row.sample_number for row in child(table, "stss").entries]
    times = index_of(clip, clips.probed(clip)).keyframes
    assert times == pytest.approx([(number - 1) / 25 for number in numbers])


def test_fragments_are_read_and_written_as_pymp4_reads_them(encoded: bytes) -> None:
    followed = Segmenter()
    closed = followed.closed_segments(lambda at, size: encoded[at : at + size], len(encoded))
    assert [each.samples for each in closed] == [25, 25, 25]
    init = Box.parse(boxes.find(encoded, "moov") and encoded[boxes.locate(encoded, "moov").offset :])
    assert followed.timescale == child(init, "trak", "mdia", "mdhd").timescale
    for each in closed:
        segment = encoded[each.offset : each.offset + each.size_bytes]
        theirs = child(Box.parse(segment), "traf")
        run, rows = trun.run_of(segment), child(theirs, "trun").sample_info
        assert [sample.size for sample in run.samples] == [row.sample_size for row in rows]
        assert [sample.offset or 0 for sample in run.samples] == [
            row.sample_composition_time_offsets or 0 for row in rows
        ]
        assert boxes.decode_time_of(segment) == child(theirs, "tfdt").baseMediaDecodeTime
        assert run.to_box() == segment[(at := boxes.locate(segment, "moof", "traf", "trun")).offset : at.end]


def test_what_is_rewritten_is_well_formed_for_pymp4(encoded: bytes) -> None:
    followed = Segmenter()
    cut = followed.closed_segments(lambda at, size: encoded[at : at + size], len(encoded))[1]
    segment = encoded[cut.offset : cut.offset + cut.size_bytes]
    still = first_frame(segment)
    alone = child(Box.parse(still.alone(segment)), "traf", "trun")
    assert (alone.sample_count, alone.sample_info[0].sample_size) == (1, still.size_bytes)
    assert alone.data_offset == len(still.moof) + 8
    moved = retime.retimed(
        segment, lag_before=0, lag=1024, default_duration=followed.default_duration, end=cut.fragments[0].end
    )
    rows = child(Box.parse(moved.data), "traf", "trun").sample_info
    assert sum(row.sample_duration for row in rows) == moved.ticks
    assert min(row.sample_composition_time_offsets for row in rows) >= 0
    assert moved.ticks / followed.timescale == pytest.approx(cut.duration_seconds)


def test_a_moved_index_is_well_formed_for_pymp4(clip: Path) -> None:
    data = clip.read_bytes()
    made = faststart.faststart_file(lambda at, size: data[at : at + size], len(data), tracks=2)
    assert made
    whole = made.head + data[made.start : made.end]
    kinds = [box.type for box in parsed(made.head[: boxes.locate(whole, "moov").end])]
    assert kinds == [b"ftyp", b"moov"]
    before = Box.parse(data[boxes.locate(data, "moov").offset :])
    after = Box.parse(whole[boxes.locate(whole, "moov").offset :])
    first = [child(each, "trak", "mdia", "minf", "stbl", "stco").entries[0].chunk_offset for each in (before, after)]
    assert data[first[0] : first[0] + 64] == whole[first[1] : first[1] + 64]


def test_keyframes_of_a_matroska_are_those_of_its_cues(tmp_path: Path) -> None:
    path = clips.make(tmp_path / "clip.mkv", seconds=3, size="64x48", rate="25", encode=H264)
    with path.open("rb") as file:
        theirs = enzyme.MKV(file)
    info = clips.probed(path)
    assert theirs.video_tracks[0].width == info.video.width
    assert theirs.info
    assert theirs.info.duration
    assert theirs.info.duration.total_seconds() == pytest.approx(info.duration_seconds, abs=0.1)
    assert index_of(path, info).keyframes == pytest.approx(clips.keyframe_times(path), abs=0.002)


def test_playlists_are_read_by_m3u8_as_they_were_meant() -> None:
    variant = hls.Variant("720p.m3u8", 1280, 720, 29.97, "avc1.64001f", 2_000_000, 3_000_000, video_range="PQ")
    audio = hls.AudioRendition("a.m3u8", "mp4a.40.2", 128_000, 130_000, 6, Label('The "5.1"', "pt-BR", is_default=True))
    text = hls.TextRendition("s.m3u8", Label("German", "de"))
    top = m3u8.loads(hls.multivariant_playlist([variant], audio=[audio], subtitles=[text]))
    found, alone = top.playlists
    assert (alone.uri, alone.stream_info.codecs, alone.stream_info.resolution) == ("a.m3u8", "mp4a.40.2", None)
    assert alone.stream_info.bandwidth == 130_000
    assert found.stream_info.closed_captions == alone.stream_info.closed_captions == "NONE"
    assert found.stream_info.resolution == (1280, 720)
    assert (found.stream_info.bandwidth, found.stream_info.average_bandwidth) == (3_130_000, 2_128_000)
    assert (found.stream_info.codecs, found.stream_info.video_range) == ("avc1.64001f,mp4a.40.2", "PQ")
    assert {(each.type, each.language, each.name, each.uri) for each in top.media} == {
        ("AUDIO", "pt-BR", "The '5.1'", "a.m3u8"),
        ("SUBTITLES", "de", "German", "s.m3u8"),
    }
    assert {each.group_id for each in found.media} == {each.group_id for each in top.media}
    segments = [hls.MediaSegment("0.m4s", 4.004), hls.MediaSegment("1.m4s", 1.5)]
    whole = m3u8.loads(hls.media_playlist(segments, init_uri="i.mp4", finished=True, target_seconds=4))
    assert [(each.uri, each.duration) for each in whole.segments] == [("0.m4s", 4.004), ("1.m4s", 1.5)]
    assert (whole.target_duration, whole.is_endlist, whole.playlist_type) == (4, True, "vod")
    assert whole.segment_map[0].uri == "i.mp4"


def test_i_frame_playlists_are_read_by_m3u8_as_byte_ranges() -> None:
    stream = hls.KeyframeStream("720p/iframes.m3u8", 1280, 720, "avc1.64001f", 60_000, 90_000)
    top = m3u8.loads(hls.multivariant_playlist([], keyframes=[stream]))
    (found,) = top.iframe_playlists
    assert (found.uri, found.iframe_stream_info.bandwidth, found.iframe_stream_info.average_bandwidth) == (
        "720p/iframes.m3u8", 90_000, 60_000,
    )  # fmt: skip
    assert (found.iframe_stream_info.resolution, found.iframe_stream_info.codecs) == ((1280, 720), "avc1.64001f")
    segments = [hls.MediaSegment("0.m4s", 4.0, 1_234), hls.MediaSegment("1.m4s", 1.5, 99)]
    whole = m3u8.loads(hls.keyframe_playlist(segments, init_uri="i.mp4", target_seconds=4))
    assert (whole.is_i_frames_only, whole.is_endlist, whole.target_duration) == (True, True, 4)
    assert [(each.uri, each.duration, each.byterange) for each in whole.segments] == [
        ("0.m4s", 4.0, "1234@0"), ("1.m4s", 1.5, "99@0"),
    ]  # fmt: skip
    assert whole.segment_map[0].uri == "i.mp4"


def test_a_manifest_is_read_by_mpegdash_as_it_was_meant() -> None:
    films = [
        Representation(
            name, "avc1.64001f", 1_000_000, f"{name}/init.mp4?a&b", f"{name}/$Number$.m4s?a&b", [1.0, 4.0, 1.28],
            width=width, height=height, frame_rate=rate,
        )
        for name, width, height, rate in (("720p", 1280, 720, 30000 / 1001), ("480p", 854, 480, 30000 / 1001))
    ]  # fmt: skip
    label = Label("Português", "pt-BR", is_default=True)
    sound = replace(
        films[0], id="audio", codecs="mp4a.40.2", width=0, height=0, channels=6, sample_rate_hz=48_000, label=label
    )
    texts = [
        TextRepresentation("subtitles", "subtitles.vtt?a&b", 120, Label("English", "en-US", Role.CAPTIONS)),
        TextRepresentation("subtitles-2", "subtitles-2.vtt", 0, Label("Signs", "", Role.FORCED)),
    ]
    (period,) = MPEGDASHParser.parse(dash.mpd([*films, sound], texts=texts)).periods
    pictures, audio, *written = period.adaptation_sets
    assert (pictures.par, pictures.max_width, pictures.max_height, pictures.max_frame_rate) == (
        "16:9", 1280, 720, "30000/1001",
    )  # fmt: skip
    assert [(each.width, each.height, each.sar, each.frame_rate) for each in pictures.representations] == [
        (1280, 720, "1:1", "30000/1001"), (854, 480, "1:1", "30000/1001"),
    ]  # fmt: skip
    assert (audio.lang, audio.representations[0].audio_sampling_rate) == ("pt-BR", "48000")
    template = pictures.representations[1].segment_templates[0]
    assert (template.media, template.initialization) == ("480p/$Number$.m4s?a&b", "480p/init.mp4?a&b")
    assert sum(each.d * (1 + (each.r or 0)) for each in template.segment_timelines[0].Ss) == 6.28 * 90_000
    assert [(each.content_type, each.mime_type, each.lang, each.roles[0].value) for each in written] == [
        ("text", "text/vtt", "en-US", "caption"), ("text", "text/vtt", "und", "forced-subtitle"),
    ]  # fmt: skip
    assert [each.representations[0].base_urls[0].base_url_value for each in written] == [each.uri for each in texts]
    assert min(each.representations[0].bandwidth for each in written) > 0
