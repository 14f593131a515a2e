"""Sitemaps are read as far as they can be, whatever is in them."""

import gzip

import pytest
from scrapy.http import HtmlResponse, Response, XmlResponse

from crawler.sitemaps import (
    Sitemap,
    SitemapImage,
    SitemapPage,
    is_sitemap,
    parse_sitemap,
    sitemaps_of_robots,
)

URL = "https://example.org/sitemap.xml"
BY = "https://creativecommons.org/licenses/by/4.0/"
NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" '
    'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
)
IMAGES = f"""<?xml version="1.0" encoding="UTF-8"?>
<urlset {NAMESPACES}>
  <!-- a comment -->
  <url>
    <loc> /beach </loc><lastmod>2026-01-01</lastmod><priority>0.8</priority>
    <image:image>
      <image:loc>/a.jpg</image:loc>
      <image:title>Sunset  beach</image:title>
      <image:caption>A beach</image:caption>
      <image:geo_location>Limerick, Ireland</image:geo_location>
      <image:license>{BY}</image:license>
    </image:image>
    <image:image><image:loc>https://cdn.example.net/b.jpg</image:loc></image:image>
    <image:image><image:loc>ftp://example.org/c.jpg</image:loc></image:image>
    <image:image><image:title>without a place</image:title></image:image>
  </url>
  <url><loc>https://example.org/forest</loc><priority>nan</priority></url>
  <url><loc>javascript:alert(1)</loc></url>
</urlset>"""
PAGES = [
    SitemapPage(
        "https://example.org/beach",
        (
            SitemapImage(
                "https://example.org/a.jpg",
                "Sunset beach",
                "A beach",
                BY,
                "Limerick, Ireland",
            ),
            SitemapImage("https://cdn.example.net/b.jpg"),
        ),
        "2026-01-01",
        0.8,
    ),
    SitemapPage("https://example.org/forest"),
]


def read(body: bytes) -> Sitemap:
    return parse_sitemap(Response(URL, body=body))


@pytest.mark.parametrize(
    "body",
    [
        IMAGES.encode(),
        b"\xef\xbb\xbf" + IMAGES.encode(),
        IMAGES.replace("UTF-8", "UTF-16").encode("utf-16"),
        gzip.compress(IMAGES.encode()),
        IMAGES.removesuffix("</urlset>").encode(),
        gzip.compress(IMAGES.encode())[:-8],
    ],
    ids=["plain", "bom", "utf-16", "gzip", "unfinished", "gzip without its end"],
)
def test_pages_come_with_their_images(body: bytes) -> None:
    assert read(body) == Sitemap(PAGES)


def test_an_index_names_further_sitemaps() -> None:
    body = "".join(f"<sitemap><loc>/{n}.xml</loc></sitemap>" for n in range(2))

    found = read(f"<sitemapindex {NAMESPACES}>{body}</sitemapindex>".encode())

    urls = ["https://example.org/0.xml", "https://example.org/1.xml"]
    assert found == Sitemap([], urls)


def test_a_text_has_one_url_on_each_line() -> None:
    found = read(b"https://example.org/a\r\nno url\n\nhttps://example.org/b")

    assert [page.url[-1] for page in found.pages] == ["a", "b"]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<",
        b"\x1f\x8b\x08 no gzip",
        gzip.compress(bytes(200_000_000)),
        b"<a>" * 100_000,
        b"<urlset><url><loc>https://example.org/" + b"x" * 11_000_000,
        b"<urlset><url><loc></loc></url><url/><sitemap/></urlset>",
        b"\xff\xfe\0\0 <urlset",
    ],
    ids=["empty", "cut", "no gzip", "bomb", "deep", "long", "vacant", "charset"],
)
def test_what_cannot_be_read_is_nothing(body: bytes) -> None:
    assert read(body) == Sitemap()


def test_entities_are_not_resolved(tmp_path) -> None:
    (tmp_path / "secret").write_text("secret")
    doctype = f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
    body = "<urlset><url><loc>https://example.org/a&x;</loc></url></urlset>"

    assert "secret" not in str(read(f"{doctype}{body}".encode()))


def test_a_sitemap_without_an_end_has_one() -> None:
    urls = b"<url><loc>https://example.org/a</loc></url>" * 60_000

    assert len(read(b"<urlset>" + urls).pages) == 50_000


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (XmlResponse(URL, body=IMAGES.encode()), True),
        (Response(URL, body=gzip.compress(IMAGES.encode())), True),
        (Response(URL, body=b"%PDF-1.7"), False),
        (HtmlResponse(URL, body=b"<p>what is a urlset?</p>"), False),
    ],
)
def test_sitemaps_are_known_by_their_first_bytes(
    response: Response, expected: bool
) -> None:
    assert is_sitemap(response) is expected


def test_robots_txt_names_sitemaps() -> None:
    text = "User-agent: *\nsitemap: /a.xml\nSitemap:https://example.net/ü.xml\nSitemap:"

    assert sitemaps_of_robots(text, "https://example.org/robots.txt")[:2] == [
        "https://example.org/a.xml",
        "https://example.net/%C3%BC.xml",
    ]
