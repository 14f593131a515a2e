import pytest
from scrapy import Request

from crawler.guard import GuardMiddleware, is_public, parse_host_port
from crawler.refusals import ADDRESS_REFUSED, RefusedError


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104  # nothing is bound to it
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b:1::808:808",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "not an address",
    ],
)
def test_private_addresses_are_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "2606:4700::1111",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::",
    ],
)
def test_public_addresses_are_public_through_tunnels_too(address):
    assert is_public(address)


@pytest.mark.parametrize(
    ("text", "host_port"),
    [
        ("127.0.0.1:8000", ("127.0.0.1", 8000)),
        ("LocalHost:80", ("localhost", 80)),
        ("[::1]:8000", ("::1", 8000)),
    ],
)
def test_hosts_are_allowed_by_name_and_port(text, host_port):
    assert parse_host_port(text) == host_port


@pytest.mark.parametrize(
    "text",
    ["127.0.0.1", ":80", "a:b", "http://a:80", "u@a:80", "a:80/x", "a:99999", ""],
)
def test_what_is_no_host_and_port_is_an_error(text):
    with pytest.raises(ValueError, match=r"."):
        parse_host_port(text)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org:8080/",
        "https://example.org:22/",
        "ftp://example.org/",
        "http://user:secret@example.org/",
        "http://127.0.0.1:8001/",
        "http://localhost:8000/",
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
