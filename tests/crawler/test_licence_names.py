"""Licences by all the names and addresses that people and machines give them."""

import pytest

from crawler.licence_names import LONGEST_CLAIM
from crawler.licences import OTHER, named, parse
from db.models import Derivatives

CC = "https://creativecommons.org"


@pytest.mark.parametrize(
    ("slug", "spellings"),
    [
        (
            "cc-by",
            ["CC BY", "Attribution License", "CC BY by Ada", f"{CC}/licenses/by"],
        ),
        (
            "cc-by-4.0",
            [
                "CC BY (4.0)",
                "cc by v4.0",
                "CC BY 4.0, photo by Ada",
                "© Ada 2024, CC BY 4.0",
                "Creative Commons Attribution 4.0 International License",
                f"{CC}/licenses/by/4.0/deed.de",
                f"{CC}/licenses/by/4.0/?ref=chooser-v1",
                "creativecommons.org/licenses/by/4.0",
                "https://spdx.org/licenses/CC-BY-4.0.html",
            ],
        ),
        ("cc-by-3.0-us", ["CC BY 3.0 us", f"{CC}/licenses/by/3.0/us/"]),
        ("cc-by-3.0-no", ["cc-by-3.0-no"]),
        ("cc-by-2.5-scotland", [f"{CC}/licenses/by/2.5/scotland/"]),
        (
            "cc-by-sa-3.0",
            [
                "CC-BY-SA-3.0",
                "CC-BY-SA-3.0,2.5,2.0,1.0",
                "Namensnennung - Weitergabe unter gleichen Bedingungen 3.0",
            ],
        ),
        (
            "cc-by-sa-3.0-de",
            [
                "cc-by-sa-3.0-de",
                "CC BY-SA 3.0 de",
                "http://creativecommons.org/licenses/by-sa/3.0/de/",
            ],
        ),
        ("cc-by-sa-3.0-igo", ["CC BY-SA 3.0 IGO", f"{CC}/licenses/by-sa/3.0/igo/deed"]),
        (
            "cc-by-sa-4.0",
            [
                "Attribution-ShareAlike 4.0 International",
                "HTTPS://CREATIVECOMMONS.ORG/LICENSES/BY-SA/4.0/LEGALCODE.FR",
                f"CC BY or, if you like, {CC}/licenses/by-sa/4.0/",
            ],
        ),
        ("cc-by-nc-3.0", ["Attribution - Pas d’Utilisation Commerciale 3.0"]),  # noqa: RUF001  # as the French write
        (
            "cc-by-nc-4.0",
            [f"<a rel='license' href='{CC}/licenses/by-nc/4.0/'>Creative Commons</a>"],
        ),
        ("cc-by-nc-sa", ["Attribution-NonCommercial-ShareAlike License"]),
        ("cc0-1.0", ["CC0", "CC-Zero", "cc zero", "Public Domain Dedication (CC0)"]),
        ("pdm-1.0", ["PDM", "Public Domain Mark 1.0", f"{CC}/publicdomain/mark/1.0/"]),
        (
            "public-domain",
            [
                *("Public domain", "PD", "PD-old-70", "PD-US"),
                "Public domain, copyright expired",
                f"{CC}/licenses/publicdomain/",
                f"{CC}/publicdomain/certification/1.0/us/",
            ],
        ),
        (
            "no-known-copyright",
            [
                "No restrictions",
                "No known copyright restrictions",
                "No known restrictions on publication.",
                "https://www.flickr.com/commons/usage/",
                "http://rightsstatements.org/vocab/NKC/1.0/",
            ],
        ),
        (
            "us-government-work",
            [
                "United States Government Work",
                "PD-USGov-NASA",
                "http://www.usa.gov/copyright.shtml",
            ],
        ),
        ("attribution", ["Attribution"]),
        ("copyrighted-free-use", ["Copyrighted free use"]),
        (
            "cc-sampling+-1.0",
            ["sampling+", "CC Sampling+ 1.0", f"{CC}/licenses/sampling+/1.0/"],
        ),
        ("cc-nc-sampling+-1.0", ["nc-sampling+", f"{CC}/licenses/nc-sampling+/1.0/"]),
        ("gfdl", ["GFDL", "https://www.gnu.org/copyleft/fdl.html"]),
        ("gfdl-1.2", ["GFDL 1.2", "GNU Free Documentation License, version 1.2"]),
        (
            "gpl-2.0",
            [
                "https://www.gnu.org/licenses/old-licenses/gpl-2.0.html",
                f"{CC}/licenses/GPL/2.0/",
            ],
        ),
        ("gpl-2.0-or-later", ["GPLv2+", "GPL-2.0-or-later"]),
        ("agpl-3.0", ["AGPL v3", "GNU Affero General Public License 3.0"]),
        ("lal", ["FAL", "Licence Art Libre", "http://artlibre.org/licence/lal/en"]),
        ("lal-1.3", ["Free Art License 1.3", "LAL-1.3"]),
        (
            "mit",
            ["MIT", "The MIT License (MIT)", "https://opensource.org/licenses/MIT"],
        ),
        (
            "apache-2.0",
            [
                "Apache-2.0",
                "Licensed under the Apache License, Version 2.0",
                "https://www.apache.org/licenses/LICENSE-2.0.txt",
            ],
        ),
        ("bsd-3-clause", ["BSD-3-Clause", "BSD 3-Clause License"]),
        ("ogl-uk", ["OGL"]),
        (
            "ogl-uk-3.0",
            [
                *("OGL 3", "OGL-UK-3.0", "Open Government Licence v3.0"),
                "http://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
            ],
        ),
        ("kogl-type-1", ["KOGL Type 1"]),
        ("pexels", ["Pexels License", "https://www.pexels.com/de-de/license/"]),
        ("unsplash", ["Unsplash", "https://unsplash.com/license"]),
        (
            "pixabay",
            ["Pixabay Content License", "https://pixabay.com/service/license-summary/"],
        ),
    ],
)
def test_a_permission_is_known_by_all_its_names(slug, spellings):
    found = {spelling: parse(spelling) for spelling in spellings}

    assert {spelling: licence.slug for spelling, licence in found.items()} == (
        dict.fromkeys(spellings, slug)
    )
    assert {one.derivatives for one in found.values()} == {Derivatives.ALLOWED}


