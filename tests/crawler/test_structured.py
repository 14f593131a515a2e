"""JSON-LD, microdata and social cards: pictures, texts, licences, authors."""

import json

import pytest
from pages import CC, PAGE, images, names, only

from db.models import Derivatives

IMAGE = {"@type": "ImageObject", "contentUrl": "a.jpg"}


def ld(*blocks):
    said = [block if isinstance(block, str) else json.dumps(block) for block in blocks]
    return "".join(f'<script type="application/ld+json">{s}</script>' for s in said)


def claims(**said):
    """Licence, source and author that an ImageObject states."""
    found = only("", ld(IMAGE | said))
    return [(c.licence, c.claimed_in, c.author) for c in found.claims]


@pytest.mark.parametrize(
    "said",
    [
        IMAGE,
        [IMAGE],
        {"@type": ["Photograph", "https://schema.org/ImageObject"], "url": "a.jpg"},
        {"@context": "https://schema.org", "@graph": [{"@type": "WebPage"}, IMAGE]},
        {"@type": "Article", "image": "a.jpg"},
        {"@type": "Article", "image": ["a.jpg", {"@id": "#a"}]},
        {"@type": "Article", "image": {"url": "a.jpg"}},
        {"@type": "WebPage", "primaryImageOfPage": IMAGE},
        {"@type": "ItemList", "itemListElement": [{"item": {"image": [IMAGE]}}]},
        "// a remark\n" + json.dumps(IMAGE),
        '{"@type": "ImageObject", "contentUrl": "a.jpg",}',
    ],
)
def test_images_in_json_ld_are_found_wherever_they_stand(said):
    assert names("", ld(said)) == ["a.jpg"]


@pytest.mark.parametrize(
    "said",
    [
        "{broken",
        "[" * 100_000,
        '{"a": ' * 20_000,
        '{"@type": "ImageObject", "width": %s}' % ("9" * 5000),
        "null",
        json.dumps("a" * 500_000),
        {"publisher": {"logo": IMAGE | {"contentUrl": "logo.jpg"}}},
        IMAGE | {"contentUrl": "drawing", "encodingFormat": "image/svg+xml"},
        IMAGE | {"contentUrl": "http://[oops"},
        {"@type": {"a": 1}, "image": [1, None, [], {"url": {"@id": 5}}]},
        {"@type": "ImageObject", "contentUrl": [["a"]], "width": {"value": [1]}},
        {"@type": "Article", "keywords": {"a": 1}, "image": {"license": [{"url": 7}]}},
    ],
)
def test_blocks_that_are_broken_or_say_nothing_hide_no_others(said):
    assert names("", ld(said, IMAGE)) == ["a.jpg"]


def test_texts_of_an_image_object_are_its_own():
    said = {
        "name": "Dusk",
        "headline": "Dusk",
        "caption": "A <b>calm</b> sea",
        "description": ["Foam", 3],
        "keywords": ["sea", {"@type": "DefinedTerm", "name": "sun"}],
    }

    found = only("", ld(IMAGE | said, {"@type": "Article", "keywords": "coast"}))

    assert found.title == "Dusk"
    assert found.fields["structured"] == "Dusk / A calm sea / Foam"
    assert found.fields["tags"] == "sea, sun"
    assert found.fields["page_tags"] == "coast"


@pytest.mark.parametrize(
    ("said", "made"),
    [
        ({"license": f"{CC}/by/4.0/"}, [("cc-by-4.0", "JSON-LD license", None)]),
        (
            {"license": {"@type": "CreativeWork", "url": f"{CC}/by-nd/4.0/"}},
            [("cc-by-nd-4.0", "JSON-LD license", None)],
        ),
        (
            {"license": [f"{CC}/by/4.0/", f"{CC}/by-sa/4.0/"]},
            [
                ("cc-by-4.0", "JSON-LD license", None),
                ("cc-by-sa-4.0", "JSON-LD license", None),
            ],
        ),
        ({"license": "/our-terms"}, [("other", "JSON-LD license", None)]),
        ({"license": "own work"}, [("other", "JSON-LD license", None)]),
        ({"license": 7}, []),
        (
            {"acquireLicensePage": "/buy", "creditText": "Ada / Foo"},
            [("other", "JSON-LD acquireLicensePage", "Ada / Foo")],
        ),
        (
            {"license": f"{CC}/by/4.0/", "acquireLicensePage": "/buy"},
            [("cc-by-4.0", "JSON-LD license", None)],
        ),
        (
            {
                "license": f"{CC}/by/4.0/",
                "copyrightNotice": "All rights reserved",
                "creator": [{"name": "Ada"}, "Bob", "https://example.org/eve"],
            },
            [
                ("cc-by-4.0", "JSON-LD license", "Ada, Bob"),
                ("all-rights-reserved", "JSON-LD copyrightNotice", "Ada, Bob"),
            ],
        ),
        (
            {"creator": {"name": "Ada"}, "copyrightNotice": "© Ada"},
            [("unstated", "JSON-LD creator", "Ada")],
        ),
    ],
)
def test_licence_and_author_of_an_image_object_are_claims(said, made):
    assert claims(**said) == made


