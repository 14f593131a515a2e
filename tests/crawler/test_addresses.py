import ipaddress

import pytest

from crawler.addresses import is_name, is_odd_number, is_public, parse_host_port

# The special-purpose registries of IANA, with multicast and what is reserved.
SPECIAL = [
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.0.0.0/24", "192.0.0.0/29", "192.0.0.8/32"),
    *("192.0.0.170/32", "192.0.0.171/32", "192.0.2.0/24", "192.88.99.0/24"),
    *("192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
    *("224.0.0.0/4", "240.0.0.0/4", "255.255.255.255/32"),
    *("::/128", "::1/128", "::/96", "::ffff:0:0/96", "64:ff9b:1::/48", "100::/64"),
    *("100:0:0:1::/64", "2001::/23", "2001::/32", "2001:2::/48", "2001:10::/28"),
    *("2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7"),
    *("fe80::/10", "fec0::/10", "ff00::/8"),
    # What NAT64 makes of private addresses.
    *("64:ff9b::a00:0/104", "64:ff9b::7f00:0/104", "64:ff9b::c0a8:0/112"),
    *("64:ff9b::a9fe:0/112", "64:ff9b::e000:0/99"),
]


@pytest.mark.parametrize("text", SPECIAL)
def test_no_address_of_a_special_network_is_public(text: str):
    network = ipaddress.ip_network(text)
    middle = network[network.num_addresses // 2]

    for address in (network[0], middle, network[-1]):
        assert not is_public(str(address))


@pytest.mark.parametrize(
    "address",
    [
        *("1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0"),
        *("126.255.255.255", "128.0.0.0", "169.253.255.255", "169.255.0.0"),
        *("172.15.255.255", "172.32.0.0", "191.255.255.255", "192.0.1.0"),
        *("192.0.3.0", "192.167.255.255", "192.169.0.0", "198.17.255.255"),
        *("198.20.0.0", "203.0.112.255", "203.0.114.0", "223.255.255.255"),
        *("2001:200::", "2001:db7:ffff::", "2001:db9::", "2003::", "2606:4700::1111"),
        *("3ffe:ffff::", "3fff:1000::", "64:ff9b::808:808"),
    ],
)
def test_the_addresses_around_them_are_public(address: str):
    assert is_public(address)


@pytest.mark.parametrize("text", ["fe80::1%eth0", "not an address", "", "127.1", "1"])
def test_what_is_no_plain_address_is_not_public(text: str):
    assert not is_public(text)


@pytest.mark.parametrize(
    ("host", "is_odd"),
    [
        *(("2130706433", True), ("0x7f000001", True), ("017700000001", True)),
        *(("127.1", True), ("0", True), ("010.0.0.1", True), ("0x7f.0.0.1", True)),
        *(("1.2.3.0X4", True), ("127.0.0.1.", True), ("1.2.3.4.5", True)),
        *(("300.1.1.1", True), ("a.0x", True), ("8.8.8.8", False), ("::1", False)),
        *(("example.org", False), ("0x7f.example", False), ("1.example.", False)),
    ],
)
def test_numbers_that_programs_read_differently_are_told(host: str, is_odd: bool):
    assert is_odd_number(host) is is_odd


@pytest.mark.parametrize("host", ["", ".", "a..b", "a" * 64 + ".org", "..."])
def test_what_cannot_be_looked_up_is_no_name(host: str):
    assert not is_name(host)


@pytest.mark.parametrize("host", ["example.org", "localhost.", "::1", "127.0.0.1"])
def test_hosts_can_be_looked_up(host: str):
    assert is_name(host)


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
