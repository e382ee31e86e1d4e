"""Client IP address: the connection's peer, or the address that trusted proxies report.

Each proxy appends the address of its peer to X-Forwarded-For. The list is read from the right, for as long as the proxy
that wrote an entry is trusted. Entries further left may be forged.
"""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv6Address

from starlette.datastructures import Headers
from starlette.types import Scope

from mediaproc.settings import settings


def client_address(scope: Scope) -> str:
    """The client's IP address. Empty if there is none, as on a Unix socket."""
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
    """Parse an address that may have brackets and a port."""
    text = text.strip()
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    host = host.partition(":")[0] if host.count(":") == 1 else host
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
