"""Where a request came from: the address of the connection, or what proxies that are trusted say of it.

Each proxy adds to the right of X-Forwarded-For the address that came to it. So the list is read from the right, as
long as the one who wrote an entry is trusted; whatever stands further left may have been made up.
"""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address

from starlette.datastructures import Headers
from starlette.types import Scope

from mediaproc.settings import settings


def client_address(scope: Scope) -> str:
    """The address of the client; empty when there is none, as on a socket."""
    peer = scope["client"][0] if scope.get("client") else ""
    address = _read(peer)
    said = ",".join(Headers(scope=scope).getlist("x-forwarded-for")).split(",")
    while address is not None and said and _is_trusted(address):
        before = _read(said.pop())
        if before is None:
            break
        address = before
    return str(address) if address else peer


def _is_trusted(address: IPv4Address | IPv6Address) -> bool:
    return any(address in network for network in settings().trusted_networks)


def _read(text: str) -> IPv4Address | IPv6Address | None:
    """An address, which may stand in brackets and be followed by a port."""
    text = text.strip()
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    host = host.partition(":")[0] if host.count(":") == 1 else host
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
