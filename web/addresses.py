"""Addresses of the network, as limits count them."""

from __future__ import annotations

import ipaddress

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def household(address: str) -> str:
    """What is counted as one address: of IPv6 the 64 bits that one line has.

    >>> household("2001:db8::1:2:3:4")
    '2001:db8::/64'
    >>> household("::ffff:192.0.2.1")
    '192.0.2.1'
    """
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return str(known)
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(known) if known.is_loopback else str(ipaddress.ip_network((known, 64), strict=False))
