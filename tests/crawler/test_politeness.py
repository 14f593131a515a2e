import pytest
from scrapy.http import HtmlResponse, Response

from crawler.politeness import opts_out_images, opts_out_links

URL = "https://example.org/"


def image(*values):
    return Response(URL, headers={"X-Robots-Tag": list(values)})


def page(meta):
    return HtmlResponse(URL, body=meta.encode(), encoding="utf-8")


@pytest.mark.parametrize(
    "response",
    [
        image("noai"),
        image("index", "NoImageAI"),
        image("noarchive, noindex"),
        image("none"),
        image("googlebot: index, crawl-and-dream: noai"),
        image("unavailable_after: 25 Jun 2030 15:00:00 GMT, noimageindex"),
        page('<meta name="robots" content="noai, noimageai">'),
        page('<meta name="ROBOTS" content="NOINDEX">'),
        page('<meta name="crawl-and-dream" content="noai">'),
    ],
)
def test_opted_out_images_are_left_alone(response):
    assert opts_out_images(response)


@pytest.mark.parametrize(
    "response",
    [
        image(),
        image("index, follow"),
        image("googlebot: noai, noindex"),
        page('<meta name="robots" content="nofollow">'),
        page('<meta name="description" content="noai">'),
        page("<p>noai</p>"),
    ],
)
def test_signals_for_others_do_not_count(response):
    assert not opts_out_images(response)


def test_links_are_not_followed_where_the_page_says_so():
    assert opts_out_links(page('<meta name="robots" content="nofollow">'))
