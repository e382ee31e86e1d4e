"""Audit of the dependencies: an SBOM of this environment, and known vulnerabilities where their database answers."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

from mediaproc.commands import ROOT

RESULTS = ROOT / "audit-results"
SBOM = RESULTS / "sbom.cdx.json"
_CHECKED = ("requirements.txt",)  # the runtime's are among them


def audit() -> int:
    """Write the SBOM and look up known vulnerabilities. Returns 1 if there are some, or no SBOM could be written.

    The programs for that go into an environment of their own, so that the SBOM lists ours alone.
    """
    RESULTS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="mediaproc-audit-") as folder:
        venv.create(folder, with_pip=True)
        programs = Path(folder) / "bin"
        pip = [str(programs / "pip"), "install", "--quiet", "--require-hashes", "-r", "requirements-audit.txt"]
        if subprocess.run(pip, cwd=ROOT, check=False).returncode:
            return 1
        return max(_write_sbom(programs), *(_look_up(programs, each) for each in _CHECKED))


def _write_sbom(programs: Path) -> int:
    command = [str(programs / "cyclonedx-py"), "environment", "--pyproject", "pyproject.toml", "--mc-type=application"]
    options = ["--output-reproducible", "--output-file", str(SBOM), sys.executable]
    status = subprocess.run([*command, *options], cwd=ROOT, check=False).returncode
    if not status:
        count = len(json.loads(SBOM.read_text())["components"])
        print(f"SBOM: {count} packages in {SBOM.relative_to(ROOT)}")
    return status


def _look_up(programs: Path, requirements: str) -> int:
    """Ask OSV. Without an answer it says so and returns 0: a machine without that network is not a fault."""
    command = [str(programs / "pip-audit"), "--vulnerability-service", "osv", "--disable-pip", "--require-hashes"]
    options = ["--progress-spinner", "off", "--timeout", "10", "--format", "json", "--requirement", requirements]
    done = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False)
    found = vulnerable(done.stdout)
    if found is None:
        reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
        print(f"{requirements}: known vulnerabilities could not be looked up ({reason[:200]})")
        return 0
    for each in found:
        print(f"{requirements}: {each}", file=sys.stderr)
    print(f"{requirements}: {len(found)} packages with known vulnerabilities")
    return int(bool(found))


def vulnerable(report: str) -> list[str] | None:
    """The packages of pip-audit's JSON report with their vulnerabilities' ids; None if it is no report."""
    try:
        packages = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return None
    affected = [each for each in packages if each.get("vulns")]
    return [f"{each['name']} {each['version']}: {', '.join(v['id'] for v in each['vulns'])}" for each in affected]
