"""Settings: read once from the environment and validated at start.

Each field is the environment variable of the same name in upper case. `settings()` reads them on its first call;
nothing else in the project reads `os.environ` for configuration.
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
_NO_HOST = "has an invalid host or port"
_NO_REDIS = "must be a URL such as redis://:password@redis.example:6379"
_LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
_NOT_ENCODED = re.compile(r"[^:/@]*:[^@]*[/?][^@]*@")
"""A password with an unescaped "/" or "?": SQLAlchemy and Postgres's own library would parse it differently."""


class Settings(BaseSettings):
    """All settings as one frozen value. Raises `ValidationError` if one is missing or invalid."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    database_url: str = Field(description="Postgres URL, e.g. postgresql://user:password@host/mediaproc.")
    redis_url: str = Field(description="Redis or Valkey URL, e.g. redis://:password@host:6379.")
    jwt_secret: SecretStr = Field(
        min_length=32, description="Secret that signs tokens and queue messages, at least 32 characters."
    )
    jwt_secret_previous: SecretStr | None = Field(
        None,
        min_length=32,
        description="The JWT_SECRET before, while it is rotated: tokens that it signed stay valid until they expire.",
    )

    queue_redis_url: str | None = Field(
        None, description="Redis URL for the job queue. Default: REDIS_URL, database 0."
    )
    events_redis_url: str | None = Field(
        None, description="Redis URL for event streams. Default: REDIS_URL, database 1."
    )
    state_redis_url: str | None = Field(None, description="Redis URL for page state. Default: REDIS_URL, database 2.")

    s3_endpoint_url: str | None = Field(None, description="S3 endpoint for servers. Unset: AWS.")
    s3_public_endpoint_url: str | None = Field(None, description="S3 endpoint for browsers. Default: S3_ENDPOINT_URL.")
    s3_bucket: str = Field("mediaproc", description="S3 bucket for all files.")
    s3_region: str = Field("us-east-1", description="Region of the bucket.")
    aws_access_key_id: str | None = Field(None, description="S3 access key. Unset: boto3's credential chain.")
    aws_secret_access_key: SecretStr | None = Field(None, description="S3 secret key. Unset: boto3's credential chain.")

    public_url: str = Field(
        "http://localhost:8000", description="URL of the web app for browsers. Its origin is allowed."
    )
    extra_origins: str = Field("", description="Additional allowed origins, comma-separated.")
    max_upload_bytes: int = Field(50 * 1024**3, gt=0, description="Maximum size of an upload, in bytes.")
    upload_expiry_seconds: int = Field(
        7 * 24 * 3600, gt=0, description="Time after which unfinished uploads are deleted."
    )
    access_token_seconds: int = Field(15 * 60, gt=0, description="Lifetime of an access token.")
    refresh_token_seconds: int = Field(
        30 * 24 * 3600, gt=0, description="Lifetime of a refresh token, renewed on each use."
    )

    rate_limit_per_minute: int = Field(
        1200, ge=0, description="API requests per minute of a session or API key. 0: unlimited."
    )
    address_limit_per_hour: int = Field(
        300,
        ge=0,
        description="Registrations and sign-ins per hour and IP address, tenfold for refreshes. 0: unlimited.",
    )
    trusted_proxies: str = Field(
        "", description="IP addresses or networks of proxies whose X-Forwarded-For is trusted, comma-separated."
    )

    lease_seconds: float = Field(
        15.0, gt=0, description="Time without a heartbeat after which a job is taken from its worker."
    )
    rescue_interval_seconds: float = Field(3.0, gt=0, description="Interval between checks for lost jobs.")
    retry_base_seconds: float = Field(
        5.0, ge=0, description="Delay before the first retry, doubled for each further one."
    )
    max_attempts: int = Field(3, ge=1, description="Maximum attempts of a job.")
    drain_seconds: float = Field(5.0, ge=0, description="Time that a stopping worker has to finish its jobs.")
    leftover_grace_seconds: float = Field(600.0, ge=0, description="Time that replaced output stays in storage.")
    attempt_timeout_seconds: int = Field(24 * 3600, gt=0, description="Maximum duration of an attempt.")
    worker_slots: int = Field(0, ge=0, description="Concurrent encodes per host. 0: one per four cores.")
    encode_nice: int = Field(
        10, ge=0, le=19, description="Niceness of encodes, so that short jobs on the same cores run first. 0: none."
    )
    measure_vmaf: bool = Field(True, description="Measure the quality (VMAF) of finished renditions.")
    workspace_dir: Path | None = Field(
        None, description="Folder for temporary files of workers. Default: the system's."
    )

    ffmpeg_path: Path | None = Field(
        None, description="Path of FFmpeg, version 8 or newer. Default: the bundled build."
    )
    ffprobe_path: Path | None = Field(None, description="Path of ffprobe. Default: the bundled build.")

    log_level: str = Field("INFO", description="Log level: DEBUG, INFO, WARNING or ERROR.")
    log_format: str = Field("json", description="Log format: json or console.")
    metrics_token: SecretStr | None = Field(
        None, min_length=16, description="Bearer token for GET /metrics, at least 16 characters. Unset: disabled."
    )

    webhook_timeout_seconds: float = Field(15.0, gt=0, description="Timeout of a webhook request.")
    webhook_allow_http: bool = Field(False, description="Allow webhooks with http:// URLs.")
    webhook_allowed_networks: str = Field(
        "", description="Private IP addresses or networks that webhooks may reach, comma-separated."
    )

    @field_validator("database_url")
    @classmethod
    def _name_the_driver(cls, url: str) -> str:
        scheme, _, rest = url.partition("://")
        if scheme not in {"postgres", "postgresql", "postgresql+psycopg"}:
            raise ValueError("must be a URL that begins with postgresql://")
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
            raise ValueError("must be IP addresses or networks such as 10.0.0.0/8, separated by commas") from error

    @property
    def trusted_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Networks of trusted proxies."""
        return _networks(self.trusted_proxies)

    @property
    def webhook_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Private networks that webhooks may reach."""
        return _networks(self.webhook_allowed_networks)

    @property
    def queue_url(self) -> str:
        """URL of the Redis database for Huey's messages."""
        return self.queue_redis_url or _redis_database(self.redis_url, 0)

    @property
    def events_url(self) -> str:
        """URL of the Redis database for event streams."""
        return self.events_redis_url or _redis_database(self.redis_url, 1)

    @property
    def state_url(self) -> str:
        """URL of the Redis database for page state."""
        return self.state_redis_url or _redis_database(self.redis_url, 2)

    @property
    def public_s3_endpoint_url(self) -> str | None:
        """S3 URL for browsers, used in presigned URLs."""
        return self.s3_public_endpoint_url or self.s3_endpoint_url

    @property
    def origins(self) -> tuple[str, ...]:
        """Exact origins that may use cookies, websockets and browser uploads."""
        named = [_origin(self.public_url), *self.extra_origins.split(",")]
        return tuple(dict.fromkeys(origin for origin in named if origin))

    @property
    def secure_cookies(self) -> bool:
        """Return True behind HTTPS: cookies are marked Secure."""
        return self.public_url.startswith("https://")

    @property
    def slots(self) -> int:
        """Concurrent encodes on this host."""
        return self.worker_slots or max(1, available_cores() // 4)

    @property
    def threads_per_encode(self) -> int:
        """FFmpeg threads per encode, so that all slots together fit the host's cores."""
        return max(1, available_cores() // self.slots)

    def derived_secret(self, purpose: str) -> str:
        """Derive a secret for one purpose from `jwt_secret`, by HMAC-SHA256 (hex, 64 characters)."""
        return _derived(self.jwt_secret, purpose)

    def derived_secrets(self, purpose: str) -> tuple[str, ...]:
        """The same from each secret that is valid: `jwt_secret`, then the one before it while it is rotated."""
        secrets = (self.jwt_secret, self.jwt_secret_previous)
        return tuple(_derived(secret, purpose) for secret in secrets if secret is not None)


@lru_cache(maxsize=1)
def settings() -> Settings:
    """Settings of this process."""
    return Settings()  # pyright: ignore[reportCallIssue]  # pydantic-settings fills the fields


def settings_or_exit() -> Settings:
    """Settings of this process. Invalid settings are named on standard error; exit status 2."""
    try:
        return settings()
    except ValidationError as error:
        print(explain(error), file=sys.stderr)
        raise SystemExit(2) from None


def explain(error: ValidationError) -> str:
    """Explain invalid settings, one per line, without any value (it may be a secret)."""
    return "\n".join(
        _explain_one(str(problem["loc"][0]), problem["type"], problem["msg"]) for problem in error.errors()
    )


def available_cores() -> int:
    """Cores this process may use, by CPU affinity and cgroup quota."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(affinity, cores_of_quota(Path("/"), fallback=affinity))


def cores_of_quota(root: Path, *, fallback: int) -> int:
    """Whole cores within the tightest cgroup quota (version 1 or 2) of this process, at least 1.

    Rounded down: one thread more than the quota covers stalls all of them. `root` is the folder of /proc and /sys.
    """
    quotas = [quota for quota in _quotas(root) if quota is not None]
    return max(1, int(min(quotas))) if quotas else fallback


def _explain_one(field: str, kind: str, message: str) -> str:
    name = field.upper()
    if kind == "missing":
        return f"{name} is not set. {Settings.model_fields[field].description}"
    return f"{name} is invalid: {message.removeprefix('Value error, ')}"


def _derived(secret: SecretStr, purpose: str) -> str:
    return hmac.new(secret.get_secret_value().encode(), purpose.encode(), hashlib.sha256).hexdigest()


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(each) for each in text.split(",") if each)


def _quotas(root: Path) -> Iterator[float | None]:
    """Cores that each cgroup allows, from the process's own up to the root; None where there is no limit."""
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
    """Check the part after "postgresql://". Raises ValueError, without the URL."""
    if _NOT_ENCODED.match(rest):
        raise ValueError("must have special characters in the password percent-encoded, such as %2F for /")
    try:
        make_url(f"postgresql+psycopg://{rest}")
    except (ArgumentError, ValueError):
        raise ValueError(_NO_HOST) from None  # the cause may contain the password


def _check_redis(url: str) -> None:
    """Check that Redis's own client can parse the URL and that it names a host. Raises ValueError, without the URL."""
    try:
        parts = urlsplit(url)
        parse_redis_url(url)
    except ValueError:
        known = url.startswith(("redis://", "rediss://", "unix://"))
        raise ValueError("can't be parsed" if known else _NO_REDIS) from None
    if parts.scheme == "unix":
        return
    if not parts.hostname:
        raise ValueError(_NO_REDIS)
    if not re.fullmatch(r"/?\d*", parts.path):
        raise ValueError("must end with a port or a database number, such as :6379/0")


def _address(url: str, *, like: str = "https://video.example") -> str:
    """Normalize a URL as browsers write its origin: lower-case host, no default port."""
    try:
        parts = urlsplit(url.strip())
    except ValueError as error:
        raise ValueError(_NO_HOST) from error
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"must be a URL such as {like}, with http:// or https://")
    if parts.username is not None or parts.query or parts.fragment:
        raise ValueError("must be a URL without user name, query or fragment")
    return f"{parts.scheme}://{_host_and_port(parts)}{parts.path.rstrip('/')}"


def _origin(url: str) -> str:
    return "/".join(_address(url).split("/")[:3])


def _host_and_port(parts: SplitResult) -> str:
    try:
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError as error:  # includes UnicodeError
        raise ValueError(_NO_HOST) from error
    host = f"[{host}]" if ":" in host else host
    return host if port in {None, _DEFAULT_PORTS[parts.scheme]} else f"{host}:{port}"


def _redis_database(url: str, number: int) -> str:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"{url}{'&' if parts.query else '?'}db={number}"
    return urlunsplit(parts._replace(path=f"/{number}"))
