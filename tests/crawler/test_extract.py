import pytest
from pages import PAGE, images, names, only
from scrapy.http import HtmlResponse

from crawler.extract import candidates, file_name, readable

LD = '<script type="application/ld+json">{}</script>'


def test_fields_say_what_is_written_about_an_image():
    found = only(
        '<h1>Coast</h1><h2>West</h2><figure><img src="/sea/wild/EveningGlow.jpg" '
        'alt="dusk" title="Low tide"><figcaption>A <b>calm</b> sea '
        "<small>by Ann, CC0</small></figcaption></figure>"
        '<a rel="tag" href="/t/sea">sea</a>',
        "<title>My pictures</title><meta name=keywords content='coast, sun'>"
        + LD.format('{"@type": "Article", "keywords": ["waves"]}')
        + LD.format(
            '{"@type": "ImageObject", "contentUrl": "/sea/wild/EveningGlow.jpg",'
            ' "name": "Dusk", "description": "Foam &amp; <i>sand</i>",'
            ' "keywords": "dunes, wind"}'
        ),
        'lang="en-GB"',
    )

    assert found.url == "https://example.org/sea/wild/EveningGlow.jpg"
    assert found.fields == {
        "alt": "dusk",
        "title": "Low tide",
        "caption": "A calm sea",
        "structured": "Dusk / Foam & sand",
        "tags": "dunes, wind",
        "file_name": "Evening Glow",
        "heading": "West",
        "url": "sea wild",
        "page_title": "My pictures",
        "page_tags": "sea, coast, sun, waves",
    }
    assert (found.title, found.language) == ("Dusk", "en-GB")


LAZY = '<img src="data:image/gif;base64,AA" data-src="m.jpg" alt="dusk">'


@pytest.mark.parametrize(
    ("body", "head", "url"),
    [
        (LAZY + '<noscript><img src="m.jpg"></noscript>', "", "m.jpg"),
        (LAZY + '<noscript><img src="l.jpg" width="9"></noscript>', "", "m.jpg"),
        (
            '<img class="lazy" alt="dusk"><noscript><img src="l.jpg"></noscript>',
            *("", "l.jpg"),
        ),
        (
            '<img alt="dusk" data-src="l.jpg"><noscript>&lt;img src="l.jpg"&gt;'
            "</noscript>",
            *("", "l.jpg"),
        ),
        ('<a href="l.jpg"><img src="s.jpg" alt="dusk"></a>', "", "l.jpg"),
        (
            '<a href="l.jpg"><img src="s.jpg" alt="dusk"></a><img src="s.jpg">',
            *("", "l.jpg"),
        ),
        (
            '<figure><img src="s.jpg" alt="dusk"><figcaption><a href="l.jpg">'
            "large</a></figcaption></figure>",
            *("", "l.jpg"),
        ),
        (
            '<img src="l.jpg" alt="dusk"><p style="background: url(l.jpg)">',
            *("<meta property='og:image' content='l.jpg'>", "l.jpg"),
        ),
        (
            '<img srcset="s.jpg 300w, l.jpg 900w" alt="dusk">',
            *("<meta property='og:image' content='s.jpg'>", "l.jpg"),
        ),
        (
            '<img srcset="s.jpg 300w, l.jpg 900w" alt="dusk">',
            LD.format('{"@type": "ImageObject", "contentUrl": "s.jpg"}'),
            "l.jpg",
        ),
        (
            '<img src="s.jpg" alt="dusk">',
            LD.format(
                '{"@type": "ImageObject", "contentUrl": "l.jpg",'
                ' "thumbnailUrl": "s.jpg"}'
            ),
            "l.jpg",
        ),
        (
            '<img src="s.jpg" alt="dusk">',
            "<meta property='og:image' content='s.jpg'>"
            "<meta property='og:image:secure_url' content='l.jpg'>"
            "<meta property='og:image:width' content='1200'>",
            "s.jpg",
        ),
    ],
)
def test_one_picture_in_several_forms_is_one_image_with_all_that_is_said(
    body, head, url
):
    found = only(body, head)

    assert found.url == PAGE + url
    assert found.fields["alt"] == "dusk"


