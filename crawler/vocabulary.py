"""The licences that we know: what each allows and asks for, by its slug."""

import re
from dataclasses import dataclass

from db.models import Derivatives
from pipeline.ingest import Claim

_CC = "https://creativecommons.org"
_CC_SLUG = re.compile(
    r"cc-(?P<code>(?:by|nc|nd|sa)(?:-(?:by|nc|nd|sa))*)"
    r"(?:-(?P<version>\d\.\d)(?:-(?P<port>[a-z]+))?)?"
)
_GNU_SLUG = re.compile(
    r"(?P<name>gpl|lgpl|agpl|gfdl)(?:-(?P<version>\d\.\d))?(?P<later>-or-later)?"
)
_GNU_NOW = {"gpl-3.0", "lgpl-3.0", "agpl-3.0", "gfdl-1.3"}  # others are "old licenses"
_OGL = "https://www.nationalarchives.gov.uk/doc/open-government-licence/"


@dataclass(frozen=True)
class Licence:
    """A licence by its slug, such as `cc-by-sa-4.0`, and what it asks for.

    `name` is what people call it within a sentence; a mark is no licence that somebody
    grants but says what a picture is, such as `public domain`.
    """

    slug: str
    derivatives: Derivatives
    url: str | None = None
    share_alike: bool = False
    non_commercial: bool = False
    attribution: bool = False
    name: str | None = None
    is_mark: bool = False

    def claim(
        self,
        claimed_in: str,
        *,
        author: str | None = None,
        url: str | None = None,
        attribution: str | None = None,
    ) -> Claim:
        """That some place says this; `url` is where the licence is read, if another."""
        return Claim(
            licence=self.slug,
            claimed_in=claimed_in,
            derivatives=self.derivatives,
            url=url or self.url,
            author=author,
            share_alike=self.share_alike,
            non_commercial=self.non_commercial,
            attribution=attribution,
        )


def _mark(
    slug: str,
    name: str,
    url: str | None = None,
    derivatives: Derivatives = Derivatives.ALLOWED,
) -> Licence:
    return Licence(slug, derivatives, url, name=name, is_mark=True)


def _licence(slug: str, name: str, url: str | None = None, asks: str = "by") -> Licence:
    """A licence that asks for attribution, and by `asks` for what CC's codes say."""
    return Licence(
        slug,
        Derivatives.FORBIDDEN if "nd" in asks else Derivatives.ALLOWED,
        url,
        share_alike="sa" in asks,
        non_commercial="nc" in asks,
        attribution=True,
        name=name,
    )


UNSTATED = Licence("unstated", Derivatives.UNSTATED)
OTHER = Licence("other", Derivatives.UNKNOWN)  # named, but not understood
OWN = Licence("own", Derivatives.ALLOWED)
ALL_RIGHTS_RESERVED = _mark(
    "all-rights-reserved", "all rights reserved", derivatives=Derivatives.FORBIDDEN
)
PUBLIC_DOMAIN = _mark("public-domain", "public domain")

_MARKS = (
    ALL_RIGHTS_RESERVED,
    PUBLIC_DOMAIN,
    _mark("cc0-1.0", "CC0 1.0", f"{_CC}/publicdomain/zero/1.0/"),
    _mark("pdm-1.0", "Public Domain Mark 1.0", f"{_CC}/publicdomain/mark/1.0/"),
    _mark(
        "no-known-copyright",
        "no known copyright restrictions",
        "https://www.flickr.com/commons/usage/",
    ),
    _mark(
        "us-government-work",
        "a work of the United States government",
        "https://www.usa.gov/government-copyright",
    ),
    _mark("copyrighted-free-use", "free use for any purpose"),
    _mark("attribution", "free use with attribution"),
)
_PLATFORMS = (
    _licence("pexels", "the Pexels License", "https://www.pexels.com/license/"),
    _licence("unsplash", "the Unsplash License", "https://unsplash.com/license"),
    _licence(
        "pixabay",
        "the Pixabay Content License",
        "https://pixabay.com/service/license-summary/",
    ),
)
_SAMPLING = (
    _licence("cc-sampling+-1.0", "CC Sampling+ 1.0", f"{_CC}/licenses/sampling+/1.0/"),
    _licence(
        "cc-nc-sampling+-1.0",
        "CC NonCommercial Sampling+ 1.0",
        f"{_CC}/licenses/nc-sampling+/1.0/",
        "by nc",
    ),
)
_OF_SOFTWARE = (
    _licence("mit", "the MIT License", "https://opensource.org/license/mit"),
    _licence(
        "apache-2.0",
        "the Apache License 2.0",
        "https://www.apache.org/licenses/LICENSE-2.0",
    ),
    _licence("bsd", "a BSD licence"),
    *(
        _licence(
            f"bsd-{number}-clause",
            f"the {number}-Clause BSD License",
            f"https://opensource.org/license/bsd-{number}-clause",
        )
        for number in (2, 3)
    ),
)
_FREE_ART = tuple(
    _licence(
        f"lal{tail}",
        f"the Free Art License{tail.replace('-', ' ')}",
        "https://artlibre.org/licence/lal/en/",
        "by sa",
    )
    for tail in ("", "-1.0", "-1.1", "-1.2", "-1.3")
)
_OF_STATES = (
    _licence("ogl-uk", "the Open Government Licence", _OGL),
    *(
        _licence(
            f"ogl-uk-{number}.0",
            f"the Open Government Licence v{number}.0",
            f"{_OGL}version/{number}/",
        )
        for number in (1, 2, 3)
    ),
    *(
        _licence(f"kogl-type-{number}", f"KOGL Type {number}", asks=asks)
        for number, asks in enumerate(("by", "by nc", "by nd", "by nc nd"), start=1)
    ),
)
_KNOWN = {
    licence.slug: licence
    for licence in (
        *(UNSTATED, OTHER, OWN, *_MARKS, *_PLATFORMS, *_SAMPLING),
        *(*_OF_SOFTWARE, *_FREE_ART, *_OF_STATES),
    )
}


def of_slug(slug: str) -> Licence:
    """The licence of this slug; `OTHER` when it is none of ours."""
    if known := _KNOWN.get(slug):
        return known
    if found := _CC_SLUG.fullmatch(slug):
        return _creative_commons(slug, found)
    if found := _GNU_SLUG.fullmatch(slug):
        return _gnu(slug, found)
    return OTHER


def _creative_commons(slug: str, found: re.Match[str]) -> Licence:
    code, tail = found["code"], [found["version"], found["port"]]
    path = "/".join([code, *filter(None, tail)])
    return Licence(
        slug,
        Derivatives.FORBIDDEN if "nd" in code else Derivatives.ALLOWED,
        url=f"{_CC}/licenses/{path}/" if found["version"] else None,
        share_alike="sa" in code,
        non_commercial="nc" in code,
        attribution="by" in code,
        name=" ".join(["CC", code, *filter(None, tail)]).upper(),
    )


def _gnu(slug: str, found: re.Match[str]) -> Licence:
    name, version = found["name"], found["version"]
    file = "-".join(filter(None, (name.replace("gfdl", "fdl"), version)))
    is_old = version and f"{name}-{version}" not in _GNU_NOW
    return _licence(
        slug,
        f"the {slug.upper().replace('-OR-LATER', '-or-later')}",
        f"https://www.gnu.org/licenses/{'old-licenses/' if is_old else ''}{file}.html",
        "by sa",
    )
