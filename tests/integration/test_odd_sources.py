"""Odd sources through the real commands: what comes out plays, with the frames and times that went in."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from mediaproc.media import hls, ladder, layout, presets, refusals, tracks
from mediaproc.media.commands import download, poster
from mediaproc.media.commands.encode import encode_arguments
from mediaproc.media.mp4.segmenter import ClosedSegment, Segmenter
from mediaproc.media.presets import RungTarget
from mediaproc.media.probe import MediaInfo
from mediaproc.media.sources import Source
from testing import clips

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac")
YUV444 = (*X264, "-pix_fmt", "yuv444p")
VP9 = ("-c:v", "libvpx-vp9", "-cpu-used", "8", "-deadline", "realtime", "-c:a", "libopus")
SORENSON = ("-c:v", "svq1", "-pix_fmt", "yuv410p", "-c:a", "adpcm_ima_qt", "-ar", "44100")
CINEPAK = ("-c:v", "cinepak", "-pix_fmt", "rgb24", "-c:a", "pcm_s16be")
MJPEG = ("-c:v", "mjpeg", "-pix_fmt", "yuvj422p", "-c:a", "pcm_s16le")
GIF = ("-c:v", "gif", "-pix_fmt", "rgb8")
SMALL_RUNGS = tuple(
    RungTarget(f"{height}p", long_side=height * 16 // 9, short_side=height, crf=23, max_bitrate_bps=200_000)
    for height in (108, 72)
)
FRAGMENTS = ("-movflags", "frag_keyframe+empty_moov")


@dataclass(frozen=True)
class Made:
    """What a source became: its info, the rungs, and the folder with the HLS and the MP4s."""

    info: MediaInfo
    rungs: tuple[ladder.Rung, ...]
    folder: Path

    @property
    def renditions(self) -> list[str]:
        return [rung.name for rung in self.rungs] + ([layout.AUDIO] if self.info.audio else [])

    def picture(self, rung: ladder.Rung) -> dict[str, Any]:
        return clips.ffprobe(self.folder / layout.download(rung.name))["streams"][0]


def process(source: Path, folder: Path, preset: presets.Preset = presets.WEB) -> Made:
    """Probe, encode and remux as the worker does, without its services."""
    info = clips.probed(source)
    rungs = ladder.rungs_for(info, preset)
    made = Made(info=info, rungs=rungs, folder=folder)
    folder.mkdir(exist_ok=True)
    run(folder, encode_arguments(info, source=Source(str(source)), preset=preset, rungs=rungs, threads=2))
    for rung in rungs:
        sounds = [(kept.rendition, kept.label) for kept in tracks.selected_audio(info)]
        run(folder, download.mp4_arguments(rung.name, audio=sounds))
    return made


def cut(file: Path) -> list[ClosedSegment]:
    """The segments of a rendition's whole file; the file is seen to be whole."""
    data, segmenter = file.read_bytes(), Segmenter(segment_seconds=4 if file.stem == layout.AUDIO else None)
    cuts = segmenter.closed_segments(lambda offset, size: data[offset : offset + size], len(data))
    assert segmenter.ended
    return cuts


def write_hls(folder: Path, name: str) -> None:
    """A rendition as somebody without Mediaproc finds it: an init segment, segments, a playlist."""
    data, pieces = (folder / layout.whole(name)).read_bytes(), cut(folder / layout.whole(name))
    (folder / f"{name}.init.mp4").write_bytes(data[: pieces[0].offset])
    for piece in pieces:
        file = folder / f"{name}.{piece.number}.m4s"
        file.write_bytes(data[piece.offset : piece.offset + piece.size_bytes])
    listed = [hls.MediaSegment(f"{name}.{piece.number}.m4s", piece.duration_seconds) for piece in pieces]
    text = hls.media_playlist(listed, init_uri=f"{name}.init.mp4", finished=True)
    (folder / f"{name}.m3u8").write_text(text)


