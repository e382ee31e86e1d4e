"""Fair ranks by simulation: how long the chunks of one team's videos wait in bursts, beside long films, in steady work.

Every chunk takes one unit of time. The order is the only thing that is simulated, so the same cases run on any order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

import pytest

from mediaproc.domain import fair_ranks


@dataclass(frozen=True)
class Film:
    """A video that arrives at a time with so many chunks."""

    at: int
    chunks: int


@dataclass(frozen=True)
class Piece:
    """A chunk that waits. `order`: what the scheduler sorts by."""

    order: tuple[int, int]
    film: int
    chunk: int


@dataclass
class Report:
    """When each chunk was taken, by film and number, and the order of the takings."""

    films: list[Film]
    taken: list[tuple[int, Piece]]

    def first_chunk_waits(self) -> list[int]:
        return [at - self.films[piece.film].at for at, piece in self.taken if piece.chunk == 0]

    def ends(self) -> list[int]:
        """How long each film took, in films' order."""
        last = {piece.film: at for at, piece in self.taken}
        return [last[film] + 1 - self.films[film].at for film in range(len(self.films))]

    def most_overtaken(self) -> int:
        """The most newer films that began while any film's next chunk waited."""
        most = 0
        for film in range(len(self.films)):
            own = [place for place, (_, piece) in enumerate(self.taken) if piece.film == film]
            for before, after in pairwise(own):
                between = self.taken[before + 1 : after]
                most = max(most, sum(piece.chunk == 0 and piece.film > film for _, piece in between))
        return most


def simulate(films: list[Film], *, workers: int, order: Callable[[int, int, int], int]) -> Report:
    """Work everything off. `order(start, film, chunk)` is what a chunk is sorted by, before its age."""
    report, waiting = Report(films, []), list[Piece]()
    started = served = time = 0
    coming = sorted(range(len(films)), key=lambda film: films[film].at)
    while coming or waiting:
        while coming and films[coming[0]].at <= time:
            film = coming.pop(0)
            started = fair_ranks.next_start(started=started, served=served)
            waiting += [Piece((order(started, film, n), film), film, n) for n in range(films[film].chunks)]
        for piece in sorted(waiting, key=lambda piece: (piece.order, piece.chunk))[:workers]:
            waiting.remove(piece)
            served = max(served, fair_ranks.rank_of(0, None) + piece.order[0])
            report.taken.append((time, piece))
        time += 1
    return report


def by_rank(start: int, _film: int, chunk: int) -> int:
    return fair_ranks.rank_of(start, chunk)


def by_chunk(_start: int, _film: int, chunk: int) -> int:
    """The order before: first chunks before second ones, however many there are."""
    return chunk


BURST = [Film(0, 4)] * 100
FILM_AND_BURST = [Film(0, 300), *[Film(10, 3)] * 50]
STEADY = [Film(0, 40), *(Film(at, 2) for at in range(1, 200))]
CASES = {"burst": BURST, "film and burst": FILM_AND_BURST, "steady": STEADY}


@pytest.mark.parametrize("workers", [1, 2, 8])
@pytest.mark.parametrize("films", CASES.values(), ids=CASES)
def test_a_begun_film_waits_for_three_newer_ones_at_most(films: list[Film], workers: int) -> None:
    assert simulate(films, workers=workers, order=by_rank).most_overtaken() <= fair_ranks.FIRST_CHUNKS_AHEAD


@pytest.mark.parametrize("films", CASES.values(), ids=CASES)
def test_the_order_before_let_it_wait_for_all_of_them(films: list[Film]) -> None:
    """The simulation can tell: the order that was mended does not pass."""
    assert simulate(films, workers=1, order=by_chunk).most_overtaken() > 40


def test_a_film_beside_steady_arrivals_ends_before_they_do() -> None:
    """Two units of work arrive each unit of time, for one worker: the film would never end behind all that."""
    assert simulate(STEADY, workers=1, order=by_rank).ends()[0] < 400
    assert simulate(STEADY, workers=1, order=by_chunk).ends()[0] == sum(film.chunks for film in STEADY)


def test_a_long_film_delays_no_other_by_more_than_a_few_chunks() -> None:
    report = simulate(FILM_AND_BURST, workers=1, order=by_rank)
    assert report.first_chunk_waits()[1] <= 1, "a new video begins at once, though 290 chunks of the film wait"
    assert max(report.ends()[1:]) < 50 * 3 + 100, "all fifty end in the time of their own work and a third of it"


def test_a_film_that_was_alone_owes_nothing_to_who_comes_later() -> None:
    """Its ranks are far ahead by then; newer ones begin at what was served, not at the team's first rank."""
    films = [Film(0, 200), *(Film(100 + at, 1) for at in range(300))]
    report = simulate(films, workers=1, order=by_rank)
    assert report.most_overtaken() <= fair_ranks.FIRST_CHUNKS_AHEAD
    assert report.ends()[0] < 200 + 3 * 110


def test_the_wait_for_a_first_picture_grows_with_what_was_begun_before() -> None:
    """The price: in a burst, later first chunks wait for second ones of earlier videos."""
    waits = simulate(BURST, workers=1, order=by_rank).first_chunk_waits()
    assert waits == sorted(waits)
    assert median(waits) <= 4 * 50, "never longer than one after the other"
