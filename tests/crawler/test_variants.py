import pytest
from pages import names, only

from crawler.css import backgrounds
from crawler.variants import names_image, parse_srcset


@pytest.mark.parametrize(
    ("image", "url"),
    [
        ('<img src="s.jpg" srcset="m.jpg 640w, l.jpg 1280w" sizes="50vw">', "l.jpg"),
        ('<img src="s.jpg" srcset="l.jpg 2x, s.jpg">', "l.jpg"),
        ('<img src="s.jpg" srcset="data:image/png;base64,AA 9x, l.jpg 2x">', "l.jpg"),
        ('<img src="s.jpg" srcset="drawing.svg 9x, l.jpg 2x">', "l.jpg"),
        ('<img srcset="only.jpg">', "only.jpg"),
        ('<img src="a.jpg#top">', "a.jpg"),
        ('<img src=" spaced name.jpg ">', "spaced%20name.jpg"),
        ('<amp-img src="a.jpg" srcset="l.jpg 900w"></amp-img>', "l.jpg"),
        # <picture>
        (
            '<picture><source srcset="l.avif 1200w"><img src="s.jpg"></picture>',
            "l.avif",
        ),
        (
            '<picture><source type="image/jxl" srcset="x.jxl 9000w">'
            '<source type="image/webp" srcset="l.webp"><img src="s.jpg"></picture>',
            "l.webp",
        ),
        (
            '<picture><source media="(max-width: 600px)" srcset="s.jpg">'
            '<img src="l.jpg"></picture>',
            "l.jpg",
        ),
        (
            '<picture><source media="(min-width: 600px)" srcset="m.jpg">'
            '<source media="(min-width: 1600px)" srcset="l.jpg"><img src="s.jpg">'
            "</picture>",
            "l.jpg",
        ),
        (
            '<picture><source data-srcset="l.jpg 900w" srcset="ph.gif 1w">'
            '<img src="ph.gif" data-src="s.jpg"></picture>',
            "l.jpg",
        ),
        # loaded later, by a script
        ('<img src="data:image/gif;base64,AA" data-src="l.jpg">', "l.jpg"),
        ('<img src="ph.gif" data-original="l.jpg">', "l.jpg"),
        ('<img src="ph.gif" data-lazy-src="l.jpg">', "l.jpg"),
        ('<img src="ph.gif" data-lazy="l.jpg">', "l.jpg"),
        ('<img src="ph.gif" data-srcset="s.jpg 300w, l.jpg 900w">', "l.jpg"),
        ('<img data-src="s.jpg" data-hi-res="l.jpg">', "l.jpg"),
        ('<img src="s.jpg" srcset="m.jpg 640w" data-large-file="l.jpg">', "l.jpg"),
        ('<img src="blank.gif" data-of-our-own="l.jpg">', "l.jpg"),
        ('<img src="blank.gif" data-thumb="s.jpg" data-our="l.jpg">', "l.jpg"),
        ('<img src="a.jpg" data-lazy="true" data-src="none">', "a.jpg"),
        ('<img src="a.jpg" data-hover-src="b.jpg" data-other="c.jpg">', "a.jpg"),
        # linked to a larger one
        ('<a href="l.jpg?x=1"><img src="s.jpg" srcset="m.jpg 9w"></a>', "l.jpg?x=1"),
        ('<a href="#" data-pswp-src="l.jpg"><img src="s.jpg"></a>', "l.jpg"),
        ('<a href="/photo/1"><img src="a.jpg"></a>', "a.jpg"),
        ('<a href="/wiki/File:A.jpg"><img src="a.jpg"></a>', "a.jpg"),
        ('<a href="http://[oops.jpg"><img src="a.jpg"></a>', "a.jpg"),
        # backgrounds
        ("<div style=\"background: #fff url('l.jpg') no-repeat\">", "l.jpg"),
        ('<div data-bg="l.jpg" style="background-image: url(ph.gif)">', "l.jpg"),
        ('<div data-bg="url(l.jpg)">', "l.jpg"),
        ('<div data-bgset="s.jpg 300w, l.jpg 900w">', "l.jpg"),
        ("<style>.hero { background: url(l.jpg) }</style>", "l.jpg"),
        (
            "<style>.hero { background: image-set('s.jpg' 1x, 'l.jpg' 2x) }</style>",
            "l.jpg",
        ),
    ],
)
def test_a_picture_is_taken_once_in_its_largest_form(image, url):
    assert names(image) == [url]


def test_what_shows_a_background_says_what_it_is():
    found = only(
        '<h2>Coast</h2><div style="background: url(a.jpg)" aria-label="dusk" title="T">'
    )

    assert [found.fields[n] for n in ("alt", "title", "heading")] == [
        *("dusk", "T", "Coast")
    ]


@pytest.mark.parametrize(
    ("srcset", "sizes"),
    [
        (
            "/w,100/a.jpg 1x, /w,200/a.jpg 2x,b.jpg 3.5x",
            [("/w,100/a.jpg", 1000), ("/w,200/a.jpg", 2000), ("b.jpg", 3500)],
        ),
        ("a.jpg 100w 50h, b.jpg", [("a.jpg", 100), ("b.jpg", 1000)]),
        ("a.jpg 1.2.3x", [("a.jpg", 1000)]),
        (" , ,", []),
    ],
)
def test_a_srcset_gives_addresses_with_widths(srcset, sizes):
    assert parse_srcset(srcset) == sizes


@pytest.mark.parametrize(
    ("css", "urls"),
    [
        ("background: url( 'a b.jpg' ), URL(c.jpg)", [["a b.jpg"], ["c.jpg"]]),
        ("background: url(data:image/png;base64,AA), url(a.jpg)", [["a.jpg"]]),
        ("--hero: url('\\2f a.jpg')", [["/a.jpg"]]),
        ("/* background: url(a.jpg) */ cursor: url(b.jpg)", []),
        ("@font-face { src: url(a.woff) }", []),
        (
            "background-image: -webkit-image-set(url(a.jpg) 1x, url(b.jpg) 2x)",
            [["a.jpg", "b.jpg"]],
        ),
        ('background: image-set("a.avif" type("image/avif") 1x)', [["a.avif"]]),
        ("background: url('\\110000 a.jpg') \\", [["a.jpg"]]),
        ("background: url(", []),
    ],
)
def test_css_names_backgrounds(css, urls):
    assert [[url for url, _width in sizes] for sizes in backgrounds(css)] == urls


@pytest.mark.parametrize(
    ("url", "is_image"),
    [
        ("/a/b.JPG", True),
        ("b.webp?w=3#x", True),
        ("/wiki/File:B.jpg", False),
        ("/b.jpg/", False),
        ("/b?file=b.jpg", False),
        ("http://[oops/b.jpg", False),
    ],
)
def test_addresses_of_image_files_are_told_from_pages(url, is_image):
    assert names_image(url) == is_image
