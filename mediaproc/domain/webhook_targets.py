"""Addresses that webhooks may reach: public ones, and those that the operator allows."""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_NOT_PUBLIC = tuple(
    ip_network(each)
    for each in ("100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15", "2001::/23", "3fff::/20")
)
"""What some versions of `ipaddress` take for public; IANA's registries of special addresses say otherwise."""

_METADATA = IPv4Network("168.63.129.16/32")
"""Public by its number, yet the host's own: Azure's agent. Other clouds' metadata is on link-local addresses."""


def may_reach(address: str, allowed: Collection[Network] = ()) -> bool:
    """Return whether a request may go to this resolved address. An IPv4-mapped IPv6 address counts as its IPv4
    address.
    """
    ip = _meant(ip_address(address.partition("%")[0]))
    if any(ip.version == network.version and ip in network for network in allowed):
        return True
    return _is_public(ip)


def _meant(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    if isinstance(ip, IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    return IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else ip


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    if ip.is_multicast or not ip.is_global or any(ip in network for network in (*_NOT_PUBLIC, _METADATA)):
        return False
    return isinstance(ip, IPv4Address) or ip in _GLOBAL_UNICAST
