"""A command without its packages names the extra; the version and the program's own name are told right."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import typer

from mediaproc import invocation, version
from mediaproc.commands import ROOT
from mediaproc.commands.extras import needs

PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def _without(module: str) -> None:
    raise ModuleNotFoundError(f"No module named {module!r}", name=module)


def test_a_missing_package_names_the_extra(capsys: pytest.CaptureFixture[str]) -> None:
    @needs("server")
    def web() -> None:
        _without("granian.server")

    with pytest.raises(typer.Exit) as ended:
        web()
    assert ended.value.exit_code == 1
    assert "pip install 'mediaproc[server]'" in capsys.readouterr().err


def test_a_missing_module_of_ours_is_a_defect_and_is_raised() -> None:
    @needs("server")
    def web() -> None:
        _without("mediaproc.api.gone")

    with pytest.raises(ModuleNotFoundError):
        web()


def test_every_extra_that_a_command_names_is_offered() -> None:
    source = (ROOT / "mediaproc" / "__main__.py").read_text()
    named = {"all", "server", "worker"}
    assert all(f'"{each}"' in source for each in named)
    assert named <= set(PYPROJECT["project"]["optional-dependencies"])


def test_the_version_is_that_of_pyproject() -> None:
    assert version.version() == PYPROJECT["project"]["version"]
    done = subprocess.run([sys.executable, "-m", "mediaproc", "--version"], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == f"mediaproc {PYPROJECT['project']['version']}\n"


@pytest.mark.parametrize(
    ("variable", "started", "program"),
    [
        ("./dev", "/somewhere/mediaproc/__main__.py", "./dev"),
        ("", "/usr/bin/mediaproc", "mediaproc"),
        ("", "/somewhere/mediaproc/__main__.py", "python -m mediaproc"),
    ],
)
def test_messages_name_the_program_that_was_typed(
    monkeypatch: pytest.MonkeyPatch, variable: str, started: str, program: str
) -> None:
    monkeypatch.setenv(invocation.PROGRAM_VARIABLE, variable)
    monkeypatch.setattr(sys, "argv", [started])
    assert invocation.command("login") == f"{program} login"


def test_a_wheel_carries_every_asset_and_every_file_of_the_project_folder() -> None:
    forced = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    listed = subprocess.run(["git", "ls-files", "assets"], cwd=ROOT, capture_output=True, text=True, check=True)
    wanted = {*listed.stdout.split(), "alembic", "alembic.ini", "reflex.lock", "rxconfig.py"}
    assert set(forced) == wanted
    assert all(Path(target) == Path("mediaproc/_project") / source for source, target in forced.items())
