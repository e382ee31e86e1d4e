"""Every setting of Mediaproc, read once from the environment and checked at the start.

Each field is the environment variable of the same name in upper case. `settings()` reads them the first time
it is called; nothing else in the project reads `os.environ` for configuration.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit, urlunsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from redis.connection import parse_url as parse_redis_url
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

_DEFAULT_PORTS = {"http": 80, "https": 443}
_NO_HOST = "has a host or port that there can't be"
_NO_REDIS = "must be an address such as redis://:password@redis.example:6379, with its redis:// or rediss://"
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_NOT_ENCODED = re.compile(r"[^:/@]*:[^@]*[/?][^@]*@")
"""A password with a "/" or "?" as it is: SQLAlchemy would read it in one way, Postgres' own library in another."""


class Settings(BaseSettings):
    """The whole configuration as one frozen value. Raises `ValidationError` when one is missing or wrong."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    database_url: str = Field(description="Postgres, e.g. postgresql://user:password@host/mediaproc.")
    redis_url: str = Field(description="Redis or Valkey, e.g. redis://:password@host:6379.")
    jwt_secret: SecretStr = Field(min_length=32, description="Signs tokens and queue messages; 32 characters or more.")

    queue_redis_url: str | None = Field(None, description="Huey's Redis. Default: REDIS_URL, database 0.")
    events_redis_url: str | None = Field(None, description="Event streams. Default: REDIS_URL, database 1.")
    state_redis_url: str | None = Field(None, description="Page state. Default: REDIS_URL, database 2.")

    s3_endpoint_url: str | None = Field(None, description="S3 as servers reach it. Unset: AWS.")
    s3_public_endpoint_url: str | None = Field(None, description="S3 as browsers reach it. Default: S3_ENDPOINT_URL.")
    s3_bucket: str = Field("mediaproc", description="The one bucket.")
    s3_region: str = Field("us-east-1", description="The bucket's region.")
    aws_access_key_id: str | None = Field(None, description="S3 key. Unset: boto3's own chain.")
    aws_secret_access_key: SecretStr | None = Field(None, description="S3 secret. Unset: boto3's own chain.")

    public_url: str = Field("http://localhost:8000", description="Where browsers find the app; its origin is allowed.")
    extra_origins: str = Field("", description="More allowed origins, separated by commas.")
    max_upload_bytes: int = Field(50 * 1024**3, gt=0, description="Largest source, in bytes.")
    upload_expiry_seconds: int = Field(7 * 24 * 3600, gt=0, description="An unfinished upload's life.")
    access_token_seconds: int = Field(15 * 60, gt=0, description="Life of a JWT access token.")
    refresh_token_seconds: int = Field(30 * 24 * 3600, gt=0, description="Life of a refresh token, renewed by use.")

    rate_limit_per_minute: int = Field(1200, ge=0, description="API requests of a session or key a minute. 0: any.")
    address_limit_per_hour: int = Field(
        300, ge=0, description="Registrations, and sign-ins, from one address an hour; renewals ten times that. 0: any."
    )
    trusted_proxies: str = Field(
        "", description="Addresses or networks, by commas, whose X-Forwarded-For is believed. Default: none."
    )

    lease_seconds: float = Field(15.0, gt=0, description="How long a silent worker keeps its job.")
    rescue_interval_seconds: float = Field(3.0, gt=0, description="How often lost work is looked for.")
    retry_base_seconds: float = Field(5.0, ge=0, description="First wait before a retry; doubled each time.")
    max_attempts: int = Field(3, ge=1, description="Attempts before a job fails for good.")
    drain_seconds: float = Field(5.0, ge=0, description="How long a stopping worker may finish what it does.")
    leftover_grace_seconds: float = Field(600.0, ge=0, description="How long replaced output stays in storage.")
    attempt_timeout_seconds: int = Field(24 * 3600, gt=0, description="Wall time an attempt may take.")
    worker_slots: int = Field(0, ge=0, description="Encodes at a time on a host. 0: one for each four cores.")
    measure_vmaf: bool = Field(True, description="Whether the quality of finished renditions is measured (VMAF).")
    workspace_dir: Path | None = Field(None, description="Scratch folder of workers. Default: the system's.")

    ffmpeg_path: Path | None = Field(None, description="FFmpeg to use. Default: imageio-ffmpeg's.")
    ffprobe_path: Path | None = Field(None, description="ffprobe to use. Default: shaka-streamer's.")

    log_level: str = Field("INFO", description="DEBUG, INFO, WARNING or ERROR.")
    log_format: str = Field("json", description="json or console.")
    metrics_token: SecretStr | None = Field(
        None, min_length=16, description="Who sends it may read GET /metrics; 16 characters or more. Unset: nobody."
    )

    webhook_timeout_seconds: float = Field(15.0, gt=0, description="How long a webhook's receiver may take to answer.")
    webhook_allow_http: bool = Field(False, description="Whether webhooks may go to http:// addresses.")
    webhook_allowed_networks: str = Field(
        "", description="Private addresses or networks, by commas, that webhooks may reach. Default: none."
    )

    @field_validator("database_url")
    @classmethod
    def _name_the_driver(cls, url: str) -> str:
        scheme, _, rest = url.partition("://")
        if scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
            raise ValueError("must be an address that begins with postgresql://")
        _check_postgres(rest)
        return f"postgresql+psycopg://{rest}"

    @field_validator("redis_url", "queue_redis_url", "events_redis_url", "state_redis_url")
    @classmethod
    def _check_redis(cls, url: str | None) -> str | None:
        if url is not None:
            _check_redis(url)
        return url

    @field_validator("s3_endpoint_url", "s3_public_endpoint_url")
    @classmethod
    def _normalise_endpoint(cls, url: str | None) -> str | None:
        return None if url is None else _address(url, like="https://s3.example")

    @field_validator("log_level")
    @classmethod
    def _check_level(cls, level: str) -> str:
        if level.upper() not in _LOG_LEVELS:
            raise ValueError("must be DEBUG, INFO, WARNING or ERROR")
        return level.upper()

    @field_validator("log_format")
    @classmethod
    def _check_format(cls, format: str) -> str:
        if format not in {"json", "console"}:
            raise ValueError("must be json or console")
        return format

    @field_validator("public_url")
    @classmethod
    def _normalise_address(cls, url: str) -> str:
        return _address(url)

    @field_validator("extra_origins")
    @classmethod
    def _normalise_origins(cls, origins: str) -> str:
        return ",".join(_origin(each) for each in origins.split(",") if each.strip())

    @field_validator("trusted_proxies", "webhook_allowed_networks")
    @classmethod
    def _check_networks(cls, networks: str) -> str:
        try:
            return ",".join(str(ip_network(each.strip(), strict=False)) for each in networks.split(",") if each.strip())
        except ValueError as error:
            raise ValueError("must be addresses or networks such as 10.0.0.0/8, separated by commas") from error

    @property
    def trusted_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Where proxies stand that are believed who came to them."""
        return _networks(self.trusted_proxies)

    @property
    def webhook_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Private networks that webhooks may reach."""
        return _networks(self.webhook_allowed_networks)

    @property
    def queue_url(self) -> str:
        """Address of the Redis database that carries Huey's messages."""
        return self.queue_redis_url or _redis_database(self.redis_url, 0)

    @property
    def events_url(self) -> str:
        """Address of the Redis database that carries event streams."""
        return self.events_redis_url or _redis_database(self.redis_url, 1)

    @property
    def state_url(self) -> str:
        """Address of the Redis database that keeps the page's state."""
        return self.state_redis_url or _redis_database(self.redis_url, 2)

    @property
    def public_s3_endpoint_url(self) -> str | None:
        """S3 as a browser reaches it, for presigned URLs."""
        return self.s3_public_endpoint_url or self.s3_endpoint_url

    @property
    def origins(self) -> tuple[str, ...]:
        """Exact origins that may use cookies, websockets and browser uploads."""
        named = [_origin(self.public_url), *self.extra_origins.split(",")]
        return tuple(dict.fromkeys(origin for origin in named if origin))

    @property
    def secure_cookies(self) -> bool:
        """Whether cookies are marked Secure: behind HTTPS."""
        return self.public_url.startswith("https://")

    @property
    def slots(self) -> int:
        """Encodes that run at the same time on this host."""
        return self.worker_slots or max(1, available_cores() // 4)

    @property
    def threads_per_encode(self) -> int:
        """FFmpeg threads for one encode, so that all slots together fit the host's cores."""
        return max(1, available_cores() // self.slots)

    def derived_secret(self, purpose: str) -> str:
        """A secret for one purpose, derived from `jwt_secret` by HMAC-SHA256 (hex, 64 characters)."""
        key = self.jwt_secret.get_secret_value().encode()
        return hmac.new(key, purpose.encode(), hashlib.sha256).hexdigest()


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return Settings()  # pyright: ignore[reportCallIssue]  # pydantic-settings fills the fields


def settings_or_exit() -> Settings:
    """The settings of this process; wrong ones are named on standard error, and end it with status 2."""
    try:
        return settings()
    except ValidationError as error:
        print(explain(error), file=sys.stderr)
        raise SystemExit(2) from None


def explain(error: ValidationError) -> str:
    """What is wrong with the settings, a line each, without any value (it may be a secret)."""
    return "\n".join(
        _explain_one(str(problem["loc"][0]), problem["type"], problem["msg"]) for problem in error.errors()
    )


def available_cores() -> int:
    """Cores this process may use: CPU affinity and the quota of its cgroup count."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(affinity, cores_of_quota(Path("/"), fallback=affinity))


def cores_of_quota(root: Path, *, fallback: int) -> int:
    """Whole cores within the tightest quota of this process's cgroups, of version 2 or 1, at least 1.

    Rounded down: a thread more than the quota pays for makes all of them wait. `root` is where /proc and /sys are.
    """
    quotas = [quota for quota in _quotas(root) if quota is not None]
    return max(1, int(min(quotas))) if quotas else fallback


def _explain_one(field: str, kind: str, message: str) -> str:
    name = field.upper()
    if kind == "missing":
        return f"{name} is not set: {Settings.model_fields[field].description}"
    return f"{name} is wrong: {message.removeprefix('Value error, ')}"


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(each) for each in text.split(",") if each)


def _quotas(root: Path) -> Iterator[float | None]:
    """Cores that each cgroup from the process's own up to the top allows; None where one sets no limit."""
    for line in _words(root / "proc/self/cgroup", "\n"):
        _number, controllers, own = [*line.split(":", 2), "", ""][:3]
        if controllers and "cpu" not in controllers.split(","):
            continue
        top = root / "sys/fs/cgroup" / ("cpu" if controllers else "")
        yield from (_quota(top / str(folder).lstrip("/")) for folder in (Path(own), *Path(own).parents))


def _quota(folder: Path) -> float | None:
    words = _words(folder / "cpu.max") or [
        *_words(folder / "cpu.cfs_quota_us"),
        *_words(folder / "cpu.cfs_period_us"),
    ]
    try:
        quota, period = (int(word) for word in words)
    except ValueError:  # "max", or no such file
        return None
    return quota / period if quota > 0 and period > 0 else None


def _words(path: Path, separator: str | None = None) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").strip().split(separator)
    except OSError:
        return []


def _check_postgres(rest: str) -> None:
    """Raises ValueError, without the address, unless what follows its "postgresql://" can be read."""
    if _NOT_ENCODED.match(rest):
        raise ValueError("must have the special characters of its password as codes, such as %2F for /")
    try:
        make_url(f"postgresql+psycopg://{rest}")
    except (ArgumentError, ValueError):
        raise ValueError(_NO_HOST) from None  # the cause may name the password


def _check_redis(url: str) -> None:
    """Raises ValueError, without the address, unless Redis's own client can read it and it says where Redis is."""
    try:
        parts = urlsplit(url)
        parse_redis_url(url)
    except ValueError:
        known = url.startswith(("redis://", "rediss://", "unix://"))
        raise ValueError("has a part that can't be read" if known else _NO_REDIS) from None
    if parts.scheme == "unix":
        return
    if not parts.hostname:
        raise ValueError(_NO_REDIS)
    if not re.fullmatch(r"/?\d*", parts.path):
        raise ValueError("must end in its port or in the number of a database, such as :6379/0")


def _address(url: str, *, like: str = "https://video.example") -> str:
    """An address as browsers write its origin, or they would never match: host in lower case, no default port."""
    try:
        parts = urlsplit(url.strip())
    except ValueError as error:
        raise ValueError(_NO_HOST) from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"must be an address such as {like}, with its http:// or https://")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must be an address without user name, “?” and “#”")
    return f"{parts.scheme}://{_host_and_port(parts)}{parts.path.rstrip('/')}"


def _origin(url: str) -> str:
    return "/".join(_address(url).split("/")[:3])


def _host_and_port(parts: SplitResult) -> str:
    try:
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError as error:  # UnicodeError is one too
        raise ValueError(_NO_HOST) from error
    host = f"[{host}]" if ":" in host else host
    return host if port in {None, _DEFAULT_PORTS[parts.scheme]} else f"{host}:{port}"


def _redis_database(url: str, number: int) -> str:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"{url}{'&' if parts.query else '?'}db={number}"
    return urlunsplit(parts._replace(path=f"/{number}"))
