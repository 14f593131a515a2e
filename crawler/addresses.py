"""Which addresses belong to the public internet, and how hosts are written.

By tables of our own: what Python calls a global address changes with its version.
"""

import ipaddress
import re
from urllib.parse import urlsplit

HostPort = tuple[str, int]

STANDARD_PORTS = {"http": 80, "https": 443}

# The special-purpose registries of IANA, and what is neither of them: multicast and
# the addresses that are reserved for the future.
_SPECIAL_IPV4 = tuple(
    ipaddress.IPv4Network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8"),
        *("169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24"),
        *("192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24"),
        *("203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
# Everything else in IPv6, IPv4-mapped addresses included, is not global unicast.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# Protocol assignments with Teredo, documentation, 6to4: nobody serves a picture there.
_SPECIAL_IPV6 = tuple(
    ipaddress.IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
# In networks of IPv6 alone, names of IPv4 hosts resolve to addresses under it.
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_LOW_32_BITS = 2**32 - 1

_ENDS_IN_A_NUMBER = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$")


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet, seen through NAT64."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        if found not in _NAT64:
            return found in _GLOBAL_UNICAST and not _is_in(found, _SPECIAL_IPV6)
        found = ipaddress.IPv4Address(int(found) & _LOW_32_BITS)
    return not _is_in(found, _SPECIAL_IPV4)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name, without looking it up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def is_odd_number(host: str) -> bool:
    """Whether a host is an IPv4 address in a spelling that programs read differently:
    `0x7f.1`, `2130706433`, `010.0.0.1`."""
    if not _ENDS_IN_A_NUMBER.search(host.lower()):
        return False
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return True
    return False


def is_name(host: str) -> bool:
    """Whether a host can be looked up at all: no label is empty or too long."""
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return bool(host)


def parse_host_port(text: str) -> HostPort:
    """`127.0.0.1:8000` or `[::1]:8000`; `ValueError` for anything else."""
    parts = urlsplit(f"//{text}")
    if not parts.hostname or not parts.port or parts.netloc != text or "@" in text:
        raise ValueError(f"{text!r} is not HOST:PORT, such as 127.0.0.1:8000")
    return parts.hostname, parts.port


def host_port(url: str) -> HostPort:
    """The host of a URL that can be parsed, and the port that it leads to."""
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or STANDARD_PORTS.get(parts.scheme, 0)


def shown(host: str, port: int) -> str:
    """HOST:PORT as a person writes it."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _is_in(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
    networks: tuple[ipaddress.IPv4Network, ...] | tuple[ipaddress.IPv6Network, ...],
) -> bool:
    return any(address in network for network in networks)
