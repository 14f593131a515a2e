"""What a wiki says of a file in `extmetadata`: HTML by name, as text and as claims.

The names are those of the extension CommonsMetadata; without it, a wiki passes on what
stands in the file itself.
"""

from collections.abc import Mapping
from dataclasses import replace

from crawler.answers import address, mapping, marked_up
from crawler.licences import (
    ALL_RIGHTS_RESERVED,
    OTHER,
    OWN,
    PUBLIC_DOMAIN,
    UNSTATED,
    Licence,
    attribution,
    parse,
)
from crawler.text import clean
from db.models import Derivatives
from pipeline.ingest import Claim

_LICENCE_NAMES = ("License", "LicenseUrl", "LicenseShortName", "UsageTerms")
NAMES = (
    *_LICENCE_NAMES,
    *("Copyrighted", "NonFree", "Artist", "Attribution"),
    *("ObjectName", "ImageDescription", "Categories"),
)
_LONGEST_AUTHOR = 200
_NO = {"", "0", "false", "no"}
_UNDERSTOOD = {Derivatives.ALLOWED, Derivatives.FORBIDDEN}

_Named = tuple[str, Licence]  # a licence with the name of the field that claims it


def texts(said: object) -> dict[str, str]:
    """The fields that we know, without markup; what is of another shape is left out."""
    fields = mapping(said)
    found = {name: marked_up(mapping(fields.get(name)).get("value")) for name in NAMES}
    return {name: text for name, text in found.items() if text}


def claims(
    said: Mapping[str, str], *, title: str | None, source_url: str | None
) -> tuple[Claim, ...]:
    """What the fields claim of the licence; what several of them say is one claim.

    A wiki leaves `License` out for licences that are not free: its absence says
    nothing.
    """
    author = clean(said.get("Artist"), _LONGEST_AUTHOR)
    return tuple(
        licence.claim(
            f"extmetadata {name}".rstrip(),
            author=author,
            attribution=said.get("Attribution")
            or attribution(
                title=title, author=author, source_url=source_url, licence=licence
            ),
        )
        for name, licence in _licences(said)
    )


def _licences(said: Mapping[str, str]) -> list[_Named]:
    named = [(name, parse(said[name])) for name in _LICENCE_NAMES if name in said]
    found = [one for one in named if _is_understood(one[1])]
    if said.get("NonFree", "").lower() not in _NO:
        found.append(("NonFree", ALL_RIGHTS_RESERVED))
    if found:
        return _distinct(found)
    if named:
        url = address(said.get("LicenseUrl"))
        return [(named[-1][0], replace(OTHER, url=url))]
    if said.get("Copyrighted", "").lower() == "false":
        return [("Copyrighted", PUBLIC_DOMAIN)]
    return [("", UNSTATED)]


def _is_understood(licence: Licence) -> bool:
    # Nobody on the web can vouch for us with "own work".
    return licence.derivatives in _UNDERSTOOD and licence is not OWN


def _distinct(found: list[_Named]) -> list[_Named]:
    """Each licence once, where it is said most exactly."""
    kept: list[_Named] = []
    for name, licence in found:
        same = [one for one in kept if _is_same(one[1], licence)]
        if not same:
            kept.append((name, licence))
        elif len(licence.slug) > len(same[0][1].slug):
            kept[kept.index(same[0])] = (name, licence)
    return kept


def _is_same(one: Licence, other: Licence) -> bool:
    """Whether both may mean the same licence: `cc-by-4.0` is a `cc-by`."""
    short, long = sorted((one, other), key=lambda licence: len(licence.slug))
    return long.slug.startswith(short.slug) and _terms(one) == _terms(other)


def _terms(licence: Licence) -> tuple[object, ...]:
    return (
        licence.derivatives,
        licence.share_alike,
        licence.non_commercial,
        licence.attribution,
    )
