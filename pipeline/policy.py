"""What licence claims allow us to do, and which assets of a crawl that leaves."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Label, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from db.models import (
    Asset,
    AssetState,
    Derivatives,
    LicenceClaim,
    Sighting,
    original_of,
)
from pipeline.ingest import OPTED_OUT

ANY = "any"


_STRICTEST_FIRST = (Derivatives.FORBIDDEN, Derivatives.UNKNOWN, Derivatives.ALLOWED)


class Claimed(Protocol):
    """What counts of a claim; rows and `pipeline.ingest.Claim` have it."""

    @property
    def derivatives(self) -> Derivatives: ...
    @property
    def share_alike(self) -> bool: ...
    @property
    def non_commercial(self) -> bool: ...
    @property
    def attribution(self) -> str | None: ...


@dataclass(frozen=True)
class Verdict:
    """What all claims about a picture leave us: may we derive, and on which terms.

    `attribution` is the sentence that what is made of it has to carry.
    """

    derivatives: Derivatives
    share_alike: bool = False
    non_commercial: bool = False
    attribution: str | None = None


@dataclass(frozen=True)
class Candidate:
    """An original that something could be made from."""

    asset: Asset
    score: float
    terms: Verdict

    @property
    def verdict(self) -> Derivatives:
        return self.terms.derivatives


def judged(claims: Iterable[Claimed]) -> Verdict:
    """The strictest of the claims, each condition that one of the permissions makes,
    and the sentence of credit of the strictest claim that has one."""
    found = sorted(
        claims,
        key=lambda one: leniency(one.derivatives, one.share_alike + one.non_commercial),
    )
    permissions = [one for one in found if one.derivatives is Derivatives.ALLOWED]
    return Verdict(
        derivatives=verdict(one.derivatives for one in found),
        share_alike=any(one.share_alike for one in permissions),
        non_commercial=any(one.non_commercial for one in permissions),
        attribution=next((one.attribution for one in found if one.attribution), None),
    )


def leniency(answer: Derivatives, conditions: int) -> tuple[int, int]:
    """What sorts the strictest claims first, by answer and number of conditions."""
    order = (*_STRICTEST_FIRST, Derivatives.UNSTATED)
    return order.index(answer), -conditions


def verdict(claims: Iterable[Derivatives]) -> Derivatives:
    """One answer from all claims, the strictest: a prohibition outweighs a licence that
    nobody understands, and that outweighs every permission."""
    found = set(claims)
    for answer in _STRICTEST_FIRST:
        if answer in found:
            return answer
    return Derivatives.UNSTATED


def permissiveness() -> ColumnElement[int]:
    """How much the strictest claim of an asset's sightings allows, in a statement.

    More is better; what nobody said anything of is between what nobody understands and
    what is allowed.
    """
    order = (*_STRICTEST_FIRST[:2], Derivatives.UNSTATED, Derivatives.ALLOWED)
    allowed = case(
        *((LicenceClaim.derivatives == each, place) for place, each in enumerate(order))
    )
    strictest = (
        select(func.min(allowed))
        .join(Sighting, Sighting.id == LicenceClaim.sighting_id)
        .where(Sighting.asset_digest == Asset.digest)
        .correlate(Asset)
        .scalar_subquery()
    )
    return func.coalesce(strictest, order.index(Derivatives.UNSTATED))


def permits(policy: str, answer: Derivatives) -> bool:
    """Whether something new may be made under `policy`."""
    return policy == ANY or answer is Derivatives.ALLOWED


def candidates(session: Session, crawl_run_ids: Sequence[int]) -> list[Candidate]:
    """The accepted originals that these crawl runs saw, best score first.

    A near-duplicate stands for the original that was kept of it. The verdict counts the
    claims of every sighting of the picture, those of other crawl runs too. What one of
    these crawl runs gave is left out when another was asked to leave it alone.
    """
    found = aliased(Asset)
    original = _original_of(found)
    seen = (
        select(original, func.max(Sighting.score).label("score"))
        .join(found, found.digest == Sighting.asset_digest)
        .where(Sighting.crawl_run_id.in_(crawl_run_ids))
        .group_by(original)
        .subquery()
    )
    accepted = (
        select(Asset, seen.c.score)
        .join(seen, seen.c.original == Asset.digest)
        .where(
            Asset.state == AssetState.ACCEPTED,
            Asset.digest.not_in(_opted_out(crawl_run_ids)),
        )
        .order_by(seen.c.score.desc(), Asset.digest)
    )
    claims = _claims(session, select(seen.c.original))
    return [
        Candidate(asset, score, judged(claims[asset.digest]))
        for asset, score in session.execute(accepted)
    ]


def _claims(session: Session, originals: Select[Any]) -> dict[str, list[Verdict]]:
    """What is claimed of each original and of its near-duplicates, each once."""
    found, heard = aliased(Asset), aliased(Sighting)
    original = _original_of(found)
    terms = (
        LicenceClaim.derivatives,
        LicenceClaim.share_alike,
        LicenceClaim.non_commercial,
        LicenceClaim.attribution,
    )
    stated = (
        select(original, *terms)
        .join(Sighting, Sighting.asset_digest == found.digest)
        .join(heard, is_about(heard, Sighting))
        .join(LicenceClaim, LicenceClaim.sighting_id == heard.id)
        .where(original.in_(originals))
        .group_by(original, *terms)
        .order_by(func.min(LicenceClaim.id))
    )
    claims: defaultdict[str, list[Verdict]] = defaultdict(list)
    for row in session.execute(stated):
        claims[row[0]].append(Verdict(*row[1:]))
    return claims


def is_about(heard: type[Sighting], sighting: type[Sighting]) -> ColumnElement[bool]:
    """Whether a sighting tells of the same picture: itself, or one of the same address
    where the picture was refused, and so is known by its address alone."""
    is_refused = and_(heard.url == sighting.url, heard.asset_digest.is_(None))
    return or_(heard.id == sighting.id, is_refused)


def _opted_out(crawl_run_ids: Sequence[int]) -> Select[Any]:
    """Originals whose address asked one of these crawl runs to be left alone."""
    found, refused = aliased(Asset), aliased(Sighting)
    return (
        select(_original_of(found))
        .join(Sighting, Sighting.asset_digest == found.digest)
        .join(refused, refused.url == Sighting.url)
        .where(
            refused.crawl_run_id.in_(crawl_run_ids),
            refused.reason == OPTED_OUT,
        )
    )


def _original_of(found: type[Asset]) -> Label[str]:
    return original_of(found).label("original")
