"""The address guard: a crawl reaches public addresses only, unless told otherwise.

It sits in the name resolver, which sees literal addresses too and hands out the very
address that is connected to: redirects, robots.txt and names that change their address
between two look-ups all pass through it.
"""

import ipaddress
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError
from scrapy.resolver import CachingHostnameResolver
from scrapy.utils.datatypes import LocalCache
from twisted.internet.base import ReactorBase
from twisted.internet.interfaces import (
    IAddress,
    IHostResolution,
    IResolutionReceiver,
)
from zope.interface import provider

from crawler.refusals import ADDRESS_REFUSED, RefusedError

ALLOW_HOSTS = "CRAWL_ALLOW_HOSTS"  # our key among Scrapy's settings

_STANDARD_PORTS = {"http": 80, "https": 443}
# Prefixes under which an IPv6 address ends in the IPv4 address that it stands for.
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_IPV4_COMPATIBLE = ipaddress.ip_network("::/96")
_LOCAL_NAT64 = ipaddress.ip_network("64:ff9b:1::/48")
_LOW_32_BITS = 2**32 - 1

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
HostPort = tuple[str, int]


def parse_host_port(text: str) -> HostPort:
    """`127.0.0.1:8000` or `[::1]:8000`; `ValueError` for anything else."""
    parts = urlsplit(f"//{text}")
    if not parts.hostname or not parts.port or parts.netloc != text or "@" in text:
        raise ValueError(f"{text!r} is not HOST:PORT, such as 127.0.0.1:8000")
    return parts.hostname, parts.port


def is_public(address: str) -> bool:
    """Whether an address belongs to the public internet, seen through tunnels."""
    try:
        found = _carried(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    return found.is_global and not found.is_multicast and found not in _LOCAL_NAT64


def is_loopback(host: str) -> bool:
    """Whether a host is this machine by its very name, without looking it up."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _carried(address: Address) -> Address:
    """The IPv4 address that an IPv6 address stands for, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address.teredo:
        return address.teredo[1]
    if address in _NAT64 or address in _IPV4_COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & _LOW_32_BITS)
    return address


class GuardedHostnameResolver(CachingHostnameResolver):
    """Finds no address for a host where the only addresses are refused ones."""

    def __init__(
        self, reactor: ReactorBase, cache_size: int, allowed: Iterable[HostPort] = ()
    ) -> None:
        super().__init__(reactor, cache_size)
        self._allowed = frozenset(allowed)
        self._refused: LocalCache[HostPort, bool] = LocalCache(1000)

    @classmethod
    def from_crawler(
        cls, crawler: Crawler, reactor: ReactorBase
    ) -> "GuardedHostnameResolver":
        settings = crawler.settings
        allowed = map(parse_host_port, settings.getlist(ALLOW_HOSTS))
        return cls(reactor, settings.getint("DNSCACHE_SIZE"), allowed)

    def has_refused(self, host: str, port: int) -> bool:
        return (host, port) in self._refused

    def resolveHostName(  # noqa: N802  # Twisted's name
        self,
        resolutionReceiver: IResolutionReceiver,  # noqa: N803
        hostName: str,  # noqa: N803
        portNumber: int = 0,  # noqa: N803
        addressTypes: Sequence[type[IAddress]] | None = None,  # noqa: N803
        transportSemantics: str = "TCP",  # noqa: N803
    ) -> IHostResolution:
        guarded = self._guarded(resolutionReceiver, hostName, portNumber)
        return super().resolveHostName(
            guarded, hostName, portNumber, addressTypes, transportSemantics
        )

    def _guarded(self, receiver: Any, host: str, port: int) -> Any:
        def address_resolved(address: Any) -> None:
            if (host, port) in self._allowed or is_public(address.host):
                receiver.addressResolved(address)
            else:
                self._refused[host, port] = True

        @provider(IResolutionReceiver)
        class Guarded:
            resolutionBegan = staticmethod(receiver.resolutionBegan)  # noqa: N815
            addressResolved = staticmethod(address_resolved)  # noqa: N815
            resolutionComplete = staticmethod(receiver.resolutionComplete)  # noqa: N815

        return Guarded


class GuardMiddleware:
    """Refuses other schemes and ports, and names what the resolver refused."""

    def __init__(self, allowed: Iterable[HostPort]) -> None:
        self._allowed = frozenset(allowed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "GuardMiddleware":
        hosts = crawler.settings.getlist(ALLOW_HOSTS)
        return cls(parse_host_port(host) for host in hosts)

    def process_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in _STANDARD_PORTS or parts.username is not None:
            raise RefusedError(ADDRESS_REFUSED, "is not a plain http(s) address")
        host, port = _host_port(request.url)
        if (host, port) in self._allowed:
            # AutoThrottle would otherwise slow down our own machine.
            request.meta["autothrottle_dont_adjust_delay"] = is_loopback(host)
        elif port not in _STANDARD_PORTS.values():
            raise RefusedError(
                ADDRESS_REFUSED,
                f"uses port {port}: allow it with --allow-host {_shown(host, port)}",
            )

    def process_exception(self, request: Request, exception: Exception) -> None:
        from twisted.internet import reactor

        host, port = _host_port(request.url)
        resolver = getattr(reactor, "nameResolver", None)
        if (
            isinstance(exception, CannotResolveHostError)
            and isinstance(resolver, GuardedHostnameResolver)
            and resolver.has_refused(host, port)
        ):
            raise RefusedError(
                ADDRESS_REFUSED,
                "is on a private network: "
                f"allow it with --allow-host {_shown(host, port)}",
            ) from exception


def _host_port(url: str) -> HostPort:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or _STANDARD_PORTS.get(parts.scheme, 0)


def _shown(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
