"""Settings that are wrong are refused in words, and those that can be said in several ways are said in one."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from mediaproc.settings import Settings, explain


def _made(**changes: Any) -> Settings:
    given: dict[str, Any] = {"database_url": "postgresql://x/y", "redis_url": "redis://x"}
    given |= {"jwt_secret": SecretStr("s" * 32), "extra_origins": ""}
    return Settings(**given | changes)


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
    assert explain(refused.value).startswith("TRUSTED_PROXIES is invalid: must be IP addresses or networks")


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
    assert said.startswith(f"{name.upper()} is invalid: ")
    assert word in said.removeprefix(name.upper())
    assert "Value error" not in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("name", "given", "word"),
    [
        ("database_url", "db.example/mediaproc", "begins with postgresql://"),
        ("database_url", "mysql://hush@db.example/mediaproc", "begins with postgresql://"),
        ("database_url", "postgresql://me:hush@db.example:port/x", "host or port"),
        ("database_url", "postgresql://me:hush/hush@db.example/x", "%2F"),
        ("database_url", "postgresql://me:hush?hush@db.example/x", "%2F"),
        ("redis_url", "localhost:6379", "redis://"),
        ("redis_url", "redis:6379", "redis://"),
        ("redis_url", "http://localhost:6379", "redis://"),
        ("redis_url", "redis://", "redis://"),
        ("redis_url", "redis://:hush#hush@h", "can't be parsed"),
        ("redis_url", "redis://:hush@h:port", "can't be parsed"),
        ("redis_url", "redis://:hush@h:66666", "can't be parsed"),
        ("redis_url", "redis://[hush", "can't be parsed"),
        ("redis_url", "redis://h?db=hush", "can't be parsed"),
        ("redis_url", "redis://:hush@h:6379/first", "database number"),
        ("queue_redis_url", "localhost:6379/0", "redis://"),
        ("events_redis_url", "localhost:6379/1", "redis://"),
        ("state_redis_url", "localhost:6379/2", "redis://"),
        ("s3_endpoint_url", "localhost:8333", "https://s3.example"),
        ("s3_endpoint_url", "s3.example", "https://s3.example"),
        ("s3_endpoint_url", "s3://bucket", "https://s3.example"),
        ("s3_endpoint_url", "http://s3.example:port", "host or port"),
        ("s3_endpoint_url", "http://key:hush@s3.example", "without user name"),
        ("s3_public_endpoint_url", "localhost:8333", "https://s3.example"),
        ("log_level", "verbose", "DEBUG, INFO, WARNING or ERROR"),
        ("log_format", "xml", "json or console"),
    ],
)
def test_what_cant_be_used_is_refused_in_a_sentence_without_the_value(name: str, given: str, word: str) -> None:
    with pytest.raises(ValidationError) as refused:
        _made(**{name: given})
    said = explain(refused.value)
    assert said.startswith(f"{name.upper()} is invalid: ")
    assert word in said
    assert "hush" not in said
    assert "\n" not in said


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("database_url", "postgres://me:p%2Fw@db.example:5432/x", "postgresql+psycopg://me:p%2Fw@db.example:5432/x"),
        (
            "database_url",
            "postgresql://postgres@/x?host=%2Ftmp%2Fpg",
            "postgresql+psycopg://postgres@/x?host=%2Ftmp%2Fpg",
        ),
        ("database_url", "postgresql://me@/x?host=/run/postgres", "postgresql+psycopg://me@/x?host=/run/postgres"),
        ("database_url", "postgresql://[::1]/x?sslmode=require", "postgresql+psycopg://[::1]/x?sslmode=require"),
        ("redis_url", "redis://:p%23w@h:6379", "redis://:p%23w@h:6379"),
        ("redis_url", "rediss://h:6380/3?ssl_cert_reqs=none", "rediss://h:6380/3?ssl_cert_reqs=none"),
        ("redis_url", "redis://[::1]:6379/", "redis://[::1]:6379/"),
        ("redis_url", "unix:///run/valkey.sock", "unix:///run/valkey.sock"),
        ("queue_redis_url", "redis://h/7", "redis://h/7"),
        ("s3_endpoint_url", "http://s3_1:8333/", "http://s3_1:8333"),
        ("s3_endpoint_url", None, None),
        ("s3_public_endpoint_url", "https://S3.example:443", "https://s3.example"),
        ("log_level", "debug", "DEBUG"),
        ("log_format", "console", "console"),
    ],
)
def test_what_can_be_used_is_taken(name: str, given: str | None, kept: str | None) -> None:
    assert getattr(_made(**{name: given}), name) == kept
