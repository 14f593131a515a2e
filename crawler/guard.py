"""The address guard: a crawl reaches public addresses only, unless told otherwise.

It sits in the name resolver, which sees literal addresses too and hands out the very
address that is connected to: redirects, robots.txt and names that change their address
between two look-ups all pass through it. A proxy looks names up itself: then nothing
but the proxy is connected to, and what it is asked for is looked at before.
"""

import asyncio
from collections.abc import Iterable, Sequence
from socket import gaierror
from typing import Any
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import CannotResolveHostError, NotConfigured
from scrapy.http import Response
from scrapy.resolver import CachingHostnameResolver
from scrapy.utils.datatypes import LocalCache
from twisted.internet.base import ReactorBase
from twisted.internet.interfaces import (
    IAddress,
    IHostResolution,
    IResolutionReceiver,
)
from zope.interface import provider

from crawler.addresses import (
    STANDARD_PORTS,
    HostPort,
    host_port,
    is_loopback,
    is_name,
    is_odd_number,
    is_public,
    parse_host_port,
    shown,
)
from crawler.meta import LOCAL_FILE
from crawler.proxy import Proxy, parse_proxy
from crawler.refusals import ADDRESS_REFUSED, RefusedError

# Our keys among Scrapy's settings.
ALLOW_HOSTS = "CRAWL_ALLOW_HOSTS"
PROXY = "CRAWL_PROXY"

_LOOK_UP_S = 20


class GuardedHostnameResolver(CachingHostnameResolver):
    """Finds no address for a host where the only addresses are refused ones."""

    def __init__(
        self,
        reactor: ReactorBase,
        cache_size: int,
        allowed: Iterable[HostPort] = (),
        proxy: Proxy | None = None,
    ) -> None:
        super().__init__(reactor, cache_size)
        self._allowed = proxy.places if proxy else frozenset(allowed)
        self._allows_public = proxy is None
        self._refused: LocalCache[HostPort, bool] = LocalCache(1000)

    @classmethod
    def from_crawler(
        cls, crawler: Crawler, reactor: ReactorBase
    ) -> "GuardedHostnameResolver":
        cache_size = crawler.settings.getint("DNSCACHE_SIZE")
        return cls(reactor, cache_size, _allowed(crawler), _proxy(crawler))

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
            if self._lets_through(host, port, address.host):
                receiver.addressResolved(address)
            else:
                self._refused[host, port] = True

        @provider(IResolutionReceiver)
        class Guarded:
            resolutionBegan = staticmethod(receiver.resolutionBegan)  # noqa: N815
            addressResolved = staticmethod(address_resolved)  # noqa: N815
            resolutionComplete = staticmethod(receiver.resolutionComplete)  # noqa: N815

        return Guarded

    def _lets_through(self, host: str, port: int, address: str) -> bool:
        if (host, port) in self._allowed:
            return True
        return self._allows_public and is_public(address)


class GuardMiddleware:
    """Refuses other schemes and ports, and names what the resolver refused."""

    def __init__(self, allowed: Iterable[HostPort]) -> None:
        self._allowed = frozenset(allowed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "GuardMiddleware":
        return cls(_allowed(crawler))

    def process_request(self, request: Request) -> None:
        if LOCAL_FILE in request.meta:  # only its own spider can make such a request
            return
        parts = urlsplit(request.url)
        if parts.scheme not in STANDARD_PORTS or parts.username is not None:
            raise RefusedError(ADDRESS_REFUSED, "is not a plain http(s) address")
        host, port = host_port(request.url)
        if not is_name(host):
            raise RefusedError(ADDRESS_REFUSED, "names a host that cannot exist")
        if (host, port) in self._allowed:
            # AutoThrottle would otherwise slow down our own machine.
            request.meta["autothrottle_dont_adjust_delay"] = is_loopback(host)
        elif port not in STANDARD_PORTS.values():
            raise RefusedError(
                ADDRESS_REFUSED,
                f"uses port {port}: allow it with --allow-host {shown(host, port)}",
            )

    def process_exception(self, request: Request, exception: Exception) -> None:
        if not isinstance(exception, CannotResolveHostError):
            return
        from twisted.internet import reactor

        host, port = host_port(request.url)
        resolver = getattr(reactor, "nameResolver", None)
        if isinstance(resolver, GuardedHostnameResolver) and resolver.has_refused(
            host, port
        ):
            raise _on_a_private_network(host, port) from exception


class ProxyMiddleware:
    """Sends every request through the proxy, once its target is known to be public.

    A request leaves with the proxy and comes back without: it may go on to wait on
    disk, where no password belongs.
    """

    def __init__(self, proxy: Proxy, allowed: Iterable[HostPort]) -> None:
        self._proxy = proxy
        self._allowed = frozenset(allowed)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "ProxyMiddleware":
        if (proxy := _proxy(crawler)) is None:
            raise NotConfigured
        return cls(proxy, _allowed(crawler))

    async def process_request(self, request: Request) -> None:
        host, port = host_port(request.url)
        if (host, port) not in self._allowed:
            await _check_target(host, port)
        request.meta["proxy"] = self._proxy.url
        if self._proxy.authorization:
            request.headers["Proxy-Authorization"] = self._proxy.authorization

    def process_response(self, request: Request, response: Response) -> Response:
        _forget_proxy(request)
        return response

    def process_exception(self, request: Request, exception: Exception) -> None:
        _forget_proxy(request)


async def _check_target(host: str, port: int) -> None:
    """Return if all addresses of a host that the proxy will look up are public.

    Not cached: a name that changes its address is looked up as often as the proxy does.
    """
    if is_odd_number(host):  # whatever it is to us, to the proxy it may be another
        raise _on_a_private_network(host, port)
    looking_up = asyncio.get_running_loop().getaddrinfo(host, port)
    try:
        found = await asyncio.wait_for(looking_up, _LOOK_UP_S)
    except (gaierror, TimeoutError) as exc:
        raise CannotResolveHostError(f"no address is known for {host}") from exc
    if not all(is_public(str(sockaddr[0])) for *_kind, sockaddr in found):
        raise _on_a_private_network(host, port)


def _forget_proxy(request: Request) -> None:
    request.meta.pop("proxy", None)
    request.headers.pop("Proxy-Authorization", None)


def _on_a_private_network(host: str, port: int) -> RefusedError:
    return RefusedError(
        ADDRESS_REFUSED,
        f"is on a private network: allow it with --allow-host {shown(host, port)}",
    )


def _allowed(crawler: Crawler) -> list[HostPort]:
    return [parse_host_port(host) for host in crawler.settings.getlist(ALLOW_HOSTS)]


def _proxy(crawler: Crawler) -> Proxy | None:
    return parse_proxy(crawler.settings[PROXY])
