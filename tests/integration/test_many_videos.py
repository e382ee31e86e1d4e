"""Which indexes a page of videos is read by, so that it does not matter how many there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlmodel import Session

from mediaproc import database
from mediaproc.domain.errors import Invalid
from mediaproc.domain.tables import new_id
from mediaproc.operations import cursors, videos
from mediaproc.operations.tenancy import Principal
from mediaproc.operations.video_sorting import Order
from tests.integration.conftest import Account
from tests.integration.test_api_videos import make_video

Accounts = Callable[[], Account]


def plan(principal: Principal, *, without: str = "", **asked: Any) -> str:
    """How Postgres finds a page when reading and sorting the whole table is out of the question, as with many rows.

    Without these settings the plan would depend on when autovacuum last counted the few rows that there are.
    A search reads its index by bitmap and sorts what it finds: with indexes taken away by `without`, both are allowed.
    """
    with database.transaction() as session:
        seen: list[tuple[str, Any]] = []
        event.listen(session.connection(), "before_cursor_execute", lambda *all: seen.append((all[2], all[3])))
        videos.page(session, principal, **asked)
        tried = session.begin_nested()
        for costly in ("seqscan",) if without else ("seqscan", "bitmapscan", "sort"):
            session.connection().execute(text(f"SET LOCAL enable_{costly} = off"))
        if without:
            session.connection().execute(text(f"DROP INDEX {without}"))
        found = _explained(session, *seen[0])
        tried.rollback()
        return found


def _explained(session: Session, statement: str, parameters: Any) -> str:
    rows = session.connection().exec_driver_sql(f"EXPLAIN {statement}", parameters).all()
    return "\n".join(row[0] for row in rows)


def test_a_page_is_read_in_the_order_of_the_teams_index(account: Accounts) -> None:
    mine = account().principal
    for asked in ({}, {"cursor": cursors.after(new_id())}):
        found = plan(mine, **asked)
        assert "Index Scan using ix_video_team_newest" in found
        assert "Sort" not in found and "video_pkey" not in found


@pytest.mark.parametrize(
    ("order", "index"),
    [
        (Order.OLDEST, "ix_video_team_newest"),
        (Order.TITLE, "ix_video_team_title"),
        (Order.TITLE_BACKWARDS, "ix_video_team_title"),
        (Order.LARGEST, "ix_video_team_size"),
        (Order.LONGEST, "ix_video_team_duration"),
        (Order.SHORTEST, "ix_video_team_duration"),
    ],
)
def test_each_order_has_its_index(account: Accounts, order: Order, index: str) -> None:
    mine = account()
    for _ in range(3):
        make_video(mine)
    with database.transaction() as session:
        cursor = videos.page(session, mine.principal, limit=1, order=order).next_cursor
    for after in (None, cursor):
        found = plan(mine.principal, order=order, cursor=after)
        assert f"using {index}" in found
        assert "Sort" not in found


@pytest.mark.parametrize("order", list(Order))
def test_each_video_comes_once_in_every_order(account: Accounts, order: Order) -> None:
    mine = account()
    rows = [("b", 5, 2.5), ("B", 5, None), ('İ"\\', 7, 0.0), ("a", 2**40, 1e9), ("c", 1, 2.5)]
    made = [make_video(mine, title=title, size_bytes=size, duration_seconds=long) for title, size, long in rows]
    seen: list[videos.VideoView] = []
    cursor: str | None = None
    with database.transaction() as session:
        while cursor or not seen:
            page = videos.page(session, mine.principal, limit=2, order=order, cursor=cursor)
            seen, cursor = [*seen, *page.items], page.next_cursor
    assert sorted(each.id for each in seen) == sorted(made)
    keys = {
        "created_at": [each.created_at for each in seen],
        "title": [each.title.lower() for each in seen if each.title.isalpha()],
        "size_bytes": [each.size_bytes for each in seen],
        "duration_seconds": [each.duration_seconds or 0 for each in seen],
    }[order.field]
    assert keys == sorted(keys, reverse=order.backwards)


def test_a_cursor_is_good_in_its_own_order_alone(account: Accounts) -> None:
    mine = account()
    for _ in range(2):
        make_video(mine)
    with database.transaction() as session:
        title, newest = (
            videos.page(session, mine.principal, limit=1, order=each).next_cursor
            for each in (Order.TITLE, Order.NEWEST)
        )
        forged = [cursors.after_in(Order.LARGEST, value, new_id()) for value in ("text", 1.5, "\0")]
        for order, cursor in (
            (Order.TITLE_BACKWARDS, title), (Order.NEWEST, title), (Order.TITLE, newest), (Order.TITLE, "AgAA"),
            *((Order.LARGEST, each) for each in forged), (Order.TITLE, cursors.after_in(Order.TITLE, "\0", new_id())),
        ):  # fmt: skip
            with pytest.raises(Invalid):
                videos.page(session, mine.principal, order=order, cursor=cursor)


def test_a_name_is_found_by_its_trigrams(account: Accounts) -> None:
    indexes = ("newest", "status_newest", "title", "size", "duration")
    of_team = ", ".join(f"ix_video_team_{each}" for each in indexes)  # better for the few rows of a test
    found = plan(account().principal, query="holiday", without=of_team)
    assert found.count("Bitmap Index Scan on ix_video_names") == 2


@pytest.mark.parametrize("part", ["50%", "a_b", "\\", "100% a_b\\c", "'", "ÄRGER"])
def test_what_is_searched_stands_for_itself(account: Accounts, part: str) -> None:
    mine = account()
    id = make_video(mine, title=f"see {part.lower()}!")
    for title in ("see 50 a-b 100 acb", "see"):
        make_video(mine, title=title)
    with database.transaction() as session:
        assert [video.id for video in videos.page(session, mine.principal, query=part).items] == [id]
