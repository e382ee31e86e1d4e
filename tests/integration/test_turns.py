"""Whose turn it is: priorities, teams in turn, and no job that is left behind."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, text, update
from sqlmodel import Session, col, select

from mediaproc import database
from mediaproc.domain import fair_ranks
from mediaproc.domain.errors import EncodeFailed, WorkerStopping
from mediaproc.domain.states import JobKind, JobState, Lane, Priority, VideoStatus
from mediaproc.domain.tables import Job, Team, TeamSchedule, Video, now
from mediaproc.operations.jobs import children, execution, maintenance, requests, scheduling
from mediaproc.queue import tasks
from mediaproc.queue.huey import huey_of
from testing.jobs import forget_waiting
from testing.videos import make_video


@pytest.fixture(autouse=True)
def _alone(connected: dict[str, str]) -> Iterator[None]:
    """Nobody else waits, and nobody has been served."""
    forget_waiting()
    with database.transaction() as session:
        session.exec(delete(TeamSchedule))
    for lane in Lane:
        huey_of(lane).flush()
    yield
    forget_waiting()


def _team(session: Session) -> UUID:
    team = Team(name="Test")
    session.add(team)
    session.flush()
    return team.id


def _wait(session: Session, team_id: UUID, count: int, **values: Any) -> list[UUID]:
    """So many jobs of a team that wait and have been sent, each of a video of its own."""
    videos = [
        Video(team_id=team_id, filename="x", title="x", source_key="x", size_bytes=1, status=VideoStatus.QUEUED)
        for _ in range(count)
    ]
    session.add_all(videos)
    session.flush()
    rows = [Job(team_id=team_id, video_id=each.id, message_sent_at=now(), **values) for each in videos]
    session.add_all(rows)
    session.flush()
    return [row.id for row in rows]


def _teams(*counts: int, **values: object) -> list[list[UUID]]:
    with database.transaction() as session:
        return [_wait(session, _team(session), count, **values) for count in counts]


def _next() -> execution.Claim | None:
    with database.transaction() as session:
        return execution.claim_next(session, lane=Lane.ENCODE, worker="test:1")


def _taken(count: int) -> list[UUID]:
    claims = [_next() for _ in range(count)]
    return [claim.job_id for claim in claims if claim]


def test_a_thousand_files_of_one_team_do_not_keep_anothers_first_waiting() -> None:
    ((*many,),) = _teams(1000)
    assert _taken(3) == many[:3]
    ((one,),) = _teams(1)
    assert one in _taken(2)


def test_teams_take_turns_whoever_has_more() -> None:
    first, second, third = _teams(6, 2, 3)
    taken = _taken(11)
    assert taken == [
        first[0], second[0], third[0], first[1], second[1], third[1], first[2], third[2], *first[3:]
    ]  # fmt: skip


def test_what_is_more_urgent_goes_first_and_can_be_made_so_while_it_waits() -> None:
    ((batch,),) = _teams(1, priority=Priority.BATCH)
    normal, other = _teams(2, 1)
    with database.transaction() as session:
        video = session.exec(select(Video).join(Job).where(col(Job.id) == normal[1])).one()
        requests.prioritize(session, video=video, priority=Priority.INTERACTIVE)
    assert _taken(4) == [normal[1], other[0], normal[0], batch]


def test_parts_inherit_a_priority_that_was_changed_while_the_whole_ran() -> None:
    _teams(1)
    claim = _next()
    assert claim
    with database.transaction() as session:
        requests.prioritize(session, video=claim.video, priority=Priority.INTERACTIVE)
    with database.transaction() as session:
        execution.split(session, claim, [execution.Part(JobKind.ENCODE, 0, 0.0, 1.0), execution.Part(JobKind.POSTER)])
    with database.transaction() as session:
        assert {part.priority for part in children.parts_of_job(session, claim.job_id)} == {Priority.INTERACTIVE}


def test_what_comes_afterwards_stays_behind_what_somebody_waits_for() -> None:
    _teams(1)
    claim = _next()
    assert claim
    with database.transaction() as session:
        execution.split(session, claim, [execution.Part(JobKind.STORYBOARD), execution.Part(JobKind.POSTER)])
        requests.prioritize(session, video=claim.video, priority=Priority.INTERACTIVE)
    with database.transaction() as session:
        priorities = {part.kind: part.priority for part in children.parts_of_job(session, claim.job_id)}
    assert priorities == {JobKind.STORYBOARD: Priority.BATCH, JobKind.POSTER: Priority.INTERACTIVE}


def _begun(team: UUID, chunks: int) -> UUID:
    """A video of the team that was planned in so many chunks, and is about to be encoded."""
    with database.transaction() as session:
        (whole,) = _wait(session, team, 1, lane=Lane.QUICK)
        claim = execution.claim(session, job_id=whole, worker="test:1")
        assert claim
        execution.split(session, claim, [execution.Part(JobKind.ENCODE, n, float(n), 1.0) for n in range(chunks)])
        return claim.video.id


def _taken_chunks(count: int) -> list[tuple[UUID, int | None]]:
    claims = [_next() for _ in range(count)]
    return [(claim.video.id, claim.job.chunk) for claim in claims if claim]


def test_a_begun_video_waits_for_a_few_first_chunks_of_newer_ones_and_no_more() -> None:
    """As in tests/unit/test_fair_ranks.py, which simulates longer queues."""
    with database.transaction() as session:
        team = _team(session)
    film = _begun(team, 8)
    assert _taken_chunks(3) == [(film, 0), (film, 1), (film, 2)]
    newer = [_begun(team, 2) for _ in range(20)]
    taken = _taken_chunks(100)
    assert len(taken) == 5 + 40
    assert taken[:2] == [(newer[0], 0), (newer[1], 0)], "new videos begin at once"
    for video in (film, *newer):
        own = [place for place, (of, _) in enumerate(taken) if of == video]
        for before, after in pairwise(own):
            firsts = [of for of, chunk in taken[before + 1 : after] if chunk == 0 and of != video]
            assert len(firsts) <= fair_ranks.FIRST_CHUNKS_AHEAD


def test_the_lanes_have_turns_of_their_own() -> None:
    quick, encode = _teams(1, lane=Lane.QUICK), _teams(1)
    assert _taken(2) == encode[0]
    with database.transaction() as session:
        claim = execution.claim_next(session, lane=Lane.QUICK, worker="test:1")
    assert claim and [claim.job_id] == quick[0]


def test_of_many_workers_at_once_each_gets_another_job() -> None:
    teams = _teams(20, 4)
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda _: _next(), range(24)))
    assert sorted(claim.job_id for claim in claims if claim) == sorted(id for team in teams for id in team)


def test_what_has_no_message_is_nobodys_turn() -> None:
    """A retry whose time has not come; a job given back, which the stopping worker's neighbours must not take."""
    _teams(2)
    for ending, error in ((execution.fail, EncodeFailed()), (execution.release, WorkerStopping())):
        claim = _next()
        assert claim
        with database.transaction() as session:
            ending(session, claim, error)
    assert _next() is None


