"""The wheel as a stranger gets it: built, installed into a clean environment, started from another folder."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

import httpx
import pytest

from mediaproc import version
from mediaproc.embedded import servers
from testing import ROOT
from testing.site import started_up

pytestmark = pytest.mark.timeout(900)  # with an installation, perhaps on a busy machine

HEAVY = {"reflex", "boto3", "botocore", "fastapi", "sqlmodel", "sqlalchemy", "redis", "huey", "structlog", "psycopg"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    """The wheel."""
    return next(built.glob("*.whl"))


@pytest.fixture(scope="module")
def light(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel and no extra."""
    folder = tmp_path_factory.mktemp("light")
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", wheel], check=True, timeout=300)
    return folder / "bin"


@pytest.fixture(scope="module")
def whole(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with the wheel, in which the packages of this one stand in for all extras."""
    folder = tmp_path_factory.mktemp("whole")
    venv.create(folder, with_pip=True)
    subprocess.run([folder / "bin" / "pip", "install", "--quiet", "--no-deps", wheel], check=True, timeout=300)
    packages = next(folder.glob("lib/python*/site-packages"))
    (packages / "extras.pth").write_text(sysconfig.get_path("purelib") + "\n")
    for program in ("bun", "weed"):
        (folder / "bin" / program).symlink_to(Path(sys.executable).parent / program)
    return folder / "bin"


def _run(program: Path, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run it in another folder than the checkout's, with nothing of this environment."""
    environment = {"PATH": os.defpath, "HOME": str(folder), "MEDIAPROC_URL": "http://127.0.0.1:9"}
    return subprocess.run(
        [program, *arguments], cwd=folder, env=environment, capture_output=True, text=True, timeout=120
    )


def test_both_archives_hold_what_the_commands_read(built: Path, wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    project = "mediaproc/_project"
    assert {f"{project}/alembic.ini", f"{project}/rxconfig.py", f"{project}/reflex.lock/bun.lock"} <= names
    assert {f"mediaproc/components/{each.name}" for each in (ROOT / "mediaproc/components").glob("*.js*")} <= names
    migrations = {each.name for each in (ROOT / "alembic/versions").glob("*.py")}
    assert {f"{project}/alembic/versions/{each}" for each in migrations} <= names
    assert not [each for each in names if each.startswith(("tests/", "bench/")) or "assets/external" in each]
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        inside = {name.partition("/")[2] for name in sdist.getnames()}
    assert {"pyproject.toml", "rxconfig.py", "alembic.ini", "LICENSE", "mediaproc/__main__.py"} <= inside


def test_the_light_command_tells_its_version_and_its_help(light: Path, tmp_path: Path) -> None:
    assert _run(light / "mediaproc", "--version", folder=tmp_path).stdout == f"mediaproc {version.version()}\n"
    helped = _run(light / "mediaproc", "--help", folder=tmp_path)
    assert (helped.returncode, helped.stderr) == (0, "")
    assert "Usage: mediaproc" in helped.stdout
    assert "upload" in helped.stdout
    assert "lock" not in helped.stdout


def test_the_client_brings_nothing_of_the_server(light: Path, tmp_path: Path) -> None:
    program = "import sys, mediaproc.client, mediaproc.__main__; print(*{each.split('.')[0] for each in sys.modules})"
    imported = set(_run(light / "python", "-c", program, folder=tmp_path).stdout.split())
    listed = _run(light / "pip", "list", "--format=freeze", folder=tmp_path).stdout
    installed = {line.partition("==")[0].lower() for line in listed.splitlines()}
    assert "httpx" in imported
    assert not HEAVY & (imported | installed)


@pytest.mark.parametrize(
    ("command", "extra"),
    [
        ("web", "server"),
        ("migrate", "server"),
        ("build", "server"),
        ("bucket", "server"),
        ("worker", "worker"),
        ("up", "all"),
        ("down", "all"),
        ("doctor", "all"),
    ],
)
def test_a_command_without_its_packages_names_the_extra(light: Path, tmp_path: Path, command: str, extra: str) -> None:
    done = _run(light / "mediaproc", command, folder=tmp_path)
    assert done.returncode == 1
    assert done.stderr.endswith(f"pip install 'mediaproc[{extra}]'\n")
    assert "Traceback" not in done.stderr


def test_a_client_command_needs_no_extra_and_names_the_program_as_typed(light: Path, tmp_path: Path) -> None:
    done = _run(light / "mediaproc", "keys", "list", folder=tmp_path)
    assert done.returncode == 6  # nothing answers there
    assert "127.0.0.1:9" in done.stderr


def test_up_works_from_the_wheel(whole: Path) -> None:
    """It makes the tables by the wheel's migrations, builds the page from the wheel's sources, and serves both."""
    (port,) = servers.free_ports(1)
    command = [str(whole / "mediaproc"), "up", "--port", str(port)]
    with tempfile.TemporaryDirectory(prefix="mediaproc-wheel-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as root, Postgres runs as another user
        home = {"MEDIAPROC_HOME": str(folder / "home"), "PYTHONPATH": "", "MEDIAPROC_PROGRAM": ""}
        with started_up(command, port=port, folder=folder, settings=home) as url:
            _assert_serves(url)


def _assert_serves(url: str) -> None:
    assert httpx.get(f"{url}/sign-in").status_code == 200
    account = {"email": "somebody@example.com", "password": "a long enough password"}
    assert httpx.post(f"{url}/api/v1/auth/register", json=account).status_code == 201
