"""Whom and what an output's original is credited to: author, source, licence."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from sqlalchemy.orm import Session

from crawler.descriptions import Description
from crawler.licences import OWN, UNSTATED
from crawler.text import absolute, clean
from crawler.vocabulary import of_slug
from db import telling
from db.models import Derivatives
from pipeline.policy import leniency

_LONGEST_TITLE = 300  # characters, as all that follow
_LONGEST_AUTHOR = 300
_LONGEST_SENTENCE = 1000
_LONGEST_URL = 2083
_PUBLIC_DOMAIN = frozenset(
    {"cc0-1.0", "pdm-1.0", "public-domain", "no-known-copyright", "us-government-work"}
)


@dataclass(frozen=True)
class Terms:
    """A licence as people call it, and where it is read.

    An owner's word that a picture is their own is no licence to others.
    """

    name: str
    url: str | None = None
    is_licence: bool = True
    is_public_domain: bool = False

    @classmethod
    def of(cls, claim: Mapping[str, Any]) -> "Terms | None":
        """What a claim names; None where it states nothing."""
        if claim["licence"] == UNSTATED.slug:
            return None
        licence = of_slug(claim["licence"])
        if licence.slug == OWN.slug:
            return cls("the owner's own picture", is_licence=False)
        return cls(
            licence.name or "terms of its own",
            link(claim["url"]) or licence.url,
            is_public_domain=licence.slug in _PUBLIC_DOMAIN,
        )


@dataclass(frozen=True)
class Credit:
    """What the strictest of all claims says of a picture, and the place it was said.

    Texts are on one line and without control characters. URLs are http(s) alone, so
    that no path of this machine is told. `inherited` are the share-alike terms that
    hold for whatever is made of the picture.
    """

    title: str | None = None
    author: str | None = None
    source_url: str | None = None
    terms: Terms | None = None
    inherited: Terms | None = None
    sentence: str | None = None


def of(sightings: Sequence[Mapping[str, Any]]) -> Credit:
    """The credit of a picture that was seen so, as `telling.tell` has it."""
    if not sightings:
        return Credit()
    claimed = [(claim, seen) for seen in sightings for claim in seen["claims"]]
    claimed.sort(key=lambda pair: _leniency(pair[0]))
    claim, seen = claimed[0] if claimed else ({}, sightings[0])
    shared = [one for one, _ in claimed if one["share_alike"] and _is_permission(one)]
    title = seen["title"] or seen["caption"] or seen["alt"]
    return Credit(
        title=clean(title, _LONGEST_TITLE),
        author=clean(claim.get("author"), _LONGEST_AUTHOR),
        source_url=link(seen["page_url"]) or link(seen["url"]),
        terms=Terms.of(claim) if claim else None,
        inherited=Terms.of(shared[0]) if shared else None,
        sentence=clean(claim.get("attribution"), _LONGEST_SENTENCE),
    )


def of_file(said: Description) -> Credit:
    """The credit of a picture of which nothing but its own file tells."""
    claims = [
        asdict(claim) | {"derivatives": claim.derivatives.value}
        for claim in said.claims(said)
    ]
    words = {"title": said.title, "caption": said.caption, "alt": said.alt}
    found = of([{**words, "page_url": said.source_url, "url": None, "claims": claims}])
    return replace(found, author=found.author or clean(said.author, _LONGEST_AUTHOR))


def of_assets(session: Session, digests: Collection[str]) -> dict[str, Credit]:
    """The credit of each original, by its digest, near-duplicates' claims included."""
    copies = telling.copies(session, digests)
    everyone = [*digests, *(copy for some in copies.values() for copy in some)]
    seen = telling.sightings(session, everyone)
    return {
        digest: of([one for d in (digest, *copies[digest]) for one in seen[d]])
        for digest in digests
    }


def changes(algorithm: str, recipe: str) -> str:
    """What was done to the original, as licences want it said."""
    done = "dreamt" if algorithm == "deepdream" else "stylized"
    return f"{done} by crawl-and-dream with recipe {recipe}"


def share_alike(terms: Terms) -> str:
    """That an output has its original's licence."""
    return f"this output is under the same terms: {terms.name}"


def _leniency(claim: Mapping[str, Any]) -> tuple[int, int]:
    conditions = claim["share_alike"] + claim["non_commercial"]
    return leniency(Derivatives(claim["derivatives"]), conditions)


def _is_permission(claim: Mapping[str, Any]) -> bool:
    return bool(claim["derivatives"] == "allowed")


def link(url: str | None) -> str | None:
    """An http(s) URL without a name and a password."""
    usable = absolute(url, "") if url else None
    if usable is None:
        return None
    parts = urlsplit(usable)
    told = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return told if len(told) <= _LONGEST_URL else None
