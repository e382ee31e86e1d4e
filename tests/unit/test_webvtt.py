"""WebVTT from SubRip, ASS and others: every text is there, as text, at its time."""

from __future__ import annotations

import pytest

from mediaproc.media.webvtt import cues, encodings, extracted, markup
from mediaproc.media.webvtt.cues import Cue
from mediaproc.media.webvtt.markup import Style

ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, Bold, Italic, Alignment
Style: Default,Arial,16,-1,0,2
Style: Sign,Arial,16,0,-1,8

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def of_ass(*events: str) -> list[Cue]:
    lines = (f"Dialogue: 0,{event}" for event in events)
    return list(extracted.extracted((ASS + "\n".join(lines)).encode(), "ass").cues)


def of_srt(text: str) -> list[Cue]:
    return list(extracted.extracted(text.encode(), "subrip").cues)


@pytest.mark.parametrize(
    ("subrip", "webvtt"),
    [
        ('<font color="#ff0000">red</font> <b>bold</b> 5 < 6 & 7', "red <b>bold</b> 5 &lt; 6 &amp; 7"),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("<Applause> & <who@example.com>", "&lt;Applause&gt; &amp; &lt;who@example.com&gt;"),
        ("a --> b", "a --&gt; b"),
        ("AT&amp;T &lt;3 &quot;x&quot;", 'AT&amp;T &lt;3 "x"'),
        ("<I>upper</I> <em>em</em><br>next", "<i>upper</i> <i>em</i>\nnext"),
        ("<b><i>crossed</b></i> end", "<b><i>crossed</i></b><i></i> end"),
        ("<i>never closed", "<i>never closed</i>"),
        ("never opened</i>", "never opened"),
        ("1\n\n\n2", "1\n2"),
        (r"one\Ntwo\hthree {braces}", "one\ntwo\u00a0three {braces}"),
        ("x<y and y>z", "x&lt;y and y&gt;z"),
    ],
)
def test_subrip(subrip: str, webvtt: str) -> None:
    assert markup.of_subrip(subrip) == (webvtt, "")


@pytest.mark.parametrize(
    ("ass", "webvtt", "settings"),
    [
        (r"{\an8\i1}Up{\i0} here\Nsecond line", "<i>Up</i> here\nsecond line", "line:0"),
        (r"first\N\Nafter blank", "first\nafter blank", ""),
        (r"{\p1}m 0 0 l 100 0 100 100{\p0}after", "after", ""),
        (r"{\p1}m 0 0 l 100 0", "", ""),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d", ""),
        (r"{\k20}Ka{\kf30}ra\hoke, comma", "Kara\u00a0oke, comma", ""),
        (r"{\b1\i1}both{\r} none {\b700}heavy{\b0}", "<b><i>both</i></b> none <b>heavy</b>", ""),
        (r"{\pos(10,20)\blur2\bord3\fs20\fnArial}plain", "plain", ""),
        (r"{\t(0,500,\fs30)\c&H00FF00&}moved", "moved", ""),
        ("{a note}shown", "shown", ""),
        (r"{\an1}left{\an9}", "left", "align:left"),
        (r"{\a6}older top", "older top", "line:0"),
        (r"{\u1}under{\u}lined {", "<u>under</u>lined {", ""),
        (r"\h", "", ""),
    ],
)
def test_ass(ass: str, webvtt: str, settings: str) -> None:
    assert markup.of_ass(ass, Style()) == (webvtt, settings)


def test_braces_of_other_formats_are_text() -> None:
    assert markup.of_ass(r"{x} {\b1}bold{\b0}", Style(), literal_braces=True) == ("{x} <b>bold</b>", "")


@pytest.mark.parametrize(
    ("said", "served"),
    [
        ("<v Ann>top &amp; <b.loud>left</b></v>", "<v Ann>top &amp; <b.loud>left</b></v>"),
        ("<00:00:01.500>Ka<c.red>ra</c>", "<00:00:01.500>Ka<c.red>ra</c>"),
        ("<ruby>漢<rt>kan</rt></ruby> <lang en>x</lang>", "<ruby>漢<rt>kan</rt></ruby> <lang en>x</lang>"),
        ("5 < 6 <script>x", "5 &lt; 6 &lt;script>x"),
    ],
)
def test_webvtt_keeps_its_own_tags(said: str, served: str) -> None:
    assert markup.of_webvtt(said) == served


def test_settings_identifiers_and_voices_are_kept() -> None:
    text = (
        "WEBVTT\n\nintro\n00:01.000 --> 00:02.000 line:0 position:10% align:start region:gone x:y\n<v Ann>top\n\n"
        "00:01.500 --> 01:00:03.000\nover\nlapping\n"
    )
    track = extracted.extracted(text.encode(), "webvtt")
    assert extracted.served_text(track, start=0, end=None) == (
        "WEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:0\n\n"
        "intro\n00:01.000 --> 00:02.000 line:0 position:10% align:start\n<v Ann>top\n\n"
        "00:01.500 --> 01:00:03.000\nover\nlapping\n"
    )


