"""What pip-audit reports, and what counts as no report."""

from __future__ import annotations

import json

import pytest

from mediaproc.commands import audit


@pytest.mark.parametrize("report", ["", "ERROR: no network", "[]", "{}", "null"])
def test_what_is_no_report_finds_nothing_out(report: str) -> None:
    assert audit.vulnerable(report) is None


def test_only_packages_with_vulnerabilities_are_named() -> None:
    clean = {"name": "rich", "version": "15.0.0", "vulns": []}
    skipped = {"name": "mediaproc", "skip_reason": "not on an index"}
    bad = {"name": "old", "version": "1.0", "vulns": [{"id": "PYSEC-1"}, {"id": "GHSA-2"}]}
    report = json.dumps({"dependencies": [clean, skipped, bad], "fixes": []})
    assert audit.vulnerable(report) == ["old 1.0: PYSEC-1, GHSA-2"]