def run(folder: Path, arguments: list[str]) -> str:
    done = subprocess.run([clips.FFMPEG, *arguments], cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def assert_it_plays(made: Made, *, frames: int, seconds: float) -> None:
    """Every rung has every frame, in the right time, in the HLS and in the MP4; the sound is as long."""
    for rung in made.rungs:
        picture = made.picture(rung)
        assert (picture["width"], picture["height"]) == (rung.width, rung.height)
        assert rung.width % 2 == rung.height % 2 == 0
        assert (picture["codec_name"], picture["pix_fmt"]) == ("h264", "yuv420p")
        assert picture.get("sample_aspect_ratio", "1:1") == "1:1"
        assert not picture.get("side_data_list")
        for file in (layout.whole(rung.name), layout.download(rung.name)):
            decoded = clips.decode(made.folder / file)
            assert decoded.frames == frames
            assert decoded.end_seconds == pytest.approx(seconds, abs=0.06)
        order = clips.box_order(made.folder / layout.download(rung.name))
        assert order.index("moov") < order.index("mdat")
    if made.info.audio:
        sound = clips.decode(made.folder / layout.download(made.rungs[0].name), "a:0")
        assert sound.end_seconds == pytest.approx(seconds, abs=0.06)
    assert len({tuple(clips.keyframe_times(made.folder / layout.whole(rung.name))) for rung in made.rungs}) == 1


@pytest.fixture(scope="module")
def bunny(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The real clip, processed."""
    return process(clips.bunny(), tmp_path_factory.mktemp("bunny"))


def test_a_real_clip(bunny: Made) -> None:
    assert [rung.name for rung in bunny.rungs] == ["720p", "480p"]
    assert_it_plays(bunny, frames=132, seconds=5.28)
    for rung in bunny.rungs:
        assert clips.keyframe_times(bunny.folder / layout.whole(rung.name)) == pytest.approx([0.0, 1.0, 2.0, 4.0])
        cuts = cut(bunny.folder / layout.whole(rung.name))
        assert [each.duration_seconds for each in cuts] == pytest.approx([1.0, 1.0, 2.0, 1.28])
        assert [each.samples for each in cuts] == [25, 25, 50, 32]
    sound = clips.ffprobe(bunny.folder / layout.download("720p"))["streams"][1]
    assert (sound["codec_name"], sound["channels"], sound["sample_rate"]) == ("aac", 2, "48000")


def test_a_player_that_knows_only_hls_can_play_it(bunny: Made) -> None:
    rung, folder = bunny.rungs[-1], bunny.folder
    variant = hls.Variant(
        uri=f"{rung.name}.m3u8", width=rung.width, height=rung.height, frame_rate=25.0,
        codecs="avc1.64001e", bitrate_bps=1_000_000, peak_bitrate_bps=1_200_000,
    )  # fmt: skip
    sound = hls.AudioRendition(
        uri="audio.m3u8", codecs="mp4a.40.2", bitrate_bps=128_000, peak_bitrate_bps=130_000
    )  # fmt: skip
    top = folder / "top.m3u8"
    top.write_text(hls.multivariant_playlist([variant], audio=[sound]))
    for name in (rung.name, layout.AUDIO):
        write_hls(folder, name)
    assert {stream["codec_type"] for stream in clips.ffprobe(top)["streams"]} == {"video", "audio"}
    assert clips.decode(top).frames == 132
    assert clips.decode(folder / "audio.m3u8", "a:0").frames > 240


@pytest.mark.parametrize(
    ("name", "options", "size", "frames"),
    [
        ("portrait.mp4", {"size": "108x192"}, (108, 192), 50),
        ("odd.mp4", {"size": "194x110", "filters": "crop=193:109,format=yuv444p", "encode": YUV444}, (192, 108), 50),
        ("tiny.mp4", {"size": "64x48"}, (64, 48), 50),
        ("anamorphic.mp4", {"size": "144x144", "filters": "setsar=4/3"}, (192, 144), 50),
        ("silent.mp4", {"audio": None}, (192, 108), 50),
        ("ten_bit.mkv", {"encode": (*X264, "-pix_fmt", "yuv420p10le")}, (192, 108), 50),
        ("surround.mkv", {"audio": "anoisesrc=r=44100:a=0.1,aformat=channel_layouts=5.1"}, (192, 108), 50),
        ("ntsc.mkv", {"rate": "30000/1001"}, (192, 108), 60),
        ("stream.ts", {}, (192, 108), 50),
        ("vp9.webm", {"encode": VP9}, (192, 108), 50),
        ("old.avi", {"encode": ("-c:v", "mpeg4", "-c:a", "libmp3lame")}, (192, 108), 50),
        ("old.flv", {"encode": ("-c:v", "flv1", "-ar", "44100", "-c:a", "libmp3lame")}, (192, 108), 50),
        ("fast.mp4", {"rate": "120"}, (192, 108), 120),
        ("slow.mp4", {"rate": "5"}, (192, 108), 10),
        ("mono.mp4", {"encode": (*X264, "-ac", "1")}, (192, 108), 50),
        ("long_gop.mp4", {"encode": (*X264, "-g", "9999")}, (192, 108), 50),
        ("late.ts", {"encode": (*X264, "-output_ts_offset", "3")}, (192, 108), 50),
        ("late.mp4", {"encode": (*X264, "-output_ts_offset", "3")}, (192, 108), 50),
        ("fragments.mp4", {"encode": (*X264, *FRAGMENTS)}, (192, 108), 50),
        ("b_frames.avi", {"encode": ("-c:v", "mpeg4", "-bf", "2")}, (192, 108), 50),
        ("old.wmv", {"encode": ("-c:v", "wmv2", "-c:a", "wmav2")}, (192, 108), 50),
        ("old.mov", {"encode": SORENSON}, (192, 108), 50),
        ("cinepak.mov", {"size": "64x48", "encode": CINEPAK}, (64, 48), 50),
        ("camera.mov", {"encode": MJPEG}, (192, 108), 50),
        ("disc.mpg", {"encode": ("-c:v", "mpeg2video", "-c:a", "mp2")}, (192, 108), 50),
        ("studio.mxf", {"encode": ("-c:v", "mpeg2video", "-c:a", "pcm_s16le")}, (192, 108), 50),
        ("theora.ogv", {"encode": ("-c:v", "libtheora", "-c:a", "libvorbis")}, (192, 108), 50),
        ("animated.gif", {"audio": None, "encode": GIF}, (192, 108), 50),
    ],
)  # fmt: skip
def test_odd_source(tmp_path: Path, name: str, options: dict[str, Any], size: tuple[int, int], frames: int) -> None:
    source = clips.make(tmp_path / name, **dict[str, Any]({"size": "192x108"}, **options))
    made = process(source, tmp_path / "made")
    assert (made.rungs[0].width, made.rungs[0].height) == size
    assert_it_plays(made, frames=frames, seconds=2.0)


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_turned_picture_is_upright(tmp_path: Path, turn: int) -> None:
    """The left half of the coded picture is white; after turning, the white half is where a player shows it."""
    plain = clips.make(
        tmp_path / "plain.mp4",
        size="192x108",
        pattern="color=white",
        filters="drawbox=x=iw/2:w=iw/2:color=black:t=fill",
    )
    turned = tmp_path / "turned.mp4"
    clips.ffmpeg("-display_rotation", str(-turn), "-i", str(plain), "-c", "copy", str(turned))
    made = process(turned, tmp_path / "made")
    assert made.info.video.rotation == turn
    rung = made.rungs[0]
    assert (rung.width, rung.height) == ((192, 108) if turn == 180 else (108, 192))
    assert_it_plays(made, frames=50, seconds=2.0)
    white = {90: "0:0:iw:ih/2", 180: "iw/2:0:iw/2:ih", 270: "0:ih/2:iw:ih/2"}[turn]
    x, y, width, height = white.split(":")
    printed = clips.ffmpeg(
        "-i", str(made.folder / layout.download(rung.name)), "-frames:v", "1",
        "-vf", f"crop={width}:{height}:{x}:{y},signalstats,metadata=print:file=-", "-f", "null", "-",
    )  # fmt: skip
    assert poster.parse_stats(printed).mean > 200


@pytest.mark.parametrize(
    ("name", "encode"),
    [
        ("a.webm", ("-c:v", "libvpx-vp9", "-pix_fmt", "yuva420p")),
        ("vp8.webm", ("-c:v", "libvpx", "-auto-alt-ref", "0", "-pix_fmt", "yuva420p")),
        ("prores.mov", ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le")),
        ("animation.mov", ("-c:v", "qtrle")),
        ("png.mov", ("-c:v", "png", "-pix_fmt", "rgba")),
    ],
)
def test_what_is_transparent_lies_on_black(tmp_path: Path, name: str, encode: tuple[str, ...]) -> None:
    """Red all over: a third of it to be seen, a third half, a third not at all."""
    red = "format=rgba,geq=r=255:g=0:b=0:a='if(lt(X,W/3),255,if(lt(X,2*W/3),128,0))'"
    source = tmp_path / name
    clips.ffmpeg("-f", "lavfi", "-i", f"color=red:size=96x64:rate=10:duration=0.5,{red}", *encode, str(source))
    made = process(source, tmp_path / "made")
    assert made.info.video.alpha
    still = poster.arguments(made.info, source=Source(str(source)), at_fraction=0.0, threads=1)
    run(made.folder, still)
    for file in (layout.download(made.rungs[0].name), layout.POSTER):
        seen, half, hidden = (colour_at(made.folder / file, x) for x in (16, 48, 80))
        assert seen == pytest.approx((252, 0, 0), abs=8)
        assert half == pytest.approx((127, 0, 0), abs=8)
        assert hidden == pytest.approx((0, 0, 0), abs=4)


def colour_at(file: Path, x: int) -> tuple[int, ...]:
    """Red, green and blue of a point half-way down the first frame."""
    data = subprocess.run(
        [clips.FFMPEG, "-v", "error", "-i", str(file), "-frames:v", "1",
         "-vf", f"crop=2:2:{x}:ih/2,format=rgb24", "-f", "rawvideo", "-"],
        capture_output=True, check=True,
    ).stdout  # fmt: skip
    return tuple(data[:3])


def test_a_gif_that_stands_still_is_no_video(tmp_path: Path) -> None:
    clips.make(tmp_path / "still.gif", seconds=0.04, size="64x48", audio=None, encode=GIF)
    with pytest.raises(refusals.NotMedia):
        clips.probed(tmp_path / "still.gif")


def test_a_video_of_one_frame(tmp_path: Path) -> None:
    made = process(clips.make(tmp_path / "one.mp4", seconds=0.04, size="192x108"), tmp_path / "made")
    assert_it_plays(made, frames=1, seconds=0.04)


def test_what_an_edit_list_hides_stays_hidden(tmp_path: Path) -> None:
    """Cut without encoding: the frames from the keyframe on are in the file, and its edit list skips them."""
    plain = clips.make(tmp_path / "plain.mp4", size="192x108", encode=(*X264, "-g", "25"))
    hidden = tmp_path / "hidden.mp4"
    clips.ffmpeg("-ss", "0.6", "-i", str(plain), "-c", "copy", str(hidden))
    assert clips.ffprobe(hidden)["streams"][0]["nb_frames"] == "50"
    assert_it_plays(process(hidden, tmp_path / "made"), frames=35, seconds=1.4)


def test_a_variable_frame_rate_keeps_each_frame_at_its_time(tmp_path: Path) -> None:
    source = clips.make(
        tmp_path / "variable.mp4",
        seconds=10,
        size="192x108",
        filters="select='lt(t,3)+gt(t,5)*not(mod(n,3))'",
        encode=("-fps_mode", "vfr", *X264),
    )
    assert clips.probed(source).video.variable_frame_rate
    made = process(source, tmp_path / "made")
    before = clips.ffprobe(source, "-select_streams", "v:0", "-show_entries", "packet=pts_time")["packets"]
    after = clips.ffprobe(
        made.folder / layout.download(made.rungs[0].name), "-select_streams", "v:0", "-show_entries", "packet=pts_time"
    )["packets"]  # fmt: skip
    times = [sorted(float(packet["pts_time"]) for packet in packets) for packets in (before, after)]
    assert times[1] == pytest.approx(times[0], abs=0.001)
    keyframes = clips.keyframe_times(made.folder / layout.whole(made.rungs[0].name))
    assert keyframes == pytest.approx([0, 1, 2, 5.04, 8.04], abs=0.001)


def test_segments_begin_on_the_grid_in_every_rung(tmp_path: Path) -> None:
    source = clips.make(tmp_path / "long.mkv", seconds=14, size="192x108", rate="30000/1001", pattern="smptehdbars")
    made = process(source, tmp_path / "made", replace(presets.WEB, rungs=SMALL_RUNGS))
    assert len(made.rungs) == 2
    for rung in made.rungs:
        times = clips.keyframe_times(made.folder / layout.whole(rung.name))
        assert times == pytest.approx([0.0, 1.001, 2.002, 4.004, 8.008, 12.012], abs=0.002)
        data = (made.folder / layout.whole(rung.name)).read_bytes()
        pieces = cut(made.folder / layout.whole(rung.name))
        assert len(pieces) == 6
        assert sum(piece.duration_seconds for piece in pieces) == pytest.approx(14.0, abs=0.05)
        for piece, start in zip(pieces, times, strict=True):
            one = made.folder / "one.mp4"
            one.write_bytes(data[: pieces[0].offset] + data[piece.offset : piece.offset + piece.size_bytes])
            decoded = clips.decode(one)
            assert decoded.start_seconds == pytest.approx(start, abs=0.001)
            assert decoded.end_seconds - decoded.start_seconds == pytest.approx(piece.duration_seconds, abs=0.003)


def test_picture_and_sound_stay_together(tmp_path: Path) -> None:
    """A flash and a beep at second 1: both come out at second 1, whatever B-frames and the encoder's delay do."""
    source = clips.make(
        tmp_path / "flash.mp4",
        seconds=3,
        pattern="color=black",
        size="192x108",
        filters="drawbox=enable='between(t,1,1.5)':color=white:t=fill",
        audio="aevalsrc='if(between(t,1,1.5),0.8*sin(2*PI*1000*t),0)':s=48000",
    )
    made = process(source, tmp_path / "made")
    file = str(made.folder / layout.download(made.rungs[0].name))
    flash = clips.ffmpeg("-i", file, "-an", "-vf", "blackdetect=d=0.1,metadata=print:file=-", "-f", "null", "-")
    beep = clips.ffmpeg(
        "-i", file, "-vn", "-af", "silencedetect=n=-30dB:d=0.1,ametadata=print:file=-", "-f", "null", "-"
    )
    assert float(flash.split("lavfi.black_end=")[1].split()[0]) == pytest.approx(1.0, abs=0.021)
    assert float(beep.split("lavfi.silence_end=")[1].split()[0]) == pytest.approx(1.0, abs=0.021)


def test_sound_that_starts_late_stays_late(tmp_path: Path) -> None:
    source = tmp_path / "late.mkv"
    clips.ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=size=192x108:rate=25:duration=3",
        "-itsoffset", "1", "-f", "lavfi", "-i", "sine=frequency=1000:duration=2:sample_rate=48000", *X264, str(source),
    )  # fmt: skip
    made = process(source, tmp_path / "made")
    file = str(made.folder / layout.download(made.rungs[0].name))
    beep = clips.ffmpeg(
        "-i", file, "-vn", "-af", "silencedetect=n=-30dB:d=0.1,ametadata=print:file=-", "-f", "null", "-"
    )
    assert float(beep.split("lavfi.silence_end=")[1].split()[0]) == pytest.approx(1.0, abs=0.03)


def test_an_interlaced_source_becomes_whole_frames(tmp_path: Path) -> None:
    source = clips.make(
        tmp_path / "fields.ts",
        size="192x144",
        filters="tinterlace=interleave_top,setfield=tff",
        rate="50",
        encode=("-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-b:v", "1M", "-c:a", "mp2"),
    )
    made = process(source, tmp_path / "made")
    assert made.info.video.interlaced
    assert made.picture(made.rungs[0]).get("field_order", "progressive") == "progressive"
    assert_it_plays(made, frames=50, seconds=2.0)


def test_a_moov_at_the_end_and_cover_art(tmp_path: Path) -> None:
    plain = clips.make(tmp_path / "plain.mp4", size="192x108")
    assert clips.box_order(plain)[-1] == "moov"
    cover = tmp_path / "cover.png"
    clips.ffmpeg("-f", "lavfi", "-i", "color=red:size=800x800", "-frames:v", "1", str(cover))
    covered = tmp_path / "covered.mp4"
    clips.ffmpeg(
        "-i", str(cover), "-i", str(plain), "-map", "0", "-map", "1", "-c", "copy", "-c:v:0", "mjpeg",
        "-disposition:v:0", "attached_pic", str(covered),
    )  # fmt: skip
    made = process(covered, tmp_path / "made")
    assert (made.rungs[0].width, made.rungs[0].height) == (192, 108)
    assert_it_plays(made, frames=50, seconds=2.0)


def test_sound_alone_has_no_picture(tmp_path: Path) -> None:
    for name, encode in (
        ("a.m4a", ("-c:a", "aac")),
        ("a.mp3", ("-c:a", "libmp3lame")),
        ("a.wav", ("-c:a", "pcm_s16le")),
    ):
        clips.ffmpeg("-f", "lavfi", "-i", "sine=duration=1", *encode, str(tmp_path / name))
        with pytest.raises(refusals.NoVideo):
            clips.probed(tmp_path / name)


def test_the_poster_is_no_black_picture(tmp_path: Path) -> None:
    """Black for the first half: the picture at a tenth shows nothing, the one after the middle does."""
    source = clips.make(tmp_path / "intro.mp4", seconds=4, filters="drawbox=enable='lt(t,2.1)':color=black:t=fill")
    info = clips.probed(source)
    stats = {}
    for position in (0.1, 0.8):
        arguments = poster.arguments(info, source=Source(str(source)), at_fraction=position, threads=1)
        stats[position] = poster.parse_stats(run(tmp_path, arguments))
    assert not stats[0.1].shows_something
    assert stats[0.8].shows_something
    picture = clips.ffprobe(tmp_path / layout.POSTER)["streams"][0]
    assert (picture["codec_name"], picture["width"], picture["height"]) == ("mjpeg", 640, 360)


def test_info_survives_json(tmp_path: Path) -> None:
    info = clips.probed(clips.bunny())
    assert info.video.frame_rate == Fraction(25)
    assert MediaInfo.from_json(json.loads(json.dumps(info.to_json()))) == info
