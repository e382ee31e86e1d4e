"""docker-compose.yml and .env.example speak of the settings that there are."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from mediaproc.commands import programs
from mediaproc.settings import Settings

ROOT = Path(__file__).parents[2]
SETTINGS = {name.upper() for name in Settings.model_fields}
APP_SERVICES = ("migrate", "web", "worker")


def _compose() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())


def _asked_of_the_person() -> dict[str, bool]:
    """Names that docker-compose.yml takes from .env, and whether each is required."""
    found = re.findall(r"\$\{(\w+)(:[?-])?", (ROOT / "docker-compose.yml").read_text())
    return {name: operator == ":?" for name, operator in found}


def _example() -> dict[str, str]:
    """Names in .env.example, those commented out too."""
    return dict(re.findall(r"^#?([A-Z][A-Z0-9_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))


@pytest.mark.parametrize("service", APP_SERVICES)
def test_containers_are_given_only_settings_that_exist(service: str) -> None:
    assert set(_compose()["services"][service]["environment"]) <= SETTINGS


@pytest.mark.parametrize("service", APP_SERVICES)
def test_containers_are_given_every_required_setting(service: str) -> None:
    required = {name.upper() for name, field in Settings.model_fields.items() if field.is_required()}
    assert required <= set(_compose()["services"][service]["environment"])


def test_the_example_names_every_setting_and_nothing_else() -> None:
    assert set(_example()) == SETTINGS | set(_asked_of_the_person())


def test_what_compose_requires_stands_in_the_example_to_be_filled_in() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    assert {name for name, required in _asked_of_the_person().items() if required} == {
        line.removesuffix("=") for line in lines if re.fullmatch(r"[A-Z0-9_]+=", line)
    }


def test_the_example_points_to_places_that_there_are() -> None:
    named = re.findall(r"`([\w.-]+)` in docker-compose\.yml", (ROOT / ".env.example").read_text())
    assert named
    for path in named:
        place = _compose()
        for step in path.split("."):
            assert step in place, f"docker-compose.yml has no {path}"
            place = place[step]


def test_every_lasting_service_has_a_health_check_and_restarts() -> None:
    lasting = {name: each for name, each in _compose()["services"].items() if name != "migrate"}
    assert all("healthcheck" in each and each["restart"] == "unless-stopped" for each in lasting.values())


def test_only_the_page_and_s3_are_published() -> None:
    ports = {name: each["ports"] for name, each in _compose()["services"].items() if "ports" in each}
    assert ports == {"web": ["8000:8000"], "seaweedfs": ["8333:8333"]}


def test_the_image_is_not_root_and_gets_only_what_it_copies() -> None:
    dockerfile = (ROOT / "deploy" / "Dockerfile").read_text()
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    copied = {word for line in re.findall(r"^COPY (?!--)(.+)$", dockerfile, re.MULTILINE) for word in line.split()[:-1]}
    assert copied == allowed
    assert all((ROOT / each).exists() for each in copied)
    assert re.search(r"^USER (?!root)\w+$", dockerfile, re.MULTILINE)


def _whole_worker() -> list[str]:
    """The modules that a worker consists of, as its supervisor starts them."""
    return [each.command[2] for each in programs.worker()]


@pytest.fixture
def health(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Runs the worker's health check where nothing runs but programs named so, and one that waits to be reaped."""
    script = _compose()["services"]["worker"]["healthcheck"]["test"][-1]
    every = psutil.process_iter
    with ExitStack() as ended:

        def start(*arguments: str) -> psutil.Popen:
            process = ended.enter_context(psutil.Popen([sys.executable, *arguments]))
            ended.callback(process.kill)
            return process

        def check(*names: str) -> bool:
            dead = start("-c", "")
            while dead.status() != psutil.STATUS_ZOMBIE:
                time.sleep(0.01)
            ours = {dead.pid} | {start("-c", "import time; time.sleep(60)", name).pid for name in names}
            monkeypatch.setattr(
                psutil, "process_iter", lambda *asked: (each for each in every(*asked) if each.pid in ours)
            )
            with pytest.raises(SystemExit) as ended_with:
                exec(script, {})
            return not ended_with.value.code

        yield check


def test_a_whole_worker_is_healthy_beside_a_zombie(health: Any) -> None:
    assert health(*_whole_worker())


@pytest.mark.parametrize("missing", _whole_worker())
def test_a_worker_without_one_of_its_programs_is_not_healthy(health: Any, missing: str) -> None:
    assert not health(*(name for name in _whole_worker() if name != missing))


def test_a_worker_is_given_all_the_time_that_it_may_want_to_drain() -> None:
    grace = re.fullmatch(r"(\d+)h", _compose()["services"]["worker"]["stop_grace_period"])
    longest = Settings.model_fields["attempt_timeout_seconds"].default
    assert grace
    assert int(grace[1]) * 3600 >= longest


def test_a_worker_can_take_only_so_much_of_its_host() -> None:
    worker = _compose()["services"]["worker"]
    assert worker["pids_limit"] > 0
    assert re.fullmatch(r"\$\{WORKER_MEMORY_LIMIT:-\d+g\}", worker["mem_limit"])