@pytest.mark.parametrize("seed", range(2))
def test_nothing_is_left_behind_whatever_happens(seed: int) -> None:
    """Messages get lost, workers fail, stop and die, priorities change; in the end every job has ended."""
    dice = random.Random(seed)
    ids = [job for team in _teams(*(dice.randint(1, 6) for _ in range(3))) for job in team]
    for id in ids:
        tasks.send(Lane.ENCODE, id)
    for _ in range(400):
        _one_of(dice, ids)()
        if _unfinished(ids) == 0:
            break
    assert _unfinished(ids) == 0


def _one_of(dice: random.Random, ids: list[UUID]):
    lost = dice.random() < 0.1
    if lost:
        return _message
    return dice.choices([_work(dice), _mend, _reorder(dice, ids)], [6, 2, 1])[0]


def _work(dice: random.Random):
    """What a worker does with one message: claim, then end in one of four ways."""

    def work() -> None:
        claim = _next() if _message() else None
        if claim is None:
            return
        with database.transaction() as session:
            match dice.choice(["completes", "completes", "fails", "is stopped", "dies"]):
                case "completes":
                    execution.complete(session, claim)
                case "fails":
                    execution.fail(session, claim, EncodeFailed())
                case "is stopped":
                    execution.release(session, claim, WorkerStopping())
                case _:
                    pass

    return work


def _message() -> bool:
    """Take a message off the queue, if there is one: to ask for one that is not there would wait."""
    return tasks.size(Lane.ENCODE) > 0 and huey_of(Lane.ENCODE).dequeue() is not None


def _mend() -> None:
    """The periodic process a while later: leases have run out, retries are due, messages were sent long ago."""
    past = now() - timedelta(hours=1)
    with database.transaction() as session:
        session.exec(update(Job).where(col(Job.lease_expires_at).is_not(None)).values(lease_expires_at=past))
        session.exec(update(Job).where(col(Job.next_attempt_at).is_not(None)).values(next_attempt_at=past))
        session.exec(update(Job).where(col(Job.message_sent_at).is_not(None)).values(message_sent_at=past))
    with database.transaction() as session:
        maintenance.rescue_expired(session)
    with database.transaction() as session:
        maintenance.resend_lost(session)


def _reorder(dice: random.Random, ids: list[UUID]):
    def reorder() -> None:
        with database.transaction() as session:
            video = session.exec(select(Video).join(Job).where(col(Job.id) == dice.choice(ids))).one()
            requests.prioritize(session, video=video, priority=dice.choice(list(Priority)))

    return reorder


def _unfinished(ids: list[UUID]) -> int:
    with database.transaction() as session:
        states = session.exec(select(Job.state).where(col(Job.id).in_(ids))).all()
    return sum(not JobState(state).final for state in states)


def test_the_next_job_is_found_without_reading_the_others() -> None:
    """Compared with the blocks read before they came: entries of other tests' jobs may still be in the index."""
    forget_waiting()
    with database.transaction() as session:
        video = make_video(session)
        session.connection().execute(text("SET LOCAL enable_seqscan = off"))
        before = _blocks_of_next(session)
        session.connection().execute(
            text("""INSERT INTO job (id, team_id, video_id, kind, lane, preset, state, attempt, max_attempts, undivided,
                    progress, priority, created_at, message_sent_at)
                    SELECT gen_random_uuid(), :team, :video, 'process', 'encode', 'web', 'queued', 0, 3, false,
                    0, 1, now(), now() FROM generate_series(1, 20000)"""),
            {"team": video.team_id, "video": video.id},
        )
        session.connection().execute(text("ANALYZE job"))  # as autovacuum does
        read = _blocks_of_next(session) - before
        session.rollback()
    assert read < 200
    assert JobState.QUEUED.value in scheduling._WAITS


def _blocks_of_next(session: Session) -> int:
    """Blocks that Postgres reads to find the next job."""
    explain = text(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {scheduling._NEXT.text}")
    ((plan,),) = session.connection().execute(explain, {"lane": "encode", "candidates": scheduling.CANDIDATES}).all()
    return plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"]
