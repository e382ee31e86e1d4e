"""Commands for signing in and for API keys. A sign-in is an API key of its own for this machine."""

from __future__ import annotations

import platform
from datetime import UTC, datetime, timedelta

import typer

from mediaproc.cli import credentials
from mediaproc.cli.credentials import SignIn
from mediaproc.cli.output import connected, print_result, print_table, reported_errors, to_json
from mediaproc.client import ApiError, ApiKey, Client

_SIGN_IN_DAYS = 90


def login(url: str, email: str, password: str, *, as_json: bool) -> None:
    """Create an API key with the password, and store the key. It is listed in the settings, where it can be revoked."""
    with reported_errors(as_json=as_json), Client.sign_in(url, email=email, password=password) as client:
        expires_at = datetime.now(UTC) + timedelta(days=_SIGN_IN_DAYS)
        key = client.create_api_key(f"Command line on {platform.node()}"[:100], ["admin"], expires_at=expires_at)
        client.sign_out()
        _revoke(credentials.read_sign_in())
        credentials.save_sign_in(SignIn(url=url, email=email, key_id=key.id, api_key=key.key))
        result = {"url": url, "email": email, "key_id": key.id, "expires_at": expires_at.isoformat()}
        print_result(result, f"Signed in to {url} as {email}. Expires in {_SIGN_IN_DAYS} days.", as_json=as_json)


def logout(*, as_json: bool) -> None:
    """Revoke and forget the key of this machine. Succeeds if there is none, or the server no longer accepts it."""
    sign_in = credentials.read_sign_in()
    with reported_errors(as_json=as_json):
        _revoke(sign_in)
        credentials.forget_sign_in()
        signed_out = sign_in is not None
        print_result(
            {"signed_out": signed_out}, "Signed out." if signed_out else "You were not signed in.", as_json=as_json
        )


def keys(*, as_json: bool) -> None:
    """List API keys."""
    with connected(as_json=as_json) as client:
        found = list(client.api_keys())
        if as_json:
            typer.echo(to_json(found))
        else:
            print_table(("ID", "NAME", "PREFIX", "SCOPES", "LAST USED", "EXPIRES"), map(_row, found))


def create_key(name: str, scopes: list[str], days: int | None, *, as_json: bool) -> None:
    """Create an API key. Prints nothing but the key, for scripts."""
    with connected(as_json=as_json) as client:
        expires_at = datetime.now(UTC) + timedelta(days=days) if days else None
        key = client.create_api_key(name, scopes, expires_at=expires_at)
        print_result(key, key.key, as_json=as_json)


def revoke_key(id: str, *, as_json: bool) -> None:
    """Revoke an API key."""
    with connected(as_json=as_json) as client:
        client.revoke_api_key(id)
        print_result({"revoked": id}, f"Revoked {id}", as_json=as_json)


def _revoke(sign_in: SignIn | None) -> None:
    if sign_in is None:
        return
    with Client(sign_in.url, sign_in.api_key) as client:
        try:
            client.revoke_api_key(sign_in.key_id)
        except ApiError as error:
            if error.status not in {401, 403, 404}:
                raise


def _row(key: ApiKey) -> tuple[str, ...]:
    used, expires = (_day(at) for at in (key.last_used_at, key.expires_at))
    return key.id, key.name, f"{key.prefix}…", " ".join(key.scopes), used, expires


def _day(at: datetime | None) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else "never"
