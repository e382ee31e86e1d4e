"""How the bench of live progress tells which event a text on the page belongs to."""

from __future__ import annotations

from bench import live
from bench.live import Delays, Told


def test_a_text_on_the_page_belongs_to_the_first_event_that_is_written_so() -> None:
    told = [Told(1000, 1004, "5 %"), Told(1200, 1210, "5 %"), Told(1400, 1402, "6 %"), Told(2000, 2001, "7 %")]
    delays = Delays()
    live._add(delays, told, [(900, "Queued"), (1020, "5 %"), (2050, "7 %")])
    assert (delays.page, delays.api, delays.seconds) == ([20, 50], [4, 10, 2, 1], 1.0)
    longest = list(live._figures(delays))
    assert [figure.met for figure in longest] == [True, True, True]
    assert longest[0].value == 50


def test_one_late_text_is_too_many() -> None:
    delays = Delays(page=[10.0] * 99 + [301.0], api=[1.0], seconds=0.5)
    assert [figure.met for figure in live._figures(delays)] == [False, True, True]