@pytest.mark.parametrize(
    "claim",
    [
        "CC_BY_ND_4.0",
        "CC BY\u2011ND 4.0",
        "CC BY\u2013ND 4.0",
        "CC BY-N\u200bD 4.0",
        "\uff23\uff23 \uff22\uff39\uff0d\uff2e\uff24",
        "CC BY 4.0 (ND)",
        "CC BY, no derivatives please",
        f"{CC}/licenses/by%2Dnd/4.0/",
        f"{CC}/licenses/nd/1.0/",
        f"{CC}/licenses/by/4.0/ or {CC}/licenses/by-nd/4.0/",
        "Attribution-NoDerivs License",
        "Creative Commons Namensnennung - Keine Bearbeitungen 4.0 International",
        "Creative Commons Attribution - Pas de Modification 4.0",
        "CC Reconocimiento-SinObraDerivada 4.0",
        "CC Atribución-NoComercial-SinDerivadas 4.0 Internacional",
        "Creative Commons Attribuzione - Non opere derivate 4.0",
        "KOGL Type 3",
        "All Rights Reserved",
        "Alle Rechte vorbehalten",
        "CC BY 4.0. All rights reserved.",
        f"All rights reserved. {CC}/licenses/by/4.0/",
        "All rights reserved, " + "and so on, " * 100,
        *("© 2020 Ada", "Copyright Ada", "(c) Ada", "&copy; Ada"),
        *("Getty Images", "Photo by Ada / Getty Images, CC BY 4.0", "Shutterstock"),
        "https://www.gettyimages.com/eula?utm=1",
        "http://rightsstatements.org/vocab/InC/1.0/",
    ],
)
def test_a_prohibition_is_one_however_it_is_written(claim):
    assert parse(claim).derivatives is Derivatives.FORBIDDEN


@pytest.mark.parametrize(
    "claim",
    [
        f"{CC}/licenses/",
        f"{CC}/licenses/devnations/2.0/",
        f"{CC}/licenses/sampling/1.0/",
        f"{CC}/licenses/by-foo/4.0/",
        f"{CC}/licenses/by.nd/4.0/",
    ],
)
def test_an_address_at_creative_commons_that_nobody_understands_is_unknown(claim):
    licence = parse(claim)

    assert (licence.slug, licence.derivatives) == ("other", Derivatives.UNKNOWN)
    assert licence.url == claim


@pytest.mark.parametrize(
    "claim",
    [
        *("", "by", "see LICENSE", "some rights reserved", "photo of the MIT campus"),
        "Creative Commons",
        "Creative Commons by John Smith",
        "CC BY Ada",
        "Creative Commons photo by John",
        "non-free",
        "Unsplash+ License",
        "https://unsplash.com/plus/license",
        "https://pexels.com.example.org/license/",
        "https://example.org/gplus/cc-by",
        "this text about CC BY 4.0 goes on " * 20,
        f"https://example.org/?next={CC}/licenses/by/4.0/",
        f"see https://example.org/{CC}/licenses/by/4.0/",
        "https://example.org/creativecommons.org/licenses/by/4.0/",
        "https://creativecommons.org.example.org/licenses/by/4.0/",
        "https://creativecommons.org@example.org/licenses/by/4.0/",
        "https://example.org\\@creativecommons.org/licenses/by/4.0/",
        "ftp://creativecommons.org/licenses/by/4.0/",
        "https://creativecommons.org:x/licenses/by/4.0/",
        "see https://example.org/cc-by-4.0",
        "http://[oops",
    ],
)
def test_what_names_no_licence_is_unstated(claim):
    assert parse(claim).derivatives is Derivatives.UNSTATED


@pytest.mark.parametrize(
    "claim",
    [
        *(
            "no CC licence",
            "Not CC0",
            "not in the public domain",
            "This isn't CC BY 4.0",
        ),
        "Not licensed under CC BY",
        "not under the GPL-3.0",
        f"not licensed under {CC}/licenses/by/4.0/",
        f"For editorial use only. {CC}/licenses/by/4.0/",
        "CC BY 4.0, used with permission",
        "Kein CC BY 4.0",
        f"{CC}/licenses/by/4.0/ " + "x" * LONGEST_CLAIM,
    ],
)
def test_a_denial_names_no_licence_and_outvotes_those_beside_it(claim):
    assert parse(claim).derivatives is Derivatives.UNSTATED
    assert named(claim) is OTHER
