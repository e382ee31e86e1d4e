"""Settings that are wrong are refused in words, and those that can be said in several ways are said in one."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from mediaproc.settings import Settings, explain


def _made(**changes: Any) -> Settings:
    given: dict[str, Any] = {"database_url": "postgresql://x/y", "redis_url": "redis://x"}
    return Settings(**given | {"jwt_secret": SecretStr("s" * 32), "extra_origins": ""} | changes)


@pytest.mark.parametrize(
    ("given", "address", "origin"),
    [
        ("http://localhost:8000", "http://localhost:8000", "http://localhost:8000"),
        ("https://Video.Example:443/", "https://video.example", "https://video.example"),
        ("HTTP://video.example:80", "http://video.example", "http://video.example"),
        ("https://video.example:80", "https://video.example:80", "https://video.example:80"),
        (" https://video.example/Media/ ", "https://video.example/Media", "https://video.example"),
        ("https://Bücher.example", "https://xn--bcher-kva.example", "https://xn--bcher-kva.example"),
        ("http://[::1]:8000/", "http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_the_origin_is_what_browsers_send(given: str, address: str, origin: str) -> None:
    config = _made(public_url=given)
    assert (config.public_url, config.origins) == (address, (origin,))


def test_other_origins_are_read_alike_and_each_counts_once() -> None:
    config = _made(public_url="https://a.example", extra_origins="https://B.example:443/, ,https://A.example/,http://c")
    assert config.origins == ("https://a.example", "https://b.example", "http://c")


def test_proxies_are_addresses_or_networks() -> None:
    assert _made().trusted_networks == ()
    config = _made(trusted_proxies="10.1.2.3/8, ::1,")
    assert [str(each) for each in config.trusted_networks] == ["10.0.0.0/8", "::1/128"]
    with pytest.raises(ValidationError) as refused:
        _made(trusted_proxies="a proxy")
    assert explain(refused.value).startswith("TRUSTED_PROXIES is wrong: must be addresses or networks")


@pytest.mark.parametrize("name", ["public_url", "extra_origins"])
@pytest.mark.parametrize(
    ("given", "word"),
    [
        ("video.example", "http:// or https://"),
        ("video.example:443", "http:// or https://"),
        ("ftp://video.example", "http:// or https://"),
        ("https://", "http:// or https://"),
        ("https:///path", "http:// or https://"),
        ("https://video.example:port", "port"),
        ("https://video.example:70000", "port"),
        ("https://somebody@video.example", "user name"),
        ("https://video.example?a=b", "without"),
        ("https://[video", "host"),
    ],
)
def test_what_is_no_address_is_refused_in_words(name: str, given: str, word: str) -> None:
    with pytest.raises(ValidationError) as refused:
        _made(**{name: given})
    said = explain(refused.value)
    assert said.startswith(f"{name.upper()} is wrong: ")
    assert word in said.removeprefix(name.upper())
    assert "Value error" not in said
    assert "\n" not in said
