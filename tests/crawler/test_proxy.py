"""With a proxy, everything goes through it, and only to where the guard lets it."""

import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from certificates import self_signed
from crawls import Crawled
from internet import Internet, online
from proxies import Proxy, proxying
from pydantic import SecretStr
from website import Answer, Website, serving

from crawler.proxy import parse_proxy
from pipeline.errors import SettingsError

Crawl = Callable[..., Crawled]

PASSWORD = "Tr0ub4dor:3"
CREDENTIALS = "ada:Tr0ub4dor%3A3"
BASIC = base64.b64encode(f"ada:{PASSWORD}".encode()).decode()
PUBLIC = "93.184.216.34"


def photo(src: str) -> str:
    return f'<img src="{src}" alt="sunset beach">'


@pytest.fixture
def proxy(site: Website) -> Iterator[Proxy]:
    """Leads everybody who has the password to the site."""
    with proxying(Proxy(site.port, wants=f"Basic {BASIC}")) as proxy:
        yield proxy


@pytest.fixture
def internet(tmp_path: Path) -> Internet:
    names = {
        "photos.example": [[PUBLIC]],
        "inside.example": [["10.0.0.5"]],
        "mixed.example": [[PUBLIC, "192.168.0.1"]],
        "127.0.0.1.nip.io": [["127.0.0.1"]],
        "localhost": [["127.0.0.1"]],
    }
    return Internet(tmp_path / "internet.log", names)


@pytest.fixture
def crawl_through(proxy: Proxy, internet: Internet, crawl: Crawl) -> Crawl:
    def crawl_through(source: str, **kwargs: str) -> Crawled:
        through = {
            "CRAWL_AND_DREAM_PROXY": f"http://{CREDENTIALS}@{proxy.host}",
            "CRAWL_AND_DREAM_REQUEST_DELAY_S": "0",
        }
        return crawl(source, program=online, **internet.variables | through | kwargs)

    return crawl_through


def test_everything_goes_through_the_proxy(
    site: Website, proxy: Proxy, internet: Internet, crawl_through: Crawl
) -> None:
    site.page("/", photo("a.jpg") + photo("moved.jpg"))
    site.answers["/moved.jpg"] = Answer(status=302, headers={"Location": "/b.jpg"})
    site.image("/a.jpg")
    site.image("/b.jpg")

    crawled = crawl_through("site:http://photos.example/")

    assert crawled.outcomes == {"a.jpg": "kept", "moved.jpg": "kept"}, crawled.stderr
    asked = {f"http://photos.example{path}" for path in site.requests}
    assert set(proxy.requests) == asked
    assert {"/robots.txt", "/", "/b.jpg"} <= set(site.requests)
    assert internet.connected == {proxy.host}


def test_the_password_of_the_proxy_is_written_nowhere(
    site: Website, proxy: Proxy, crawl_through: Crawl, home: Path
) -> None:
    asked: list[str] = []

    def busy(handler) -> None:
        asked.append(handler.path)
        handler.send_response(503 if len(asked) < 2 else 404)
        handler.send_header("Retry-After", "1")
        handler.end_headers()

    site.page("/", photo("busy.jpg") + photo("moved.jpg"))
    site.answers["/busy.jpg"] = busy
    site.answers["/moved.jpg"] = Answer(status=302, headers={"Location": "/b.jpg"})

    crawled = crawl_through("site:http://photos.example/")

    files = [path for path in home.rglob("*") if path.is_file()]
    written = b"".join(path.read_bytes() for path in files)
    said = f"{crawled.events} {crawled.stderr}"
    for secret in (PASSWORD, CREDENTIALS, BASIC):
        assert secret.encode() not in written
        assert secret not in said
    assert len(asked) == 2


def test_the_proxy_is_asked_for_public_hosts_only(
    site: Website, proxy: Proxy, internet: Internet, crawl_through: Crawl
) -> None:
    literals = ["127.0.0.1", "2130706433", "0x7f.1", "010.0.0.1", "127.1", "[::1]"]
    literals += [
        "[::ffff:10.0.0.1]",
        "[64:ff9b::a00:1]",
        "\uff11\uff12\uff17.0.0.1",
        "0",
    ]
    hosts = [*literals, "localhost", "inside.example", "mixed.example"]
    hosts += ["127.0.0.1.nip.io", "a..b", "user@photos.example"]
    elsewhere = [f"http://{host}/{n}.jpg" for n, host in enumerate(hosts)]
    site.page("/", "".join(map(photo, [*elsewhere, "in.jpg", "good.jpg"])))
    to_a_literal = {"Location": "http://169.254.169.254/latest"}
    site.answers["/in.jpg"] = Answer(status=302, headers=to_a_literal)
    site.image("/good.jpg")

    crawled = crawl_through("site:http://photos.example/")

    outcomes = crawled.outcomes
    assert outcomes.pop("good.jpg") == "kept"
    assert len(outcomes) == len(hosts) + 1
    assert set(outcomes.values()) == {"address-refused"}
    assert {url.split("/")[2] for url in proxy.requests} == {"photos.example"}
    assert internet.connected == {proxy.host}


