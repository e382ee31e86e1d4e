"""Data directory: secrets and ports that outlive a restart.

Ports are reused so that presigned URLs in open pages stay valid after a restart.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Annotated

from pydantic import Field, TypeAdapter

from mediaproc.embedded.servers import free_ports

_Port = Annotated[int, Field(gt=0, lt=2**16)]


@dataclass(frozen=True)
class Secrets:
    """Secrets of one data directory."""

    jwt_secret: str
    valkey_password: str
    s3_access_key: str
    s3_secret_key: str


class DataDirDamaged(Exception):
    """A file that can't be recreated is damaged. The message says what to do."""


def secrets_of(data_dir: Path) -> Secrets:
    """Secrets of a data directory. Created on first use, readable by the owner only. Raises DataDirDamaged."""
    path = data_dir / "secrets.json"
    if not path.exists():
        _write(path, json.dumps(asdict(_fresh_secrets()), indent=2))
    try:
        return TypeAdapter(Secrets).validate_json(path.read_bytes())
    except ValueError:
        raise DataDirDamaged(
            f"{path} is damaged. Restore it from a backup, or delete it to create new secrets. New secrets "
            "invalidate playback URLs and may require users to sign in again."
        ) from None


def ports_of(data_dir: Path, *, count: int) -> list[int]:
    """`count` free ports of 127.0.0.1, reusing the previous ones where they are still free."""
    path = data_dir / "ports.json"
    reused = [port if is_free(port) else 0 for port in _last_ports(path)[:count]]
    fresh = (port for port in free_ports(2 * count) if port not in reused)
    ports = [port or next(fresh) for port in [*reused, *[0] * (count - len(reused))]]
    _write(path, json.dumps(ports))
    return ports


def is_free(port: int, host: str = "127.0.0.1") -> bool:
    """Return True if a server could listen on this port now."""
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


def _last_ports(path: Path) -> list[int]:
    """Ports of the previous start. Empty if the file is unreadable: new ports work as well."""
    try:
        return list(dict.fromkeys(TypeAdapter(list[_Port]).validate_json(path.read_bytes(), strict=True)))
    except (FileNotFoundError, ValueError):
        return []


def _write(path: Path, text: str) -> None:
    """Write a file atomically and durably, readable by its owner only."""
    draft = path.with_suffix(".draft")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