def test_the_events_of_a_script_are_cues() -> None:
    found = of_ass(
        r"0:00:02.00,0:00:03.00,Sign,,0,0,0,,{\i0}A sign{\r}, leaning",
        "0:00:01.00,0:00:02.50,Default,,0,0,0,,bold font, comma",
        "0:00:01.00,0:00:02.50,Default,,0,0,0,,bold font, comma",
        r"0:00:03.00,0:00:03.50,Default,,0,0,0,,{\p1}m 0 0 l 100 0{\p0}",
    )
    assert found == [Cue(1, 2.5, "bold font, comma"), Cue(2, 3, "A sign<i>, leaning</i>", "line:0")]
    assert of_ass("nonsense", "0:00:xx.00,0:00:01.00,,,0,0,0,,text") == []


def test_a_cue_that_ends_before_it_begins_is_left_out_and_counted() -> None:
    track = extracted.extracted(
        b"1\n00:00:01,000 --> 00:00:02,000\none\n\n2\n00:00:07,000 --> 00:00:06,000\nback\n", "subrip"
    )
    assert ([cue.text for cue in track.cues], track.backward) == (["one"], 1)


def test_a_cue_without_a_length_is_shown_until_the_next_one() -> None:
    found = of_srt("1\n00:00:01,000 --> 00:00:01,000\na\n\n2\n00:00:02,500 --> 00:00:02,500\nb\n")
    assert [(cue.start, cue.end) for cue in found] == [(1, 2.5), (2.5, 5.5)]


def test_overlapping_cues_and_blank_lines_are_kept() -> None:
    found = of_srt(
        "1\n00:00:01,000 --> 00:00:04,000\nlong\n\nafter a blank line\n\n2\n00:00:02,000 --> 00:00:03,000\n7\nshort\n"
    )
    assert [cue.text for cue in found] == ["long\nafter a blank line", "7\nshort"]


def test_a_trimmed_track_has_what_is_shown_within_it() -> None:
    found = [Cue(0, 1.5, "a"), Cue(1.2, 2.6, "b"), Cue(3, 4, "c"), Cue(-1, 0.5, "d")]
    assert cues.trimmed(found, 1, 2) == [Cue(0, 0.5, "a"), Cue(pytest.approx(0.2), 1, "b")]  # type: ignore[arg-type]
    assert cues.trimmed(found, 0, None)[-1] == Cue(0, 0.5, "d")


def test_a_segment_repeats_what_crosses_its_borders() -> None:
    found = [Cue(1, 2, "first"), Cue(3, 9, "long"), Cue(4, 5, "edge")]
    parts = [cues.parse(cues.segment_text(found, at, at + 4)) for at in (0, 4, 8, 12)]
    assert [[cue.text for cue in part] for part in parts] == [["first", "long"], ["long", "edge"], ["long"], []]
    assert parts[1][0] == parts[0][1], "with its own times"


def test_what_is_written_is_read_again() -> None:
    found = [Cue(0.001, 3600.5, "<i>a</i>\nb", "line:0 align:left"), Cue(7322.04, 7323, "&lt;", identifier="x y")]
    assert cues.parse(cues.file_text(found)) == found


@pytest.mark.parametrize(
    ("encoding", "language", "text"),
    [
        ("cp1252", "", "Käse für alle"),
        ("cp1252", "", "Voilà"),
        ("cp1252", "", "¿Qué pasa, señor?"),
        ("cp1252", "dan", "Blåbærgrød på øen"),
        ("cp1250", "", "Příliš žluťoučký kůň úpěl ďábelské ódy"),
        ("cp1250", "pol", "Zażółć gęślą jaźń"),
        ("cp1254", "tr", "Günaydın, nasılsın? Teşekkür ederim."),
        ("cp1251", "", "Привет, как дела?"),
        ("koi8_r", "rus", "Привет, как дела? Хорошо, спасибо."),
        ("cp866", "ru", "Привет, как дела? Хорошо, спасибо."),
        ("cp1253", "", "Καλημέρα, τι κάνεις;"),
        ("cp1255", "heb", "שלום, מה שלומך?"),
        ("cp1256", "", "مرحبا بالعالم كيف حالك"),
        ("cp932", "", "こんにちは世界。元気ですか"),
        ("euc_jp", "jpn", "こんにちは世界。元気ですか"),
        ("gb18030", "chi", "你好，世界。你今天怎么样？"),
        ("big5", "zh-Hant", "你好，世界。你今天怎麼樣？"),
        ("cp949", "", "안녕하세요. 오늘 어때요?"),
        ("cp874", "th", "สวัสดีครับ"),
    ],
)
def test_legacy_encodings_are_read(encoding: str, language: str, text: str) -> None:
    raw = f"1\n00:00:01,000 --> 00:00:02,000\nplain\n\n2\n00:00:03,000 --> 00:00:04,000\n{text}\n".encode(encoding)
    track = extracted.extracted(raw, "subrip", language=language)
    assert [cue.text for cue in track.cues] == ["plain", text]
    assert track.encoding is not None


def test_lines_in_utf_8_stay_beside_one_that_is_not() -> None:
    lines = ["Grüße", "aus", "Köln", "für alle", "schön"]
    raw = b"\xef\xbb\xbf" + "\n".join(lines).encode() + b"\n" + "Käse".encode("latin-1")
    assert encodings.decoded(raw) == ("\n".join([*lines, "Käse"]), "cp1252")
    assert encodings.decoded("日本語 😀".encode()) == ("日本語 😀", None)
    text, _ = encodings.decoded(bytes(range(256)))
    assert "ABC" in text, "what is in no encoding loses nothing that can be read"
