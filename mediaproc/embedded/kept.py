"""What a data directory keeps from one start to the next: secrets, made once, and the ports that were last used.

Ports are used again so that presigned addresses in open pages outlive a restart.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from mediaproc.embedded.parts import free_ports


@dataclass(frozen=True)
class Secrets:
    """Secrets of one data directory."""

    jwt_secret: str
    valkey_password: str
    s3_access_key: str
    s3_secret_key: str


def secrets_of(data_dir: Path) -> Secrets:
    """The secrets of this directory, made the first time, in a file that only its owner can read."""
    path = data_dir / "secrets.json"
    if not path.exists():
        _write_private(path, json.dumps(asdict(_fresh_secrets()), indent=2))
    return Secrets(**json.loads(path.read_text()))


def ports_of(data_dir: Path, *, count: int) -> list[int]:
    """`count` free ports of 127.0.0.1, those of the last time wherever they are free still."""
    path = data_dir / "ports.json"
    last: list[int] = json.loads(path.read_text()) if path.exists() else []
    kept = [port if is_free(port) else 0 for port in last[:count]]
    fresh = iter(free_ports(count))
    ports = [port or next(fresh) for port in [*kept, *[0] * (count - len(kept))]]
    path.write_text(json.dumps(ports))
    return ports


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Whether a server could listen on this port now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do: TIME_WAIT does not count
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _fresh_secrets() -> Secrets:
    return Secrets(**{field.name: secrets.token_hex(32) for field in fields(Secrets)})


def _write_private(path: Path, text: str) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
