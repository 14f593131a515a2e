"""The guarded resolver on an internet where names and addresses are not what they seem.

The crawler runs as ever; every address that it connects to is written down.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from crawls import Crawled
from internet import Internet, online
from scrapy.settings import default_settings
from website import Answer, Website, serving

Crawl = Callable[..., Crawled]

PUBLIC, ALSO_PUBLIC = "93.184.216.34", "151.101.1.69"
AT_ONCE = {"CRAWL_AND_DREAM_REQUEST_DELAY_S": "0"}


def photo(src: str) -> str:
    return f'<img src="{src}" alt="sunset beach">'


@pytest.fixture
def private() -> Iterator[Website]:
    """A server that answers at every private address, if anybody should ask."""
    with serving(Website()) as private:
        private.image("/0.jpg")
        yield private


@pytest.fixture
def internet(site: Website, private: Website, tmp_path: Path) -> Internet:
    inside = ("127.0.0.1", "127.0.0.2", "10.0.0.5", "192.168.0.1", "169.254.169.254")
    hosts = dict.fromkeys(inside, private.port) | {PUBLIC: site.port}
    names = {"photos.example": [[PUBLIC]]}
    return Internet(tmp_path / "internet.log", names, hosts)


SPELLINGS = [
    *("127.0.0.1", "2130706433", "0x7f000001", "017700000001", "127.1", "0", "0.0.0.0"),  # noqa: S104  # nothing is bound to it
    *("0x7f.1", "0177.0.0.01", "127.0.0.1:443", "10.0.0.5", "169.254.169.254", "[::]"),
    *("[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]"),
    *("[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fd00::1]"),
    *("\uff11\uff12\uff17.0.0.1", "①②⑦.0.0.1", "127。0。0。1", "127\u00ad.0.0.1"),
    *("localhost", "localhost.", "LOCALHOST", "127.0.0.1.nip.io", "inside.example"),
    *("user@127.1", "a..b", "a" * 64 + ".example", "127.0.0.1:8080"),
]


def test_no_spelling_of_a_private_address_is_connected_to(
    site: Website, private: Website, internet: Internet, crawl: Crawl
) -> None:
    for name in ("127.0.0.1.nip.io", "localhost", "localhost."):
        internet.names[name] = [["127.0.0.1"]]
    internet.names["inside.example"] = [["fd00::1", "10.0.0.5"]]
    elsewhere = [f"http://{host}/{n}.jpg" for n, host in enumerate(SPELLINGS)]
    site.page("/", '<meta charset="utf-8">' + "".join(map(photo, elsewhere)))

    crawled = crawl(
        "site:http://photos.example/", program=online, **internet.variables, **AT_ONCE
    )

    assert len(crawled.outcomes) == len(SPELLINGS), crawled.stderr
    assert set(crawled.outcomes.values()) == {"address-refused"}
    assert internet.connected == {f"{PUBLIC}:80"}
    assert private.requests == []
    assert crawled.closed["state"] == "finished"


def test_a_name_with_a_private_address_too_is_met_at_the_public_one(
    site: Website, private: Website, internet: Internet, crawl: Crawl
) -> None:
    internet.names["mixed.example"] = [["10.0.0.5", "fd00::1", PUBLIC, "192.168.0.1"]]
    site.page("/", photo("0.jpg"))
    site.image("/0.jpg")

    crawled = crawl(
        "site:http://mixed.example/", program=online, **internet.variables, **AT_ONCE
    )

    assert crawled.outcomes == {"0.jpg": "kept"}
    assert internet.connected == {f"{PUBLIC}:80"}
    assert private.requests == []


def without_a_cache_of_names() -> int:
    """The crawler when it looks every name up anew, as for those it has forgotten."""
    default_settings.DNSCACHE_SIZE = 0
    return online()


@pytest.mark.parametrize("program", [online, without_a_cache_of_names])
def test_a_name_that_turns_private_is_not_followed_there(
    program: Callable[[], int],
    site: Website,
    private: Website,
    internet: Internet,
    crawl: Crawl,
) -> None:
    internet.names["rebind.example"] = [*[[PUBLIC]] * 4, ["127.0.0.1"]]
    site.page("/", "".join(photo(f"{n}.jpg") for n in range(6)))
    for n in range(6):
        site.image(f"/{n}.jpg")

    crawled = crawl(
        "site:http://rebind.example/", program=program, **internet.variables, **AT_ONCE
    )

    remembers = program is online
    expected = {"kept"} if remembers else {"kept", "address-refused"}
    assert set(crawled.outcomes.values()) == expected
    assert (len(internet.looked_up) == 1) is remembers
    assert internet.connected == {f"{PUBLIC}:80"}
    assert private.requests == []


def test_every_hop_of_a_redirect_is_looked_at(
    site: Website, private: Website, internet: Internet, crawl: Crawl
) -> None:
    internet.names["other.example"] = [[ALSO_PUBLIC]]
    internet.names["inside.example"] = [["10.0.0.5"]]
    internet.hosts[ALSO_PUBLIC] = site.port
    hops = {
        "/0.jpg": "http://inside.example/0.jpg",
        "/1.jpg": "http://other.example/2.jpg",
        "/2.jpg": "http://127.0.0.2/0.jpg",
        "/3.jpg": "http://other.example:8080/0.jpg",
        "/4.jpg": "http://other.example/6.jpg",
        "/5.jpg": "//[::1]/0.jpg",
    }
    site.page("/", "".join(photo(path) for path in hops))
    site.image("/6.jpg")
    for path, target in hops.items():
        site.answers[path] = Answer(status=302, headers={"Location": target})

    crawled = crawl(
        "site:http://photos.example/", program=online, **internet.variables, **AT_ONCE
    )

    refused = dict.fromkeys(["0.jpg", "1.jpg", "2.jpg", "3.jpg", "5.jpg"])
    assert crawled.outcomes == dict.fromkeys(refused, "address-refused") | {
        "4.jpg": "kept"
    }
    assert internet.connected == {f"{PUBLIC}:80", f"{ALSO_PUBLIC}:80"}
    assert private.requests == []


def test_a_robots_txt_is_not_fetched_from_a_private_address(
    site: Website, private: Website, internet: Internet, crawl: Crawl
) -> None:
    to_private = {"Location": "http://169.254.169.254/robots.txt"}
    site.answers["/robots.txt"] = Answer(status=301, headers=to_private)

    crawled = crawl(
        "site:http://photos.example/", program=online, **internet.variables, **AT_ONCE
    )

    assert internet.connected == {f"{PUBLIC}:80"}
    assert private.requests == []
    assert "Traceback" not in crawled.stderr
