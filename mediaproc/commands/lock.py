"""Compile pyproject.toml's dependencies into requirements*.txt, with hashes, and tell without a network if they fit."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mediaproc.commands import ROOT

_COMPILE = (
    *("-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
    *("--generate-hashes", "--no-emit-index-url", "--no-strip-extras", "--no-annotate", "--no-header"),
)


@dataclass(frozen=True)
class LockFile:
    """One compiled file: what it is for, the dependencies of pyproject.toml in it, and a file whose pins it shares."""

    path: str
    purpose: str
    extras: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    constraint: str | None = None

    @property
    def arguments(self) -> list[str]:
        """The options for uv that name its dependencies."""
        named = ["pyproject.toml"] if self.extras else []
        named += [word for each in self.extras for word in ("--extra", each)]
        named += [word for each in self.groups for word in ("--group", each)]
        return named + (["--constraint", self.constraint] if self.constraint else [])


FILES = (
    LockFile("requirements.txt", "Everything for `./dev`.", ("all",), ("dev",)),
    LockFile(
        "requirements-runtime.txt", "What web and worker need.", ("server", "worker"), constraint="requirements.txt"
    ),
    LockFile("requirements-audit.txt", "The programs of `./dev audit`.", groups=("audit",)),
    LockFile("requirements-s3.txt", "A server for `./dev test s3`.", groups=("s3",)),
    LockFile("requirements-clients.txt", "The generator of `./dev test clients`.", groups=("clients",)),
)
"""In the order of compilation."""


def lock(*, upgrade: bool = False) -> int:
    """Compile every file. Pins stay where pyproject.toml still allows them, unless `upgrade`. Returns the exit status.

    Needs the network: versions and hashes come from the package index.
    """
    return max(_compile(each, upgrade=upgrade) for each in FILES)


def faults(root: Path = ROOT) -> list[str]:
    """Reasons to run `./dev lock`, found without a network: dependencies that changed, or pins outside their range."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    return [fault for each in FILES for fault in _faults_of(root / each.path, each, project)]


def pinned(path: Path) -> list[Requirement]:
    """The pins of a compiled file, without their hashes."""
    lines = re.findall(r"^([\w.-]+(?:\[[\w,-]+\])?==[^\\\n]+)", path.read_text(), re.MULTILINE)
    return [Requirement(line.strip()) for line in lines]


def direct(project: dict[str, Any], file: LockFile) -> list[Requirement]:
    """The requirements that pyproject.toml itself names for this file; those of other extras are followed."""
    lines: list[str] = list(project["project"]["dependencies"]) if file.extras else []
    lines += [line for each in file.extras for line in _extra(project, each)]
    lines += [line for each in file.groups for line in _group(project, each)]
    return [Requirement(line) for line in dict.fromkeys(lines)]


def _compile(file: LockFile, *, upgrade: bool) -> int:
    path = ROOT / file.path
    options = [*file.arguments, "--output-file", file.path, *(["--upgrade"] if upgrade else [])]
    done = subprocess.run([sys.executable, *_COMPILE, *options], cwd=ROOT, check=False)
    if done.returncode == 0:
        path.write_text(_header(file) + path.read_text())
    return done.returncode


def _header(file: LockFile) -> str:
    digest = _digest(tomllib.loads((ROOT / "pyproject.toml").read_text()), file)
    return f"# {file.purpose} Compiled from pyproject.toml by `./dev lock`; don't edit.\n# Dependencies: {digest}\n"


def _digest(project: dict[str, Any], file: LockFile) -> str:
    """A hash of the requirements for this file as they stand in pyproject.toml, in whatever order."""
    wanted = sorted(str(each) for each in direct(project, file))
    return hashlib.sha256(json.dumps(wanted).encode()).hexdigest()[:16]


def _faults_of(path: Path, file: LockFile, project: dict[str, Any]) -> list[str]:
    if not path.exists():
        return [f"{file.path} is missing"]
    named = re.search(r"^# Dependencies: (\w+)$", path.read_text(), re.MULTILINE)
    if not named or named[1] != _digest(project, file):
        return [f"{file.path} was compiled from other dependencies than those of pyproject.toml"]
    pins = {canonicalize_name(each.name): each for each in pinned(path)}
    return [f"{file.path} does not pin {each}" for each in direct(project, file) if not _is_pinned(each, pins)]


def _is_pinned(wanted: Requirement, pins: dict[Any, Requirement]) -> bool:
    pin = pins.get(canonicalize_name(wanted.name))
    return pin is not None and all(wanted.specifier.contains(each.version) for each in pin.specifier)


def _extra(project: dict[str, Any], name: str) -> list[str]:
    return _followed(project["project"]["optional-dependencies"][name], project)


def _followed(lines: list[str], project: dict[str, Any]) -> list[str]:
    """Requirements where `mediaproc[server]` stands for those of that extra."""
    found: list[str] = []
    for line in lines:
        requirement = Requirement(line)
        ours = requirement.name == project["project"]["name"]
        found += [each for extra in requirement.extras for each in _extra(project, extra)] if ours else [line]
    return found


def _group(project: dict[str, Any], name: str) -> list[str]:
    found: list[str] = []
    for each in project["dependency-groups"][name]:
        found += [each] if isinstance(each, str) else _group(project, each["include-group"])
    return found
