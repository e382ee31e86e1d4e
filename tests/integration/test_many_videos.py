"""Which indexes a page of videos is read by, so that it does not matter how many there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlmodel import Session

from mediaproc import database
from mediaproc.domain.tables import new_id
from mediaproc.operations import cursors, videos
from mediaproc.operations.scope import Principal
from tests.integration.conftest import Account
from tests.integration.test_api_videos import make_video

Accounts = Callable[[], Account]


def plan(principal: Principal, *, without: str = "", **asked: Any) -> str:
    """How Postgres finds a page when reading the whole table is out of the question, as with many rows."""
    with database.transaction() as session:
        seen: list[tuple[str, Any]] = []
        event.listen(session.connection(), "before_cursor_execute", lambda *all: seen.append((all[2], all[3])))
        videos.page(session, principal, **asked)
        tried = session.begin_nested()
        session.execute(text("SET LOCAL enable_seqscan = off"))
        if without:
            session.execute(text(f"DROP INDEX {without}"))
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


def test_a_name_is_found_by_its_trigrams(account: Accounts) -> None:
    of_team = "ix_video_team_newest, ix_video_team_status_newest"  # better for the few rows of a test
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
