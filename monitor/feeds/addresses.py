"""Which network addresses are on the open internet.

Everything that is not surely out there is taken for somebody's own network: a feed must not lead us home.

Effects: none.
"""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_BAD_NETWORKS = tuple(
    ipaddress.ip_network(text)
    for text in (
        # What `is_global` of some Python 3.11 lets through although it leads home or nowhere (checked one by one).
        "0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15",
        "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20",
    )
)  # fmt: skip
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
"""All that is given out of IPv6 so far; what else looks global is a translation, a relay or a mistake."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether an address is on the open internet; one that carries an IPv4 address inside is judged by that one too."""
    inner = ipv4_inside(address)
    if inner is not None:
        return is_public(inner)
    if address.version == 6 and address not in _GLOBAL_UNICAST:
        return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address.version == network.version and address in network for network in _BAD_NETWORKS)


def ipv4_inside(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a connection to this one would reach, where it carries one."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return None
