"""Sign in by making an API key for this machine, sign out by revoking it, and manage keys."""

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
    """The password is used once and not kept: what is kept is a key that can be seen and revoked in the settings."""
    with reported_errors(as_json=as_json), Client.sign_in(url, email=email, password=password) as client:
        expires_at = datetime.now(UTC) + timedelta(days=_SIGN_IN_DAYS)
        key = client.create_api_key(f"Command line on {platform.node()}"[:100], ["admin"], expires_at=expires_at)
        client.sign_out()
        _end(credentials.read_sign_in())
        credentials.save_sign_in(SignIn(url=url, email=email, key_id=key.id, api_key=key.key))
        told = {"url": url, "email": email, "key_id": key.id, "expires_at": expires_at.isoformat()}
        print_result(told, f"Signed in to {url} as {email} for {_SIGN_IN_DAYS} days", as_json=as_json)


def logout(*, as_json: bool) -> None:
    """Signed out is signed out: where the server knows the key no more, or there was none, that is no error."""
    sign_in = credentials.read_sign_in()
    with reported_errors(as_json=as_json):
        _end(sign_in)
        credentials.forget_sign_in()
        signed_out = sign_in is not None
        print_result(
            {"signed_out": signed_out}, "Signed out" if signed_out else "Nobody was signed in", as_json=as_json
        )


def keys(*, as_json: bool) -> None:
    """List the keys."""
    with connected(as_json=as_json) as client:
        found = list(client.api_keys())
        if as_json:
            typer.echo(to_json(found))
        else:
            print_table(("ID", "NAME", "BEGINS", "SCOPES", "LAST USED", "ENDS"), map(_row, found))


def create_key(name: str, scopes: list[str], days: int | None, *, as_json: bool) -> None:
    """Make a key; on standard output there is only the key, so that a script can keep it."""
    with connected(as_json=as_json) as client:
        expires_at = datetime.now(UTC) + timedelta(days=days) if days else None
        key = client.create_api_key(name, scopes, expires_at=expires_at)
        print_result(key, key.key, as_json=as_json)


def revoke_key(id: str, *, as_json: bool) -> None:
    """Revoke a key."""
    with connected(as_json=as_json) as client:
        client.revoke_api_key(id)
        print_result({"revoked": id}, f"Revoked {id}", as_json=as_json)


def _end(sign_in: SignIn | None) -> None:
    if sign_in is None:
        return
    with Client(sign_in.url, sign_in.api_key) as client:
        try:
            client.revoke_api_key(sign_in.key_id)
        except ApiError as error:
            if error.status not in {401, 403, 404}:
                raise


def _row(key: ApiKey) -> tuple[str, ...]:
    used, ends = (_day(at) for at in (key.last_used_at, key.expires_at))
    return key.id, key.name, f"{key.prefix}…", " ".join(key.scopes), used, ends


def _day(at: datetime | None) -> str:
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else "never"