def test_hosts_that_nobody_here_knows_are_not_asked_for(
    proxy: Proxy, crawl_through: Crawl
) -> None:
    crawled = crawl_through("site:http://unknown.example/")

    assert crawled.closed["error"] == (
        "site http://unknown.example/ does not answer: its name cannot be resolved"
    )
    assert proxy.requests == []


@pytest.mark.parametrize("is_trusted", [True, False])
def test_certificates_are_checked_through_the_proxy(
    is_trusted: bool, internet: Internet, crawl_through: Crawl, proxy: Proxy, tmp_path
) -> None:
    internet.names["localhost.example"] = [[PUBLIC]]
    tls = self_signed(tmp_path, "localhost.example")
    trusted = {"SSL_CERT_FILE": str(tmp_path / "localhost.pem")} if is_trusted else {}
    with serving(Website(), tls) as site:
        site.page("/", photo("a.jpg"))
        site.image("/a.jpg")
        proxy.leads_to = site.port
        crawled = crawl_through("site:https://localhost.example/", **trusted)

    assert crawled.outcomes == ({"a.jpg": "kept"} if is_trusted else {})
    error = "its certificate is not trusted"
    assert (error in (crawled.closed["error"] or "")) is not is_trusted
    assert set(proxy.requests) == {"localhost.example:443"}
    assert internet.connected == {proxy.host}


def test_a_proxy_that_does_not_take_the_password(
    crawl_through: Crawl, proxy: Proxy
) -> None:
    wrong = {"CRAWL_AND_DREAM_PROXY": f"http://ada:n0t-th1s@{proxy.host}"}

    crawled = crawl_through("site:http://photos.example/", **wrong)

    assert "407 Proxy Authentication Required" in crawled.closed["error"]
    assert "n0t-th1s" not in crawled.closed["error"] + crawled.stderr


def test_a_setting_that_is_no_proxy_ends_the_crawl_in_one_line(crawl: Crawl) -> None:
    crawled = crawl(
        "site:http://photos.example/",
        CRAWL_AND_DREAM_PROXY=f"https://{CREDENTIALS}@proxy.example:443",
    )

    assert crawled.exit_status == 1
    assert crawled.closed["error"] == (
        "CRAWL_AND_DREAM_PROXY: expected http://[USER:PASSWORD@]HOST:PORT"
    )
    assert crawled.stderr == ""


def test_a_proxy_of_the_environment_does_not_count(
    site: Website, crawl_site: Crawl
) -> None:
    site.page("/", photo("a.jpg"))
    site.image("/a.jpg")
    nobody = "http://127.0.0.1:9/"

    crawled = crawl_site(http_proxy=nobody, HTTP_PROXY=nobody, all_proxy=nobody)

    assert crawled.outcomes == {"a.jpg": "kept"}


def test_a_proxy_may_want_no_password() -> None:
    proxy = parse_proxy(SecretStr("http://[::1]:3128/"))

    assert proxy is not None
    assert (proxy.url, proxy.authorization) == ("http://[::1]:3128", None)
    assert parse_proxy(SecretStr(" ")) is None


@pytest.mark.parametrize(
    "text",
    [
        *(
            "proxy:3128",
            "http://proxy",
            "https://u:hush@proxy:443",
            "http://u:hush@:80",
        ),
        *("socks5://u:hush@proxy:1080", "http://u:hush@proxy:99999", "http://p:80/a"),
        *("http://u:hush@[::1:80", "http://u:hush@proxy:80/?a", "http://pr\u03bfxy:80"),
    ],
)
def test_an_address_that_is_no_proxy_is_not_repeated(text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        parse_proxy(SecretStr(text))

    assert str(refused.value) == (
        "CRAWL_AND_DREAM_PROXY: expected http://[USER:PASSWORD@]HOST:PORT"
    )
