"""Who came is what trusted proxies say, and nothing that a client made up."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from mediaproc.api import client_ip
from mediaproc.operations.rate_limits import sign_ins
from mediaproc.settings import Settings

PROXIES = "10.0.0.0/8,::1"


def _client(monkeypatch: pytest.MonkeyPatch, *, peer: str | None, said: list[str], trusted: str) -> str:
    networks = Settings.trusted_networks.fget(SimpleNamespace(trusted_proxies=trusted))  # type: ignore[attr-defined]
    monkeypatch.setattr(client_ip, "settings", lambda: SimpleNamespace(trusted_networks=networks))
    headers = [(b"x-forwarded-for", each.encode()) for each in said]
    return client_ip.client_address({"type": "http", "client": (peer, 1) if peer else None, "headers": headers})


@pytest.mark.parametrize(
    ("peer", "said", "trusted", "client"),
    [
        ("198.51.100.7", ["203.0.113.9"], "", "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9"], "", "10.0.0.1"),
        ("198.51.100.7", ["203.0.113.9"], PROXIES, "198.51.100.7"),
        ("10.0.0.1", ["203.0.113.9"], PROXIES, "203.0.113.9"),
        ("::ffff:10.0.0.1", ["203.0.113.9"], PROXIES, "203.0.113.9"),
        ("::1", ["1.2.3.4, 203.0.113.9, 10.0.0.2"], PROXIES, "203.0.113.9"),
        ("10.0.0.1", ["1.2.3.4", "203.0.113.9"], PROXIES, "203.0.113.9"),
        ("10.0.0.1", ["203.0.113.9:4711"], PROXIES, "203.0.113.9"),
        ("10.0.0.1", ["[2001:db8::7]:4711"], PROXIES, "2001:db8::7"),
        ("10.0.0.1", ["203.0.113.9, unknown"], PROXIES, "10.0.0.1"),
        ("10.0.0.1", [], PROXIES, "10.0.0.1"),
        ("10.0.0.1", ["10.0.0.2"], PROXIES, "10.0.0.2"),
        (None, ["203.0.113.9"], PROXIES, ""),
    ],
)
def test_only_what_trusted_proxies_say_is_believed(
    monkeypatch: pytest.MonkeyPatch, peer: str | None, said: list[str], trusted: str, client: str
) -> None:
    assert _client(monkeypatch, peer=peer, said=said, trusted=trusted) == client


def test_the_addresses_of_one_ipv6_network_count_as_one_visitor() -> None:
    assert sign_ins._network_of("2001:db8:0:1::a") == sign_ins._network_of("2001:db8:0:1:ffff::b")
    assert sign_ins._network_of("2001:db8:0:1::a") != sign_ins._network_of("2001:db8:0:2::a")
    assert sign_ins._network_of("203.0.113.9") == "203.0.113.9"
