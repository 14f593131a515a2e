import asyncio

import pytest
from scrapy import Request
from scrapy.http import Response

from crawler.guard import GuardMiddleware, ProxyMiddleware
from crawler.proxy import Proxy
from crawler.refusals import ADDRESS_REFUSED, RefusedError


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org:8080/",
        "https://example.org:22/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "data:image/png;base64,iVBORw0KGgo=",
        "s3://bucket/key",
        "http://user:secret@example.org/",
        "http://@example.org/",
        "http://127.0.0.1:8001/",
        "http://localhost:8000/",
        "http://a..b/",
        f"http://{'a' * 64}.org/",
    ],
)
def test_only_plain_web_addresses_and_allowed_ports_are_asked(url):
    guard = GuardMiddleware([("127.0.0.1", 8000)])

    with pytest.raises(RefusedError) as refused:
        guard.process_request(Request(url))

    assert refused.value.reason == ADDRESS_REFUSED


def test_an_allowed_loopback_host_is_not_slowed_down():
    request = Request("http://127.0.0.1:8000/robots.txt")

    GuardMiddleware([("127.0.0.1", 8000)]).process_request(request)

    assert request.meta["autothrottle_dont_adjust_delay"]


def test_a_request_comes_back_without_the_proxy_and_its_password():
    request = Request("http://127.0.0.1:8000/")
    allowed, before = [("127.0.0.1", 8000)], request.to_dict()
    through = ProxyMiddleware(Proxy("proxy.example", 3128, b"Basic YTpi"), allowed)

    for come_back in (through.process_response, through.process_exception):
        asyncio.run(through.process_request(request))
        assert request.headers["Proxy-Authorization"] == b"Basic YTpi"
        assert request.meta["proxy"] == "http://proxy.example:3128"
        come_back(request, Response(request.url))

        assert request.to_dict() == before
