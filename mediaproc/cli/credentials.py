"""Credentials: the server to talk to, and the API key for it, from the environment or from `login`."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from mediaproc.cli import config_dir

DEFAULT_URL = "http://localhost:8000"
URL_VARIABLE = "MEDIAPROC_URL"
KEY_VARIABLE = "MEDIAPROC_API_KEY"


@dataclass(frozen=True)
class SignIn:
    """A sign-in on this machine: the server, the user, and the API key made for it."""

    url: str
    email: str
    key_id: str
    api_key: str


def url(sign_in: SignIn | None) -> str:
    """URL of the server: from the environment, else of the sign-in, else the local default."""
    return (os.environ.get(URL_VARIABLE) or (sign_in.url if sign_in else DEFAULT_URL)).rstrip("/")


def api_key(sign_in: SignIn | None) -> str | None:
    """API key from the environment, else that of the sign-in. A saved key is sent only to the server it belongs to."""
    if given := os.environ.get(KEY_VARIABLE):
        return given
    return sign_in.api_key if sign_in and sign_in.url == url(sign_in) else None


def read_sign_in() -> SignIn | None:
    """The saved sign-in, or None if there is none that can be read."""
    try:
        return SignIn(**json.loads(_file().read_text()))
    except (OSError, ValueError, TypeError):
        return None


def save_sign_in(sign_in: SignIn) -> None:
    """Save a sign-in in place of the previous one."""
    config_dir.write(_file(), asdict(sign_in))


def forget_sign_in() -> None:
    """Delete the saved sign-in."""
    _file().unlink(missing_ok=True)


def _file() -> Path:
    return config_dir.path() / "sign-in.json"
