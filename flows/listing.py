"""What a run would fetch, and how the crawler sees a page; neither writes anything."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from flows.crawling import CrawlError, How, crawl
from flows.errors import NothingToDo
from flows.gathering import check_sources, orders_of, say_keywords
from flows.lanes import Errand, share, side_by_side
from flows.parameters import Parameters
from flows.progress import onlooker
from flows.tally import Tally
from pipeline.settings import Settings, load

Told = dict[str, Any]  # an event of the crawler

_LISTED = ("score", "keyword", "source", "title", "licence", "url", "page_url")


@dataclass
class Look(Errand):
    """An errand that writes nothing, and what was told on it."""

    images: list[Told] = field(default_factory=list)


@dataclass(frozen=True)
class Refusals:
    """How many images or pages are refused for one reason."""

    reason: str
    what: str
    count: int


@dataclass(frozen=True)
class Listing:
    """The images that a run would fetch, the best first, and why not others."""

    images: list[Told]
    kept_already: int
    refused: list[Refusals]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


async def list_images(parameters: Parameters) -> Listing:
    """Ask pages and APIs, and for no image, what a run would take.

    Raises:
        UsageError, SourceError: something that was asked for cannot be.
        CrawlError: no source could be asked.
        NothingToDo: nothing would be fetched; the message has the counts.
    """
    settings = load(**parameters.overrides())
    looks = await _look(settings, parameters, how="dry-run")
    offered = [[each for each in look.images if not each["reason"]] for look in looks]
    taken = merged(offered, settings.max_images)
    planned = [
        {name: image[name] for name in _LISTED}
        for image in taken
        if image["outcome"] == "planned"
    ]
    listing = Listing(planned, len(taken) - len(planned), _refusals(looks))
    if not planned and not onlooker().stopping.is_set():
        raise NothingToDo(_why_nothing(listing, parameters))
    return listing


async def explain_page(url: str, parameters: Parameters) -> list[Told]:
    """Every image of a page for every keyword, the best first.

    Raises:
        UsageError, SourceError, CrawlError: the page cannot be looked at.
        NothingToDo: it shows no image.
    """
    settings = load(**parameters.overrides() | {"sources": (f"site:{url}",)})
    looks = await _look(settings, parameters, how="explain")
    images = [image for look in looks for image in look.images]
    if not images and not onlooker().stopping.is_set():
        raise NothingToDo(f"no image was found on {url}")
    return sorted(images, key=_score, reverse=True)


def merged(offered: Sequence[Sequence[Told]], wanted: int) -> list[Told]:
    """What a run takes of the images that are offered to it, the best first.

    As in `flows.lanes`, each is asked for an equal share of those that can be used,
    and those that have more for what others lack. An image is taken once.
    """
    taken: dict[str, Told] = {}
    waiting = [list(images) for images in offered]
    while waiting and (missing := wanted - _usable_of(taken.values())) > 0:
        each = share(missing, len(waiting))
        for images in waiting:
            _take(images, each, taken)
        waiting = [images for images in waiting if images]
    return sorted(taken.values(), key=_score, reverse=True)


def _take(images: list[Told], most: int, taken: dict[str, Told]) -> None:
    """Move images over until `most` of them can be used."""
    while images and most > 0:
        image = images.pop(0)
        most -= image["usable"]
        before = taken.setdefault(image["url"], image)
        if _score(before) < _score(image):
            taken[image["url"]] = image


def _usable_of(images: Iterable[Told]) -> int:
    return sum(1 for image in images if image["usable"])


def _score(image: Told) -> float:
    return float(image["score"])


async def _look(settings: Settings, parameters: Parameters, how: How) -> list[Look]:
    check_sources(settings)
    say_keywords(parameters)
    looks = [Look(order) for order in orders_of(settings, parameters, how=how)]
    errors: list[CrawlError] = []
    tally = Tally(settings.max_images)

    async def walk(lane: Sequence[Look]) -> None:
        for look in lane:
            try:
                await _send(look, settings, tally)
            except CrawlError as exc:
                errors.append(exc)

    onlooker().begin("look")
    await side_by_side(looks, walk)
    onlooker().end()
    if errors and not any(look.latest for look in looks):
        raise errors[0]
    for error in errors:
        onlooker().say(f"note: {error}")
    return looks


async def _send(look: Look, settings: Settings, tally: Tally) -> None:
    named = {"keyword": look.order.keyword, "source": look.order.source}

    def tell(event: Told) -> None:
        tally.take(event)
        onlooker().advance(tally.images, note=f"{tally.pages} pages")
        if event["event"] in ("image", "candidate"):
            look.images.append(named | event)

    if not onlooker().stopping.is_set():
        look.latest = await crawl(look.order, settings, tell)


def _refusals(looks: Sequence[Look]) -> list[Refusals]:
    told = {image["url"]: image for look in looks for image in look.images}
    images = Counter(image["reason"] for image in told.values() if image["reason"])
    pages: Counter[str] = Counter()
    for look in looks:
        if look.latest is not None:
            pages.update(look.latest.stats.get("pages_refused", {}))
    return [
        Refusals(reason, what, count)
        for what, counted in (("image", images), ("page", pages))
        for reason, count in counted.most_common()
    ]


def _why_nothing(listing: Listing, parameters: Parameters) -> str:
    counted = [f"{one.count} {one.what}s: {one.reason}" for one in listing.refused]
    if listing.kept_already:
        counted.insert(0, f"{listing.kept_already} images are kept already")
    keywords = ", ".join(parameters.alternatives)
    return f"nothing would be fetched for {keywords!r}: " + (
        "; ".join(counted) or "no image matched"
    )
