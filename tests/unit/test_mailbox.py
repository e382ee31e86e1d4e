"""What waits for a slow listener."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest

from mediaproc.events.mailbox import Mailbox
from mediaproc.events.messages import Event, EventType, cursor_order

TEAM, ONE, OTHER = uuid4(), uuid4(), uuid4()


def event(cursor: str, type: EventType = EventType.STATUS, video_id: UUID = ONE) -> Event:
    return Event(type=type, team_id=TEAM, video_id=video_id, data={"video_id": str(video_id)}, cursor=cursor)


def cursors(events: list[Event]) -> list[str]:
    return [each.cursor for each in events]


def test_only_the_newest_progress_of_each_video_waits() -> None:
    mailbox = Mailbox()
    for cursor, video_id in (("1-0", ONE), ("2-0", OTHER), ("3-0", ONE), ("4-0", ONE)):
        mailbox.put(event(cursor, EventType.PROGRESS, video_id))
    assert cursors(mailbox.take()[0]) == ["2-0", "4-0"]


def test_everything_else_is_kept_in_order_between_progress() -> None:
    mailbox = Mailbox()
    mailbox.put(event("9-0"))
    mailbox.put(event("10-0", EventType.PROGRESS))
    mailbox.put(event("10-1", EventType.RENDITION))
    mailbox.put(event("10-11", EventType.PROGRESS))
    mailbox.put(event("11-0"))
    assert cursors(mailbox.take()[0]) == ["9-0", "10-1", "10-11", "11-0"]


def test_what_was_taken_is_gone() -> None:
    mailbox = Mailbox()
    mailbox.put(event("1-0"))
    mailbox.put(event("2-0", EventType.PROGRESS))
    mailbox.take()
    assert mailbox.take() == ([], False)


def test_overflow_drops_what_is_older_and_tells_the_gap_once() -> None:
    mailbox = Mailbox(capacity=3)
    mailbox.put(event("1-0", EventType.PROGRESS))
    for number in range(2, 6):
        mailbox.put(event(f"{number}-0"))
    events, gap = mailbox.take()
    assert gap
    assert cursors(events) == ["5-0"]
    assert mailbox.take() == ([], False)


@pytest.mark.parametrize("older, newer", [("9-0", "10-0"), ("10-2", "10-10"), ("0-0", "0-1"), ("5", "5-1")])
def test_cursors_compare_as_pairs_of_numbers(older: str, newer: str) -> None:
    assert cursor_order(older) < cursor_order(newer)


@pytest.mark.parametrize("word", ["", "abc", "1-b", "-", "1-2-3"])
def test_what_is_no_cursor_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        cursor_order(word)
