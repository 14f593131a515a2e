"""What a URL, a code or a few words claim of a licence, and the sentence of credit.

The licences themselves are in `crawler.vocabulary`, what they are called in
`crawler.licence_names`. Where several things are said, the strictest counts; what is
not said is not allowed.
"""

from dataclasses import replace

from crawler import creative_commons, licence_names
from crawler.text import absolute, clean
from crawler.vocabulary import (
    ALL_RIGHTS_RESERVED,
    OTHER,
    OWN,
    PUBLIC_DOMAIN,
    UNSTATED,
    Licence,
    of_slug,
)
from db.models import Derivatives

__all__ = [
    "ALL_RIGHTS_RESERVED",
    "OTHER",
    "OWN",
    "PUBLIC_DOMAIN",
    "UNSTATED",
    "Licence",
    "attribution",
    "is_creative_commons",
    "is_notice",
    "is_url",
    "named",
    "of_code",
    "of_link",
    "parse",
]

_LONGEST_NAME = 200  # of a picture or of a person, in the sentence that credits them
_STRICTNESS = {
    answer: rank
    for rank, answer in enumerate(
        (
            Derivatives.UNSTATED,
            Derivatives.ALLOWED,
            Derivatives.UNKNOWN,
            Derivatives.FORBIDDEN,
        )
    )
}


def parse(claim: str) -> Licence:
    """The licence that a URL or a short text names; `UNSTATED` when it names none.

    A bare copyright notice reserves all rights. A text that denies a licence names
    none.
    """
    licence = named(claim)
    if licence is UNSTATED and is_notice(claim):
        return ALL_RIGHTS_RESERVED
    return UNSTATED if licence is OTHER else licence


def named(claim: str) -> Licence:
    """As `parse`, but a copyright notice names nothing, and a denial is `OTHER`.

    For claims beside which others stand: a notice only says whose a picture is, and
    leaves the licence to the others; a denial must not be outvoted, nor must what is
    too long to be understood.
    """
    urls, words = licence_names.parted(licence_names.folded(claim))
    if licence_names.reserves(words):
        return ALL_RIGHTS_RESERVED
    if len(claim) > licence_names.LONGEST_CLAIM or licence_names.denies(words):
        return OTHER
    slug = licence_names.in_words(words)
    found = [*map(_behind, urls), of_slug(slug) if slug else UNSTATED]
    return max(found, key=_strictness)


def is_notice(claim: str) -> bool:
    """Whether a text says that somebody holds the copyright, whatever else it says."""
    return licence_names.is_notice(licence_names.folded(claim))


def of_link(url: str, text: str) -> Licence:
    """The licence behind a link: what its address says, else what its text says."""
    licence = parse(url)
    if licence is UNSTATED:
        licence = parse(text)
    # Nobody on the web can vouch for us: `own` means as little there as nothing.
    if licence.slug in (UNSTATED.slug, OTHER.slug, OWN.slug):
        return replace(OTHER, url=absolute(url, "")) if is_url(url) else UNSTATED
    return licence


def of_code(code: str, version: str | None = None) -> Licence:
    """The licence that an API names by a code of Creative Commons, such as `by-nc`."""
    code = code.strip().lower()
    if not code:
        return UNSTATED
    return of_slug(creative_commons.of_code(code, version) or OTHER.slug)


def is_url(text: str) -> bool:
    """Whether this can be taken apart as a URL, an absolute one or a relative one."""
    return licence_names.split(text) is not None and bool(text)


def is_creative_commons(url: str) -> bool:
    """Whether a link leads to a licence or public domain tool at Creative Commons."""
    return licence_names.is_creative_commons(url.strip().lower())


def attribution(
    *, title: str | None, author: str | None, source_url: str | None, licence: Licence
) -> str | None:
    """The sentence that credits a picture, or None where there is nothing to say.

    `"Low tide" by Ada (https://example.org/p), licensed under CC BY 4.0
    (https://creativecommons.org/licenses/by/4.0/)`
    """
    title, author = clean(title, _LONGEST_NAME), clean(author, _LONGEST_NAME)
    terms = _terms(licence)
    if not (title or author or terms):
        return None
    what = '"{}"'.format(title.replace('"', "'")) if title else "Image"
    by = f" by {author}" if author else ""
    return what + by + _in_brackets(source_url) + (f", {terms}" if terms else "")


def _terms(licence: Licence) -> str | None:
    link = _in_brackets(licence.url)
    if licence.name:
        under = "" if licence.is_mark else "licensed under "
        return f"{under}{licence.name}{link}"
    return f"on terms of its own{link}" if link else None


def _in_brackets(url: str | None) -> str:
    """` (https://example.org/)`, and nothing for what leads nowhere."""
    usable = absolute(url, "") if url else None
    return f" ({usable})" if usable else ""


def _behind(url: str) -> Licence:
    slug = licence_names.in_url(url)
    licence = of_slug(slug) if slug else UNSTATED
    return replace(OTHER, url=url) if licence is OTHER else licence


def _strictness(licence: Licence) -> tuple[int, int]:
    conditions = licence.non_commercial + licence.share_alike
    return _STRICTNESS[licence.derivatives], conditions
