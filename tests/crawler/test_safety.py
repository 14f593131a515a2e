"""What a crawl does not do, whatever it meets."""

from collections.abc import Callable
from pathlib import Path

from crawls import Crawled
from internet import Internet, online
from website import Answer, Website

Crawl = Callable[..., Crawled]


def test_five_redirects_are_followed_and_no_more(
    site: Website, crawl_site: Crawl
) -> None:
    site.page("/", "".join(f'<img src="{n}.jpg" alt="sunset beach">' for n in (5, 6)))
    site.image("/0.jpg")
    for n in range(1, 7):
        to_next = {"Location": f"/{n - 1}.jpg"}
        site.answers[f"/{n}.jpg"] = Answer(status=302, headers=to_next)

    crawled = crawl_site()

    assert crawled.outcomes == {"5.jpg": "kept", "6.jpg": "http-error"}
    assert site.requests.count("/0.jpg") == 1


def test_nobody_can_connect_to_a_crawl(
    site: Website, crawl_site: Crawl, tmp_path: Path
) -> None:
    site.page("/", '<img src="a.jpg" alt="sunset beach">')
    site.image("/a.jpg")
    internet = Internet(tmp_path / "internet.log")

    crawled = crawl_site(program=online, **internet.variables)

    assert crawled.outcomes == {"a.jpg": "kept"}
    assert internet.connected == {site.host}
    assert internet.listened == []