def test_a_placeholder_does_not_make_one_of_many_pictures():
    lazy = "".join(f'<img src="ph.gif" data-src="{n}.jpg" alt="{n}">' for n in range(3))
    zoom = "".join(f'<a href="{n}.png"><img src="zoom.png"></a>' for n in range(3))

    found = names(lazy + zoom)

    assert found == ["0.jpg", "1.jpg", "2.jpg", "0.png", "1.png", "2.png"]


def test_an_image_without_scripts_stands_for_the_one_right_before_it_only():
    counter = (
        '<p>The end</p><noscript><img src="https://count.example.org/"></noscript>'
    )

    assert names(f"{LAZY}{counter}") == ["m.jpg", "https://count.example.org/"]


def test_an_image_that_is_shown_twice_says_what_both_places_say():
    found = only('<h2>One</h2><img src="a.jpg"><h2>Two</h2><img src="a.jpg" alt="sea">')

    assert (found.fields["alt"], found.fields["heading"]) == ("sea", "One")


def test_badges_of_licences_and_pixels_that_count_are_no_images():
    badge = (
        '<a rel="license" href="https://creativecommons.org/licenses/by/4.0/">'
        '<img src="88x31.png"></a>'
    )

    assert names(badge + '<img src="count.gif" width="1" height="1">') == []


@pytest.mark.parametrize(
    "src",
    [
        "",
        "file:///etc/passwd",
        "data:image/png;base64,AA",
        "javascript:alert(1)",
        "ftp://example.org/a.jpg",
        "http://[::1",
        "http:///a.jpg",
        "http://example.org:99999/a.jpg",
        "a.jpg?" + "x" * 3000,
        "drawing.svg",
    ],
)
def test_what_is_no_web_address_or_no_pixels_is_no_image(src):
    assert images(f'<img src="{src}">') == []


def test_base_elements_move_relative_addresses():
    found = only('<img src="a.jpg">', '<base href="https://cdn.example.org/x/">')

    assert found.url == "https://cdn.example.org/x/a.jpg"


def test_a_base_that_is_no_address_is_left_out():
    body = '<base href="http://[oops"><img src="a.jpg"><p>ä'

    assert names(body) == ["a.jpg"]
    broken = HtmlResponse(PAGE, body=body.encode("latin-1"), encoding="latin-1")
    assert readable(broken).xpath("//p/text()").get() == "ä"


def test_hostile_texts_are_cut_and_cleaned():
    found = only(f'<img src="a.jpg" alt="one\x01\u202e\n two {"x" * 9000}">')

    assert found.fields["alt"].startswith("one two x")
    assert len(found.fields["alt"]) == 500


def test_a_page_without_content_has_no_images():
    assert list(candidates(HtmlResponse(PAGE, body=b"", encoding="utf-8"))) == []


@pytest.mark.parametrize(
    "piece",
    [
        "<div>",
        "<b class=author>x",
        "<figure><figcaption>x<small>",
        "<h2>x",
        "<a href=b.jpg><a rel=tag>",
        '<a rel="license" href="/x">l</a>',
        "<picture><source srcset='b.jpg 1x'>",
        '<p itemscope itemtype="https://schema.org/ImageObject" itemprop="a">',
        "<noscript>&lt;img src=b.jpg&gt;<noscript>",
        "<p style='background:url(('>",
        "<style>background:url('</style>",
        "<script type=application/ld+json>[{[</script>",
        "<meta property=og:image content='http://[oops'>",
    ],
)
def test_repeated_and_unclosed_markup_hides_no_image(piece):
    assert f"{PAGE}a.jpg" in [i.url for i in images('<img src="a.jpg">' + piece * 5000)]


def test_endless_attributes_and_values_are_cut():
    many = " ".join(f"data-a{n}=b.jpg" for n in range(5000))
    srcset = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'> 1x, b.jpg 2x,"

    assert names(f'<img src="a.jpg" {many} srcset="{srcset * 5000}">') == ["b.jpg"]


def test_no_more_than_some_thousand_images_are_taken_from_a_page():
    assert len(images("".join(f"<img src={n}.jpg>" for n in range(6000)))) == 5000


def test_file_names_are_decoded():
    assert file_name(f"{PAGE}Sunset%20beach_2.final.jpg?w=3") == "Sunset beach 2.final"
