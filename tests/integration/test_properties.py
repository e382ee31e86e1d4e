"""What holds in whatever order things happen: pages of a list, POSTs that come twice, streams that break."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from sqlmodel import Session

from mediaproc import database
from mediaproc.api.event_feed import EventFeed
from mediaproc.api.once import Once
from mediaproc.api.sse import LastSeen
from mediaproc.domain.errors import Conflict, IdempotencyMismatch
from mediaproc.domain.states import VideoStatus
from mediaproc.domain.tables import Video, new_id
from mediaproc.events.hub import hub
from mediaproc.events.messages import EventType
from mediaproc.operations import videos
from mediaproc.operations.tenancy import Principal
from testing.waits import PATIENCE_SECONDS
from tests.integration.conftest import new_account
from tests.integration.test_api_events import publish

FEW = settings(
    max_examples=25,
    deadline=None,
    database=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)


@pytest.fixture(scope="module")
def principal(api_app: FastAPI) -> Principal:
    return new_account(api_app).principal


def video(session: Session, principal: Principal) -> Video:
    row = Video(
        id=new_id(), team_id=principal.team_id, filename="a.mp4", title="a", source_key="none", size_bytes=1,
        status=VideoStatus.PROCESSING,
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


# Pages ------------------------------------------------------------------------------------------------------


@FEW
@given(st.integers(0, 9), st.integers(1, 4), st.lists(st.sampled_from(["page", "add", "remove"]), max_size=14))
def test_each_old_row_comes_once_newest_first_whatever_comes_and_goes(
    principal: Principal, old: int, limit: int, steps: list[str]
) -> None:
    with database.transaction() as session:
        whole = session.begin_nested()
        rows = [video(session, principal) for _ in range(old)]
        left, removed, seen = [row.id for row in rows], set[UUID](), list[UUID]()
        cursor: str | None = None
        for step in [*steps, *["page"] * (old + len(steps) + 1)]:
            if step == "add":
                video(session, principal)
            elif step == "remove" and rows:
                gone = rows.pop(len(rows) // 2)
                removed.add(gone.id)
                session.delete(gone)
                session.flush()
            elif step == "page" and (cursor or not seen):
                page = videos.page(session, principal, limit=limit, cursor=cursor)
                seen += [each.id for each in page.items]
                cursor = page.next_cursor
                if cursor is None:
                    break
        whole.rollback()
    assert seen == sorted(seen, reverse=True)
    assert len(set(seen)) == len(seen)
    assert set(left) - removed <= set(seen)


# The same POST again ----------------------------------------------------------------------------------------


class Answer(BaseModel):
    number: int


@FEW
@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.booleans()), max_size=10))
def test_a_key_gives_one_answer_for_one_body(principal: Principal, asked: list[tuple[str, str, bool]]) -> None:
    route, known, performed = f"POST /{secrets.token_hex(8)}", dict[str, tuple[str, bytes]](), 0

    def perform(_session: Session) -> Answer:
        nonlocal performed
        performed += 1
        if fails:
            raise Conflict("not now")
        return Answer(number=performed)

    for key, body, fails in asked:
        once = Once(principal=principal, route=route, key=key, request_hash=body)
        before = performed
        if key in known and known[key][0] != body:
            with pytest.raises(IdempotencyMismatch):
                once.answer(perform, status=201)
        elif key in known:
            assert once.answer(perform, status=201).body == known[key][1]
        elif fails:
            with pytest.raises(Conflict):
                once.answer(perform, status=201)
            before += 1  # an error is not remembered
        else:
            known[key] = (body, bytes(once.answer(perform, status=201).body))
            before += 1
        assert performed == before


# Streams that break -----------------------------------------------------------------------------------------

_FRAME = re.compile(rb"id: (\S+)\nevent: (\w+)\n")


class Client:
    """Follows a video, and comes back with the id that it saw last."""

    def __init__(self, principal: Principal, video_id: UUID) -> None:
        self._principal, self._video_id = principal, video_id
        self._chunks: Any = None
        self._last_id: str | None = None
        self.seen: list[str] = []

    async def take(self) -> None:
        """One chunk; where there is no line, of a new one."""
        if self._chunks is None:
            feed = EventFeed(self._principal, self._video_id)
            assert await feed.begin(LastSeen.read(self._last_id))
            self._chunks = feed.chunks()
        for id, type in _FRAME.findall(await asyncio.wait_for(anext(self._chunks), PATIENCE_SECONDS)):
            self._last_id = last = id.decode()
            if type == b"log":
                self.seen.append(last)

    async def drop(self) -> None:
        """The line breaks."""
        if self._chunks is not None:
            await self._chunks.aclose()
            self._chunks = None


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.Runner]:
    """One loop for the hub of this process, which ends with it."""
    hub.cache_clear()
    with asyncio.Runner() as runner:
        yield runner
        runner.run(hub().stop())
    hub.cache_clear()


@FEW
@given(st.lists(st.sampled_from(["publish", "publish", "take", "drop"]), max_size=16))
def test_every_event_comes_once_and_in_order_however_the_line_breaks(
    principal: Principal, loop: asyncio.Runner, steps: list[str]
) -> None:
    async def check() -> None:
        with database.transaction() as session:
            row = video(session, principal)
        client, published = Client(principal, row.id), list[str]()
        await client.take()  # the snapshot
        for step in steps:
            if step == "publish":
                published.append(publish(row, EventType.LOG, number=len(published)))
            elif step == "drop":
                await client.drop()
            elif len(client.seen) < len(published):
                await client.take()
        while len(client.seen) < len(published):
            await client.take()
        await client.drop()
        assert client.seen == published

    loop.run(check())
