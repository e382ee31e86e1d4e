"""The search for a CRF: few tries, never out of bounds, and the coarsest that has the target."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pydantic import ValidationError

from mediaproc.media import crf_search, ladder, presets, vmaf
from mediaproc.media.crf_search import Search
from mediaproc.media.preset_request import Recipe
from mediaproc.media.presets import ChosenCrf, Preset
from tests.unit.test_command import INFO, values


def found(curve: Callable[[int], float], *, target: float, first: int = 22) -> tuple[int, float, int]:
    """The CRF, what it is said to have, and after how many tries."""
    search = Search(target=target, first=first, lowest=12, highest=40)
    while (crf := search.next_crf()) is not None:
        assert 12 <= crf <= 40
        assert crf not in search.known
        search = search.with_try(crf, curve(crf))
    return *search.result(), len(search.known)


@pytest.mark.parametrize("slope", [0.5, 0.8, 1.5, 2.5])
@pytest.mark.parametrize("target", [75, 88, 93, 95.5])
def test_the_coarsest_crf_that_has_the_target_is_found_in_few_tries(slope: float, target: float) -> None:
    def curve(crf: int) -> float:
        return 100 - slope * 0.04 * (crf - 8) ** 2  # falls faster the coarser it is

    crf, said, tries = found(curve, target=target)
    assert tries <= crf_search.MAX_TRIES
    assert said == pytest.approx(curve(crf), abs=0.6)
    best = max((each for each in range(12, 41) if curve(each) >= target), default=12)
    assert abs(crf - best) <= 1


def test_a_target_out_of_reach_gets_the_nearest() -> None:
    assert found(lambda crf: 70 - crf, target=99)[:2] == (12, 58)
    assert found(lambda crf: 99.9, target=70)[:2] == (40, 99.9)


def test_a_first_try_that_is_good_enough_is_the_last() -> None:
    assert found(lambda crf: 115.3 - crf, target=93)[::2] == (22, 1)


def test_scores_that_do_not_fall_evenly_do_no_harm() -> None:
    jumps = {22: 95.0, 24: 92.0, 23: 92.5}
    crf, said, _ = found(lambda crf: jumps.get(crf, 95 - (crf - 22)), target=93)
    assert (crf, said) == (22, 95.0)


ASKED: dict[str, Any] = {"title": "Fine", "rungs": [{"height": 720}, {"height": 480}], "target_vmaf": 93}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"target_vmaf": 69}, "greater than or equal to 70"),
        ({"target_vmaf": 99.5}, "less than or equal to 99"),
        ({"rungs": [{"height": 720, "crf": 22}]}, "Say either the VMAF to reach or the CRF of a size, not both"),
    ],
)
def test_what_is_no_target_is_refused(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Recipe.model_validate(ASKED | changes)


def test_what_was_chosen_stands_in_the_rungs_and_survives_json() -> None:
    asked = Recipe.model_validate(ASKED).preset(name="fine", version=1)
    assert (asked.target_vmaf, asked.chosen) == (93, ())
    tuned = replace(asked, chosen=(ChosenCrf("720p", 26, 93.1), ChosenCrf("480p", 24, 93.4)))
    kept = Preset.from_json(json.loads(json.dumps(tuned.to_json())))
    assert kept == tuned
    assert [(rung.name, rung.crf, rung.vmaf) for rung in ladder.rungs_for(INFO, kept)][-2:] == [
        ("720p", 26, 93.1), ("480p", 24, 93.4),
    ]  # fmt: skip


def test_a_sample_is_encoded_as_a_chunk_is_and_compared_in_each_size() -> None:
    rungs = ladder.rungs_for(INFO, presets.WEB)
    info = crf_search.sample_info(rungs[0])
    made = crf_search.encode_arguments(info, preset=presets.WEB, rungs=rungs, number=2, threads=2)
    assert values(made, "-i") == ["file:sample-2.mp4"]
    assert "gte(" not in values(made, "-force_key_frames")[0], "no keyframes of a video's first second"
    compared = vmaf.probe_arguments(info, preset=presets.WEB, rungs=rungs, number=2, threads=2)
    assert sorted(values(compared, "-i")) == [
        "file:1080p.cmaf", "file:480p.cmaf", "file:720p.cmaf", "file:sample-2.mp4",
    ]  # fmt: skip
    (graph,) = values(compared, "-filter_complex")
    assert graph.count("libvmaf=") == 3
    assert [graph.count(f"scale={size}:flags=bicubic") for size in ("1920:1080", "1280:720", "854:480")] == [2, 2, 2]
