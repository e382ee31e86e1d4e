"""Resume store: unfinished uploads and the position of webhook forwarding, so that the next run continues there."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from mediaproc.cli import config_dir


@dataclass(frozen=True)
class Forwarding:
    """Forwarding of one server's events to one address: the signing secret, and the id of the last event sent."""

    secret: str
    last_event_id: str = ""


def unfinished_upload(server: str, file: Path) -> str | None:
    """Id of an upload of this file to this server that was started and not completed."""
    try:
        return str(json.loads(_upload_file(server, file).read_text())["upload_id"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save_upload(server: str, file: Path, upload_id: str) -> None:
    """Remember an upload that has started."""
    config_dir.write(_upload_file(server, file), {"upload_id": upload_id, "file": str(file.resolve())})


def forget_upload(server: str, file: Path) -> None:
    """Forget an upload that is complete or can't be resumed."""
    _upload_file(server, file).unlink(missing_ok=True)


def forwarding(server: str, forward_to: str) -> Forwarding | None:
    """The position of an earlier run that forwarded this server's events to this address."""
    try:
        found = json.loads(_forwarding_file(server, forward_to).read_text())
        return Forwarding(secret=str(found["secret"]), last_event_id=str(found["last_event_id"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def save_forwarding(server: str, forward_to: str, position: Forwarding) -> None:
    """Remember the position."""
    config_dir.write(_forwarding_file(server, forward_to), asdict(position))


def _upload_file(server: str, file: Path) -> Path:
    """One file for each upload: two commands at the same time don't overwrite each other's.

    Size and modification time are part of its name, so a changed file starts a new upload.
    """
    stat = file.stat()
    return _stored("uploads", f"{server}\n{file.resolve()}\n{stat.st_size}\n{stat.st_mtime_ns}")


def _forwarding_file(server: str, forward_to: str) -> Path:
    return _stored("listening", f"{server}\n{forward_to}")


def _stored(folder: str, name: str) -> Path:
    return config_dir.path() / folder / f"{hashlib.sha256(name.encode()).hexdigest()[:32]}.json"
