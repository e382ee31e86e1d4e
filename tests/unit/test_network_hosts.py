"""What is said where tests that want two hosts have one."""

from __future__ import annotations

import pytest

from testing.network_hosts import report_single_host


def test_one_host_is_told_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TWO_HOSTS", raising=False)
    with pytest.warns(UserWarning, match=r"on one host, not on two: there is no ip here"):
        report_single_host("there is no ip here")


def test_one_host_is_a_failure_where_two_are_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TWO_HOSTS", "required")
    with pytest.raises(pytest.fail.Exception, match="there is no ip here"):
        report_single_host("there is no ip here")
