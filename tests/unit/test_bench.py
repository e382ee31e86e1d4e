"""Benches: matching of texts on the page to events, and the figures drawn from measurements."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from bench import live, page_upload
from bench.chunk_overhead import Encoded, ratio_at_equal_vmaf
from bench.live import Delays, ProgressEvent
from mediaproc.commands import checks


def test_a_text_on_the_page_belongs_to_the_first_event_that_is_written_so() -> None:
    events = [
        ProgressEvent(1000, 1004, "5 %"),
        ProgressEvent(1200, 1210, "5 %"),
        ProgressEvent(1400, 1402, "6 %"),
        ProgressEvent(2000, 2001, "7 %"),
    ]
    delays = Delays()
    live._add(delays, events, [(900, "Queued"), (1020, "5 %"), (2050, "7 %")])
    assert (delays.page, delays.api, delays.seconds) == ([20, 50], [4, 10, 2, 1], 1.0)
    longest = list(live._figures(delays))
    assert [figure.met for figure in longest] == [True, True, True]
    assert longest[0].value == 50


def test_one_late_text_is_too_many() -> None:
    delays = Delays(page=[10.0] * 99 + [301.0], api=[1.0], seconds=0.5)
    assert [figure.met for figure in live._figures(delays)] == [False, True, True]


def test_boto3_puts_as_many_parts_at_once_as_the_page() -> None:
    assert page_upload._parts_at_once() == 6


def test_without_a_browser_a_line_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(checks, "chromium", lambda: Path("/nowhere/chromium"))
    assert page_upload.measure(size_bytes=1, rounds=1) == []
    assert capsys.readouterr().out == "upload through the page: not measured, there is no Chromium here\n"


def test_bytes_are_compared_at_the_same_vmaf() -> None:
    fine, coarse = Encoded(1000, 90, 90), Encoded(500, 80, 80)
    assert ratio_at_equal_vmaf(fine, coarse, fine) == 1
    assert ratio_at_equal_vmaf(fine, coarse, coarse) == pytest.approx(1)
    assert ratio_at_equal_vmaf(fine, coarse, Encoded(1000, 85, 85)) == pytest.approx(math.sqrt(2))
    assert ratio_at_equal_vmaf(fine, coarse, Encoded(1010, 90, 80)) == pytest.approx(1.01)
