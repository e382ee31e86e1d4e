"""`.ci/run` provides what the tests need, and asks for all that the machine can do."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from testing.waits import PATIENCE_SECONDS

RUN = Path(__file__).parents[2] / ".ci" / "run"
WHOLE = ("curl", "jq", "chromium", "ip", "firefox-esr", "WebKitWebDriver", "Xvfb")
LANES = ("package", "s3", "browsers", "clients", "faults")


class Machine:
    """One with the tools named, where `./dev` and `apt-get` only note what they were asked."""

    def __init__(self, folder: Path, *, tools: tuple[str, ...] = WHOLE, user: int = 0, networks: bool = True) -> None:
        self.folder = folder
        for name in ("bash", "dirname", "env"):
            self._link(name)
        for name in tools:
            self._script(f"bin/{name}", "")
        self._script("bin/id", f"echo {user}")
        self._script("bin/unshare", f"exit {int(not networks)}")
        self._script("bin/apt-get", f'echo "apt-get $*" >>{folder}/asked')
        self._script("dev", f'echo "dev $* LANES=${{LANES-}} TWO_HOSTS=${{TWO_HOSTS-}}" >>{folder}/asked')
        (folder / ".ci").mkdir()
        shutil.copy(RUN, folder / ".ci" / "run")

    def asked(self) -> list[str]:
        environment = {"PATH": str(self.folder / "bin")}
        subprocess.run(
            [self.folder / ".ci" / "run"], env=environment, check=True, capture_output=True, timeout=PATIENCE_SECONDS
        )
        return (self.folder / "asked").read_text().splitlines()

    def _link(self, name: str) -> None:
        (self.folder / "bin").mkdir(exist_ok=True)
        (self.folder / "bin" / name).symlink_to(shutil.which(name) or name)

    def _script(self, path: str, text: str) -> None:
        (self.folder / path).write_text(f"#!/bin/sh\n{text}\n")
        (self.folder / path).chmod(0o755)


@pytest.mark.parametrize(
    ("tool", "package"), [("ip", "iproute2"), ("jq", "jq"), ("chromium", "chromium"), ("Xvfb", "xvfb")]
)
def test_what_is_missing_is_installed(tmp_path: Path, tool: str, package: str) -> None:
    asked = Machine(tmp_path, tools=tuple(each for each in WHOLE if each != tool)).asked()
    assert asked[1] == f"apt-get install --yes --no-install-recommends {package}"


def test_nothing_is_installed_where_all_is_there(tmp_path: Path) -> None:
    assert [each.split()[1] for each in Machine(tmp_path).asked()][:2] == ["check", "test"]


def test_every_lane_runs_after_the_tests_and_fails_where_it_lacks_a_program(tmp_path: Path) -> None:
    asked = [each.split() for each in Machine(tmp_path).asked()]
    assert [words[2] for words in asked if words[1:3] != ["test", "LANES="] and words[1] == "test"] == list(LANES)
    assert all(f"LANES={'required' if words[2] in LANES else ''}" in words for words in asked if words[1] == "test")


@pytest.mark.parametrize(("user", "networks", "wanted"), [(0, True, "required"), (0, False, ""), (1000, True, "")])
def test_two_hosts_are_required_where_they_can_be_made(tmp_path: Path, user: int, networks: bool, wanted: str) -> None:
    asked = Machine(tmp_path, user=user, networks=networks).asked()
    assert f"dev test LANES= TWO_HOSTS={wanted}" in asked
