import pytest
from scrapy.http import HtmlResponse

from crawler.extract import candidates, file_name, parse_srcset
from crawler.text import absolute, normalise_url

PAGE = "https://example.org/gallery/"
LICENCES = "https://creativecommons.org/licenses"


def page(body, head=""):
    html = f"<html><head>{head}</head><body>{body}</body></html>"
    return HtmlResponse(PAGE, body=html.encode(), encoding="utf-8")


def only(body, head=""):
    (candidate,) = candidates(page(body, head))
    return candidate


def licences(body, head=""):
    """Licences by the file of each image."""
    return {
        found.url.rpartition("/")[2]: [claim.licence for claim in found.claims]
        for found in candidates(page(body, head))
    }


def rel(code, around="{}"):
    return around.format(f'<a rel="license" href="{LICENCES}/{code}/4.0/">licence</a>')


def test_fields_say_what_is_written_about_an_image():
    found = only(
        '<h1>Coast</h1><h2>West</h2><figure><img src="EveningGlow.jpg" alt="dusk" '
        'title="Low tide"><figcaption>A <b>calm</b> sea <small>by Ann, CC0</small>'
        "</figcaption></figure>",
        "<title>My pictures</title>",
    )

    assert found.url == f"{PAGE}EveningGlow.jpg"
    assert found.fields == {
        "alt": "dusk",
        "title": "Low tide",
        "caption": "A calm sea",
        "file_name": "Evening Glow",
        "heading": "West",
        "page_title": "My pictures",
    }


@pytest.mark.parametrize(
    ("image", "url"),
    [
        ('<img src="s.jpg" srcset="m.jpg 640w, l.jpg 1280w">', "l.jpg"),
        ('<img src="s.jpg" srcset="l.jpg 2x, s.jpg">', "l.jpg"),
        ('<img src="s.jpg" srcset="data:image/png;base64,AA 9x, l.jpg 2x">', "l.jpg"),
        ('<img srcset="only.jpg">', "only.jpg"),
        (
            '<picture><source srcset="l.avif 1200w"><img src="s.jpg"></picture>',
            "l.avif",
        ),
        ('<img src="a.jpg#top">', "a.jpg"),
        ('<img src=" spaced name.jpg ">', "spaced%20name.jpg"),
    ],
)
def test_a_picture_is_taken_once_in_its_largest_form(image, url):
    assert only(image).url == PAGE + url


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
        "a.jpg?" + "x" * 3000,
    ],
)
def test_what_is_no_web_address_is_no_image(src):
    assert list(candidates(page(f'<img src="{src}">'))) == []


def test_base_elements_move_relative_addresses():
    found = only('<img src="a.jpg">', '<base href="https://cdn.example.org/x/">')

    assert found.url == "https://cdn.example.org/x/a.jpg"


def test_hostile_texts_are_cut_and_cleaned():
    found = only(f'<img src="a.jpg" alt="one\x01\u202e\n two {"x" * 9000}">')

    assert found.fields["alt"].startswith("one two x")
    assert len(found.fields["alt"]) == 500


def test_a_page_without_content_has_no_images():
    assert list(candidates(HtmlResponse(PAGE, body=b"", encoding="utf-8"))) == []


def test_deep_nesting_is_no_trouble():
    found = only('<img src="a.jpg">' + "<div>" * 5000 + rel("by"))

    assert found.url == f"{PAGE}a.jpg"


def test_a_licence_speaks_for_the_images_around_it():
    figures = "".join(
        f'<figure><img src="{code}.jpg">{rel(code, "<figcaption>{}</figcaption>")}'
        "</figure>"
        for code in ("by", "by-nd")
    )
    bare = '<figure><img src="bare.jpg"></figure>'

    assert licences(figures + bare) == {
        "by.jpg": ["cc-by-4.0"],
        "by-nd.jpg": ["cc-by-nd-4.0"],
        "bare.jpg": [],
    }


@pytest.mark.parametrize(
    ("body", "head"),
    [
        (rel("by", "<footer><ul><li>{}</li></ul></footer>"), ""),
        ("", f'<link rel="license" href="{LICENCES}/by/4.0/">'),
        (f'<p><a href="{LICENCES}/by/4.0/">free</a></p>', ""),
    ],
    ids=["footer", "link", "no-rel"],
)
def test_a_licence_of_the_page_is_for_images_without_their_own(body, head):
    card = f'<div><p><img src="own.jpg"></p><p>{rel("by-sa")}</p></div>'

    found = licences(f'<div><img src="a.jpg"></div>{card}{body}', head)

    assert found == {"a.jpg": ["cc-by-4.0"], "own.jpg": ["cc-by-sa-4.0"]}


@pytest.mark.parametrize(
    "credit",
    [
        '<a rel="author" href="/ada">Ada L.</a>',
        '<span class="author">Ada L.</span>',
        f'<small class="credit">Photo: Ada L. · {rel("by")}</small>',
        f'<p class="byline">by <b>Ada</b> L. | {rel("by")}</p>',
        '<p class="credit">Everybody: <i itemprop="author">Ada L.</i></p>',
    ],
)
def test_an_author_is_found_in_the_usual_places(credit):
    found = only(f'<figure><img src="a.jpg">{credit}{rel("by")}</figure>')

    assert {claim.author for claim in found.claims} == {"Ada L."}


def test_an_author_without_a_licence_states_none():
    (claim,) = only('<img src="a.jpg"><p class="author">Ada</p>').claims

    assert (claim.licence, claim.author) == ("unstated", "Ada")


def test_srcset_keeps_commas_within_addresses():
    assert parse_srcset("/w,100/a.jpg 1x, /w,200/a.jpg 2x,b.jpg 3.5x") == [
        ("/w,100/a.jpg", 1.0),
        ("/w,200/a.jpg", 2.0),
        ("b.jpg", 3.5),
    ]


def test_file_names_are_decoded():
    assert file_name(f"{PAGE}Sunset%20beach_2.final.jpg?w=3") == "Sunset beach 2.final"


def test_addresses_without_a_host_are_none():
    assert absolute("mailto:a@example.org", PAGE) is None


@pytest.mark.parametrize(
    "href",
    [
        "https://example.org/?to=https://creativecommons.org/licenses/by/4.0/",
        "/creativecommons.org/licenses/by/4.0/",
    ],
)
def test_only_a_link_to_creative_commons_itself_claims_a_licence(href):
    assert licences(f'<img src="a.jpg"><a href="{href}">more</a>') == {"a.jpg": []}


def test_licence_links_that_are_no_addresses_are_unstated_claims():
    found = only(
        '<img src="a.jpg"><a rel="license" href="http://[oops">licence</a>'
        '<a href="http://[oops/creativecommons.org/licenses/by/4.0/">more</a>',
        '<link rel="license" href="//[oops">',
    )

    assert {(claim.licence, claim.url) for claim in found.claims} == {
        ("unstated", None)
    }


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("https://example.org/a b/ä.jpg#top", "https://example.org/a%20b/%C3%A4.jpg"),
        ("https://example.org/a%20b.jpg?x=1", "https://example.org/a%20b.jpg?x=1"),
        ("file:///home/ada/a%23b.jpg", "file:///home/ada/a%23b.jpg"),
        ("http://[oops", "http://[oops"),
        ("0123456789ab", "0123456789ab"),
    ],
)
def test_an_address_is_normalised_as_crawls_record_it(url, normal):
    assert normalise_url(url) == normal
    assert absolute(url, "") in (normal, None)
