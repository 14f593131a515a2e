"""What licences ask for, and the sentence that credits a picture."""

import pytest

from crawler.licences import (
    ALL_RIGHTS_RESERVED,
    OWN,
    UNSTATED,
    attribution,
    named,
    of_code,
    of_link,
    parse,
)
from crawler.vocabulary import of_slug
from db.models import Derivatives

CC = "https://creativecommons.org"
PAGE = "https://example.org/p"


@pytest.mark.parametrize(
    ("slug", "asks"),
    [
        ("cc-by-4.0", "by"),
        ("cc-by-nc-sa-4.0", "by nc sa"),
        ("cc0-1.0", ""),
        ("public-domain", ""),
        ("gpl-3.0", "by sa"),
        ("lal-1.3", "by sa"),
        ("mit", "by"),
        ("cc-nc-sampling+-1.0", "by nc"),
        ("kogl-type-2", "by nc"),
        ("pexels", "by"),
    ],
)
def test_a_licence_tells_its_conditions(slug, asks):
    licence = of_slug(slug)

    assert (licence.slug, licence.derivatives) == (slug, Derivatives.ALLOWED)
    assert licence.attribution == ("by" in asks)
    assert licence.non_commercial == ("nc" in asks)
    assert licence.share_alike == ("sa" in asks)


@pytest.mark.parametrize(
    ("code", "version", "slug"),
    [
        ("by", "2.0", "cc-by-2.0"),
        ("BY-NC-SA", "2.0", "cc-by-nc-sa-2.0"),
        ("by-nd-nc", "1.0", "cc-by-nc-nd-1.0"),
        ("by-sa", None, "cc-by-sa"),
        ("by", "N/A", "cc-by"),
        ("cc0", "1.0", "cc0-1.0"),
        ("pdm", "1.0", "pdm-1.0"),
        ("sampling+", "1.0", "cc-sampling+-1.0"),
        ("nc-sampling+", "1.0", "cc-nc-sampling+-1.0"),
        ("by-xx", "4.0", "other"),
        ("../../by", "4.0", "other"),
        (" ", None, "unstated"),
    ],
)
def test_a_code_of_an_api_is_a_licence(code, version, slug):
    assert of_code(code, version).slug == slug


def test_a_link_without_a_known_address_is_read_by_its_text():
    assert of_link("https://example.org/terms", "CC BY 4.0").slug == "cc-by-4.0"


@pytest.mark.parametrize("text", ["own", "our terms", ""])
def test_nobody_on_the_web_vouches_for_us(text):
    licence = of_link("https://example.org/terms", text)

    assert (licence.slug, licence.url) == ("other", "https://example.org/terms")
    assert licence.derivatives is Derivatives.UNKNOWN


def test_a_link_that_is_no_address_is_dropped():
    licence = of_link("http://[oops", "the licence")

    assert (licence.slug, licence.url) == ("unstated", None)


def test_a_notice_names_the_owner_and_leaves_the_licence_to_others():
    assert parse("© Ada") is ALL_RIGHTS_RESERVED
    assert named("© Ada") is UNSTATED
    assert named("© Ada. All rights reserved.") is ALL_RIGHTS_RESERVED


@pytest.mark.parametrize(
    ("licence", "terms"),
    [
        ("CC BY 4.0", f", licensed under CC BY 4.0 ({CC}/licenses/by/4.0/)"),
        (
            "cc-by-sa-3.0-de",
            f", licensed under CC BY-SA 3.0 DE ({CC}/licenses/by-sa/3.0/de/)",
        ),
        ("CC BY", ", licensed under CC BY"),
        ("CC0", f", CC0 1.0 ({CC}/publicdomain/zero/1.0/)"),
        ("Public domain", ", public domain"),
        (
            "GPL-2.0-or-later",
            ", licensed under the GPL-2.0-or-later"
            " (https://www.gnu.org/licenses/old-licenses/gpl-2.0.html)",
        ),
        (
            "Pexels",
            ", licensed under the Pexels License (https://www.pexels.com/license/)",
        ),
        ("© Ada", ", all rights reserved"),
        (
            f"{CC}/licenses/devnations/2.0/",
            f", on terms of its own ({CC}/licenses/devnations/2.0/)",
        ),
        ("own", ""),
        ("", ""),
    ],
)
def test_the_credit_names_title_author_source_and_licence(licence, terms):
    sentence = attribution(
        title="Low tide", author="Ada", source_url=PAGE, licence=parse(licence)
    )

    assert sentence == f'"Low tide" by Ada ({PAGE}){terms}'


@pytest.mark.parametrize(
    ("title", "author", "source_url", "sentence"),
    [
        ("Low tide", None, None, '"Low tide", public domain'),
        (None, "Ada", None, "Image by Ada, public domain"),
        (None, None, PAGE, f"Image ({PAGE}), public domain"),
        ("", " ", "file:///home/ada/a.jpg", "Image, public domain"),
        (
            'a "b"\nc\u202e',
            "A" * 999,
            None,
            f"\"a 'b' c\" by {'A' * 200}, public domain",
        ),
        (None, None, "javascript:alert(1)", "Image, public domain"),
    ],
)
def test_the_credit_leaves_out_what_is_missing_or_harmful(
    title, author, source_url, sentence
):
    assert sentence == attribution(
        title=title,
        author=author,
        source_url=source_url,
        licence=parse("public domain"),
    )


@pytest.mark.parametrize("licence", [UNSTATED, OWN])
def test_there_is_no_credit_where_nothing_is_known(licence):
    assert (
        attribution(title=None, author=None, source_url=PAGE, licence=licence) is None
    )
