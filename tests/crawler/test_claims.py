"""What the markup of a page says of licences, and of which images it says it."""

import pytest
from pages import CC, PAGE, images, only

from db.models import Derivatives

LINK = f'<link rel="license" href="{CC}/by/4.0/">'
LD = (
    '<script type="application/ld+json">{"@type": "ImageObject", "contentUrl": "a.jpg",'
    ' "name": "Dusk", "license": "%s"}</script>'
)


def licences(*args):
    """Licences by the file of each image."""
    return {
        found.url.rpartition("/")[2]: [claim.licence for claim in found.claims]
        for found in images(*args)
    }


def rel(code, around="{}"):
    return around.format(f'<a rel="license" href="{CC}/{code}/4.0/">licence</a>')


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
        ("", LINK),
        (f'<p><a href="{CC}/by/4.0/">free</a></p>', ""),
        (
            f'<p><a rel="license" href="{CC}/by/4.0/"><img src="88x31.png"></a></p>',
            "",
        ),
    ],
    ids=["footer", "link", "no-rel", "badge"],
)
def test_a_licence_of_the_page_is_for_images_without_their_own(body, head):
    card = f'<div><p><img src="own.jpg"></p><p>{rel("by-sa")}</p></div>'

    found = licences(f'<div><img src="a.jpg"></div>{card}{body}', head)

    assert found == {"a.jpg": ["cc-by-4.0"], "own.jpg": ["cc-by-sa-4.0"]}


def test_an_image_that_is_also_shown_elsewhere_keeps_to_what_is_said_nearby():
    hero = '<img src="a.jpg"><p style="background: url(a.jpg)">'
    head = f'{LINK}<meta property="og:image" content="a.jpg">'

    found = licences(f"{hero}<figure><img src=a.jpg>{rel('by-nd')}</figure>", head)

    assert found == {"a.jpg": ["cc-by-nd-4.0"]}


def test_what_only_cards_and_style_sheets_name_has_the_licence_of_the_page():
    style = "<style>.hero { background: url(b.jpg) }</style>"
    head = f'{LINK}{style}<meta property="og:image" content="a.jpg">'

    assert licences("", head) == {"b.jpg": ["cc-by-4.0"], "a.jpg": ["cc-by-4.0"]}


def test_a_background_has_what_is_said_within_and_around_it():
    cards = "".join(
        f'<div style="background: url({code}.jpg)">{rel(code)}</div>'
        for code in ("by", "by-nd")
    )

    assert licences(cards) == {"by.jpg": ["cc-by-4.0"], "by-nd.jpg": ["cc-by-nd-4.0"]}


@pytest.mark.parametrize(
    ("body", "head", "claimed_in"),
    [
        (f"<figure><img src=a.jpg>{rel('by')}</figure>", "", "rel=license in <figure>"),
        (f"<img src=a.jpg>{rel('by')}", "", "rel=license of the page"),
        ("<img src=a.jpg>", LINK, "link rel=license of the page"),
        (
            f"<img src=a.jpg><a href='{CC}/by/4.0/'>free</a>",
            *("", "link to a licence of the page"),
        ),
        ("<img src=a.jpg>", LD % f"{CC}/by/4.0/", "JSON-LD license"),
        ("<img src=a.jpg>", LD % "CC BY 4.0", "JSON-LD license"),
    ],
)
def test_a_claim_says_where_it_was_read_and_how_to_credit(body, head, claimed_in):
    (claim,) = only(f'{body}<p class="author">Ada</p>', head).claims

    assert (claim.licence, claim.claimed_in) == ("cc-by-4.0", claimed_in)
    assert claim.derivatives is Derivatives.ALLOWED
    for part in ("Ada", PAGE, "CC BY 4.0", f"{CC}/by/4.0/"):
        assert part in claim.attribution
    assert ("Dusk" in claim.attribution) == bool("Dusk" in head)


def test_conflicting_claims_are_all_kept():
    found = only(f"<img src=a.jpg>{rel('by')}", LD % f"{CC}/by-nc-nd/4.0/")

    assert [(c.licence, c.claimed_in, bool(c.attribution)) for c in found.claims] == [
        ("cc-by-4.0", "rel=license of the page", True),
        ("cc-by-nc-nd-4.0", "JSON-LD license", False),
    ]


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
    assert claim.attribution is None


@pytest.mark.parametrize(
    "href",
    [
        "https://example.org/?to=https://creativecommons.org/licenses/by/4.0/",
        "/creativecommons.org/licenses/by/4.0/",
    ],
)
def test_only_a_link_to_creative_commons_itself_claims_a_licence(href):
    assert licences(f'<img src="a.jpg"><a href="{href}">more</a>') == {"a.jpg": []}


@pytest.mark.parametrize(
    ("href", "licence", "url"),
    [
        ("/terms", "other", "https://example.org/terms"),
        ("javascript:alert(1)", "other", None),
        ("http://[oops", "unstated", None),
    ],
)
def test_a_licence_link_that_is_not_understood_is_a_claim_all_the_same(
    href, licence, url
):
    (claim,) = only(f'<img src="a.jpg"><a rel="license" href="{href}">more</a>').claims

    assert (claim.licence, claim.url) == (licence, url)
    assert claim.derivatives is not Derivatives.ALLOWED
