"""High dynamic range through the real commands: what is white stays white, what is red stays red, and tags say SDR."""

from __future__ import annotations

from pathlib import Path

import pytest

from mediaproc.media import layout, presets
from mediaproc.media.commands import loop as loop_commands
from mediaproc.media.commands import poster
from mediaproc.media.sources import Source
from testing import clips
from tests.integration.test_odd_sources import Made, process, run

# Code values of 10 bits in the range of television: the signal of BT.2100 for 203 nits, 26 nits and black.
PQ = {"white": 64 + 0.5807 * 876, "grey": 64 + 0.3778 * 876, "black": 64}
HLG = {"white": 64 + 0.75 * 876, "grey": 64 + 0.38 * 876, "black": 64}


def hdr(path: Path, levels: dict[str, float], transfer: str, *, tags: bool = True) -> Path:
    """Three fields side by side: white, grey, black."""
    said = f"setparams=range=tv:color_trc={transfer}" + (":color_primaries=bt2020:colorspace=bt2020nc" if tags else "")
    lum = f"if(lt(X,W/3),{levels['white']},if(lt(X,2*W/3),{levels['grey']},{levels['black']}))"
    clips.ffmpeg(
        "-f", "lavfi", "-i", "color=black:size=192x108:rate=10:duration=1,format=yuv420p10le,"
        f"geq=lum='{lum}':cb=512:cr=512,{said}",
        "-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none",
        str(path),
    )  # fmt: skip
    return path


def luma(file: Path, field: int) -> float:
    """The mean of one of the three fields, from 0 to 255 in full range."""
    printed = clips.ffmpeg(
        "-i", str(file), "-frames:v", "1", "-f", "null",
        "-vf", f"crop=iw/6:ih/2:iw*{field}/3+iw/12:ih/4,scale=out_range=pc,signalstats,metadata=print:file=-", "-",
    )  # fmt: skip
    return poster.parse_stats(printed).mean


@pytest.mark.parametrize(
    ("levels", "transfer", "tags"),
    [(PQ, "smpte2084", True), (PQ, "smpte2084", False), (HLG, "arib-std-b67", True)],
    ids=["pq", "pq without primaries", "hlg"],
)
def test_hdr_becomes_sdr(tmp_path: Path, levels: dict[str, float], transfer: str, tags: bool) -> None:
    source = hdr(tmp_path / "hdr.mkv", levels, transfer, tags=tags)
    made = process(source, tmp_path / "made")
    assert (made.info.video.hdr, made.info.video.transfer) == (True, transfer)
    file = made.folder / layout.download(made.rungs[0].name)
    assert_sdr(made)
    white, grey, black = (luma(file, field) for field in range(3))
    assert white > 190, "203 nits are the white of a page"
    assert 70 < grey < 130
    assert black < 6
    still = poster.arguments(made.info, source=Source(str(source)), at_fraction=0.0, threads=1)
    run(made.folder, still)
    assert luma(made.folder / layout.POSTER, 0) == pytest.approx(white, abs=4)


def assert_sdr(made: Made) -> None:
    picture = made.picture(made.rungs[0])
    assert (picture["pix_fmt"], picture["color_transfer"], picture["color_primaries"], picture["color_space"]) == (
        "yuv420p", "bt709", "bt709", "bt709",
    )  # fmt: skip


def test_a_loop_of_hdr_is_sdr(tmp_path: Path) -> None:
    source = hdr(tmp_path / "hdr.mkv", PQ, "smpte2084")
    loop = presets.GIF.loop
    assert loop
    run(tmp_path, loop_commands.arguments(clips.probed(source), source=Source(str(source)), loop=loop, threads=1))
    assert luma(tmp_path / "gif.gif", 0) > 190
