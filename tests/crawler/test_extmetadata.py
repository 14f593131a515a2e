"""Licence claims, authors and texts from what a wiki says of a file."""

from typing import Any

import pytest
from mediawiki import BY_ND, CC_BY_SA

from crawler.extmetadata import claims, texts
from db.models import Derivatives
from pipeline.ingest import Claim
from pipeline.policy import verdict


def said(**fields: Any) -> dict[str, str]:
    return texts({name: {"value": value} for name, value in fields.items()})


def claimed(**fields: Any) -> tuple[Claim, ...]:
    return claims(
        said(**fields),
        title="Kerala",
        source_url="https://wiki.example/wiki/File:K.jpg",
    )


def test_a_licence_that_several_fields_name_is_one_claim() -> None:
    [claim] = claimed(**CC_BY_SA)

    assert claim.licence == "cc-by-sa-3.0"
    assert claim.claimed_in == "extmetadata License"
    assert claim.derivatives is Derivatives.ALLOWED
    assert claim.share_alike
    assert claim.author == "Fabrice Florin"
    assert claim.attribution is not None
    assert "Kerala" in claim.attribution
    assert "Fabrice Florin" in claim.attribution
    assert "https://wiki.example/wiki/File:K.jpg" in claim.attribution


def test_the_most_exact_of_fields_that_agree_is_kept() -> None:
    [claim] = claimed(
        UsageTerms="CC BY", LicenseUrl="//creativecommons.org/licenses/by/4.0/"
    )

    assert (claim.licence, claim.claimed_in) == ("cc-by-4.0", "extmetadata LicenseUrl")


def test_an_attribution_that_is_asked_for_is_taken_as_it_is() -> None:
    [claim] = claimed(**CC_BY_SA, Attribution="Photo: <b>Ada</b>, CC&nbsp;BY-SA")

    assert claim.attribution == "Photo: Ada, CC BY-SA"


@pytest.mark.parametrize(
    ("fields", "licences"),
    [
        (BY_ND, {"cc-by-nd-4.0": Derivatives.FORBIDDEN}),
        ({"LicenseShortName": "CC BY-NC 2.0"}, {"cc-by-nc-2.0": Derivatives.ALLOWED}),
        (
            {
                "License": "cc-by-4.0",
                "LicenseUrl": "//creativecommons.org/licenses/by-nd/4.0/",
            },
            {"cc-by-4.0": Derivatives.ALLOWED, "cc-by-nd-4.0": Derivatives.FORBIDDEN},
        ),
        (
            {"License": "cc-by-4.0", "NonFree": "true"},
            {
                "cc-by-4.0": Derivatives.ALLOWED,
                "all-rights-reserved": Derivatives.FORBIDDEN,
            },
        ),
        (
            {"License": "cc-by-4.0", "NonFree": "", "UsageTerms": "See the discussion"},
            {"cc-by-4.0": Derivatives.ALLOWED},
        ),
        (
            {"License": "pd", "Copyrighted": "False", "UsageTerms": "Public domain"},
            {"public-domain": Derivatives.ALLOWED},
        ),
        ({"Copyrighted": "False"}, {"public-domain": Derivatives.ALLOWED}),
        (
            {"LicenseShortName": "House rules 7", "Copyrighted": "False"},
            {"other": Derivatives.UNKNOWN},
        ),
        ({"Copyrighted": "True"}, {"unstated": Derivatives.UNSTATED}),
        ({"UsageTerms": "own work"}, {"other": Derivatives.UNKNOWN}),
        ({}, {"unstated": Derivatives.UNSTATED}),
    ],
)
def test_what_the_fields_claim(
    fields: dict[str, str], licences: dict[str, Derivatives]
) -> None:
    found = claimed(**fields)

    assert {claim.licence: claim.derivatives for claim in found} == licences
    assert len(found) == len(licences)


def test_claims_that_disagree_say_where_each_stands() -> None:
    found = claimed(License="cc-by-4.0", **BY_ND)

    assert [claim.claimed_in for claim in found] == [
        "extmetadata License",
        "extmetadata LicenseShortName",
    ]
    assert verdict(claim.derivatives for claim in found) is Derivatives.FORBIDDEN


@pytest.mark.parametrize(
    "odd", [None, [], "text", 7, {"Artist": None}, {"Artist": "Ada"}, {"Artist": []}]
)
def test_metadata_of_an_odd_shape_says_nothing(odd: object) -> None:
    assert texts(odd) == {}
