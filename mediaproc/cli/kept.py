"""What the command line keeps between two calls: the key of a sign-in, which uploads are not finished, and how
far events were forwarded.

All of it is the user's alone (0600). A key is only ever sent to the server that it is of.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import typer

DEFAULT_URL = "http://localhost:8000"
URL_VARIABLE = "MEDIAPROC_URL"
KEY_VARIABLE = "MEDIAPROC_API_KEY"


@dataclass(frozen=True)
class SignIn:
    """Where someone is signed in, as whom, and by which key."""

    url: str
    email: str
    key_id: str
    api_key: str


def folder() -> Path:
    """Where everything is kept: the user's own configuration folder."""
    return Path(typer.get_app_dir("mediaproc"))


def url(sign_in: SignIn | None) -> str:
    """Which server to speak to."""
    return (os.environ.get(URL_VARIABLE) or (sign_in.url if sign_in else DEFAULT_URL)).rstrip("/")


def api_key(sign_in: SignIn | None) -> str | None:
    """The key to speak with: from the environment, or that of the sign-in at this very server."""
    if given := os.environ.get(KEY_VARIABLE):
        return given
    return sign_in.api_key if sign_in and sign_in.url == url(sign_in) else None


def read_sign_in() -> SignIn | None:
    """The sign-in, if there is one that can be read."""
    try:
        return SignIn(**json.loads(_sign_in_file().read_text()))
    except (OSError, ValueError, TypeError):
        return None


def keep_sign_in(sign_in: SignIn) -> None:
    """Keep a sign-in, instead of the one before."""
    _write(_sign_in_file(), asdict(sign_in))


def forget_sign_in() -> None:
    """Keep none."""
    _sign_in_file().unlink(missing_ok=True)


def unfinished_upload(server: str, file: Path) -> str | None:
    """The id of an upload of this very file to this server that was begun and not finished."""
    try:
        return str(json.loads(_upload_file(server, file).read_text())["upload_id"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep_upload(server: str, file: Path, upload_id: str) -> None:
    """Remember an upload that was begun."""
    _write(_upload_file(server, file), {"upload_id": upload_id, "file": str(file.resolve())})


def forget_upload(server: str, file: Path) -> None:
    """It is finished, or can't go on."""
    _upload_file(server, file).unlink(missing_ok=True)


def listening(server: str, forward_to: str) -> dict[str, str]:
    """The `secret` and the `last_event_id` of forwarding a server's events to this address; empty the first time."""
    try:
        found = json.loads(_listening_file(server, forward_to).read_text())
        return {"secret": str(found["secret"]), "last_event_id": str(found["last_event_id"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def keep_listening(server: str, forward_to: str, *, secret: str, last_event_id: str) -> None:
    """Remember how far the forwarding is."""
    _write(_listening_file(server, forward_to), {"secret": secret, "last_event_id": last_event_id})


def _listening_file(server: str, forward_to: str) -> Path:
    which = f"{server}\n{forward_to}"
    return folder() / "listening" / f"{hashlib.sha256(which.encode()).hexdigest()[:32]}.json"


def _sign_in_file() -> Path:
    return folder() / "sign-in.json"


def _upload_file(server: str, file: Path) -> Path:
    """One small file for each upload, so that two commands at once don't overwrite each other's."""
    facts = file.stat()
    which = f"{server}\n{file.resolve()}\n{facts.st_size}\n{facts.st_mtime_ns}"
    return folder() / "uploads" / f"{hashlib.sha256(which.encode()).hexdigest()[:32]}.json"


def _write(path: Path, content: dict[str, str]) -> None:
    """Whole or not at all, and never readable by others, not even for a moment."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(content, file)
    draft.replace(path)