def test_a_page_that_sells_licences_names_one_that_is_unknown():
    (claim,) = only("", ld(IMAGE | {"acquireLicensePage": "/buy"})).claims

    assert claim.derivatives is Derivatives.UNKNOWN
    assert claim.url == "https://example.org/buy"


def test_a_credit_text_is_how_the_author_is_credited():
    said = {"license": f"{CC}/by/4.0/", "creator": "Ada", "creditText": "Ada / Foo"}

    (claim,) = only("", ld(IMAGE | said)).claims

    assert claim.author == "Ada"
    assert "Ada / Foo" in claim.attribution


ITEM = '<div itemscope itemtype="https://schema.org/ImageObject">{}</div>'


def test_microdata_is_read_like_json_ld():
    found = only(
        ITEM.format(
            '<meta itemprop="contentUrl" content="l.jpg">'
            '<img itemprop="thumbnailUrl" src="s.jpg" alt="dusk">'
            '<b itemprop="name">Dusk</b><i itemprop="keywords">sea</i>'
            f'<a itemprop="license" href="{CC}/by/4.0/">CC</a>'
            '<span itemprop="creator" itemscope><b itemprop="name">Ada</b></span>'
        )
    )

    assert found.url == f"{PAGE}l.jpg"
    assert [found.fields[n] for n in ("alt", "structured", "tags")] == [
        *("dusk", "Dusk", "sea")
    ]
    assert ("cc-by-4.0", "microdata license", "Ada") in [
        (claim.licence, claim.claimed_in, claim.author) for claim in found.claims
    ]


def test_an_image_of_microdata_that_is_loaded_later_is_not_its_placeholder():
    items = [
        ITEM.format(
            f'<img itemprop="contentUrl" src="ph.gif" data-src="{name}.jpg">'
            f'<link itemprop="license" href="{CC}/{name}/4.0/">'
        )
        for name in ("by", "by-nd")
    ]

    found = images("".join(items))

    assert [(i.url, {c.licence for c in i.claims}) for i in found] == [
        (f"{PAGE}by.jpg", {"cc-by-4.0"}),
        (f"{PAGE}by-nd.jpg", {"cc-by-nd-4.0"}),
    ]


@pytest.mark.parametrize(
    "item",
    [
        '<a itemprop="license" href="http://[oops">x</a>',
        '<b itemprop="name">x</b>' * 1000,
        "",
    ],
)
def test_items_that_cannot_be_read_hide_no_others(item):
    good = ITEM.format('<link itemprop="contentUrl" href="a.jpg">')

    assert names(ITEM.format(item) + good) == ["a.jpg"]


@pytest.mark.parametrize(
    ("head", "found"),
    [
        (
            "<meta property='og:image' content='a.jpg'>"
            "<meta property='og:image:alt' content='Dusk'>"
            "<meta name='twitter:image' content='a.jpg'>",
            [("a.jpg", "Dusk")],
        ),
        (
            "<meta name='twitter:image:src' content='b.jpg'>"
            "<meta name='twitter:image:alt' content='Dawn'>",
            [("b.jpg", "Dawn")],
        ),
        ("<meta property='og:image:url' content='a.jpg'>", [("a.jpg", None)]),
        ("<meta itemprop='image' content='a.jpg'>", [("a.jpg", None)]),
        ("<meta property='og:image' content='a.svg'>", []),
        ("<meta property='og:image:alt' content='Dusk'>", []),
    ],
)
def test_social_cards_name_images(head, found):
    assert [
        (image.url.removeprefix(PAGE), image.fields["alt"])
        for image in images("", head)
    ] == found
