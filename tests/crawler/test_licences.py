import pytest

from crawler.licences import of_link, parse
from db.models import Derivatives

ALLOWED, FORBIDDEN = Derivatives.ALLOWED, Derivatives.FORBIDDEN
CC = "https://creativecommons.org"


@pytest.mark.parametrize(
    ("claim", "slug", "derivatives"),
    [
        (f"{CC}/licenses/by/4.0/", "cc-by-4.0", ALLOWED),
        (f"{CC}/licenses/by/4.0/deed.de", "cc-by-4.0", ALLOWED),
        (f"{CC}/licenses/by-sa/4.0/legalcode", "cc-by-sa-4.0", ALLOWED),
        (
            "http://creativecommons.org/licenses/by-sa/3.0/de/",
            "cc-by-sa-3.0-de",
            ALLOWED,
        ),
        (f"{CC}/licenses/by-nc/2.0", "cc-by-nc-2.0", ALLOWED),
        (f"{CC}/licenses/by-nd/4.0/", "cc-by-nd-4.0", FORBIDDEN),
        (f"{CC}/licenses/by-nc-nd/4.0/", "cc-by-nc-nd-4.0", FORBIDDEN),
        (f"{CC}/licenses/by-nd-nc/1.0/", "cc-by-nc-nd-1.0", FORBIDDEN),
        (f"{CC}/publicdomain/zero/1.0/", "cc0-1.0", ALLOWED),
        (f"{CC}/publicdomain/mark/1.0/deed.en", "pdm-1.0", ALLOWED),
        ("CC BY-SA 4.0", "cc-by-sa-4.0", ALLOWED),
        ("CC-BY-ND-3.0", "cc-by-nd-3.0", FORBIDDEN),
        ("CC0 1.0 Universal", "cc0-1.0", ALLOWED),
        ("Attribution-ShareAlike 4.0 International", "cc-by-sa-4.0", ALLOWED),
        (
            "Creative Commons Attribution-NonCommercial-NoDerivatives 4.0",
            "cc-by-nc-nd-4.0",
            FORBIDDEN,
        ),
        ("CC BY, no derivatives please", "cc-by-nd", FORBIDDEN),
        ("by-nd", "cc-by-nd", FORBIDDEN),
        ("Public domain", "public-domain", ALLOWED),
        ("LGPL-3.0", "lgpl-3.0", ALLOWED),
        ("LGPLv3", "lgpl-3.0", ALLOWED),
        ("GPL-2.0-or-later", "gpl-2.0-or-later", ALLOWED),
        ("GNU General Public License, version 2 or later", "gpl-2.0-or-later", ALLOWED),
        ("https://www.gnu.org/licenses/gpl-3.0.html", "gpl-3.0", ALLOWED),
        ("© Ada 2024. All rights reserved.", "all-rights-reserved", FORBIDDEN),
        ("own", "own", ALLOWED),
        (
            f"Ada, see https://example.org/a ({CC}/licenses/by/4.0/)",
            "cc-by-4.0",
            ALLOWED,
        ),
        ("//www.creativecommons.org/licenses/by/4.0/", "cc-by-4.0", ALLOWED),
        (f"{CC}/licenses/by%2Dnd/4.0/", "cc-by-nd-4.0", FORBIDDEN),
        ("CC0: no rights reserved", "cc0-1.0", ALLOWED),
    ],
)
def test_a_licence_is_known_by_url_and_by_name(claim, slug, derivatives):
    licence = parse(claim)

    assert (licence.slug, licence.derivatives) == (slug, derivatives)


@pytest.mark.parametrize(
    "claim",
    [
        "",
        "see LICENSE",
        "Creative Commons",
        "Creative Commons photo by John",
        "not in the public domain",
        "non-free",
        f"{CC}/licenses/sampling+/1.0/",
        "https://example.org/gplus/cc-by",
        "this text about CC BY 4.0 goes on " * 20,
        f"https://example.org/?next={CC}/licenses/by/4.0/",
        f"see https://example.org/{CC}/licenses/by/4.0/",
        "https://example.org/creativecommons.org/licenses/by/4.0/",
        "https://creativecommons.org.example.org/licenses/by/4.0/",
        "https://creativecommons.org@example.org/licenses/by/4.0/",
        "https://example.org\\@creativecommons.org/licenses/by/4.0/",
        "ftp://creativecommons.org/licenses/by/4.0/",
        "see https://example.org/cc-by-4.0",
        "Not licensed under CC BY",
        "no CC licence",
        "This isn't CC BY 4.0",
        "Not CC0",
        "not under the GPL-3.0",
        f"not licensed under {CC}/licenses/by/4.0/",
        "http://[oops",
        "https://creativecommons.org:x/licenses/by/4.0/",
    ],
)
def test_what_names_no_licence_is_unstated(claim):
    assert parse(claim).derivatives is Derivatives.UNSTATED


def test_conditions_follow_from_the_name():
    licence = parse("CC BY-NC-SA 4.0")

    assert licence.attribution
    assert licence.non_commercial
    assert licence.share_alike
    assert licence.url == f"{CC}/licenses/by-nc-sa/4.0/"


def test_a_link_without_a_known_address_is_read_by_its_text():
    assert of_link("https://example.org/terms", "CC BY 4.0").slug == "cc-by-4.0"


def test_nobody_on_the_web_vouches_for_us():
    licence = of_link("https://example.org/terms", "own")

    assert licence.slug == "other"
    assert licence.derivatives is Derivatives.UNSTATED


def test_a_link_that_is_no_address_is_dropped():
    licence = of_link("http://[oops", "the licence")

    assert (licence.slug, licence.url) == ("unstated", None)
